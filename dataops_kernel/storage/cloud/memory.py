"""What a writer remembers of the table, so that most commits are one request; a condition says when it is wrong."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from dataops_kernel.storage.cloud.keys import Known
from dataops_kernel.storage.cloud.plan import RecordName
from dataops_kernel.storage.ledger import Append, Write

_REMEMBERED = 65_536
_LANES = 64


class Memory:
    """Where streams end and what records were last seen to be, in this process; bounded, and safe for threads."""

    def __init__(self) -> None:
        self._tails: dict[str, int] = {}
        self._records: dict[RecordName, Known] = {}
        self._lanes = [threading.Lock() for _ in range(_LANES)]

    @contextmanager
    def turns(self, streams: Iterable[str]) -> Iterator[None]:
        """Let the threads of this process append to a stream in turn: only other processes are in the way then."""
        with ExitStack() as held:
            # In one order for everybody, or two commits to two streams could wait for each other.
            for lane in sorted({hash(stream) % _LANES for stream in streams}):
                held.enter_context(self._lanes[lane])
            yield

    def recall(self, writes: Sequence[Write]) -> tuple[dict[str, int], dict[RecordName, Known]]:
        """Return what is remembered of the streams and records that a commit writes."""
        tails: dict[str, int] = {}
        records: dict[RecordName, Known] = {}
        for write in writes:
            if isinstance(write, Append):
                tail = self._tails.get(write.stream)
                if tail is not None:
                    tails[write.stream] = tail
            else:
                known = self._records.get((write.kind, write.id))
                if known is not None:
                    records[write.kind, write.id] = known
        return tails, records

    def learn(self, tails: Mapping[str, int], records: Mapping[RecordName, Known | None]) -> None:
        """Remember what was just read or written; None is a record that was removed."""
        if len(self._tails) > _REMEMBERED:
            self._tails.clear()
        if len(self._records) > _REMEMBERED:
            self._records.clear()
        self._tails.update(tails)
        for name, known in records.items():
            if known is None:
                self._records.pop(name, None)
            else:
                self._records[name] = known

    def forget(self, stream: str) -> None:
        """Forget a stream that was erased."""
        self._tails.pop(stream, None)
