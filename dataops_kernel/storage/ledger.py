"""The ledger seam: streams of entries, records with a revision, and commits that are all or nothing.

A *stream* is append-only: entries numbered 1, 2, 3… without gaps. A *record* is one JSON body under (kind, id),
listed in order inside (kind, parent), and found through two secondary orders: by session and by workflow. That is
what a single DynamoDB table with two indexes gives, so every backend can keep the promise.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dataops_kernel.errors import ConflictError, LimitExceededError, UsageError

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
    number replaces exactly that revision. An empty ``order`` is the id; an empty session or workflow is none.
    ``stamp`` names a stream that an earlier write of the same commit appends to: the record remembers that entry's
    number as its ``seq``. ``data`` is content that rides along and is read only on request.

    A record stays under the parent and order it was created with (a replacement that names others is a conflict),
    and a replacement without ``stamp`` or ``data`` keeps what the record has.
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


def check(writes: Sequence[Write]) -> None:
    """Refuse what no backend could store, before any of them is asked."""
    if len(writes) > MAX_COMMIT_WRITES:
        raise LimitExceededError(
            f"A commit of {len(writes)} writes is over the limit of {MAX_COMMIT_WRITES}.",
            hint="Split the work into several commits.",
        )
    appended: set[str] = set()
    written: set[tuple[str, str]] = set()
    for write in writes:
        if isinstance(write, Append):
            size, named = len(write.body), write.stream
            appended.add(write.stream)
        else:
            size, named = 0, write.kind and write.id
            if (write.kind, write.id) in written:
                raise UsageError(
                    f"The record {write.id!r} of kind {write.kind!r} is written twice in one commit.",
                    hint="Write a record once per commit, in its final form.",
                )
            written.add((write.kind, write.id))
            if isinstance(write, Put):
                size = len(write.body) + len(write.data or b"")
                if write.stamp is not None and write.stamp not in appended:
                    raise UsageError(
                        f"The record {write.id!r} is stamped with {write.stamp!r}, which nothing before it appends to.",
                        hint="Put the Append before the Put that it stamps, in the same commit.",
                    )
        if not named:
            raise UsageError(f"A write has an empty key: {write!r:.200}.", hint="Name the stream, or kind and id.")
        if size > MAX_RECORD_BYTES:
            raise LimitExceededError(
                f"A record of {size:,} bytes is over the limit of {MAX_RECORD_BYTES:,}.",
                hint="Store large content as an artifact and refer to it.",
            )


def stream_moved(stream: str, expect: int, tail: int) -> ConflictError:
    """Return the error for an append whose expected tail is no longer the tail."""
    return ConflictError(
        f"The stream {stream!r} ends at entry {tail}, not at {expect}.",
        hint="Somebody wrote first; read the new entries and try again.",
        stream=stream,
        expected=expect,
        found=tail,
    )


def stream_erased(stream: str) -> ConflictError:
    """Return the error for an append to a stream that was erased, name and all, since the caller last saw it."""
    return ConflictError(
        f"The stream {stream!r} was erased.", hint="What it belonged to is gone; begin something new.", stream=stream
    )


def record_moved(kind: str, id: str, expect: int, revision: int | None) -> ConflictError:
    """Return the error for a write whose expected revision is not there (``revision`` None: no record at all)."""
    found = "is not there" if revision is None else f"is at revision {revision}"
    wanted = "creating it" if expect == 0 else f"expecting revision {expect}"
    return ConflictError(
        f"The {kind} {id!r} {found}; this write was {wanted}.",
        hint="Somebody wrote first; read the record and try again.",
        kind=kind,
        id=id,
        expected=expect,
        found=revision,
    )


def place_taken(kind: str, parent: str, order: str) -> ConflictError:
    """Return the error for a record whose place inside its parent belongs to another one."""
    return ConflictError(
        f"The place {order!r} among the {kind} records of {parent!r} belongs to another record.",
        hint="Somebody wrote first; take the next free place and try again.",
        kind=kind,
        parent=parent,
        order=order,
    )


def place_fixed(kind: str, id: str, *, parent: str, order: str) -> ConflictError:
    """Return the error for a replacement that would move a record."""
    return ConflictError(
        f"The {kind} {id!r} lives at {order!r} of {parent!r}; a replacement may not move it.",
        hint="Write it with the parent and order it has, or remove it and create it anew.",
        kind=kind,
        id=id,
        parent=parent,
        order=order,
    )


class Ledger(ABC):
    """Records and streams of one workspace; public methods check, private hooks of a backend store.

    Every method may raise ``StorageUnavailableError`` (full, read-only, busy, gone). Reads see every commit that
    returned before them, in any process.
    """

    def commit(self, writes: Sequence[Write]) -> list[int]:
        """Apply all writes or none, durably, and return the numbers given to the appended entries, in order.

        Raises ``ConflictError`` when an expectation does not hold, ``LimitExceededError`` over the limits and
        ``UsageError`` for an empty key, a record written twice, or a stamp without an append before it.
        """
        check(writes)
        return self._commit(writes) if writes else []

    def get(self, kind: str, id: str) -> Record | None:
        """Return one record, or None."""
        return self._get(kind, id)

    def get_many(self, kind: str, ids: Sequence[str]) -> list[Record]:
        """Return the records that exist among ``ids``, in the order of ``ids``."""
        return self._get_many(kind, ids) if ids else []

    def whole(self, kind: str, id: str) -> tuple[Record, bytes | None] | None:
        """Return one record with the content that rides with it (None when it has none), or None."""
        return self._whole(kind, id)

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
        """Return the number of the last entry of a stream, erased or not; 0 when it has none."""
        return self._tail(stream)

    def scan(self, kind: str, *, after: str | None = None, limit: int | None = None) -> list[Record]:
        """List every record of a kind by id, above an exclusive bound.

        For maintenance only (what refers to this content? what is there to clean up?): a backend that has no such
        order may have to look at all its records.
        """
        return self._list("kind", kind, kind, after, None, limit, False)

    def erase(self, *, streams: Mapping[str, int | None] | None = None, records: Sequence[tuple[str, str]] = ()) -> int:
        """Take entries and records away for good, whatever their revision, and return how many were there.

        ``streams`` says up to which entry each stream is erased: what comes later stays, and so does the tail, so
        that numbers are never given twice. None erases a stream with its name and tail: it was never there, and an
        append begins at 1. Whoever erases a whole stream sees to it that nobody appends any more: a ledger that
        appended to it before and does so again may raise ``ConflictError`` (SQLite, where the room of the stream is
        closed for good) or leave an entry behind (DynamoDB, where to know better would cost every append a second
        condition, at twice the price; erase the stream again then). ``records`` are pairs of kind and id; what rides
        with them goes too.

        Not one commit: a crash may leave a part undone, from each stream the newer entries. Doing it again ends it.
        What lies in files is overwritten, but only ``purge`` makes sure that nothing of it can be read anywhere.
        """
        bounds = dict(streams or {})
        if not all([*bounds, *(kind and id for kind, id in records)]):
            raise UsageError("There is an empty key among what to erase.", hint="Name the stream, or kind and id.")
        return self._erase(bounds, records)

    def purge(self, *, rewrite: bool = False) -> None:  # noqa: B027  a backend without files has nothing to do
        """Leave no byte of what was erased in journals; with ``rewrite`` also none in the gaps of the store's files.

        A rewrite copies the whole store and makes writers wait meanwhile.
        """

    def close(self) -> None:  # noqa: B027  a backend without files has nothing to do
        """Let go of files and connections; closing twice does nothing."""

    @abstractmethod
    def _commit(self, writes: Sequence[Write]) -> list[int]: ...

    @abstractmethod
    def _get(self, kind: str, id: str) -> Record | None: ...

    @abstractmethod
    def _get_many(self, kind: str, ids: Sequence[str]) -> list[Record]: ...

    def _whole(self, kind: str, id: str) -> tuple[Record, bytes | None] | None:
        record = self._get(kind, id)
        return record and (record, self._data(kind, id))

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

    @abstractmethod
    def _erase(self, streams: Mapping[str, int | None], records: Sequence[tuple[str, str]]) -> int: ...
