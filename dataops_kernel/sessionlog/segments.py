"""Sealed segments: ranges of a session's log as immutable compressed blobs, shared by every snapshot of it."""

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from dataops_kernel.errors import ConflictError, IntegrityError
from dataops_kernel.storage.blobs import Blobs
from dataops_kernel.storage.ledger import MAX_COMMIT_WRITES, MAX_RECORD_BYTES, Entry, Ledger, Put, Write
from dataops_kernel.types import Segment, session_stream

SEGMENT_ENTRIES = 256
"""Entries of a full segment, aligned to their numbers: 1…256, 257…512, …"""
LARGE_SEGMENT_ENTRIES = 8 * SEGMENT_ENTRIES
"""Entries of one segment where so many are sealed at once: fewer files to make durable."""
MAX_SEGMENT_BYTES = SEGMENT_ENTRIES * (MAX_RECORD_BYTES + 1)
"""The most JSON Lines one segment can hold; whatever claims more was not made by ``seal``."""

_KIND = "segment"
_LEVEL = 1
_WRITERS = 3
_READERS = 2
_AHEAD = 4
_LARGE_BYTES = 4 * 1024 * 1024
_ATTEMPTS = 8
_SEGMENTS: TypeAdapter[list[Segment]] = TypeAdapter(list[Segment])


class EntrySource(Protocol):
    """Something that gives the entries of a log wherever they lie: in the ledger or in an archive."""

    def entries(self, session_id: str, first: int, last: int) -> list[Entry]:
        """Return the entries ``first`` to ``last``."""


class Segments:
    """Seals the log of a session, and reads back what was sealed.

    A full segment is written once and remembered in a ``segment`` record; where many entries are sealed at once,
    eight make one. The entries behind the last full one make a tail segment, which is written whenever it is asked
    for and remembered by whoever asked.
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
        for attempt in range(1, _ATTEMPTS + 1):
            known = self.sealed(session_id)
            held = _unbroken(known, full)
            first = held[-1].last + 1 if held else 1
            fresh = self._write_all(session_id, first, end)
            # Nothing is remembered that begins inside a segment of somebody who saw a longer log.
            beyond = max((segment.last for segment in known), default=0)
            try:
                self._remember(session_id, [s for s in fresh if beyond < s.first and s.last <= full])
            except ConflictError:
                # Another process seals the same log: what it remembered counts.
                if attempt == _ATTEMPTS:
                    raise
                continue
            return (*held, *fresh)
        raise AssertionError  # the last attempt returned or raised

    def packed(self, session_id: str, first: int, last: int) -> tuple[Segment, bytes]:
        """Return entries as a segment and its bytes, for who keeps them elsewhere: nothing is written."""
        return pack(first, last, self._entries(session_id, first, last))

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
        firsts = {seq - (seq - 1) % entries for entries in (SEGMENT_ENTRIES, LARGE_SEGMENT_ENTRIES)}
        found = self._ledger.get_many(_KIND, [_id(session_id, first) for first in sorted(firsts)])
        segments = [Segment.model_validate_json(record.body) for record in found]
        return next((segment for segment in segments if segment.first <= seq <= segment.last), None)

    def read(self, segment: Segment) -> list[bytes]:
        """Return the bodies of a segment's entries, in order, exactly as the log held them.

        Raises ``IntegrityError`` when the blob is missing, is not what was sealed, or unpacks to anything but the
        bytes and lines the segment declares.
        """
        return _split(segment, self._lines(segment))

    def read_all(self, segments: Sequence[Segment]) -> Iterator[bytes]:
        """Yield the bodies of several segments one after the other, holding one segment in memory at a time."""
        for segment in segments:
            yield from self.read(segment)

    def read_lines(self, segments: Sequence[Segment]) -> Iterator[tuple[Segment, bytes]]:
        """Yield segments with their JSON Lines, checked like ``read`` but not counted, unpacking a few ahead."""
        with ThreadPoolExecutor(_READERS, "segments") as pool:
            coming: deque[tuple[Segment, Future[bytes]]] = deque()
            for segment in segments:
                coming.append((segment, pool.submit(self._lines, segment)))
                if len(coming) > _AHEAD:
                    first, lines = coming.popleft()
                    yield first, lines.result()
            for segment, lines in coming:
                yield segment, lines.result()

    def _lines(self, segment: Segment) -> bytes:
        with self._blobs.open(segment.sha256) as stream:
            return unpack_lines(segment, stream.read(segment.size_bytes + 1))

    def _write_all(self, session_id: str, first: int, end: int) -> list[Segment]:
        """Write the entries ``first`` to ``end`` and return their segments in order."""
        parts = self._parts(session_id, first, end)
        if end - first < SEGMENT_ENTRIES:
            return [self._write(*part) for part in parts]
        made: list[Segment] = []
        # Compressing and waiting for the disk happen outside the interpreter's lock; reading rows takes it for every
        # row, so that one thread alone reads faster than several.
        with ThreadPoolExecutor(_WRITERS, "segments") as pool:
            written: deque[Future[Segment]] = deque()
            for part in parts:
                written.append(pool.submit(self._write, *part))
                if len(written) > _AHEAD:
                    made.append(written.popleft().result())
            return [*made, *(each.result() for each in written)]

    def _parts(self, session_id: str, first: int, end: int) -> Iterator[tuple[int, int, list[Entry]]]:
        """Yield what is to become a segment each: first and last number, and the entries."""
        while first <= end:
            large = (first - 1) % LARGE_SEGMENT_ENTRIES == 0 and first + LARGE_SEGMENT_ENTRIES - 1 <= end
            last = min(first + (LARGE_SEGMENT_ENTRIES if large else SEGMENT_ENTRIES) - 1, end)
            entries = self._entries(session_id, first, last)
            if large and sum([len(entry.body) for entry in entries]) > _LARGE_BYTES:
                for start in range(first, last + 1, SEGMENT_ENTRIES):
                    until = start + SEGMENT_ENTRIES - 1
                    yield start, until, entries[start - first : until - first + 1]
            else:
                yield first, last, entries
            first = last + 1

    def _entries(self, session_id: str, first: int, last: int) -> list[Entry]:
        entries = self._ledger.entries(session_stream(session_id), after=first - 1, upto=last)
        if len(entries) <= last - first and self._log is not None:  # some of them are archived
            entries = self._log.entries(session_id, first, last)
        return entries

    def _write(self, first: int, last: int, entries: Sequence[Entry]) -> Segment:
        segment, packed = pack(first, last, entries)
        self._blobs.put(packed)
        return segment

    def _remember(self, session_id: str, segments: Sequence[Segment]) -> None:
        writes: list[Write] = [_record(session_id, segment) for segment in segments]
        for start in range(0, len(writes), MAX_COMMIT_WRITES):
            self._ledger.commit(writes[start : start + MAX_COMMIT_WRITES])


def _unbroken(known: Sequence[Segment], full: int) -> list[Segment]:
    """Return the segments that follow one another from the first entry on, none going beyond entry ``full``."""
    held: list[Segment] = []
    for segment in known:
        if segment.first == (held[-1].last + 1 if held else 1) and segment.last <= full:
            held.append(segment)
    return held


def pack(first: int, last: int, entries: Sequence[Entry]) -> tuple[Segment, bytes]:
    """Return the segment of entries ``first`` to ``last`` and its compressed bytes.

    Raises ``IntegrityError`` when the log does not hold exactly those entries.
    """
    import zstandard

    bodies = [entry.body for entry in entries]
    if [entry.seq for entry in entries] != list(range(first, last + 1)) or any(b"\n" in body for body in bodies):
        raise IntegrityError(
            f"The log does not hold the entries {first} to {last} as one line each.",
            hint="Run `dataops doctor`; restore ledger.sqlite from a backup if it was edited by hand.",
        )
    raw = b"\n".join([*bodies, b""])
    packed = zstandard.ZstdCompressor(level=_LEVEL).compress(raw)
    digest = hashlib.sha256(packed).hexdigest()
    return Segment(first=first, last=last, sha256=digest, size_bytes=len(packed), raw_bytes=len(raw)), packed


def unpack(segment: Segment, packed: bytes) -> list[bytes]:
    """Return the bodies that a segment's compressed bytes hold; raises as ``unpack_lines`` does."""
    return _split(segment, unpack_lines(segment, packed))


