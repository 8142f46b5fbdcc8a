"""Sealed segments: ranges of a session's log as immutable compressed blobs, shared by every snapshot of it."""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from dataops_kernel.errors import ConflictError, IntegrityError
from dataops_kernel.storage.blobs import Blobs
from dataops_kernel.storage.ledger import MAX_COMMIT_WRITES, MAX_RECORD_BYTES, Entry, Ledger, Put, Write
from dataops_kernel.types import Segment, session_stream

SEGMENT_ENTRIES = 256
"""Entries of a full segment, aligned to their numbers: 1…256, 257…512, …"""
MAX_SEGMENT_BYTES = SEGMENT_ENTRIES * (MAX_RECORD_BYTES + 1)
"""The most JSON Lines one segment can hold; whatever claims more was not made by ``seal``."""

_KIND = "segment"
_LEVEL = 1
_WRITERS = 4
_SEGMENTS: TypeAdapter[list[Segment]] = TypeAdapter(list[Segment])


class EntrySource(Protocol):
    """Something that gives the entries of a log wherever they lie: in the ledger or in an archive."""

    def entries(self, session_id: str, first: int, last: int) -> list[Entry]:
        """Return the entries ``first`` to ``last``."""


class Segments:
    """Seals the log of a session, and reads back what was sealed.

    A full segment is written once and remembered in a ``segment`` record; the entries behind the last full one make
    a tail segment, which is written whenever it is asked for and remembered by whoever asked.
    """

    def __init__(self, ledger: Ledger, blobs: Blobs, log: EntrySource | None = None) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._log = log

    def seal(self, session_id: str, upto: int | None = None) -> tuple[Segment, ...]:
        """Return segments that hold the entries 1 to ``upto`` (all there are), writing those not written yet.

        Durable when this returns. The full segments are the same for every caller; a session without entries has
        none. The work grows with what is new, not with the length of the log.
        """
        end = self._ledger.tail(session_stream(session_id))
        end = end if upto is None else min(upto, end)
        full = end - end % SEGMENT_ENTRIES
        known = {segment.first: segment for segment in self.sealed(session_id) if segment.last <= full}
        missing = [first for first in range(1, full + 1, SEGMENT_ENTRIES) if first not in known]
        fresh = self._write_all(session_id, [(first, first + SEGMENT_ENTRIES - 1) for first in missing])
        if fresh:
            self._remember(session_id, fresh)
            known |= {segment.first: segment for segment in fresh}
        tail = self._write_all(session_id, [(full + 1, end)] if end > full else [])
        return (*(known[first] for first in sorted(known)), *tail)

    def sealed(self, session_id: str) -> list[Segment]:
        """Return the full segments written so far, in the order of their entries."""
        records = self._ledger.children(_KIND, session_id)
        try:
            return _SEGMENTS.validate_json(b"[" + b",".join([record.body for record in records]) + b"]")
        except ValidationError as err:
            raise IntegrityError(
                f"A segment record of session {session_id!r} cannot be read: {err.errors()[0]['msg']}.",
                hint="Run `dataops doctor`; restore ledger.sqlite from a backup if it was edited by hand.",
            ) from err

    def holding(self, session_id: str, seq: int) -> Segment | None:
        """Return the full segment that holds an entry, or None when it was not sealed."""
        first = seq - (seq - 1) % SEGMENT_ENTRIES
        record = self._ledger.get(_KIND, f"{session_id}/{first:010d}")
        return None if record is None else Segment.model_validate_json(record.body)

    def read(self, segment: Segment) -> list[bytes]:
        """Return the bodies of a segment's entries, in order, exactly as the log held them.

        Raises ``IntegrityError`` when the blob is missing, is not what was sealed, or unpacks to anything but the
        bytes and lines the segment declares.
        """
        with self._blobs.open(segment.sha256) as stream:
            return unpack(segment, stream.read(segment.size_bytes + 1))

    def read_all(self, segments: Sequence[Segment]) -> Iterator[bytes]:
        """Yield the bodies of several segments one after the other, holding one segment in memory at a time."""
        for segment in segments:
            yield from self.read(segment)

    def _write_all(self, session_id: str, ranges: Sequence[tuple[int, int]]) -> list[Segment]:
        if len(ranges) < 2:
            return [self._write(session_id, first, last) for first, last in ranges]
        # Compressing and waiting for the disk both happen outside the interpreter's lock.
        with ThreadPoolExecutor(_WRITERS, "segments") as pool:
            return list(pool.map(lambda bounds: self._write(session_id, *bounds), ranges))

    def _write(self, session_id: str, first: int, last: int) -> Segment:
        entries = self._ledger.entries(session_stream(session_id), after=first - 1, upto=last)
        if len(entries) <= last - first and self._log is not None:  # some of them are archived
            entries = self._log.entries(session_id, first, last)
        segment, packed = pack(first, last, entries)
        self._blobs.put(packed)
        return segment

    def _remember(self, session_id: str, segments: Sequence[Segment]) -> None:
        writes: list[Write] = [_record(session_id, segment) for segment in segments]
        for start in range(0, len(writes), MAX_COMMIT_WRITES):
            try:
                self._ledger.commit(writes[start : start + MAX_COMMIT_WRITES])
            except ConflictError:
                # Another process seals the same log: its segments hold the same entries. Keep what it left out.
                known = {segment.first for segment in self.sealed(session_id)}
                rest = [s for s in segments[start : start + MAX_COMMIT_WRITES] if s.first not in known]
                if rest:
                    self._remember(session_id, rest)


