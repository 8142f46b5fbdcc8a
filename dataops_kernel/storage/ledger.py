"""The ledger seam: streams of entries, records with a revision, and commits that are all or nothing.

A *stream* is append-only: entries numbered 1, 2, 3… without gaps. A *record* is one JSON body under (kind, id),
listed in order inside (kind, parent), and found through two secondary orders: by session and by workflow. That is
what a single DynamoDB table with two indexes gives, so every backend can keep the promise.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from dataops_kernel.errors import LimitExceededError

MAX_RECORD_BYTES = 400_000
"""Body plus riding data of one record, and one entry (DynamoDB's item limit, kept by every backend)."""
MAX_COMMIT_WRITES = 100
"""Writes in one atomic commit (DynamoDB's transaction limit)."""

# Rows are NamedTuples, not pydantic models: they are made by the thousand on the hot path and hold opaque bytes
# that the floor above validates.


class Append(NamedTuple):
    """Add one entry at the end of a stream; with ``expect`` only if the stream's tail is that number."""

    stream: str
    body: bytes
    expect: int | None = None


class Put(NamedTuple):
    """Write one record.

    ``expect`` 0 creates (a record under the same id, or the same order inside the parent, is a conflict); a higher
    number replaces exactly that revision. ``stamp`` names a stream appended to in the same commit: the record
    remembers the entry's number as its ``seq``. ``data`` is content that rides along and is read only on request.
    """

    kind: str
    id: str
    body: bytes
    parent: str = ""
    order: str = ""
    session: str | None = None
    workflow: str | None = None
    expect: int = 0
    stamp: str | None = None
    data: bytes | None = None


class Remove(NamedTuple):
    """Delete one record at exactly this revision."""

    kind: str
    id: str
    expect: int


Write = Append | Put | Remove


class Entry(NamedTuple):
    """One entry of a stream."""

    seq: int
    body: bytes


class Record(NamedTuple):
    """One stored record; ``seq`` is the stamp, None when it had none."""

    kind: str
    id: str
    parent: str
    order: str
    session: str | None
    workflow: str | None
    revision: int
    seq: int | None
    body: bytes


class Ledger(ABC):
    """Records and streams of one workspace; public methods check, private hooks of a backend store.

    Every method may raise ``StorageUnavailableError`` (full, read-only, busy, gone). Reads see every commit that
    returned before them, in any process.
    """

    def commit(self, writes: Sequence[Write]) -> list[int]:
        """Apply all writes or none, durably, and return the numbers given to the appended entries, in order.

        Raises ``ConflictError`` when an expectation does not hold and ``LimitExceededError`` over the limits.
        """
        if len(writes) > MAX_COMMIT_WRITES:
            raise LimitExceededError(
                f"A commit of {len(writes)} writes is over the limit of {MAX_COMMIT_WRITES}.",
                hint="Split the work into several commits.",
            )
        for write in writes:
            size = 0
            if isinstance(write, Append):
                size = len(write.body)
            elif isinstance(write, Put):
                size = len(write.body) + len(write.data or b"")
            if size > MAX_RECORD_BYTES:
                raise LimitExceededError(
                    f"A record of {size:,} bytes is over the limit of {MAX_RECORD_BYTES:,}.",
                    hint="Store large content as an artifact and refer to it.",
                )
        return self._commit(writes) if writes else []

    def get(self, kind: str, id: str) -> Record | None:
        """Return one record, or None."""
        return self._get(kind, id)

    def get_many(self, kind: str, ids: Sequence[str]) -> list[Record]:
        """Return the records that exist among ``ids``, in the order of ``ids``."""
        return self._get_many(kind, ids) if ids else []

    def data(self, kind: str, id: str) -> bytes | None:
        """Return the content that rides with a record, or None when it has none."""
        return self._data(kind, id)

    def children(
        self,
        kind: str,
        parent: str,
        *,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        reverse: bool = False,
    ) -> list[Record]:
        """List the records of one parent by ``order``, between two exclusive bounds."""
        return self._list("parent", kind, parent, after, before, limit, reverse)

    def of_session(
        self,
        kind: str,
        session: str,
        *,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        reverse: bool = False,
    ) -> list[Record]:
        """List the records of one session by id (ids sort by time), between two exclusive bounds."""
        return self._list("session", kind, session, after, before, limit, reverse)

    def of_workflow(
        self,
        kind: str,
        workflow: str,
        *,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        reverse: bool = False,
    ) -> list[Record]:
        """List the records of one workflow by id (ids sort by time), between two exclusive bounds."""
        return self._list("workflow", kind, workflow, after, before, limit, reverse)

    def entries(
        self, stream: str, *, after: int = 0, upto: int | None = None, limit: int | None = None, reverse: bool = False
    ) -> list[Entry]:
        """Read entries with ``after < seq <= upto``, from the front or, with ``reverse``, from the back."""
        return self._entries(stream, after, upto, limit, reverse)

    def tail(self, stream: str) -> int:
        """Return the number of the last entry of a stream; 0 when it has none."""
        return self._tail(stream)

    def close(self) -> None:
        """Let go of files and connections; closing twice does nothing."""

    @abstractmethod
    def _commit(self, writes: Sequence[Write]) -> list[int]: ...

    @abstractmethod
    def _get(self, kind: str, id: str) -> Record | None: ...

    @abstractmethod
    def _get_many(self, kind: str, ids: Sequence[str]) -> list[Record]: ...

    @abstractmethod
    def _data(self, kind: str, id: str) -> bytes | None: ...

    @abstractmethod
    def _list(
        self,
        index: str,
        kind: str,
        value: str,
        after: str | None,
        before: str | None,
        limit: int | None,
        reverse: bool,
    ) -> list[Record]: ...

    @abstractmethod
    def _entries(self, stream: str, after: int, upto: int | None, limit: int | None, reverse: bool) -> list[Entry]: ...

    @abstractmethod
    def _tail(self, stream: str) -> int: ...
