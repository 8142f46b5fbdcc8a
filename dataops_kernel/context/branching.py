"""A new branch of a session, however long, written out of sight and shown in one atomic append."""

from collections.abc import Callable, Iterator, Sequence

from dataops_kernel.clock import Clock
from dataops_kernel.ids import IdSource
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.storage.ledger import MAX_COMMIT_WRITES, Append, Ledger, Put, Write
from dataops_kernel.types import Restored, session_stream

Part = Sequence[Write] | Callable[[Sequence[int]], Sequence[Write]]
"""What belongs together: the append of one log entry, then the records it stamps.

A function makes them of the numbers that the entries of the parts before it have, for what names such an entry.
"""

COMMIT_BYTES = 2_000_000
"""What one commit of many writes holds at most."""
_RESTORE_WRITES = 2
_LAST_NUMBER = 2**31


class Branches:
    """Writes branches. Until the last commit of one, its session reads as it did; after it, as the branch says."""

    def __init__(self, ledger: Ledger, log: SessionLog, ids: IdSource, clock: Clock) -> None:
        self._ledger = ledger
        self._log = log
        self._ids = ids
        self._clock = clock

    def grow(
        self, session_id: str, parts: Sequence[Part], *, origin: int, seen: int, also: Sequence[Write] = ()
    ) -> None:
        """Let the session go on from entry ``origin`` (0: from nothing) with ``parts``, and write ``also`` with it.

        ``seen`` is the log's tail that the caller knows: raises ``ConflictError`` when somebody wrote since, or
        meanwhile. Then, as after a crash, the session reads as before.
        """
        opening = self._restored(session_id, origin) if origin != seen else []
        first = seen + (2 if opening else 1)
        whole = [*opening, *_writes(parts, range(first, first + len(parts))), *also]
        if len(whole) <= MAX_COMMIT_WRITES and sum(map(write_size, whole)) <= COMMIT_BYTES:
            self._commit(whole, seen)
            return
        end, tail = origin, seen
        told: list[int] = []
        for batch in _packed(parts):
            told += range(tail + 2, tail + 2 + len(batch))
            # Forth to the branch and back again, in one commit: who reads or writes in between is on the old line.
            numbers = self._commit(
                [*self._restored(session_id, end), *_writes(batch, told), *self._restored(session_id, tail)],
                expect=tail,
            )
            end, tail = numbers[-2], numbers[-1]
        self._commit([*self._restored(session_id, end), *also], expect=tail)

    def _commit(self, writes: Sequence[Write], expect: int) -> list[int]:
        if writes and isinstance(writes[0], Append):
            writes = [writes[0]._replace(expect=expect), *writes[1:]]
        return self._ledger.commit(writes)

    def _restored(self, session_id: str, seq: int) -> list[Write]:
        restored = Restored(time=self._clock(), restore_id=self._ids.new("rst"), seq=seq)
        stream = session_stream(session_id)
        record = Put("restore", restored.restore_id, restored.to_json(), parent=session_id, stamp=stream)
        return [*self._log.appends(session_id, restored), record]


def _writes(parts: Sequence[Part], numbers: Sequence[int]) -> list[Write]:
    return [write for part in parts for write in (part(numbers) if callable(part) else part)]


def _packed(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Yield the parts in groups that fit into one commit beside the two restores around them."""
    batch: list[Part] = []
    writes = size = 0
    longest = range(_LAST_NUMBER, _LAST_NUMBER + len(parts))
    for part in parts:
        made = _writes([part], longest)
        more = sum(map(write_size, made))
        if batch and (writes + len(made) > MAX_COMMIT_WRITES - 2 * _RESTORE_WRITES or size + more > COMMIT_BYTES):
            yield batch
            batch, writes, size = [], 0, 0
        batch.append(part)
        writes += len(made)
        size += more
    if batch:
        yield batch


def write_size(write: Write) -> int:
    """Return the bytes a write brings along."""
    if isinstance(write, Append):
        return len(write.body)
    return len(write.body) + len(write.data or b"") if isinstance(write, Put) else 0
