"""What a commit would write, worked out from what is known of the table before anything is asked of it."""

from collections.abc import Sequence
from typing import NamedTuple

from dataops_kernel.errors import UsageError
from dataops_kernel.storage.cloud.keys import (
    Item,
    Key,
    Known,
    data_key,
    entry_key,
    kind_key,
    partition,
    place_key,
    record_item,
    record_key,
)
from dataops_kernel.storage.ledger import (
    Append,
    Put,
    Remove,
    Write,
    place_fixed,
    place_taken,
    record_moved,
    stream_moved,
)

ABSENT = ""
"""The token expected of an item that is not there yet."""

RecordName = tuple[str, str]
Place = tuple[str, str, str]


class Action(NamedTuple):
    """One item to write, or to delete when ``item`` is None, provided ``expect`` is the token it carries now.

    ``expect`` None asks nothing: pointers and riding content stand under the condition of their record.
    """

    key: Key
    item: Item | None
    expect: str | None = None

    @property
    def size(self) -> int:
        """About how many bytes DynamoDB counts for it."""
        values = (value for typed in (self.item or {}).values() for value in typed.values())
        return 200 + sum(len(value) if isinstance(value, str | bytes) else 1 for value in values)


class View:
    """What is taken for true while a commit is planned; the conditions of the actions say whether it was.

    A record or place that is not in it is taken for absent. ``looked`` says that it was read for this commit, so
    that an expectation it does not meet is a conflict and not a memory gone stale.
    """

    def __init__(
        self,
        tails: dict[str, int],
        records: dict[RecordName, Known],
        owners: dict[Place, str] | None = None,
        *,
        looked: bool,
    ) -> None:
        self.tails = tails
        self.records = records
        self.owners = owners or {}
        self.looked = looked


class Plan:
    """The actions of one commit, and what is known once they are done."""

    def __init__(self, writes: Sequence[Write], view: View, token: str) -> None:
        self._view = view
        self._token = token
        self._claimed: set[Place] = set()
        self._left: set[Place] = set()
        self.actions: list[Action] = []
        self.numbers: list[int] = []
        self.tails: dict[str, int] = {}
        self.records: dict[RecordName, Known | None] = {}
        for write in writes:
            if isinstance(write, Append):
                self._append(write)
            elif isinstance(write, Put):
                self._put(write)
            else:
                self._remove(write)

    def _append(self, write: Append) -> None:
        tail = self.tails.get(write.stream, self._view.tails.get(write.stream, 0))
        if write.expect not in (None, tail):
            raise stream_moved(write.stream, write.expect, tail)
        # Entry `tail` is there for certain and entries are never rewritten: if the next is not there, this is it.
        self._write(entry_key(write.stream, tail + 1), {"body": {"B": write.body}}, ABSENT)
        self.tails[write.stream] = tail + 1
        self.numbers.append(tail + 1)

    def _put(self, write: Put) -> None:
        name = (write.kind, write.id)
        order = write.order or write.id
        old = self._expected(write)
        stamp = None if write.stamp is None else self.tails[write.stamp]
        new = Known(
            wrote=self._token,
            parent=write.parent,
            order=order,
            session=write.session or None,
            workflow=write.workflow or None,
            revision=write.expect + 1,
            seq=old.seq if stamp is None and old is not None else stamp,
        )
        key = record_key(*name)
        self.actions.append(Action(key, record_item(key, new, write.body), old.wrote if old else ABSENT))
        if old is None:
            self._claim((write.kind, write.parent, order), write.id)
            self._write(kind_key(*name))
        elif (old.parent, old.order) != (write.parent, order):
            raise place_fixed(*name, parent=old.parent, order=old.order)
        for space, was, now in (
            ("session", old and old.session, new.session),
            ("workflow", old and old.workflow, new.workflow),
        ):
            if was != now:
                self._point(space, name, was, now)
        if write.data is not None:
            self._write(data_key(*name), {"body": {"B": write.data}})
        self.records[name] = new

    def _remove(self, write: Remove) -> None:
        name = (write.kind, write.id)
        old = self._expected(write)
        if old is None:
            raise record_moved(*name, write.expect, None)
        self.actions.append(Action(record_key(*name), None, old.wrote))
        self.actions.append(Action(data_key(*name), None))
        self.actions.append(Action(kind_key(*name), None))
        place = (write.kind, old.parent, old.order)
        if place in self._claimed:
            raise _written_twice(place)
        self._left.add(place)
        self.actions.append(Action(place_key(*place), None))
        self._point("session", name, old.session, None)
        self._point("workflow", name, old.workflow, None)
        self.records[name] = None

    def _expected(self, write: Put | Remove) -> Known | None:
        old = self._view.records.get((write.kind, write.id))
        if write.expect != (0 if old is None else old.revision):
            raise record_moved(write.kind, write.id, write.expect, None if old is None else old.revision)
        return old

    def _claim(self, place: Place, id: str) -> None:
        if place in self._claimed or (place in self._view.owners and place not in self._left):
            raise place_taken(*place)
        if place in self._left:
            raise _written_twice(place)
        self._claimed.add(place)
        self._write(place_key(*place), {"id": {"S": id}}, ABSENT)

    def _point(self, space: str, name: RecordName, was: str | None, now: str | None) -> None:
        kind, id = name
        if was is not None:
            self.actions.append(Action(Key(partition(space, kind, was), id), None))
        if now is not None:
            self._write(Key(partition(space, kind, now), id))

    def _write(self, key: Key, content: Item | None = None, expect: str | None = None) -> None:
        item = {**key.item(), **(content or {}), "wrote": {"S": self._token}}
        self.actions.append(Action(key, item, expect))


def _written_twice(place: Place) -> UsageError:
    return UsageError(
        f"The place {place[2]!r} of {place[1]!r} is written twice in one commit.",
        hint="Remove a record and create its successor in two commits.",
    )
