"""The transactions of the ledger: writes in, entry numbers out; nothing is known outside before it commits."""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from dataops_kernel.errors import DataOpsError, StorageUnavailableError, UsageError
from dataops_kernel.storage.embedded.faults import unstorable
from dataops_kernel.storage.ledger import (
    Append,
    Put,
    Remove,
    Write,
    place_fixed,
    place_taken,
    record_moved,
    stream_erased,
    stream_moved,
)

SPAN = 1 << 32
"""Room for the entries of one stream; stream n owns the positions from n * SPAN."""

_KNOWN_STREAMS = 65_536

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
_ADD_DATA = "INSERT INTO contents (num, data) VALUES (?, ?)"
_KEEP_DATA = """INSERT INTO contents (num, data) SELECT num, ? FROM records WHERE kind = ? AND id = ?
    ON CONFLICT (num) DO UPDATE SET data = excluded.data"""
_REMOVE_DATA = "DELETE FROM contents WHERE num = (SELECT num FROM records WHERE kind = ? AND id = ?)"
_REMOVE = "DELETE FROM records WHERE kind = ? AND id = ? AND revision = ?"
_REVISION = "SELECT revision, parent, ord FROM records WHERE kind = ? AND id = ?"


class Writer:
    """The connection that writes: begin, apply some writes, then commit or roll back.

    ``streams`` are the numbers of the streams known to be there; what a transaction finds out joins them when it
    commits. Raises sqlite3's errors, for the ledger to translate.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, streams: dict[str, int]) -> None:
        self.connection = connection
        self._execute = connection.execute
        self._path = str(path)
        self._file = os.stat(self._path).st_ino  # noqa: PTH116  see begin()
        self._streams = streams
        self._fresh: dict[str, int] = {}

    def begin(self) -> None:
        """Wait for the file's one writing transaction."""
        try:
            # Not Path.stat: after an fsync every line of Python is out of the processor's caches, and costs 10 us.
            moved = os.stat(self._path).st_ino != self._file  # noqa: PTH116
        except OSError:
            moved = True
        if moved:  # SQLite would go on writing to a file that nobody can find any more
            raise StorageUnavailableError(
                f"The ledger {self._path!r} was moved or deleted while it was open.",
                hint="Put the file back, or open the workspace again.",
            )
        self._execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make everything applied since ``begin`` durable and visible."""
        self._execute("COMMIT")
        if self._fresh:
            if len(self._streams) > _KNOWN_STREAMS:
                self._streams.clear()
            self._streams.update(self._fresh)
            self._fresh = {}

    def roll_back(self) -> None:
        """Undo everything applied since ``begin``; after an error SQLite may have done so already."""
        self._fresh = {}
        if self.connection.in_transaction:
            self._execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def apply_alone(self, writes: Sequence[Write]) -> list[int]:
        """Apply writes so that, if they raise, those applied before them in this transaction stand."""
        self._execute("SAVEPOINT alone")
        known = dict(self._fresh)
        try:
            return self.apply(writes)
        except DataOpsError:
            self._execute("ROLLBACK TO alone")
            self._fresh = known
            raise
        finally:
            if self.connection.in_transaction:
                self._execute("RELEASE alone")

    def apply(self, writes: Sequence[Write]) -> list[int]:
        """Apply writes in order and return the numbers of the appended entries.

        Raises ``ConflictError`` or ``UsageError`` with some writes applied: the caller rolls back.
        """
        numbers: list[int] = []
        stamps: dict[str, int] = {}
        try:
            for write in writes:
                if isinstance(write, Append):
                    stamps[write.stream] = number = self._append(write)
                    numbers.append(number)
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
        stream, body, expect = write
        base = (self._streams.get(stream) or self._number(stream)) * SPAN
        if expect is not None:
            tail = (self._execute(TAIL, (base, base + SPAN)).fetchone()[0] or base) - base
            if tail != expect:
                raise stream_moved(stream, expect, tail)
        try:
            position = self._execute(_APPEND, (base, base + SPAN, body)).lastrowid
        except sqlite3.IntegrityError as error:
            raise stream_erased(stream) from error  # by another process: its room is closed, see erasing.py
        assert position is not None  # an INSERT that did not raise has one
        return position - base

    def _number(self, stream: str) -> int:
        number = self._fresh.get(stream)
        if number is None:
            row = self._execute(STREAM_NUMBER, (stream,)).fetchone()
            number = row[0] if row else self._execute(_NEW_STREAM, (stream,)).lastrowid
            assert number is not None
            self._fresh[stream] = number
        return number

    def _put(self, write: Put, seq: int | None) -> None:
        order = write.order or write.id
        key = (write.kind, write.id)
        session, workflow = write.session or None, write.workflow or None
        if write.expect == 0:
            try:
                made = self._execute(_CREATE, (*key, write.parent, order, session, workflow, seq, write.body))
            except sqlite3.IntegrityError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_UNIQUE:
                    raise
                found = self._execute(_REVISION, key).fetchone()
                if found is None:
                    raise place_taken(write.kind, write.parent, order) from error
                raise record_moved(*key, 0, found[0]) from error
            if write.data is not None:
                self._execute(_ADD_DATA, (made.lastrowid, write.data))
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
