"""Strongly consistent reads of the base table, page after page, and batches; never a scan."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from dataops_kernel.errors import StorageUnavailableError
from dataops_kernel.storage.cloud.connection import Connection
from dataops_kernel.storage.cloud.keys import MAX_ORDER_BYTES, Item, Key, key_of

_BATCH = 100
_WRITES = 25
_ATTEMPTS = 10
_LAST_TEXT = "\U0010ffff" * (MAX_ORDER_BYTES // 4)
"""No text that fits into a sort key comes after it."""


class Items:
    """Items by key, by range, and in batches."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def one(self, key: Key) -> Item | None:
        """Return an item, or None."""
        found: Item | None = self._connection.call("GetItem", Key=key.item(), ConsistentRead=True).get("Item")
        return found

    def many(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """Return the items that exist, by key."""
        found: dict[Key, Item] = {}
        waiting = iter(dict.fromkeys(keys))
        while batch := [key.item() for key in islice(waiting, _BATCH)]:
            attempt = 0
            while batch:
                request = {self._connection.table: {"Keys": batch, "ConsistentRead": True}}
                answer = self._connection.call("BatchGetItem", RequestItems=request)
                items = answer["Responses"].get(self._connection.table, [])
                found.update((key_of(item), item) for item in items)
                # An answer holds at most 16 MB, and less when the table is busy.
                left = answer.get("UnprocessedKeys", {}).get(self._connection.table, {})
                batch = left.get("Keys", [])
                attempt = 0 if items else attempt + 1
                if batch and not items:
                    self._after(attempt)
        return found

    def range(
        self, pk: str, low: str = "", high: str = "", *, limit: int | None = None, reverse: bool = False
    ) -> Iterator[Item]:
        """Yield the items of a partition with ``low <= sk <= high`` (an empty bound is none), in order.

        ``limit`` sizes the first page, so that who needs one item reads one; the reader stops when it has enough.
        """
        query: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
            "ExpressionAttributeValues": {
                ":pk": {"S": pk},
                ":low": {"S": _fitting(low) or "\x00"},
                ":high": {"S": _fitting(high) or _LAST_TEXT},
            },
            "ConsistentRead": True,
            "ScanIndexForward": not reverse,
        }
        if limit is not None:
            query["Limit"] = max(1, limit)
        while True:
            answer: Mapping[str, Any] = self._connection.call("Query", **query)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def write(self, requests: Iterable[dict[str, Any]]) -> None:
        """Send puts and deletes that depend on nothing, 25 at a time, each until it is done."""
        waiting = iter(requests)
        while batch := list(islice(waiting, _WRITES)):
            attempt = 0
            while batch:
                answer = self._connection.call("BatchWriteItem", RequestItems={self._connection.table: batch})
                left = answer.get("UnprocessedItems", {}).get(self._connection.table, [])
                attempt = 0 if len(left) < len(batch) else attempt + 1
                batch = left
                if batch:
                    self._after(attempt)

    def _after(self, attempt: int) -> None:
        if attempt == _ATTEMPTS:
            raise StorageUnavailableError(
                f"The DynamoDB table {self._connection.table!r} answers no more: it is asked for too much.",
                hint="Try again in a moment.",
            )
        self._connection.pause(attempt)


def _fitting(bound: str) -> str:
    # No stored order is longer than this, and DynamoDB refuses a longer one in a question too.
    return bound.encode()[:MAX_ORDER_BYTES].decode(errors="ignore")
