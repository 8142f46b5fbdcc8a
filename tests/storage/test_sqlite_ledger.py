"""What only the embedded ledger promises: its file format, its group commit, its bytes on disk."""

import signal
import sqlite3
import threading
from pathlib import Path

import pytest

from dataops_kernel.errors import BackendError, ConflictError, SettingsError, WorkspaceVersionError
from dataops_kernel.storage.embedded import SqliteLedger, connections
from dataops_kernel.storage.embedded.group import CommitQueue, Ticket
from dataops_kernel.storage.embedded.schema import APPLICATION_ID, MIGRATIONS, identify, migrate
from dataops_kernel.storage.ledger import Append, Put
from dataops_kernel.testing.threads import run_together


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def raw(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


# The file


def test_an_empty_file_becomes_a_ledger_of_the_current_format(path: Path):
    path.touch()
    ledger = SqliteLedger(path)
    ledger.commit([Append("s", b"1")])
    ledger.close()

    connection = raw(path)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_an_older_ledger_is_brought_up_to_date_with_its_content(path: Path):
    ledger = SqliteLedger(path)
    ledger.commit([Append("s", b"old")])
    ledger.close()
    newer = (*MIGRATIONS, ("CREATE TABLE added (num INTEGER)", "INSERT INTO added SELECT count(*) FROM entries"))

    connection = raw(path)
    migrate(connection, path, newer)

    assert connection.execute("PRAGMA user_version").fetchone() == (len(newer),)
    assert connection.execute("SELECT num FROM added").fetchall() == [(1,)]
    migrate(connection, path, newer)  # a second time does nothing
    assert connection.execute("SELECT num FROM added").fetchall() == [(1,)]
    connection.close()


def test_a_migration_that_fails_changes_nothing(path: Path):
    SqliteLedger(path).close()
    connection = raw(path)

    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, path, (*MIGRATIONS, ("CREATE TABLE added (num INTEGER)", "INSERT INTO nowhere VALUES (1)")))

    assert identify(connection, path) == len(MIGRATIONS)
    assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'added'").fetchone() == (0,)
    connection.close()


def test_eight_openers_of_a_new_file_make_one_ledger(path: Path):
    ledgers: list[SqliteLedger] = []

    run_together(8, lambda _: ledgers.append(SqliteLedger(path)))

    for number, ledger in enumerate(ledgers, start=1):
        assert ledger.commit([Append("s", b"")]) == [number]
        ledger.close()


def test_a_ledger_of_a_newer_version_is_refused_untouched(path: Path):
    SqliteLedger(path).close()
    connection = raw(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(WorkspaceVersionError, match="has format 99") as caught:
        SqliteLedger(path)

    assert "Upgrade dataops-kernel" in caught.value.hint
    assert caught.value.facts == {"found": 99, "known": len(MIGRATIONS)}
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"hello", b"a,b\n1,2\n" * 1000, b"\x00" * 5000], ids=len)
def test_a_file_that_is_no_database_is_refused_untouched(path: Path, content: bytes):
    path.write_bytes(content)

    with pytest.raises(BackendError, match="is not a ledger of this workbench"):
        SqliteLedger(path)

    assert path.read_bytes() == content


def test_somebody_else_s_database_is_refused_untouched(path: Path):
    connection = raw(path)
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(BackendError, match="is not a ledger of this workbench"):
        SqliteLedger(path)

    assert path.read_bytes() == before


def test_a_path_is_only_ever_a_path(tmp_path: Path):
    for name in (":memory:", "file:x?mode=memory", "50% & a #?.sqlite", "数据 🦆.sqlite"):
        ledger = SqliteLedger(tmp_path / name)
        ledger.commit([Append("s", b"1")])
        ledger.close()
        assert (tmp_path / name).stat().st_size > 0


def test_the_ledger_stays_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    ledger = SqliteLedger("ledger.sqlite")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")

    ledger.commit([Append("s", b"1")])

    assert ledger.tail("s") == 1
    assert list((tmp_path / "elsewhere").iterdir()) == []
    ledger.close()


def test_an_unknown_durability_is_refused(path: Path):
    with pytest.raises(SettingsError, match="'OFF'"):
        SqliteLedger(path, synchronous="OFF")  # type: ignore[arg-type]
    assert not path.exists()


