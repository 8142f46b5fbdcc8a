"""The text index of a local workspace: SQLite's FTS5 in a file of its own, which anybody may delete at any time."""

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from heapq import nlargest
from pathlib import Path
from typing import TypeVar

from dataops_kernel.storage.embedded.connections import BUSY_SECONDS, survive_forks
from dataops_kernel.storage.embedded.faults import from_sqlite, from_system, unstorable
from dataops_kernel.storage.embedded.textindex_schema import prepare
from dataops_kernel.storage.textindex import LONGEST, Frequencies, IndexedText, TextHit, TextIndex, length_norms

T = TypeVar("T")

_LENGTH, _GROUP = 8, 40
"""A text's place is its group's number, then which text of the group it is (from bit 8), then its length in 8 bits.

So a list of places is all that choosing candidates takes, and the texts beside one are the places beside it.
"""
_TEXTS = """
    SELECT wanted.key, groups.name, texts.number, texts.terms, texts.place
    FROM json_each(?) AS wanted
    JOIN texts ON texts.place BETWEEN wanted.value + ? AND wanted.value + ?
    JOIN groups ON groups.num = texts.place >> 40
    ORDER BY wanted.key, texts.place"""
# One JSON array costs half of what as many rows do.
_POSTINGS = """
    SELECT json_group_array(rowid) FROM (
        SELECT rowid FROM postings WHERE postings MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?)"""
