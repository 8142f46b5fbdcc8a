"""The ledger of a local workspace: one SQLite file, any number of threads and processes, one fsync for all who wait."""

import os
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from dataops_kernel.errors import BackendError, DataOpsError, SettingsError
from dataops_kernel.storage.embedded.connections import (
    ReaderPool,
    check_readable,
    closed,
    open_writer,
    survive_forks,
)
from dataops_kernel.storage.embedded.erasing import END, LEFT, erase_records, erase_stream, purge
from dataops_kernel.storage.embedded.faults import from_sqlite, from_system, unstorable
from dataops_kernel.storage.embedded.group import CommitQueue, Ticket
from dataops_kernel.storage.embedded.writing import SPAN, STREAM_NUMBER, TAIL, Writer
from dataops_kernel.storage.ledger import Entry, Ledger, Record, Write

T = TypeVar("T")

_COLUMNS = "kind, id, parent, ord, session, workflow, revision, seq, body"
_GET = f"SELECT {_COLUMNS} FROM records WHERE kind = ? AND id = ?"
# Ids are looked up by the handful or by the hundred, padded with the last one, so that the texts stay constant.
_MANY = (16, 256)
_GET_MANY = {
    size: f"SELECT {_COLUMNS} FROM records WHERE kind = ? AND id IN ({', '.join('?' * size)})" for size in _MANY
}
_WHOLE = f"""SELECT {_COLUMNS}, (SELECT data FROM contents WHERE contents.num = records.num)
    FROM records WHERE kind = ? AND id = ?"""
_DATA = "SELECT data FROM contents WHERE num = (SELECT num FROM records WHERE kind = ? AND id = ?)"
# A BLOB sorts after every TEXT, so an empty one is the upper bound that excludes nothing.
_NO_BOUND = b""
# Rows come by the thousand: this makes one in a third of the time of Record._make.
_record = partial(tuple.__new__, Record)
_entry = partial(tuple.__new__, Entry)

_LIST = {
    (index, reverse): f"""SELECT {_COLUMNS} FROM records
        WHERE kind = ? AND {index} = ? AND {order} > ? AND {order} < ?
        ORDER BY {order} {"DESC" if reverse else "ASC"} LIMIT ?"""
    for index, order in (("parent", "ord"), ("session", "id"), ("workflow", "id"), ("kind", "id"))
    for reverse in (False, True)
}
_ENTRIES = {
    reverse: f"""SELECT pos & {SPAN - 1}, body FROM entries
        WHERE pos > ? AND pos <= ? ORDER BY pos {"DESC" if reverse else "ASC"} LIMIT ?"""
    for reverse in (False, True)
}


