"""What goes wrong outside: full disks, folders nobody may write to, files that are not ours."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataops_kernel.errors import IntegrityError, StorageUnavailableError
from dataops_kernel.storage.embedded import DiskCache, FileBlobs, SqliteLedger, connections
from dataops_kernel.storage.ledger import Append, Put
from dataops_kernel.testing.processes import run, start

# Code for another process begins here: everything is imported before the process gives up its rights.
_BEGIN = """
import io, os, resource, sys
from dataops_kernel.errors import DataOpsError, StorageUnavailableError
from dataops_kernel.storage.embedded import DiskCache, FileBlobs, SqliteLedger
from dataops_kernel.storage.ledger import Append, Put

def refused(work):
    try:
        work()
    except StorageUnavailableError as error:
        assert error.hint, error
        return str(error)
    raise SystemExit(f"{work} was not refused")

folder = sys.argv[1]
"""
_AS_A_READER = _BEGIN + "if os.geteuid() == 0: os.seteuid(65534)\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user can reach and only this one can write to."""
    path = Path(tempfile.mkdtemp(prefix="dataops-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0755", "none", str(path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this user may not mount a small disk")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


def fill(ledger: SqliteLedger) -> tuple[int, StorageUnavailableError]:
    """Commit until the disk is full; return how often that went well, and how it was refused."""
    number = 0
    while True:
        try:
            ledger.commit([Append("s", b"x" * 10_000), Put("k", f"r{number}", b"", stamp="s")])
        except StorageUnavailableError as error:
            return number, error
        number += 1


def test_a_full_disk_refuses_and_keeps_what_was_acknowledged(small_disk: Path):
    ledger = SqliteLedger(small_disk / "ledger.sqlite")
    blobs = FileBlobs(small_disk / "blobs")
    kept = blobs.put(b"kept")

    number, error = fill(ledger)
    with pytest.raises(StorageUnavailableError, match="the disk is full") as caught:
        blobs.put(b"x" * 1_000_000)

    assert "the disk is full" in error.message
    assert "Free some disk space" in error.hint == caught.value.hint
    assert [entry.seq for entry in ledger.entries("s")] == list(range(1, number + 1))
    assert ledger.get("k", f"r{number}") is None
    assert list(blobs.list()) == [kept]
    assert not list((small_disk / "blobs" / "tmp").iterdir())
    ledger.close()


def test_a_disk_with_room_again_is_written_again_without_reopening(small_disk: Path):
    (small_disk / "ballast").write_bytes(b"x" * 700_000)
    ledger = SqliteLedger(small_disk / "ledger.sqlite")
    number, _ = fill(ledger)

    (small_disk / "ballast").unlink()

    assert ledger.commit([Append("s", b"after")]) == [number + 1]
    ledger.close()


def test_a_limit_on_file_sizes_refuses_and_keeps_what_was_acknowledged(tmp_path: Path):
    printed = run(
        _BEGIN
        + """
ledger = SqliteLedger(folder + "/ledger.sqlite")
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
numbers = []
def fill():
    while True:
        numbers.extend(ledger.commit([Append("s", b"x" * 3000), Put("k", f"r{len(numbers)}", b"")]))
refused(fill)
assert ledger.tail("s") == len(numbers) == numbers[-1], numbers
blobs = FileBlobs(folder + "/blobs")
refused(lambda: blobs.put(b"x" * 1_400_000))
refused(lambda: blobs.put(io.BytesIO(b"x" * 1_400_000)))
refused(lambda: blobs.put_file(lambda path: path.write_bytes(b"x" * 1_400_000)))
assert list(blobs.list()) == os.listdir(folder + "/blobs/tmp") == []
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
assert ledger.commit([Append("s", b"after")]) == [len(numbers) + 1]
sys.stdout.write(str(len(numbers)))
""",
        tmp_path,
    )

    ledger = SqliteLedger(tmp_path / "ledger.sqlite")
    count = int(printed)
    assert count > 10
    assert [entry.seq for entry in ledger.entries("s")] == list(range(1, count + 2))
    assert len(ledger.children("k", "")) == count
    ledger.close()


def test_a_failing_commit_is_told_to_every_thread_that_waits_for_it(tmp_path: Path):
    printed = run(
        _BEGIN
        + """
from dataops_kernel.testing.threads import run_together
ledger = SqliteLedger(folder + "/ledger.sqlite")
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
acknowledged, errors = [], []
def fill(worker):
    try:
        while True:
            acknowledged.extend(ledger.commit([Append("s", b"x" * 3000)]))
    except StorageUnavailableError as error:
        errors.append(error)
run_together(8, fill)
assert len(set(map(id, errors))) == 8, errors
assert sorted(acknowledged) == list(range(1, ledger.tail("s") + 1))
sys.stdout.write(str(len(acknowledged)))
""",
        tmp_path,
    )

    ledger = SqliteLedger(tmp_path / "ledger.sqlite")
    assert ledger.tail("s") == int(printed)
    ledger.close()


@pytest.mark.parametrize("state", ["closed", "open elsewhere"])
def test_a_read_only_folder_is_read_and_refuses_writes(folder: Path, state: str):
    ledger, blobs = SqliteLedger(folder / "ledger.sqlite"), FileBlobs(folder / "blobs")
    ledger.commit([Append("s", b"1"), Put("k", "r", b"body", data=b"data")])
    digest = blobs.put(b"content")
    if state == "closed":
        ledger.close()

    message = run(
        _AS_A_READER
        + """
ledger, blobs = SqliteLedger(folder + "/ledger.sqlite"), FileBlobs(folder + "/blobs")
for _ in range(2):
    assert ledger.tail("s") == 1 and ledger.entries("s")[0].body == b"1"
    assert ledger.get("k", "r").body == b"body" and ledger.data("k", "r") == b"data"
    with blobs.open(sys.argv[2]) as stream:
        assert stream.read() == b"content"
    assert blobs.exists(sys.argv[2]) and list(blobs.list()) == [sys.argv[2]]
refused(lambda: blobs.put(b"new"))
refused(lambda: blobs.put_file(lambda path: path.write_bytes(b"new")))
refused(lambda: blobs.delete(sys.argv[2]))
sys.stdout.write(refused(lambda: ledger.commit([Append("s", b"2")])))
assert ledger.tail("s") == 1
ledger.close()
""",
        folder,
        digest,
    )

    assert "ledger.sqlite' cannot be used" in message
    assert "Make the folder writable" in message or "this user may open it" in message
    if state != "closed":
        ledger.close()
    ledger = SqliteLedger(folder / "ledger.sqlite")
    assert ledger.tail("s") == 1
    ledger.close()


def test_a_reader_of_a_read_only_folder_sees_later_commits(folder: Path):
    path = folder / "ledger.sqlite"
    writer = SqliteLedger(path)
    writer.commit([Append("s", b"1")])
    writer.close()
    reader = start(_TAIL_PER_LINE, folder)
    assert reader.stdin is not None
    assert reader.stdout is not None

    for number in range(1, 4):
        reader.stdin.write(b"while the file is closed\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == f"{number}\n".encode()

        writer = SqliteLedger(path)
        writer.commit([Append("s", b"")])
        reader.stdin.write(b"while a writer has it open\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == f"{number + 1}\n".encode()
        writer.close()

    reader.communicate()


_TAIL_PER_LINE = (
    _AS_A_READER
    + """
ledger = SqliteLedger(folder + "/ledger.sqlite")
for line in sys.stdin:
    sys.stdout.write(f"{ledger.tail('s')}\\n")
    sys.stdout.flush()
"""
)


def test_a_cache_in_a_read_only_folder_is_an_empty_one_that_cannot_be_set(folder: Path):
    run(
        _BEGIN
        + """
import dataops_kernel.storage.embedded.json_disk
if os.geteuid() == 0: os.seteuid(65534)
cache = DiskCache(folder + "/cache")
assert cache.get("k") is None
refused(lambda: cache.set("k", 1))
refused(lambda: cache.add("k", 1))
refused(lambda: cache.delete("k"))
""",
        folder,
        site_packages=True,
    )


def test_a_read_only_folder_with_unmerged_commits_says_so(folder: Path):
    ledger = SqliteLedger(folder / "ledger.sqlite")
    ledger.commit([Append("s", b"1")])
    (folder / "copy").mkdir()
    for name in ("ledger.sqlite", "ledger.sqlite-wal"):
        shutil.copy(folder / name, folder / "copy" / name)
    ledger.close()

    message = run(
        _AS_A_READER + "sys.stdout.write(refused(lambda: SqliteLedger(folder + '/ledger.sqlite')))", folder / "copy"
    )

    assert "its newest commits are in 'ledger.sqlite-wal'" in message


def test_a_workspace_that_cannot_be_made_says_where(folder: Path):
    message = run(_AS_A_READER + "sys.stdout.write(refused(lambda: SqliteLedger(folder + '/new/l.sqlite')))", folder)
    assert f"'{folder}/new/l.sqlite' cannot be used: access is denied" in message

    message = run(_AS_A_READER + "sys.stdout.write(refused(lambda: SqliteLedger(folder + '/l.sqlite')))", folder)
    assert f"'{folder}/l.sqlite' cannot be used" in message


def test_a_ledger_that_another_process_holds_too_long_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.05)
    path = tmp_path / "ledger.sqlite"
    ledger = SqliteLedger(path)
    ledger.commit([Append("s", b"1")])
    holder = connections.connect(path, "mode=rw")
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(StorageUnavailableError, match="locked") as caught:
        ledger.commit([Append("s", b"2")])

    assert "Another process" in caught.value.hint
    assert ledger.tail("s") == 1  # readers never wait for writers
    holder.execute("ROLLBACK")
    holder.close()
    assert ledger.commit([Append("s", b"2")]) == [2]
    ledger.close()


def test_a_ledger_deleted_under_us_is_not_written_into_the_void(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    ledger = SqliteLedger(path)
    ledger.commit([Append("s", b"1")])
    path.rename(tmp_path / "elsewhere")

    with pytest.raises(StorageUnavailableError, match="moved or deleted"):
        ledger.commit([Append("s", b"2")])

    (tmp_path / "elsewhere").rename(path)
    assert ledger.commit([Append("s", b"2")]) == [2]
    ledger.close()


def test_a_damaged_ledger_is_an_integrity_error(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    ledger = SqliteLedger(path)
    for number in range(200):
        ledger.commit([Append("s", b"x" * 600), Put("k", f"r{number}", b"x" * 600)])
    ledger.close()
    pages = path.read_bytes()
    path.write_bytes(pages[:4096] + os.urandom(len(pages) - 4096))

    ledger = SqliteLedger(path)
    with pytest.raises(IntegrityError, match="is damaged") as caught:
        ledger.get("k", "r7")
    assert "backup" in caught.value.hint
    with pytest.raises(IntegrityError, match="is damaged"):
        ledger.commit([Append("s", b"")])
    ledger.close()


def test_a_closed_ledger_says_that_it_is_closed(tmp_path: Path):
    ledger = SqliteLedger(tmp_path / "ledger.sqlite")
    ledger.commit([Append("s", b"1")])
    ledger.close()

    for use in (lambda: ledger.tail("other"), lambda: ledger.get("k", "r"), lambda: ledger.commit([Append("s", b"")])):
        with pytest.raises(StorageUnavailableError, match="is closed"):
            use()


def test_a_cache_folder_blocked_by_a_file_is_an_empty_cache_that_cannot_be_set(tmp_path: Path):
    (tmp_path / "cache").write_text("in the way")
    cache = DiskCache(tmp_path / "cache")

    assert cache.get("k") is None
    with pytest.raises(StorageUnavailableError):
        cache.set("k", 1)
