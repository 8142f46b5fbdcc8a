"""One transaction of the ledger: writes in, entry numbers out; nothing of it is known outside until it commits."""

import sqlite3
from collections.abc import Mapping, Sequence

from dataops_kernel.errors import UsageError
from dataops_kernel.storage.embedded.faults import unstorable
from dataops_kernel.storage.ledger import (
    Append,
    Put,
    Remove,
    Write,
    place_fixed,
    place_taken,
    record_moved,
    stream_moved,
)

SPAN = 1 << 32
"""Room for the entries of one stream; stream n owns the positions from n * SPAN."""

# Texts are constants so that SQLite prepares each of them once per connection.
STREAM_NUMBER = "SELECT num FROM streams WHERE name = ?"
TAIL = "SELECT max(pos) FROM entries WHERE pos > ? AND pos < ?"
_NEW_STREAM = "INSERT INTO streams (name) VALUES (?)"
_APPEND = """INSERT INTO entries (pos, body) VALUES (
    (SELECT coalesce(max(pos), ?1) + 1 FROM entries WHERE pos > ?1 AND pos < ?2), ?3)"""
_CREATE = """INSERT INTO records (kind, id, parent, ord, session, workflow, revision, seq, body)
    VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)"""
_REPLACE = """UPDATE records
    SET session = ?, workflow = ?, revision = revision + 1, seq = coalesce(?, seq), body = ?
    WHERE kind = ? AND id = ? AND revision = ? AND parent = ? AND ord = ?"""
_KEEP_DATA = """INSERT INTO contents (num, data) SELECT num, ? FROM records WHERE kind = ? AND id = ?
    ON CONFLICT (num) DO UPDATE SET data = excluded.data"""
_REMOVE_DATA = "DELETE FROM contents WHERE num = (SELECT num FROM records WHERE kind = ? AND id = ?)"
_REMOVE = "DELETE FROM records WHERE kind = ? AND id = ? AND revision = ?"
_REVISION = "SELECT revision, parent, ord FROM records WHERE kind = ? AND id = ?"


class Transaction:
    """Applies writes on a connection that has begun; ``fresh`` are the stream numbers it gave out or found."""

    def __init__(self, connection: sqlite3.Connection, streams: Mapping[str, int]) -> None:
        self._execute = connection.execute
        self._streams = streams
        self.fresh: dict[str, int] = {}

    def apply(self, writes: Sequence[Write]) -> list[int]:
        """Apply writes in order and return the numbers of the appended entries.

        Raises ``ConflictError`` or ``UsageError`` with some writes applied: the caller rolls back.
        """
        numbers: list[int] = []
        stamps: dict[str, int] = {}
        try:
            for write in writes:
                if isinstance(write, Append):
                    number = self._append(write)
                    numbers.append(number)
                    stamps[write.stream] = number
                elif isinstance(write, Put):
                    self._put(write, None if write.stamp is None else stamps[write.stamp])
                else:
                    self._remove(write)
        except UnicodeEncodeError as error:
            raise unstorable(error) from error
        except (sqlite3.ProgrammingError, sqlite3.InterfaceError, OverflowError) as error:
            raise UsageError(f"A write holds a value that cannot be stored: {error}.", hint="Store bytes.") from error
        return numbers

    def _append(self, write: Append) -> int:
        base = self._number(write.stream) * SPAN
        if write.expect is not None:
            tail = (self._execute(TAIL, (base, base + SPAN)).fetchone()[0] or base) - base
            if tail != write.expect:
                raise stream_moved(write.stream, write.expect, tail)
        return self._rowid(_APPEND, (base, base + SPAN, write.body)) - base

    def _number(self, stream: str) -> int:
        number = self._streams.get(stream) or self.fresh.get(stream)
        if number is None:
            row = self._execute(STREAM_NUMBER, (stream,)).fetchone()
            number = self.fresh[stream] = row[0] if row else self._rowid(_NEW_STREAM, (stream,))
        return number

    def _put(self, write: Put, seq: int | None) -> None:
        order = write.order or write.id
        key = (write.kind, write.id)
        session, workflow = write.session or None, write.workflow or None
        if write.expect == 0:
            try:
                self._execute(_CREATE, (*key, write.parent, order, session, workflow, seq, write.body))
            except sqlite3.IntegrityError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_UNIQUE:
                    raise
                found = self._execute(_REVISION, key).fetchone()
                if found is None:
                    raise place_taken(write.kind, write.parent, order) from error
                raise record_moved(*key, 0, found[0]) from error
        else:
            place = (write.expect, write.parent, order)
            if not self._execute(_REPLACE, (session, workflow, seq, write.body, *key, *place)).rowcount:
                found = self._execute(_REVISION, key).fetchone()
                if found is not None and found[0] == write.expect:
                    raise place_fixed(*key, parent=found[1], order=found[2])
                raise record_moved(*key, write.expect, found[0] if found else None)
        if write.data is not None:
            self._execute(_KEEP_DATA, (write.data, *key))

    def _remove(self, write: Remove) -> None:
        key = (write.kind, write.id)
        self._execute(_REMOVE_DATA, key)
        if not self._execute(_REMOVE, (*key, write.expect)).rowcount:
            found = self._execute(_REVISION, key).fetchone()
            raise record_moved(*key, write.expect, found[0] if found else None)

    def _rowid(self, statement: str, parameters: tuple[object, ...]) -> int:
        rowid = self._execute(statement, parameters).lastrowid
        assert rowid is not None  # an INSERT that did not raise has one
        return rowid