_HOLDING = "SELECT term, texts FROM vocabulary WHERE term IN (SELECT value FROM json_each(?))"
_POOL = 10  # texts weighed for each one wanted
_LAST, _OF_GROUP = (1 << 63) - 1, (1 << _GROUP) - 1
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
            firsts = {group: _group(connection, group) << _GROUP for group in {group for group, _ in places}}
            found: list[list[IndexedText]] = [[] for _ in places]
            wanted = [firsts[group] + (at << _LENGTH) for group, at in places]
            near = (-reach << _LENGTH, (reach + 1 << _LENGTH) - 1)
            for key, text in _texts(connection, wanted, *near):
                if text.group == places[key][0]:  # not of the group whose places come before or after
                    found[key].append(text)
            return found

        return self._do(read)

    def remove(self, group: str) -> None:
        """Forget a group."""

        def write(connection: sqlite3.Connection) -> None:
            number = _group(connection, group)
            if not number:
                return
            (owner,) = connection.execute("SELECT owner FROM groups WHERE num = ?", (number,)).fetchone()
            bounds = (number << _GROUP, number + 1 << _GROUP)
            rows = connection.execute(
                "SELECT place, terms FROM texts WHERE place >= ? AND place < ?", bounds
            ).fetchall()
            for place, terms in rows:
                connection.execute(
                    "INSERT INTO postings (postings, rowid, terms) VALUES ('delete', ?, ?)",
                    (place, _owned(owner, terms.split())),
                )
            connection.execute("DELETE FROM texts WHERE place >= ? AND place < ?", bounds)
            held = Counter(term for _, terms in rows for term in set(terms.split()))
            connection.executemany(
                "UPDATE vocabulary SET texts = texts - ? WHERE term = ?",
                [(texts, f"{owner}_{term}") for term, texts in held.items()],
            )
            connection.execute("DELETE FROM vocabulary WHERE texts <= 0")
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
            (last,) = connection.execute(
                "SELECT max(place) FROM texts WHERE place < ? AND place >= ?", (number + 1 << _GROUP, number << _GROUP)
            ).fetchone()
            first = number << _GROUP if last is None else (last >> _LENGTH) + 1 << _LENGTH
            unread = [(at, terms) for at, terms in texts if at > after]
            new = [
                (first + (nth << _LENGTH) + min(len(terms), LONGEST), at, terms)
                for nth, (at, terms) in enumerate(unread)
            ]
            connection.executemany(
                "INSERT INTO texts VALUES (?, ?, ?)", [(place, at, " ".join(terms)) for place, at, terms in new]
            )
            connection.executemany(
                "INSERT INTO postings (rowid, terms) VALUES (?, ?)",
                [(place, _owned(whose, terms)) for place, _, terms in new],
            )
            held = Counter(term for _, _, terms in new for term in set(terms))
            connection.executemany(
                "INSERT INTO vocabulary VALUES (?, ?) ON CONFLICT DO UPDATE SET texts = texts + excluded.texts",
                [(f"{whose}_{term}", texts) for term, texts in sorted(held.items())],
            )
            connection.execute("UPDATE groups SET upto = max(upto, ?) WHERE num = ?", (upto, number))
            _count(connection, whose, len(new), sum(len(terms) for _, _, terms in new))

        self._do(write, writes=True)

    def _search(
        self, owner: str, heaviest: Sequence[tuple[str, float]], group: str | None, limit: int, postings: int
    ) -> list[TextHit]:
        def read(connection: sqlite3.Connection) -> list[TextHit]:
            whose, texts, terms = _owner(connection, owner)
            number = _group(connection, group) if group is not None else 0
            if not whose or (group is not None and not number):
                return []
            bounds = (0, _LAST) if group is None else (number << _GROUP, (number + 1 << _GROUP) - 1)
            left, enough = postings, _POOL * limit
            weights: dict[int, float] = {}
            for term, weight in heaviest:
                (held,) = connection.execute(_POSTINGS, (f'"{whose}_{term}"', *bounds, left)).fetchone()
                places: list[int] = json.loads(held)
                # Once enough texts hold heavier terms, one that holds only lighter ones would not be chosen.
                for place in places if len(weights) < enough else weights.keys() & places:
                    weights[place] = weights.get(place, 0.0) + weight
                left -= len(places)
                if not left:
                    break
            norms = length_norms(terms / texts if texts else 0.0)
            scores = ((weight * norms[place & LONGEST], place) for place, weight in weights.items())
            best = nlargest(limit, scores)
            found = _texts(connection, [place for _, place in best], 0, 0)
            return [TextHit(text, best[key][0]) for key, text in found]

        return self._do(read)

    def _frequencies(self, owner: str, terms: Sequence[str]) -> Frequencies:
        def read(connection: sqlite3.Connection) -> Frequencies:
            whose, texts, size = _owner(connection, owner)
            wanted = json.dumps([f"{whose}_{term}" for term in terms])
            rows = connection.execute(_HOLDING, (wanted,))
            return Frequencies(texts, size, {term.partition("_")[2]: held for term, held in rows})

        return self._do(read)

    def _beginning_with(self, owner: str, prefix: str, limit: int) -> list[str]:
        def read(connection: sqlite3.Connection) -> list[str]:
            start = f"{_owner(connection, owner)[0]}_{prefix}"
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
            prepare(connection)
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


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _texts(
    connection: sqlite3.Connection, places: Sequence[int], before: int, after: int
) -> Iterator[tuple[int, IndexedText]]:
    """Yield the texts from ``before`` to ``after`` each place, with the place's position among the places."""
    for key, group, number, terms, place in connection.execute(_TEXTS, (json.dumps(places), before, after)):
        yield key, IndexedText(group, number, tuple(terms.split()), (place & _OF_GROUP) >> _LENGTH)


def _owner(connection: sqlite3.Connection, name: str) -> tuple[int, int, int]:
    """Return an owner's number, texts and terms; zeros for one who has none."""
    row = connection.execute("SELECT num, texts, terms FROM owners WHERE name = ?", (name,)).fetchone()
    return (row[0], row[1], row[2]) if row else (0, 0, 0)


def _group(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT num FROM groups WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def _owned(owner: int, terms: Sequence[str]) -> str:
    return " ".join([f"{owner}_{term}" for term in terms])


def _count(connection: sqlite3.Connection, owner: int, texts: int, terms: int) -> None:
    connection.execute("UPDATE owners SET texts = texts + ?, terms = terms + ? WHERE num = ?", (texts, terms, owner))
