"""A session written out of sight: said before, so that whoever finds it half there after a crash takes it back."""

from collections.abc import Sequence

from dataops_kernel.context.branching import COMMIT_BYTES, write_size
from dataops_kernel.storage.ledger import MAX_COMMIT_WRITES, Ledger, Put, Record, Remove, Write
from dataops_kernel.types import Frozen

KIND, _PARENT = "import", "workspace"
_BLOBS_A_RECORD = 4_000


class StagedImport(Frozen):
    """An import that began: the process that does it, and blobs it brings that no other record may name yet."""

    owner: str
    blobs: tuple[str, ...]


class Staging:
    """Commits the log and records of a session nobody knows yet, in groups, between a beginning and an end."""

    def __init__(self, ledger: Ledger, session_id: str, owner: str) -> None:
        self._ledger = ledger
        self._session = session_id
        self._owner = owner
        self._begun: list[str] = []
        self._waiting: list[Write] = []
        self._size = 0

    def begin(self, blobs: Sequence[str]) -> None:
        """Say what is about to be written; from here on only the end or an erasure forgets it."""
        for start in range(0, max(1, len(blobs)), _BLOBS_A_RECORD):
            staged = StagedImport(owner=self._owner, blobs=tuple(blobs[start : start + _BLOBS_A_RECORD]))
            id = f"{self._session}/{start}"
            self._ledger.commit([Put(KIND, id, staged.to_json(), parent=_PARENT, session=self._session)])
            self._begun.append(id)

    def add(self, *part: Write) -> None:
        """Write these together, in one commit with others."""
        size = sum(map(write_size, part))
        if len(self._waiting) + len(part) > MAX_COMMIT_WRITES or self._size + size > COMMIT_BYTES:
            self.flush()
        self._waiting += part
        self._size += size

    def flush(self) -> None:
        """Write what waits."""
        self._ledger.commit(self._waiting)
        self._waiting, self._size = [], 0

    def end(self) -> list[Write]:
        """Return the writes that end it, for the commit that shows the session."""
        return [Remove(KIND, id, 1) for id in self._begun]


def staged(ledger: Ledger) -> dict[str, str]:
    """Return the sessions that imports are writing, or have left half written, each with the owner of its import."""
    found = ledger.children(KIND, _PARENT)
    return {record.session or "": _read(record).owner for record in found}


def staged_blobs(records: Sequence[Record]) -> set[str]:
    """Return the blobs that records of this kind name."""
    return {digest for record in records for digest in _read(record).blobs}


def _read(record: Record) -> StagedImport:
    return StagedImport.model_validate_json(record.body)
