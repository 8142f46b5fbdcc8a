"""Appending to a session's log and reading it along a line."""

from collections.abc import Iterator, Sequence

from dataops_kernel.sessionlog.archive import Archive
from dataops_kernel.sessionlog.bodies import parse_entries
from dataops_kernel.sessionlog.line import Line, trace
from dataops_kernel.sessionlog.recent import PAGE, RecentEntries
from dataops_kernel.storage.ledger import Append, Entry, Ledger, Write
from dataops_kernel.types import LogEntry, session_stream

_WHOLE = 8192


class SessionLog:
    """Every durable fact of every session, in the order it happened."""

    def __init__(self, ledger: Ledger, archive: Archive | None = None) -> None:
        self._ledger = ledger
        self._archive = archive
        self._recent = RecentEntries(ledger)

    def append(self, session_id: str, *entries: LogEntry, also: Sequence[Write] = ()) -> list[int]:
        """Append entries in one commit, together with the records in ``also``; return their numbers."""
        return self._ledger.commit([*self.appends(session_id, *entries), *also])

    def appends(self, session_id: str, *entries: LogEntry) -> list[Write]:
        """Return the writes that append entries, for a commit that somebody else makes."""
        stream = session_stream(session_id)
        return [Append(stream, entry.to_json()) for entry in entries]

    def tail(self, session_id: str) -> int:
        """Return the number of the newest entry, on whatever branch; 0 when the log is empty."""
        return self._ledger.tail(session_stream(session_id))

    def line(self, session_id: str, at: int | None = None) -> Line:
        """Return the line as it reads from entry ``at``; without it the line as it reads now, open at its end."""
        recent = self._recent.of(session_id)
        return recent.line if at is None else trace(at, recent.restores)

    def restores(self, session_id: str) -> tuple[tuple[int, int], ...]:
        """Return (number of the entry, the entry it continues from) of every restore, in the order they were made."""
        return self._recent.of(session_id).restores

    def forget(self, session_id: str) -> None:
        """Keep nothing of a session in memory."""
        self._recent.forget(session_id)

    def read(self, session_id: str, line: Line, after: int = 0, page: int = PAGE) -> Iterator[tuple[int, LogEntry]]:
        """Yield the entries of a line from old to new, those numbered above ``after``, reading ``page`` at a time."""
        for rows in self._pages(session_id, line, after, page):
            yield from zip((row.seq for row in rows), parse_entries([row.body for row in rows]), strict=True)

    def read_all(self, session_id: str, line: Line, after: int = 0) -> list[LogEntry]:
        """Return the entries of a line from old to new, those numbered above ``after``, read in one go."""
        return parse_entries([row.body for rows in self._pages(session_id, line, after, _WHOLE) for row in rows])

    def read_back(self, session_id: str, line: Line, page: int = PAGE) -> Iterator[tuple[int, LogEntry]]:
        """Yield the entries of a line from new to old, reading ``page`` of them at a time."""
        recent = self._recent.of(session_id)
        for first, last in reversed(line.ranges):
            position = min(last, recent.last)
            while position >= max(first, recent.first):
                yield position, recent.entries[position - recent.first]
                position -= 1
            while position >= first:
                rows = self._rows(session_id, first - 1, position, page, reverse=True)
                if not rows:
                    break
                yield from zip((row.seq for row in rows), parse_entries([row.body for row in rows]), strict=True)
                position = rows[-1].seq - 1

    def _pages(self, session_id: str, line: Line, after: int, page: int) -> Iterator[list[Entry]]:
        for first, last in line.ranges:
            position = max(first - 1, after)
            while position < last:
                rows = self._rows(session_id, position, last, page)
                if not rows:
                    break
                yield rows
                if len(rows) < page:
                    break
                position = rows[-1].seq

    def _rows(self, session_id: str, after: int, upto: int, limit: int, *, reverse: bool = False) -> list[Entry]:
        stream = session_stream(session_id)
        rows = self._ledger.entries(stream, after=after, upto=upto, limit=limit, reverse=reverse)
        if self._archive is None or (
            (len(rows) == limit or (rows and rows[-1].seq == after + 1))
            if reverse
            else (rows and rows[0].seq == after + 1)
        ):
            return rows
        # Entries are missing: they were archived, or there never were any.
        return self._archive.fill(session_id, rows, after, upto, limit, reverse=reverse)

    def entries(self, session_id: str, first: int, last: int) -> list[Entry]:
        """Return the stored entries ``first`` to ``last`` of whatever branch, archived or not."""
        return self._rows(session_id, first - 1, last, last - first + 1) if first <= last else []