class SqliteLedger(Ledger):
    """A ledger in one SQLite file in WAL mode, durable at every commit.

    ``synchronous="NORMAL"`` trades the last commits before a power loss (never the file) for speed. A folder that
    cannot be written can still be read. Safe for threads and processes, also across a fork.
    """

    def __init__(self, path: str | os.PathLike[str], *, synchronous: Literal["FULL", "NORMAL"] = "FULL") -> None:
        if synchronous not in ("FULL", "NORMAL"):
            raise SettingsError(
                f"The durability {synchronous!r} is unknown.", hint="Use 'FULL' (every commit is durable) or 'NORMAL'."
            )
        self._path = Path(path).absolute()
        self._synchronous = synchronous
        self._queue = CommitQueue(self._lead)
        self._writing = threading.Lock()
        self._writer: Writer | None = None
        self._streams: dict[str, int] = {}
        self._readers = ReaderPool(self._path)
        self._closed = False
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._open_writer(create=True)
        except OSError as error:
            raise from_system(error, self._path) from error
        except sqlite3.Error as error:
            self._open_read_only(error)
        survive_forks(self)

    def _open_writer(self, *, create: bool = False) -> Writer:
        connection = open_writer(self._path, self._synchronous, create=create)
        self._writer = Writer(connection, self._path, self._streams)
        return self._writer

    def _open_read_only(self, error: sqlite3.Error) -> None:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            raise from_sqlite(error, self._path) from error
        try:
            check_readable(self._path)
        except sqlite3.Error as refused:
            raise from_sqlite(refused, self._path) from refused

    # Writing

    def _commit(self, writes: Sequence[Write]) -> list[int]:
        ticket = Ticket(writes)
        self._queue.carry(ticket)
        if ticket.error is not None:
            raise ticket.error
        return list(ticket.numbers)

    def _lead(self, batch: list[Ticket]) -> None:
        with self._writing:
            try:
                if self._closed:
                    raise closed(self._path)
                self._transact(self._writer or self._open_writer(), batch)
            except DataOpsError as error:
                self._fail(batch, error)
            except sqlite3.Error as error:
                self._fail(batch, from_sqlite(error, self._path))
            except BaseException as error:
                self._fail(batch, BackendError(f"The commit was interrupted: {error!r}.", hint="Try again."))
                raise

    def _transact(self, writer: Writer, batch: list[Ticket]) -> None:
        try:
            try:
                writer.begin()
            finally:
                # As late as can be: who came while SQLite waited for another process rides too, and if it waited in
                # vain, they need not each wait as long again.
                self._queue.drain(batch)
            if len(batch) == 1:
                batch[0].numbers = writer.apply(batch[0].writes)
            else:
                for ticket in batch:
                    try:
                        ticket.numbers = writer.apply_alone(ticket.writes)
                    except DataOpsError as error:
                        ticket.error = error
            writer.commit()
        except BaseException:
            self._roll_back(writer)
            raise
        for ticket in batch:
            ticket.done = True

    def _roll_back(self, writer: Writer) -> None:
        try:
            writer.roll_back()
        except sqlite3.Error:
            self._drop_writer()  # a connection that cannot even roll back is not used again

    def _fail(self, batch: list[Ticket], error: DataOpsError) -> None:
        for ticket in batch:
            # Each raises an error of its own: one object in several threads would tangle its traceback.
            ticket.error = ticket.error or type(error)(error.message, hint=error.hint, **error.facts)
            ticket.done = True

    def _drop_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    # Erasing

    def _erase(self, streams: Mapping[str, int | None], records: Sequence[tuple[str, str]]) -> int:
        def work(connection: sqlite3.Connection) -> int:
            gone = erase_records(connection, records)
            for stream, upto in streams.items():
                gone += erase_stream(connection, stream, upto)
                if upto is None:
                    self._streams.pop(stream, None)
            return gone

        return self._maintain(work)

    def purge(self, *, rewrite: bool = False) -> None:
        """Cut the write-ahead log off; with ``rewrite`` copy the file so that nothing lingers between its records."""
        self._maintain(lambda connection: purge(connection, rewrite=rewrite))

    def _maintain(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._writing:
            if self._closed:
                raise closed(self._path)
            try:
                return work((self._writer or self._open_writer()).connection)
            except sqlite3.Error as error:
                raise from_sqlite(error, self._path) from error
            except UnicodeEncodeError as error:
                raise unstorable(error) from error

    # Reading

    def _get(self, kind: str, id: str) -> Record | None:
        rows = self._rows(_GET, (kind, id))
        return _record(rows[0]) if rows else None

    def _get_many(self, kind: str, ids: Sequence[str]) -> list[Record]:
        found: dict[str, Record] = {}
        for start in range(0, len(ids), _MANY[-1]):
            chunk = ids[start : start + _MANY[-1]]
            size = next(size for size in _MANY if size >= len(chunk))
            padded = [*chunk, *[chunk[-1]] * (size - len(chunk))]
            found.update((row[1], _record(row)) for row in self._rows(_GET_MANY[size], (kind, *padded)))
        return [found[id] for id in ids if id in found]

    def _whole(self, kind: str, id: str) -> tuple[Record, bytes | None] | None:
        rows = self._rows(_WHOLE, (kind, id))
        return (_record(rows[0][:-1]), rows[0][-1]) if rows else None

    def _data(self, kind: str, id: str) -> bytes | None:
        rows = self._rows(_DATA, (kind, id))
        return rows[0][0] if rows else None

    def _list(
        self,
        index: str,
        kind: str,
        value: str,
        after: str | None,
        before: str | None,
        limit: int | None,
        reverse: bool,
    ) -> list[Record]:
        upper = _NO_BOUND if before is None else before
        rows = self._rows(_LIST[index, reverse], (kind, value, after or "", upper, -1 if limit is None else limit))
        return list(map(_record, rows))

    def _entries(self, stream: str, after: int, upto: int | None, limit: int | None, reverse: bool) -> list[Entry]:
        number = self._number(stream)
        if number is None:
            return []
        base = number * SPAN
        last = SPAN - 1 if upto is None else min(upto, SPAN - 1)
        bounds = (base + max(after, 0), base + last, -1 if limit is None else limit)
        rows = self._rows(_ENTRIES[reverse], bounds)
        if rows and (rows[0][1].__class__ is str or rows[-1][1].__class__ is str):  # see erasing.py
            if self._was_renamed(stream, number):
                return self._entries(stream, after, upto, limit, reverse)
            rows = self._rows(LEFT[reverse], bounds)
        return list(map(_entry, rows))

    def _tail(self, stream: str) -> int:
        number = self._number(stream)
        if number is None:
            return 0
        base = number * SPAN
        last: int | None = self._rows(TAIL, (base, base + SPAN))[0][0]
        if last == base + END and self._was_renamed(stream, number):
            return self._tail(stream)
        return 0 if last is None else last - base

    def _was_renamed(self, stream: str, number: int) -> bool:
        """Say whether a stream of this name has another number now, and no longer go by the old one."""
        rows = self._rows(STREAM_NUMBER, (stream,))
        if rows and rows[0][0] == number:
            return False
        self._streams.pop(stream, None)
        return True

    def _number(self, stream: str) -> int | None:
        number = self._streams.get(stream)
        if number is None:
            rows = self._rows(STREAM_NUMBER, (stream,))
            if rows:
                number = self._streams[stream] = rows[0][0]
        return number

    def _rows(self, statement: str, parameters: tuple[Any, ...]) -> list[Any]:
        try:
            connection = self._readers.take()
            try:
                return connection.execute(statement, parameters).fetchall()
            finally:
                self._readers.give(connection)
        except sqlite3.Error as error:
            raise from_sqlite(error, self._path) from error
        except UnicodeEncodeError as error:
            raise unstorable(error) from error

    # Letting go

    def close(self) -> None:
        """Let go of every connection; closing twice does nothing, any other call fails from now on."""
        with self._writing:
            self._closed = True
            self._readers.close()
            self._drop_writer()

    def before_fork(self) -> None:
        """Have no connection open and none opened."""
        self._writing.acquire()
        self._drop_writer()
        self._readers.pause()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on, in the child without the commits that threads of the parent are waiting for."""
        if in_child:
            self._queue.forget()
        self._readers.resume()
        self._writing.release()
