"""The ledger of a workspace in AWS: one DynamoDB table, any number of machines."""

import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Any

from dataops_kernel.errors import ConflictError, StorageUnavailableError
from dataops_kernel.storage.cloud.connection import Connection
from dataops_kernel.storage.cloud.erasing import Eraser
from dataops_kernel.storage.cloud.faults import Refused
from dataops_kernel.storage.cloud.items import Items
from dataops_kernel.storage.cloud.keys import (
    KIND_SHARDS,
    LAST_NUMBER,
    data_key,
    entry_key,
    entry_of,
    key_of,
    kind_shard,
    known_of,
    partition,
    place_key,
    record_key,
    record_of,
)
from dataops_kernel.storage.cloud.large import LargeCommits, condition, fits
from dataops_kernel.storage.cloud.memory import Memory
from dataops_kernel.storage.cloud.plan import Action, Plan, View
from dataops_kernel.storage.ledger import Append, Entry, Ledger, Put, Record, Write
from dataops_kernel.storage.limits import check_limits, check_text

_ATTEMPTS = 60
_PAGE = 100


class DynamoLedger(Ledger):
    """A ledger in one DynamoDB table; safe for threads, processes and machines.

    An append is one conditional put, other commits are one transaction: what the writer took for true (where a
    stream ends, which revision a record has) it remembers from before, and the conditions say when it was wrong.
    ``table`` is made by ``dataops aws init``; ``sleep`` and ``chance`` time the retries.
    """

    def __init__(
        self,
        table: str,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.connection = Connection(table, region=region, endpoint_url=endpoint_url, sleep=sleep, chance=chance)
        self._items = Items(self.connection)
        self._large = LargeCommits(self.connection, self._items)
        self._memory = Memory()

    # Writing

    def _commit(self, writes: Sequence[Write]) -> list[int]:
        for write in writes:
            check_text(*(part for part in write if isinstance(part, str)))
        check_limits(writes)
        token = secrets.token_urlsafe(12)
        with self._memory.turns({write.stream for write in writes if isinstance(write, Append)}):
            view = self._recalled(writes)
            for attempt in range(_ATTEMPTS):
                try:
                    plan = Plan(writes, view, token)
                    self._write(plan.actions, token, attempt)
                except ConflictError:
                    if view.looked:
                        raise
                except Refused as refused:
                    if _is_done(refused, token):
                        break
                    self._large.clear(refused.items)
                    if attempt:
                        self.connection.pause(min(attempt, 3))
                else:
                    break
                view = self._looked(writes)
            else:
                raise StorageUnavailableError(
                    f"The DynamoDB table {self.connection.table!r} took no commit: others were quicker each time.",
                    hint="Nothing was written; try again in a moment.",
                )
            self._memory.learn(plan.tails, plan.records)
        return plan.numbers

    def _write(self, actions: Sequence[Action], token: str, attempt: int) -> None:
        if len(actions) == 1:
            # Half the price of a transaction of one. Nothing of a single item is ever deleted.
            (action,) = actions
            self.connection.call("PutItem", Item=action.item, **condition(action.expect))
        elif fits(actions):
            self.connection.call(
                "TransactWriteItems",
                TransactItems=[_transacted(self.connection.table, action) for action in actions],
                # The same request sent again is the same commit; another attempt is another request.
                ClientRequestToken=f"{token}-{attempt}",
            )
        else:
            self._large.commit(f"{token}-{attempt}", actions)

    def _recalled(self, writes: Sequence[Write]) -> View:
        """Return what is remembered, and read only what must be known and is not."""
        tails, records = self._memory.recall(writes)
        for write in writes:
            if isinstance(write, Append):
                # An append to an empty stream needs no look: that there is no first entry says it all.
                if write.stream not in tails and write.expect != 0:
                    tails[write.stream] = self._tail(write.stream)
                tails.setdefault(write.stream, 0)
        unknown = [
            write
            for write in writes
            if not isinstance(write, Append) and write.expect and (write.kind, write.id) not in records
        ]
        if unknown:
            found = self._items.many(record_key(write.kind, write.id) for write in unknown)
            for write in unknown:
                item = self._large.seen(found.get(record_key(write.kind, write.id)))
                if item is not None:
                    records[write.kind, write.id] = known_of(item)
        return View(tails, records, looked=False)

    def _looked(self, writes: Sequence[Write]) -> View:
        """Read everything a commit depends on, and take away what holds it."""
        places = {
            (write.kind, write.parent, write.order or write.id)
            for write in writes
            if isinstance(write, Put) and write.expect == 0
        }
        names = {(write.kind, write.id) for write in writes if not isinstance(write, Append)}
        tails: dict[str, int] = {}
        for stream in dict.fromkeys(write.stream for write in writes if isinstance(write, Append)):
            tails[stream] = self._tail(stream, clear=True)
        keys = [*(record_key(*name) for name in names), *(place_key(*place) for place in places)]
        found = self._items.many(keys)
        held = [item for item in found.values() if "held" in item]
        self._large.clear(held)
        found.update(self._items.many(map(key_of, held)) if held else {})
        found = {key: item for key, item in found.items() if "wrote" in item and "held" not in item}
        return View(
            tails,
            {name: known_of(found[key]) for name in names if (key := record_key(*name)) in found},
            {place: found[key]["id"]["S"] for place in places if (key := place_key(*place)) in found},
            looked=True,
        )

    def _erase(self, streams: Mapping[str, int | None], records: Sequence[tuple[str, str]]) -> int:
        check_text(*streams, *(part for name in records for part in name))
        eraser = Eraser(self.connection, self._items, self._large)
        gone = 0
        for stream, upto in streams.items():
            gone += eraser.erase_stream(stream, upto)
            self._memory.forget(stream)
        self._memory.learn({}, dict.fromkeys(records))
        return gone + eraser.erase_records(records)

    # Reading: always consistent, so that whoever reads after a commit returned sees it, in any process

    def _get(self, kind: str, id: str) -> Record | None:
        check_text(kind, id)
        item = self._large.seen(self._items.one(record_key(kind, id)))
        if item is None:
            return None
        self._memory.learn({}, {(kind, id): known_of(item)})
        return record_of(kind, id, item)

    def _get_many(self, kind: str, ids: Sequence[str]) -> list[Record]:
        check_text(kind, *ids)
        found = self._items.many(record_key(kind, id) for id in ids)
        records = ((id, self._large.seen(found.get(record_key(kind, id)))) for id in ids)
        return [record_of(kind, id, item) for id, item in records if item is not None]

    def _whole(self, kind: str, id: str) -> tuple[Record, bytes | None] | None:
        check_text(kind, id)
        found = self._items.many([record_key(kind, id), data_key(kind, id)])
        item = self._large.seen(found.get(record_key(kind, id)))
        riding = self._large.seen(found.get(data_key(kind, id)))
        return None if item is None else (record_of(kind, id, item), riding["body"]["B"] if riding else None)

    def _data(self, kind: str, id: str) -> bytes | None:
        check_text(kind, id)
        item = self._large.seen(self._items.one(data_key(kind, id)))
        return item["body"]["B"] if item else None

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
        if limit == 0 or before == "" or (after and before and after >= before):
            return []
        pointers = self._pointers(index, kind, value, after or "", before or "", limit, reverse)
        found: list[Record] = []
        # A pointer whose record has moved on, or is not there yet, leads nowhere: then the next ones are needed too.
        while limit is None or len(found) < limit:
            page = [*islice(pointers, _PAGE if limit is None else min(_PAGE, limit - len(found)))]
            if not page:
                break
            records = self._get_many(kind, page)
            found += [record for record in records if index == "kind" or getattr(record, index) == value]
        return found

    def _pointers(
        self, index: str, kind: str, value: str, after: str, before: str, limit: int | None, reverse: bool
    ) -> Iterator[str]:
        if index == "kind":
            parts = [kind_shard(shard, kind) for shard in range(KIND_SHARDS)]
        else:
            parts = [partition(index, kind, value)]
        # Two more than asked for: the bounds exclude, and what is found at them is left out below.
        size = None if limit is None else limit + bool(after) + bool(before)
        ranges = [self._items.range(pk, after, before, limit=size, reverse=reverse) for pk in parts]
        for item in merge(*ranges, key=lambda item: item["sk"]["S"], reverse=reverse):
            order = item["sk"]["S"]
            if order not in (after, before):
                yield item["id"]["S"] if "id" in item else order

    def _entries(self, stream: str, after: int, upto: int | None, limit: int | None, reverse: bool) -> list[Entry]:
        check_text(stream)
        first, last = max(after, 0) + 1, LAST_NUMBER if upto is None else min(upto, LAST_NUMBER)
        if first > last or limit == 0:
            return []
        pk = partition("stream", stream)
        low, high = entry_key(stream, first).sk, entry_key(stream, last).sk
        seen = map(self._large.seen, self._items.range(pk, low, high, limit=limit, reverse=reverse))
        return [entry_of(item) for item in islice((item for item in seen if item and "body" in item), limit)]

    def _tail(self, stream: str, *, clear: bool = False) -> int:
        check_text(stream)
        last = 0
        for item in self._items.range(partition("stream", stream), limit=1, reverse=True):
            if clear and "held" in item:
                self._large.clear([item])
            if self._large.seen(item):
                last = int(item["sk"]["S"])
                break
        self._memory.learn({stream: last}, {})
        return last

    def close(self) -> None:
        """Let go of the connections; closing twice does nothing, and another call opens them again."""
        self.connection.close()


def _is_done(refused: Refused, token: str) -> bool:
    """Say whether what stood in the way is this very commit: its answer was lost and it was sent again."""
    return any(item.get("wrote") == {"S": token} for item in refused.items)


def _transacted(table: str, action: Action) -> dict[str, Any]:
    asked = {"TableName": table, **condition(action.expect)}
    if action.item is None:
        return {"Delete": {**asked, "Key": action.key.item()}}
    return {"Put": {**asked, "Item": action.item}}
