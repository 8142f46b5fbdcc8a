"""A ledger in memory, as strict as DynamoDB."""

import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping, Sequence

from dataops_kernel.errors import UsageError
from dataops_kernel.storage.ledger import (
    Append,
    Entry,
    Ledger,
    Put,
    Record,
    Remove,
    Write,
    place_fixed,
    place_taken,
    record_moved,
    stream_moved,
)
from dataops_kernel.storage.limits import check_limits, check_text

_Key = tuple[str, str]
_Place = tuple[str, str, str]


class MemoryLedger(Ledger):
    """Records and streams of this process; safe for threads.

    With ``strict`` it refuses what DynamoDB would refuse although a local ledger would take it: over-long keys, a
    commit over 4 MB, and two writes to one place in one commit.
    """

    def __init__(self, *, strict: bool = True) -> None:
        self._strict = strict
        self._lock = threading.Lock()
        self._streams: dict[str, list[bytes]] = {}
        self._erased: dict[str, int] = {}  # up to which entry; their places stay, because places are numbers
        self._records: dict[_Key, Record] = {}
        self._contents: dict[_Key, bytes] = {}
        self._owners: dict[_Place, str] = {}  # (kind, parent, order) -> the id that lives there
        # (index, kind, value) -> (order, id) of its records, sorted: a range lies inside one of these, or is none.
        self._partitions: dict[tuple[str, str, str], list[tuple[str, str]]] = {}

    def _commit(self, writes: Sequence[Write]) -> list[int]:
        for write in writes:
            check_text(*(part for part in write if isinstance(part, str)))
        if self._strict:
            check_limits(writes)
        with self._lock:
            plan = _Plan(self._streams, self._records, self._owners, strict=self._strict)
            for write in writes:
                plan.add(write)
            # From here on nothing can fail.
            for stream, bodies in plan.appended.items():
                self._streams.setdefault(stream, []).extend(bodies)
            for key, record in plan.changed.items():
                self._replace(key, record)
            self._contents.update(plan.contents)
        return plan.numbers

    def _replace(self, key: _Key, record: Record | None) -> None:
        old = self._records.pop(key, None)
        if old is not None:
            del self._owners[old.kind, old.parent, old.order]
            for partition, place in _places(old):
                self._partitions[partition].remove(place)
        if record is None:
            self._contents.pop(key, None)
        else:
            self._records[key] = record
            self._owners[record.kind, record.parent, record.order] = record.id
            for partition, place in _places(record):
                insort(self._partitions.setdefault(partition, []), place)

    def _get(self, kind: str, id: str) -> Record | None:
        check_text(kind, id)
        with self._lock:
            return self._records.get((kind, id))

    def _get_many(self, kind: str, ids: Sequence[str]) -> list[Record]:
        check_text(kind, *ids)
        with self._lock:
            found = (self._records.get((kind, id)) for id in ids)
            return [record for record in found if record is not None]

    def _data(self, kind: str, id: str) -> bytes | None:
        check_text(kind, id)
        with self._lock:
            return self._contents.get((kind, id))

    def _list(
        self,
        index: str,
        kind: str,
        value: str,
        after: str | None,
        before: str | None,
        limit: int | None,
        reverse: bool,
    ) -> list[Record]:
        check_text(kind, value, after or "", before or "")
        with self._lock:
            if index == "kind":
                ids = sorted(id for held, id in self._records if held == kind and (after is None or id > after))
                return [self._records[kind, id] for id in ids[:limit]]
            places = self._partitions.get((index, kind, value), [])
            first = 0 if after is None else bisect_right(places, after, key=_order)
            last = len(places) if before is None else bisect_left(places, before, key=_order)
            chosen = places[first:last][:: -1 if reverse else 1]
            return [self._records[kind, id] for _, id in chosen[:limit]]

    def _entries(self, stream: str, after: int, upto: int | None, limit: int | None, reverse: bool) -> list[Entry]:
        check_text(stream)
        with self._lock:
            bodies = self._streams.get(stream, [])
            last = len(bodies) if upto is None else min(upto, len(bodies))
            first = max(after, self._erased.get(stream, 0), 0) + 1
            numbers = range(first, last + 1)[:: -1 if reverse else 1]
            return [Entry(number, bodies[number - 1]) for number in numbers[:limit]]

    def _tail(self, stream: str) -> int:
        check_text(stream)
        with self._lock:
            return len(self._streams.get(stream, []))

    def _erase(self, streams: Mapping[str, int | None], records: Sequence[tuple[str, str]]) -> int:
        check_text(*streams, *(part for key in records for part in key))
        with self._lock:
            gone = 0
            for stream, upto in streams.items():
                bodies = self._streams.get(stream, [])
                done = self._erased.get(stream, 0)
                last = len(bodies) if upto is None else max(done, min(upto, len(bodies)))
                gone += last - done
                if upto is None:
                    self._streams.pop(stream, None)
                    self._erased.pop(stream, None)
                elif last:
                    bodies[:last] = [b""] * last
                    self._erased[stream] = last
            for key in records:
                if key in self._records:
                    self._replace(key, None)
                    gone += 1
            return gone


