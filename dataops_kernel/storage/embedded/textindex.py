"""The text index of a local workspace: SQLite's FTS5 in a file of its own, which anybody may delete at any time."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from dataops_kernel.storage.embedded.connections import BUSY_SECONDS, survive_forks
from dataops_kernel.storage.embedded.faults import from_sqlite, from_system, unstorable
from dataops_kernel.storage.textindex import Frequencies, IndexedText, TextHit, TextIndex

T = TypeVar("T")

_SPAN = 1 << 32
"""Room for the texts of one group; group n owns the places from n * _SPAN."""
_APPLICATION_ID = int.from_bytes(b"DOtx", "big")
_VERSION = 1
_SCHEMA = (
    "CREATE TABLE owners (num INTEGER PRIMARY KEY, name TEXT UNIQUE, texts INTEGER DEFAULT 0, terms INTEGER DEFAULT 0)",
    "CREATE TABLE groups (num INTEGER PRIMARY KEY, name TEXT UNIQUE, owner INTEGER NOT NULL, upto INTEGER NOT NULL)",
    "CREATE TABLE texts (place INTEGER PRIMARY KEY, terms TEXT NOT NULL)",
    # Contentless: the terms are in `texts` already. Each term is written as `owner_term`, so that the postings of one
    # owner are apart from everybody else's and searching all of an owner's groups needs no filter. To the ascii
    # tokenizer every letter outside ASCII belongs to a word, so a term is always exactly one token.
    "CREATE VIRTUAL TABLE postings USING fts5(terms, content='', tokenize=\"ascii tokenchars '_'\")",
    "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(postings, row)",
)
_AROUND = """
    SELECT * FROM (SELECT place, terms FROM texts WHERE place <= ?1 AND place >= ?2 ORDER BY place DESC LIMIT ?3)
    UNION ALL
    SELECT * FROM (SELECT place, terms FROM texts WHERE place > ?1 AND place < ?4 ORDER BY place LIMIT ?5)"""
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
_REFUSED = frozenset(
    {
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
    }
)


class SqliteTextIndex(TextIndex):
    """One file that many processes use at once; made on first use, made anew when it is damaged or somebody else's.

    Where the disk refuses it (read-only, full), the index lives in this process's memory instead.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._in_memory = False
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._file: int | None = None
        survive_forks(self)

    def around(self, places: Sequence[tuple[str, int]], reach: int) -> list[list[IndexedText]]:
        """Return texts and those next to them."""

        def read(connection: sqlite3.Connection) -> list[list[IndexedText]]:
            numbers = {group: _group(connection, group) for group in {group for group, _ in places}}
            return [_around(connection, group, numbers[group] * _SPAN, number, reach) for group, number in places]

        return self._do(read)

    def remove(self, group: str) -> None:
        """Forget a group."""

        def write(connection: sqlite3.Connection) -> None:
            number = _group(connection, group)
            if not number:
                return
            (owner,) = connection.execute("SELECT owner FROM groups WHERE num = ?", (number,)).fetchone()
            bounds = (number * _SPAN, (number + 1) * _SPAN)
            rows = connection.execute(
                "SELECT place, terms FROM texts WHERE place >= ? AND place < ?", bounds
            ).fetchall()
            for place, terms in rows:
                connection.execute(
                    "INSERT INTO postings (postings, rowid, terms) VALUES ('delete', ?, ?)",
                    (place, _owned(owner, terms.split())),
                )
            connection.execute("DELETE FROM texts WHERE place >= ? AND place < ?", bounds)
            connection.execute("DELETE FROM groups WHERE num = ?", (number,))
            _count(connection, owner, -len(rows), -sum(len(terms.split()) for _, terms in rows))

        self._do(write, writes=True)

    def purge(self) -> None:
        """Merge the postings so that removed ones go, then copy the file without gaps and cut its journal off."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO postings (postings) VALUES ('optimize')")
            connection.execute("COMMIT")  # neither of the next two is done inside a transaction
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute("BEGIN")

        self._do(work, writes=True)

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def before_fork(self) -> None:
        """Have no connection open and none opened."""
        self._lock.acquire()
        self.close()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; the next call opens the file again."""
        self._lock.release()

    def _positions(self, groups: Sequence[str]) -> dict[str, int]:
        def read(connection: sqlite3.Connection) -> dict[str, int]:
            found: dict[str, int] = {}
            for start in range(0, len(groups), 500):
                some = groups[start : start + 500]
                marks = ",".join("?" * len(some))
                found.update(connection.execute(f"SELECT name, upto FROM groups WHERE name IN ({marks})", some))
            return found

        return self._do(read)

    def _add(self, owner: str, group: str, texts: Sequence[tuple[int, tuple[str, ...]]], upto: int) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO owners (name) VALUES (?) ON CONFLICT DO NOTHING", (owner,))
            connection.execute(
                "INSERT INTO groups (name, owner, upto) SELECT ?, num, 0 FROM owners WHERE name = ?"
                " ON CONFLICT DO NOTHING",
                (group, owner),
            )
            number, whose, after = connection.execute(
                "SELECT num, owner, upto FROM groups WHERE name = ?", (group,)
            ).fetchone()
            new = [(number * _SPAN + at, terms) for at, terms in texts if at > after]
            connection.executemany(
                "INSERT INTO texts VALUES (?, ?)", [(place, " ".join(terms)) for place, terms in new]
            )
            connection.executemany(
                "INSERT INTO postings (rowid, terms) VALUES (?, ?)",
                [(place, _owned(whose, terms)) for place, terms in new],
            )
            connection.execute("UPDATE groups SET upto = max(upto, ?) WHERE num = ?", (upto, number))
            _count(connection, whose, len(new), sum(len(terms) for _, terms in new))

        self._do(write, writes=True)

    def _search(self, owner: str, terms: Sequence[str], group: str | None, limit: int) -> list[TextHit]:
        def read(connection: sqlite3.Connection) -> list[TextHit]:
            whose = _owner(connection, owner)
            number = _group(connection, group) if group is not None else 0
            if not whose or (group is not None and not number):
                return []
            first, last = (0, _SPAN * _SPAN // 2 - 1) if group is None else (number * _SPAN, (number + 1) * _SPAN - 1)
            rows = connection.execute(
                "SELECT rowid, rank FROM postings WHERE postings MATCH ? AND rowid BETWEEN ? AND ?"
                " ORDER BY rank LIMIT ?",
                (" OR ".join(f'"{whose}_{term}"' for term in terms), first, last, limit),
            ).fetchall()
            names: dict[int, str] = {}
            hits = []
            for place, rank in rows:
                num, at = divmod(place, _SPAN)
                if num not in names:
                    (names[num],) = connection.execute("SELECT name FROM groups WHERE num = ?", (num,)).fetchone()
                (held,) = connection.execute("SELECT terms FROM texts WHERE place = ?", (place,)).fetchone()
                hits.append(TextHit(IndexedText(names[num], at, tuple(held.split())), -rank))
            return hits

        return self._do(read)

    def _frequencies(self, owner: str, terms: Sequence[str]) -> Frequencies:
        def read(connection: sqlite3.Connection) -> Frequencies:
            row = connection.execute("SELECT num, texts, terms FROM owners WHERE name = ?", (owner,)).fetchone()
            if row is None:
                return Frequencies(0, 0, {})
            holding: dict[str, int] = {}
            for term in terms:
                held = connection.execute("SELECT doc FROM vocabulary WHERE term = ?", (f"{row[0]}_{term}",)).fetchone()
                if held is not None:
                    holding[term] = held[0]
            return Frequencies(row[1], row[2], holding)

        return self._do(read)

    def _beginning_with(self, owner: str, prefix: str, limit: int) -> list[str]:
        def read(connection: sqlite3.Connection) -> list[str]:
            start = f"{_owner(connection, owner)}_{prefix}"
            rows = connection.execute(
                "SELECT term FROM vocabulary WHERE term >= ? AND term < ? ORDER BY term LIMIT ?",
                (start, start + "\U0010ffff", limit),
            )
            return [term.partition("_")[2] for (term,) in rows]

        return self._do(read)

    def _do(self, work: Callable[[sqlite3.Connection], T], *, writes: bool = False) -> T:
        with self._lock:
            try:
                return self._once(work, writes)
            except sqlite3.Error as error:
                primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
                if primary not in _DAMAGED | _REFUSED or self._in_memory:
                    raise from_sqlite(error, self._path) from error
                # What is lost here is read from the sessions' logs again by whoever searches next.
                self._in_memory = primary in _REFUSED
                self._begin_anew()
            except UnicodeEncodeError as error:
                raise unstorable(error) from error
            try:
                return self._once(work, writes)
            except sqlite3.Error as error:
                raise from_sqlite(error, self._path) from error

    def _once(self, work: Callable[[sqlite3.Connection], T], writes: bool) -> T:
        if self._connection is not None and not self._in_memory and _inode(self._path) != self._file:
            self.close()  # somebody deleted the file to have it built anew
        connection = self._connection or self._open()
        if not writes:
            # One moment for all its statements: another process may be adding or removing meanwhile.
            connection.execute("BEGIN")
        else:
            connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _open(self) -> sqlite3.Connection:
        try:
            if not self._in_memory:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                if not self._path.exists():
                    self._remove_files()  # what a deleted file left behind would be read into the new one
        except OSError:
            self._in_memory = True
        connection = sqlite3.connect(
            ":memory:" if self._in_memory else self._path,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._file = _inode(self._path)
        return connection

    def _begin_anew(self) -> None:
        self.close()
        if self._in_memory:
            return
        try:
            self._remove_files()
        except OSError as error:
            raise from_system(error, self._path) from error

    def _remove_files(self) -> None:
        for suffix in ("", "-wal", "-shm", "-journal"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the tables of a new file; refuse, as damaged, a file that is not an index of this version."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if _mark(connection) == (_APPLICATION_ID, _VERSION):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _mark(connection) != (_APPLICATION_ID, _VERSION):  # nobody made it while we waited
            if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                connection.execute("SELECT * FROM this_is_not_an_index_of_this_version")
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _mark(connection: sqlite3.Connection) -> tuple[int, int]:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version


def _around(connection: sqlite3.Connection, group: str, base: int, number: int, reach: int) -> list[IndexedText]:
    rows = connection.execute(_AROUND, (base + number, base, reach + 1, base + _SPAN, reach)).fetchall()
    before = [row for row in rows if row[0] < base + number][:reach]
    rest = [row for row in rows if row[0] >= base + number]
    return [IndexedText(group, place - base, tuple(terms.split())) for place, terms in (*before[::-1], *rest)]


def _owner(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT num FROM owners WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def _group(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT num FROM groups WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def _owned(owner: int, terms: Sequence[str]) -> str:
    return " ".join(f"{owner}_{term}" for term in terms)


def _count(connection: sqlite3.Connection, owner: int, texts: int, terms: int) -> None:
    connection.execute("UPDATE owners SET texts = texts + ?, terms = terms + ? WHERE num = ?", (texts, terms, owner))