def unpack_lines(segment: Segment, packed: bytes) -> bytes:
    """Return the JSON Lines that a segment's compressed bytes hold.

    Never makes more than the declared ``raw_bytes``, and those never more than ``MAX_SEGMENT_BYTES``. Raises
    ``IntegrityError`` for anything but what was sealed.
    """
    import zstandard

    if len(packed) != segment.size_bytes or hashlib.sha256(packed).hexdigest() != segment.sha256:
        raise damaged(segment, "are not the bytes that were sealed")
    if segment.raw_bytes > MAX_SEGMENT_BYTES:
        raise damaged(segment, f"declare {segment.raw_bytes:,} bytes where {MAX_SEGMENT_BYTES:,} are the most")
    try:
        # A frame makes as many bytes as it says, or fails: what it says is looked at before anything is made.
        fits = zstandard.frame_content_size(packed) == segment.raw_bytes
        raw = zstandard.ZstdDecompressor().decompress(packed) if fits else b""
    except zstandard.ZstdError as err:
        raise damaged(segment, f"cannot be unpacked ({err})") from err
    if len(raw) != segment.raw_bytes or not raw.endswith(b"\n"):
        raise damaged(segment, "do not unpack to the entries that were sealed")
    return raw


def _split(segment: Segment, lines: bytes) -> list[bytes]:
    bodies = lines.split(b"\n")
    bodies.pop()
    if len(bodies) != segment.last - segment.first + 1:
        raise damaged(segment, "do not unpack to the entries that were sealed")
    return bodies


def _id(session_id: str, first: int) -> str:
    return f"{session_id}/{first:010d}"


def _record(session_id: str, segment: Segment) -> Put:
    return Put(
        _KIND,
        _id(session_id, segment.first),
        segment.model_dump_json().encode(),
        parent=session_id,
        order=f"{segment.first:010d}",
        session=session_id,
    )


def damaged(segment: Segment, what: str) -> IntegrityError:
    """Return the error for a segment that is not what was sealed."""
    return IntegrityError(
        f"The sealed entries {segment.first} to {segment.last} {what}.",
        hint=f"Restore blobs/{segment.sha256[:2]}/{segment.sha256} from a backup of the workspace.",
        sha256=segment.sha256,
    )
