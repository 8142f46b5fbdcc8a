"""Appending to a session's log and reading it along a line."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from dataops_kernel.errors import IntegrityError
from dataops_kernel.sessionlog.line import OPEN_END, Line, trace
from dataops_kernel.storage.ledger import Append, Ledger, Write
from dataops_kernel.types import LogEntry, Restored, session_stream

_ENTRIES: TypeAdapter[list[LogEntry]] = TypeAdapter(list[LogEntry])
_RESTORES: TypeAdapter[list[Restored]] = TypeAdapter(list[Restored])
_PAGE = 256


class SessionLog:
    """Every durable fact of every session, in the order it happened."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def append(self, session_id: str, *entries: LogEntry, also: Sequence[Write] = ()) -> list[int]:
        """Append entries in one commit, together with the records in ``also``; return their numbers."""
        return self._ledger.commit([*self.appends(session_id, *entries), *also])

    def appends(self, session_id: str, *entries: LogEntry) -> list[Write]:
        """Return the writes that append entries, for a commit that somebody else makes."""
        stream = session_stream(session_id)
        return [Append(stream, entry.model_dump_json().encode()) for entry in entries]

    def tail(self, session_id: str) -> int:
        """Return the number of the newest entry, on whatever branch; 0 when the log is empty."""
        return self._ledger.tail(session_stream(session_id))

    def line(self, session_id: str, at: int | None = None) -> Line:
        """Return the line as it reads from entry ``at``; without it the line as it reads now, open at its end."""
        records = self._ledger.children("restore", session_id)
        origins = _RESTORES.validate_json(b"[" + b",".join([record.body for record in records]) + b"]")
        restores = sorted((record.seq or 0, entry.seq) for record, entry in zip(records, origins, strict=True))
        return trace(OPEN_END if at is None else at, restores)

    def read(self, session_id: str, line: Line, after: int = 0) -> Iterator[tuple[int, LogEntry]]:
        """Yield the entries of a line from old to new, those numbered above ``after``."""
        stream = session_stream(session_id)
        for first, last in line.ranges:
            position = max(first - 1, after)
            while position < last:
                rows = self._ledger.entries(stream, after=position, upto=last, limit=_PAGE)
                if not rows:
                    break
                yield from zip((row.seq for row in rows), parse([row.body for row in rows]), strict=True)
                position = rows[-1].seq

    def read_back(self, session_id: str, line: Line, page: int = _PAGE) -> Iterator[tuple[int, LogEntry]]:
        """Yield the entries of a line from new to old, reading ``page`` of them at a time."""
        stream = session_stream(session_id)
        for first, last in reversed(line.ranges):
            position = last
            while position >= first:
                rows = self._ledger.entries(stream, after=first - 1, upto=position, limit=page, reverse=True)
                if not rows:
                    break
                yield from zip((row.seq for row in rows), parse([row.body for row in rows]), strict=True)
                position = rows[-1].seq - 1


def parse(bodies: Sequence[bytes]) -> list[Any]:
    """Turn stored bodies into entries, all in one pass."""
    try:
        return list(_ENTRIES.validate_json(b"[" + b",".join(bodies) + b"]"))
    except ValidationError as err:
        raise IntegrityError(
            f"A session log holds an entry this version cannot read: {err.errors()[0]['msg']}.",
            hint="Run `dataops doctor`; restore ledger.sqlite from a backup if it was edited by hand.",
        ) from err