# Bytes


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="this system does not count written bytes")
def test_an_append_writes_few_bytes_however_long_the_stream_is(path: Path):
    ledger = SqliteLedger(path)
    for start in range(0, 20_000, 100):
        ledger.commit([Append("long", b"m" * 600)] * 100)
        ledger.commit([Append(f"other {start % 7}", b"m" * 600)] * 100)

    for stream in ("fresh", "long"):
        before = _written()
        for _ in range(500):
            ledger.commit([Append(stream, b"m" * 600)])
        assert (_written() - before) / 500 <= 16_000, stream
    ledger.close()


def test_the_wal_file_keeps_its_size_between_checkpoints(path: Path):
    ledger = SqliteLedger(path)
    wal = path.with_name("ledger.sqlite-wal")
    sizes = []
    for _ in range(3):
        for _ in range(30):
            ledger.commit([Append("s", b"m" * 600)] * 100)
        sizes.append(wal.stat().st_size)
    assert sizes[0] > 1_000_000
    assert sizes[2] < 2 * sizes[0]
    assert sizes == sorted(sizes)
    ledger.close()


def _written() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar:"))


# Group commit


def test_commits_that_pile_up_share_a_transaction_and_a_conflict_stays_its_own(path: Path):
    ledger = SqliteLedger(path)
    ledger.commit([Append("s", b"first"), Put("k", "taken", b"")])
    holder = connections.connect(path, "mode=rw")
    holder.execute("BEGIN IMMEDIATE")
    outcomes: dict[int, object] = {}

    def write(worker: int) -> None:
        if worker == 16:
            while len(ledger._queue) < 15:
                pass
            holder.execute("ROLLBACK")
            return
        try:
            wrong = [Put("k", "taken", b"")] if worker % 4 == 0 else []
            outcomes[worker] = ledger.commit([Append("s", b"%d" % worker), Append(f"new {worker % 4}", b""), *wrong])
        except ConflictError as error:
            outcomes[worker] = error

    run_together(17, write)
    holder.close()

    bodies = {entry.seq: entry.body for entry in ledger.entries("s")}
    assert list(bodies) == list(range(1, 14))
    for worker, outcome in outcomes.items():
        if worker % 4 == 0:
            assert isinstance(outcome, ConflictError)
        else:
            assert isinstance(outcome, list)
            assert bodies[outcome[0]] == b"%d" % worker
    assert [ledger.tail(f"new {number}") for number in range(4)] == [0, 4, 4, 4]
    assert ledger.commit([Append("new 0", b"")]) == [1]  # its number was not learnt from a commit that failed
    ledger.close()


@pytest.fixture
def interruptible():
    """Ctrl-C interrupts, also where the shell that started the tests in the background switched it off."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("drained", ["before the interrupt", "after the interrupt"])
def test_an_interrupted_waiter_is_not_written_later(drained: str):
    carried: list[Ticket] = []
    leading, go_on = threading.Event(), threading.Event()

    def lead(batch: list[Ticket]) -> None:
        if drained == "before the interrupt":
            queue.drain(batch)
        leading.set()
        go_on.wait(10)
        if drained == "after the interrupt":
            queue.drain(batch)
        for ticket in batch:
            ticket.done = True
        carried.extend(batch)

    queue = CommitQueue(lead)
    mine, first, last = (Ticket([Append(name, b"")]) for name in ("mine", "first", "last"))
    leader = threading.Thread(target=queue.carry, args=(first,))
    leader.start()
    leading.wait(10)

    def interrupt() -> None:
        while len(queue) == 0:
            pass
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    with pytest.raises(KeyboardInterrupt):
        queue.carry(mine)
    interrupter.join()
    go_on.set()
    leader.join()
    queue.carry(last)

    assert carried == [first, last]


def test_a_leader_that_fails_hands_over():
    failing = True

    def lead(batch: list[Ticket]) -> None:
        queue.drain(batch)
        for ticket in batch:
            ticket.done = True
        if failing:
            raise KeyboardInterrupt

    queue = CommitQueue(lead)
    with pytest.raises(KeyboardInterrupt):
        queue.carry(Ticket([]))
    failing = False
    ticket = Ticket([])
    queue.carry(ticket)
    assert ticket.done
