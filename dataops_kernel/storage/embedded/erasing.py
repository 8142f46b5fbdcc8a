"""Taking entries and records out of the ledger's file, so that their bytes are overwritten and no number is reused.

A stream that was erased up to its tail keeps one row at that place, whose body is an empty TEXT instead of a BLOB: so
the tail is where it was, and nothing is paid for it by appends and by reads of other streams. A stream that was
erased with its name keeps its number for ever, closed at the end of its room, because another process may still
know it by that number.
"""

import sqlite3
from collections.abc import Sequence

from dataops_kernel.storage.embedded.writing import SPAN, STREAM_NUMBER, TAIL

END = SPAN - 1
"""The entry number of the row that closes an erased stream; no append ever comes this far."""

_ENTRIES_AT_ONCE = 20_000
_RECORDS_AT_ONCE = 500

LEFT = {
    reverse: f"""SELECT pos & {SPAN - 1}, body FROM entries WHERE pos > ? AND pos <= ? AND typeof(body) = 'blob'
        ORDER BY pos {"DESC" if reverse else "ASC"} LIMIT ?"""
    for reverse in (False, True)
}
"""Entries of a stream of which some were erased: the rows that only keep a place are passed over."""

_FRONT = "SELECT min(pos) FROM entries WHERE pos > ? AND pos <= ?"
_COUNT = "SELECT count(*) FROM entries WHERE pos > ? AND pos <= ? AND typeof(body) = 'blob'"
_DELETE = "DELETE FROM entries WHERE pos > ? AND pos <= ?"
_KEEP_PLACE = "INSERT INTO entries (pos, body) VALUES (?, '')"
# The place after the last one is the next stream's own, never used by an entry: a closed stream's append fails on it.
_CLOSE = "INSERT OR REPLACE INTO entries (pos, body) VALUES (?1, ''), (?1 + 1, '')"
_FORGET_NAME = "UPDATE streams SET name = 'erased ' || num WHERE num = ?"
_DELETE_DATA = "DELETE FROM contents WHERE num = (SELECT num FROM records WHERE kind = ? AND id = ?)"
_DELETE_RECORD = "DELETE FROM records WHERE kind = ? AND id = ?"


def erase_stream(connection: sqlite3.Connection, stream: str, upto: int | None) -> int:
    """Delete a stream's entries up to a number, or the stream with its name; return how many entries went."""
    row = connection.execute(STREAM_NUMBER, (stream,)).fetchone()
    if row is None:
        return 0
    base = row[0] * SPAN
    tail = (connection.execute(TAIL, (base, base + SPAN)).fetchone()[0] or base) - base
    last = tail if upto is None else min(upto, tail)
    gone = 0
    while (front := connection.execute(_FRONT, (base, base + last)).fetchone()[0]) is not None:
        until = min(front - base + _ENTRIES_AT_ONCE, last)
        with Transaction(connection):
            gone += connection.execute(_COUNT, (base, base + until)).fetchone()[0]
            connection.execute(_DELETE, (base, base + until))
            if until == tail and upto is not None:
                connection.execute(_KEEP_PLACE, (base + tail,))
        if until == last:
            break
    if upto is None:
        with Transaction(connection):
            # Whatever another process appended since.
            connection.execute(_DELETE, (base, base + END))
            connection.execute(_CLOSE, (base + END,))
            connection.execute(_FORGET_NAME, (row[0],))
    return gone


def erase_records(connection: sqlite3.Connection, records: Sequence[tuple[str, str]]) -> int:
    """Delete records with what rides with them; return how many there were."""
    gone = 0
    for start in range(0, len(records), _RECORDS_AT_ONCE):
        chunk = records[start : start + _RECORDS_AT_ONCE]
        with Transaction(connection):
            connection.executemany(_DELETE_DATA, chunk)
            gone += connection.executemany(_DELETE_RECORD, chunk).rowcount
    return gone


def purge(connection: sqlite3.Connection, *, rewrite: bool) -> None:
    """Empty the write-ahead log into the file and cut it off; with ``rewrite`` after copying the file without gaps."""
    if rewrite:
        connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


class Transaction:
    """One transaction that overwrites what it deletes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        # Only here, not at every commit: overwriting pages that fall free costs writes, and a purge that finds
        # something left from before rewrites the file.
        self._connection.execute("PRAGMA secure_delete = ON")
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        if kind is None:
            self._connection.execute("COMMIT")
        elif self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._connection.execute("PRAGMA secure_delete = FAST")
