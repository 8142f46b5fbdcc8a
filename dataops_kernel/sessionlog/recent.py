"""The newest entries of the sessions in use: a log only grows, so what was read once is only ever read on."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from dataops_kernel.sessionlog.bodies import parse_entries, parse_restores
from dataops_kernel.sessionlog.line import OPEN_END, Line, trace
from dataops_kernel.storage.ledger import Entry, Ledger
from dataops_kernel.types import LogEntry, Restored, session_stream

PAGE = 256
_FIRST = 64
_BYTES = 256 * 1024
_SESSIONS = 64


@dataclass(frozen=True, slots=True)
class Recent:
    """The end of one log: ``entries`` are numbered from ``first``, ``line`` is how the story reads now."""

    first: int
    entries: tuple[LogEntry, ...]
    sizes: tuple[int, ...]
    restores: tuple[tuple[int, int], ...]
    line: Line

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 on an empty log."""
        return self.first + len(self.entries) - 1


class RecentEntries:
    """Keeps the newest entries of some sessions; every look asks the ledger for what came since."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._kept: OrderedDict[str, Recent] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, session_id: str) -> Recent:
        """Return the end of a log as it is now, whoever wrote to it."""
        kept = self._kept.get(session_id)
        if kept is None:
            return self._keep(session_id, self._first_look(session_id))
        stream = session_stream(session_id)
        fresh = self._ledger.entries(stream, after=kept.last, limit=PAGE)
        # What came since may have been archived already, restores among it: then the ledger has a gap here.
        if not fresh and self._ledger.tail(stream) == kept.last:
            return kept
        if not fresh or fresh[0].seq != kept.last + 1 or len(fresh) == PAGE:  # the end lies further on
            return self._keep(session_id, self._first_look(session_id))
        return self._keep(session_id, _grown(kept, fresh))

    def forget(self, session_id: str) -> None:
        """Know nothing of a session any more: what was said in it is no longer in its log."""
        with self._lock:
            self._kept.pop(session_id, None)

    def _first_look(self, session_id: str) -> Recent:
        stream = session_stream(session_id)
        while True:
            # In this order: a restore that is made in between is among the entries read after.
            tail = self._ledger.tail(stream)
            records = self._ledger.children("restore", session_id)
            rows = self._ledger.entries(stream, limit=_FIRST, reverse=True)[::-1]
            first = rows[0].seq if rows else tail + 1
            if first <= tail + 1:
                break  # else so much was written and archived in between that a restore may be missing
        origins = parse_restores([record.body for record in records])
        restores = tuple(sorted((record.seq or 0, made.seq) for record, made in zip(records, origins, strict=True)))
        known = tuple(pair for pair in restores if pair[0] < first)
        return _grown(Recent(first, (), (), known, trace(OPEN_END, known)), rows)

    def _keep(self, session_id: str, recent: Recent) -> Recent:
        with self._lock:
            kept = self._kept.get(session_id)
            if kept is None or kept.last <= recent.last:
                self._kept[session_id] = recent
                self._kept.move_to_end(session_id)
            while len(self._kept) > _SESSIONS:
                self._kept.popitem(last=False)
        return recent


def _grown(recent: Recent, rows: Sequence[Entry]) -> Recent:
    fresh = parse_entries([row.body for row in rows])
    made = tuple((row.seq, entry.seq) for row, entry in zip(rows, fresh, strict=True) if isinstance(entry, Restored))
    restores = recent.restores + made
    entries = (*recent.entries, *fresh)[-PAGE:]
    sizes = (*recent.sizes, *(len(row.body) for row in rows))[-PAGE:]
    total, room = 0, 0
    while room < len(sizes) and (total := total + sizes[-1 - room]) <= _BYTES:
        room += 1
    last = rows[-1].seq if rows else recent.last
    return Recent(
        first=last - room + 1,
        entries=entries[len(entries) - room :],
        sizes=sizes[len(sizes) - room :],
        restores=restores,
        line=trace(OPEN_END, restores) if made else recent.line,
    )