class _Plan:
    """What one commit would change, worked out before anything is changed."""

    def __init__(
        self,
        streams: dict[str, list[bytes]],
        records: dict[_Key, Record],
        owners: dict[_Place, str],
        *,
        strict: bool,
    ) -> None:
        self._streams = streams
        self._records = records
        self._owners = owners
        self._strict = strict
        self._places: dict[_Place, str | None] = {}  # taken (by whom) or given up by this commit
        self._stamps: dict[str, int] = {}
        self.numbers: list[int] = []
        self.appended: dict[str, list[bytes]] = {}
        self.changed: dict[_Key, Record | None] = {}
        self.contents: dict[_Key, bytes] = {}

    def add(self, write: Write) -> None:
        """Work out one write; raises ``ConflictError``."""
        if isinstance(write, Append):
            self._append(write)
        elif isinstance(write, Put):
            self._put(write)
        else:
            self._remove(write)

    def _append(self, write: Append) -> None:
        bodies = self.appended.get(write.stream, [])
        tail = len(self._streams.get(write.stream, [])) + len(bodies)
        if write.expect not in (None, tail):
            raise stream_moved(write.stream, write.expect, tail)
        self.appended[write.stream] = [*bodies, write.body]
        self._stamps[write.stream] = tail + 1
        self.numbers.append(tail + 1)

    def _put(self, write: Put) -> None:
        order = write.order or write.id
        old = self._expected(write)
        if old is None:
            self._claim((write.kind, write.parent, order), write.id)
        elif (old.parent, old.order) != (write.parent, order):
            raise place_fixed(write.kind, write.id, parent=old.parent, order=old.order)
        stamp = None if write.stamp is None else self._stamps[write.stamp]
        self.changed[write.kind, write.id] = Record(
            kind=write.kind,
            id=write.id,
            parent=write.parent,
            order=order,
            session=write.session or None,
            workflow=write.workflow or None,
            revision=write.expect + 1,
            seq=old.seq if stamp is None and old is not None else stamp,
            body=write.body,
        )
        if write.data is not None:
            self.contents[write.kind, write.id] = write.data

    def _remove(self, write: Remove) -> None:
        old = self._expected(write)
        if old is None:
            raise record_moved(write.kind, write.id, write.expect, None)
        self.changed[write.kind, write.id] = None
        self._places[old.kind, old.parent, old.order] = None

    def _expected(self, write: Put | Remove) -> Record | None:
        old = self._records.get((write.kind, write.id))
        if write.expect != (0 if old is None else old.revision):
            raise record_moved(write.kind, write.id, write.expect, None if old is None else old.revision)
        return old

    def _claim(self, place: _Place, id: str) -> None:
        owner = self._places.get(place, self._owners.get(place))
        if owner is not None:
            raise place_taken(*place)
        if self._strict and place in self._places:
            raise UsageError(
                f"The place {place[2]!r} of {place[1]!r} is written twice in one commit.",
                hint="Remove a record and create its successor in two commits.",
            )
        self._places[place] = id


def _places(record: Record) -> list[tuple[tuple[str, str, str], tuple[str, str]]]:
    places = [(("parent", record.kind, record.parent), (record.order, record.id))]
    if record.session is not None:
        places.append((("session", record.kind, record.session), (record.id, record.id)))
    if record.workflow is not None:
        places.append((("workflow", record.kind, record.workflow), (record.id, record.id)))
    return places


def _order(place: tuple[str, str]) -> str:
    return place[0]