def pack(first: int, last: int, entries: Sequence[Entry]) -> tuple[Segment, bytes]:
    """Return the segment of entries ``first`` to ``last`` and its compressed bytes.

    Raises ``IntegrityError`` when the log does not hold exactly those entries.
    """
    import zstandard

    raw = b"\n".join([entry.body for entry in entries]) + b"\n"
    if [entry.seq for entry in entries] != list(range(first, last + 1)) or raw.count(b"\n") != last - first + 1:
        raise IntegrityError(
            f"The log does not hold the entries {first} to {last} as one line each.",
            hint="Run `dataops doctor`; restore ledger.sqlite from a backup if it was edited by hand.",
        )
    packed = zstandard.ZstdCompressor(level=_LEVEL).compress(raw)
    digest = hashlib.sha256(packed).hexdigest()
    return Segment(first=first, last=last, sha256=digest, size_bytes=len(packed), raw_bytes=len(raw)), packed


def unpack(segment: Segment, packed: bytes) -> list[bytes]:
    """Return the bodies that a segment's compressed bytes hold.

    Never makes more than the declared ``raw_bytes``, and those never more than ``MAX_SEGMENT_BYTES``. Raises
    ``IntegrityError`` for anything but what was sealed.
    """
    import zstandard

    if len(packed) != segment.size_bytes or hashlib.sha256(packed).hexdigest() != segment.sha256:
        raise _damaged(segment, "are not the bytes that were sealed")
    if segment.raw_bytes > MAX_SEGMENT_BYTES:
        raise _damaged(segment, f"declare {segment.raw_bytes:,} bytes where {MAX_SEGMENT_BYTES:,} are the most")
    try:
        # A frame makes as many bytes as it says, or fails: what it says is looked at before anything is made.
        fits = zstandard.frame_content_size(packed) == segment.raw_bytes
        raw = zstandard.ZstdDecompressor().decompress(packed) if fits else b""
    except zstandard.ZstdError as err:
        raise _damaged(segment, f"cannot be unpacked ({err})") from err
    bodies = raw.split(b"\n")
    if len(raw) != segment.raw_bytes or bodies.pop() or len(bodies) != segment.last - segment.first + 1:
        raise _damaged(segment, "do not unpack to the entries that were sealed")
    return bodies


def _record(session_id: str, segment: Segment) -> Put:
    order = f"{segment.first:010d}"
    return Put(
        _KIND,
        f"{session_id}/{order}",
        segment.model_dump_json().encode(),
        parent=session_id,
        order=order,
        session=session_id,
    )


def _damaged(segment: Segment, what: str) -> IntegrityError:
    return IntegrityError(
        f"The sealed entries {segment.first} to {segment.last} {what}.",
        hint=f"Restore blobs/{segment.sha256[:2]}/{segment.sha256} from a backup of the workspace.",
        sha256=segment.sha256,
    )
