"""Taking entries and records away for good."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from dataops_kernel.storage.cloud.connection import Connection
from dataops_kernel.storage.cloud.items import Items
from dataops_kernel.storage.cloud.keys import (
    LAST_NUMBER,
    Key,
    Known,
    data_key,
    entry_key,
    key_of,
    kind_key,
    known_of,
    partition,
    place_key,
    record_key,
)
from dataops_kernel.storage.cloud.large import LargeCommits

_PAGE = 500


class Eraser:
    """Deletes items, in an order that a crash may interrupt anywhere."""

    def __init__(self, connection: Connection, items: Items, large: LargeCommits) -> None:
        self._connection = connection
        self._items = items
        self._large = large

    def erase_stream(self, stream: str, upto: int | None) -> int:
        """Erase entries up to a number, the oldest first, or the whole stream with its tail; return how many."""
        pk = partition("stream", stream)
        last, kept = "", None
        if upto is not None:
            newest = next(self._items.range(pk, limit=1, reverse=True), None)
            if newest is None or upto < 1:
                return 0
            kept = key_of(newest)
            last = min(kept.sk, entry_key(stream, min(upto, LAST_NUMBER)).sk)
        gone = 0
        entries = (item for item in self._items.range(pk, "", last) if self._large.seen(item))
        while page := [*islice(entries, _PAGE)]:
            gone += sum("body" in item for item in page)
            keys = [key for key in map(key_of, page) if key != kept]
            self._items.write(_deletes(keys))
            if len(keys) < len(page) and kept is not None:
                # The newest entry keeps its place without its words: it is what says where the stream goes on.
                self._connection.call("UpdateItem", Key=kept.item(), UpdateExpression="REMOVE body")
        return gone

    def erase_records(self, names: Sequence[tuple[str, str]]) -> int:
        """Erase records whatever their revision, with everything that leads to them; return how many.

        A record goes last: one that is still there after a crash says what else is left to erase.
        """
        gone = 0
        waiting = iter(dict.fromkeys(names))
        while part := [*islice(waiting, _PAGE)]:
            items = self._items.many(record_key(*name) for name in part)
            held = [item for item in items.values() if "held" in item]
            if held:
                self._large.clear(held)
                items = self._items.many(items)
            found = {name: known_of(items[key]) for name in part if (key := record_key(*name)) in items}
            self._items.write(_deletes(key for name, known in found.items() for key in _around(name, known)))
            self._items.write(_deletes(record_key(*name) for name in found))
            gone += len(found)
        return gone


def _around(name: tuple[str, str], known: Known) -> list[Key]:
    kind, id = name
    keys = [place_key(kind, known.parent, known.order), kind_key(kind, id), data_key(kind, id)]
    for space, value in (("session", known.session), ("workflow", known.workflow)):
        if value is not None:
            keys.append(Key(partition(space, kind, value), id))
    return keys


def _deletes(keys: Iterable[Key]) -> Iterator[dict[str, Any]]:
    return ({"DeleteRequest": {"Key": key.item()}} for key in keys)
