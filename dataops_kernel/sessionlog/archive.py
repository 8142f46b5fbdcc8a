"""Archived logs: entries that were sealed and then erased from the ledger still read as if they were there."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

from pydantic import Field, ValidationError

from dataops_kernel.errors import IntegrityError
from dataops_kernel.sessionlog.segments import SEGMENT_ENTRIES, Segments
from dataops_kernel.storage.blobs import Blobs
from dataops_kernel.storage.ledger import Entry, Ledger, Put, Record
from dataops_kernel.types import Frozen, Segment, session_stream

KIND = "archive"
_KEPT = 4
_KEPT_BYTES = 4 * 1024 * 1024


class Archived(Frozen):
    """Up to where a log was archived; the full segments have records of their own."""

    upto: int = Field(description="The last entry that is sealed; the ledger may hold later ones.")
    tail: Segment | None = Field(default=None, description="The entries behind the last full segment.")
    former: tuple[str, ...] = Field(default=(), description="Blobs of tails that a later archiving replaced.")
    archived_at: datetime


class Archive:
    """Puts logs away as compressed JSON Lines in the blob store, and reads them there."""

    def __init__(self, ledger: Ledger, blobs: Blobs) -> None:
        self._ledger = ledger
        self._segments = Segments(ledger, blobs, self)
        self._kept: OrderedDict[str, list[bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def seal(self, session_id: str, now: datetime) -> tuple[Archived, Put]:
        """Write what is not sealed yet; return what the archive then is, and the write that makes it so.

        The blobs are durable when this returns. Until the write is committed nothing else has changed.
        """
        record = self._ledger.get(KIND, session_id)
        before = _read(record) if record else None
        segments = self._segments.seal(session_id)
        tail = segments[-1] if segments and segments[-1].last % SEGMENT_ENTRIES else None
        former = before.former if before else ()
        if before and before.tail and before.tail != tail:
            former = (*former, before.tail.sha256)
        made = Archived(upto=segments[-1].last if segments else 0, tail=tail, former=former, archived_at=now)
        body = made.to_json()
        return made, Put(KIND, session_id, body, parent=session_id, expect=record.revision if record else 0)

    def of(self, session_id: str) -> Archived | None:
        """Return up to where a session's log was archived; None when it never was."""
        record = self._ledger.get(KIND, session_id)
        return _read(record) if record else None

    def digests(self, session_id: str) -> list[str]:
        """Return the names of all blobs that hold sealed entries of a session."""
        archived = self.of(session_id)
        tails = [*archived.former, *([archived.tail.sha256] if archived.tail else [])] if archived else []
        return [*(segment.sha256 for segment in self._segments.sealed(session_id)), *tails]

    def sizes(self, session_id: str) -> tuple[int, int]:
        """Return how many bytes the sealed entries of a session take, compressed and as JSON Lines."""
        archived = self.of(session_id)
        tail = [archived.tail] if archived and archived.tail else []
        parts = [*self._segments.sealed(session_id), *tail]
        return sum(part.size_bytes for part in parts), sum(part.raw_bytes for part in parts)

    def fill(
        self, session_id: str, rows: list[Entry], after: int, upto: int, limit: int, *, reverse: bool = False
    ) -> list[Entry]:
        """Return the entries that a reading of the ledger should have given, which gave ``rows`` with a gap."""
        archived = self.of(session_id)
        if archived is None:
            return rows
        if reverse:
            end = min(rows[-1].seq - 1 if rows else upto, archived.upto)
            return [*rows, *self._sealed(session_id, archived, max(after, end - (limit - len(rows))), end)[::-1]]
        sealed = self._sealed(session_id, archived, after, min(upto, archived.upto, after + limit))
        return [*sealed, *(row for row in rows if row.seq > archived.upto)][:limit]

    def entries(self, session_id: str, first: int, last: int) -> list[Entry]:
        """Return the entries ``first`` to ``last`` wherever they lie."""
        rows = self._ledger.entries(session_stream(session_id), after=first - 1, upto=last)
        return rows if len(rows) == last - first + 1 else self.fill(session_id, rows, first - 1, last, last - first + 1)

    def _sealed(self, session_id: str, archived: Archived, after: int, last: int) -> list[Entry]:
        found: list[Entry] = []
        position = after + 1
        while position <= last:
            segment = self._segment(session_id, archived, position)
            until = min(segment.last, last)
            bodies = self._bodies(segment)[position - segment.first : until - segment.first + 1]
            found += map(Entry, range(position, until + 1), bodies)
            position = until + 1
        return found

    def _segment(self, session_id: str, archived: Archived, seq: int) -> Segment:
        if archived.tail is not None and archived.tail.first <= seq <= archived.tail.last:
            return archived.tail
        segment = self._segments.holding(session_id, seq)
        if segment is None:
            raise IntegrityError(
                f"The archive of session {session_id!r} has lost its entry {seq}.",
                hint="Run `dataops doctor`; restore ledger.sqlite and blobs from one backup.",
                session_id=session_id,
            )
        return segment

    def _bodies(self, segment: Segment) -> Sequence[bytes]:
        bodies = self._kept.get(segment.sha256)
        if bodies is None:
            bodies = self._segments.read(segment)
            if segment.raw_bytes <= _KEPT_BYTES:
                with self._lock:
                    self._kept[segment.sha256] = bodies
                    while len(self._kept) > _KEPT:
                        self._kept.popitem(last=False)
        return bodies

    def forget(self) -> None:
        """Keep nothing of any session in memory."""
        with self._lock:
            self._kept.clear()


def _read(record: Record) -> Archived:
    try:
        return Archived.model_validate_json(record.body)
    except ValidationError as err:
        raise IntegrityError(
            f"The archive record of session {record.id!r} cannot be read: {err.errors()[0]['msg']}.",
            hint="Run `dataops doctor`; restore ledger.sqlite from a backup if it was edited by hand.",
        ) from err
