"""Commits of more items than one transaction takes (100 items, 4 MB), still wholly or not at all.

A write of the seam costs one item for an entry and up to seven for a record (itself, its place, its kind, session,
workflow, riding content, and a pointer left behind), so the seam's hundred writes can be several hundred items.

1. *Stage*: what every item is to become is written under ``commit#TOKEN``, where no reader looks.
2. *Hold*: in transactions of a hundred, each item's condition is checked and the item gets ``held = TOKEN``; one that
   is not there yet becomes a stub. Readers still see what was there before; no other commit can touch it.
3. *Decide*: one conditional put of ``commit#TOKEN/decision``. From here on the commit has happened.
4. *Apply*: staged items replace held ones; then the stage and the decision are removed.

Whoever meets a held item asks for the decision. Committed: finish the work of the writer, which may be dead.
Undecided: a reader sees the old item; a writer in need of it decides *aborted* first, and the slower one tries again.
So a crash at any point leaves a commit that is wholly there or wholly not, and blocks nobody.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from dataops_kernel.storage.cloud.connection import Connection
from dataops_kernel.storage.cloud.faults import Refused
from dataops_kernel.storage.cloud.items import Items
from dataops_kernel.storage.cloud.keys import Item, Key, key_of, partition
from dataops_kernel.storage.cloud.plan import ABSENT, Action

MAX_ITEMS = 100
MAX_BYTES = 4_000_000
_DECISION = "decision"
_COMMITTED, _ABORTED = "committed", "aborted"


def fits(actions: Sequence[Action]) -> bool:
    """Say whether one transaction takes them."""
    return len(actions) <= MAX_ITEMS and sum(action.size for action in actions) <= MAX_BYTES


def condition(expect: str | None) -> dict[str, Any]:
    """Return the part of a request that says what a write expects of the item it replaces."""
    if expect is None:
        return {}
    if expect == ABSENT:
        asked: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    else:
        asked = {
            "ConditionExpression": "wrote = :expect AND attribute_not_exists(held)",
            "ExpressionAttributeValues": {":expect": {"S": expect}},
        }
    return {**asked, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


class LargeCommits:
    """Writes them, finishes those of others, and says what a reader may see meanwhile."""

    def __init__(self, connection: Connection, items: Items) -> None:
        self._connection = connection
        self._items = items

    def commit(self, token: str, actions: Sequence[Action]) -> None:
        """Do all the actions or none; raises ``Refused`` when a condition did not hold or a rival was in the way."""
        # A pointer means nothing without its record, so new ones may be there early; all the rest is held.
        early = [action for action in actions if action.item and action.expect is None and "body" not in action.item]
        held = [action for action in actions if action not in early]
        try:
            staged = [_staged(token, number, action) for number, action in enumerate(held)]
            self._items.write({"PutRequest": {"Item": item}} for item in [*staged, *(a.item for a in early)])
            for start in range(0, len(held), MAX_ITEMS):
                self._hold(token, held[start : start + MAX_ITEMS])
            if self._decide(token, _COMMITTED) != _COMMITTED:
                raise Refused([])
        except Refused:
            self._undo(token, held, early)
            raise
        self._apply(token, held)

    def seen(self, item: Item | None) -> Item | None:
        """Return an item as a reader may see it now, None when it is not there."""
        while item is not None and "held" in item:
            token, key = item["held"]["S"], key_of(item)
            if self._decision(token) == _COMMITTED:
                self._finish(token)
            now = self._items.one(key)
            if now is not None and now.get("held") == item["held"] and self._decision(token) != _COMMITTED:
                break  # not decided, or aborted: what was there before counts
            item = now
        return item if item is not None and "wrote" in item else None

    def clear(self, items: Iterable[Item]) -> None:
        """Take away whatever holds these items, for a writer that needs them."""
        by_token: dict[str, list[Item]] = {}
        for item in items:
            if "held" in item:
                by_token.setdefault(item["held"]["S"], []).append(item)
        for token, held in by_token.items():
            if self._decide(token, _ABORTED) == _COMMITTED:
                self._finish(token)
            else:
                self._release(token, held)

    def _hold(self, token: str, actions: Sequence[Action]) -> None:
        try:
            self._connection.call("TransactWriteItems", TransactItems=[self._held(token, action) for action in actions])
        except Refused as refused:
            # The answer to an earlier try of the same request may have been lost on the way.
            if not any(item.get("held") == {"S": token} for item in refused.items):
                raise

    def _held(self, token: str, action: Action) -> dict[str, Any]:
        held = {"held": {"S": token}}
        if action.expect == ABSENT and action.item is not None:
            # A stub. That of a place leads to its record already, which says whether it is there.
            place = {"id": action.item["id"]} if "id" in action.item else {}
            stub = {**action.key.item(), **held, **place}
            return {"Put": {"TableName": self._connection.table, "Item": stub, **condition(ABSENT)}}
        asked = condition(action.expect) or {"ConditionExpression": "attribute_not_exists(held)"}
        values = {**asked.pop("ExpressionAttributeValues", {}), ":token": held["held"]}
        return {
            "Update": {
                "TableName": self._connection.table,
                "Key": action.key.item(),
                "UpdateExpression": "SET held = :token",
                "ExpressionAttributeValues": values,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                **asked,
            }
        }

    def _decide(self, token: str, decision: str) -> str:
        item = {**_decision_key(token).item(), "decision": {"S": decision}}
        try:
            self._connection.call("PutItem", Item=item, **condition(ABSENT))
        except Refused as refused:
            return refused.items[0]["decision"]["S"] if refused.items else self._decision(token)
        return decision

    def _decision(self, token: str) -> str:
        item = self._items.one(_decision_key(token))
        return item["decision"]["S"] if item else ""

    def _finish(self, token: str) -> None:
        stage = self._items.range(_decision_key(token).pk)
        self._apply(token, [_unstaged(item) for item in stage if item["sk"]["S"] != _DECISION])

    def _apply(self, token: str, actions: Sequence[Action]) -> None:
        for part in _parts(actions):
            self._each(MAX_ITEMS, [self._applied(token, action) for action in part])
        self._forget(token, len(actions))

    def _applied(self, token: str, action: Action) -> dict[str, Any]:
        asked = self._ours(token)
        if action.item is None:
            return {"Delete": {**asked, "Key": action.key.item()}}
        return {"Put": {**asked, "Item": action.item}}

    def _undo(self, token: str, held: Sequence[Action], early: Sequence[Action]) -> None:
        self._decide(token, _ABORTED)
        found = self._items.many(action.key for action in held).values()
        self._release(token, [item for item in found if item.get("held") == {"S": token}])
        # Whoever wrote the same pointer after us needs it.
        self._each(MAX_ITEMS, [self._withdrawn(action) for action in early])
        self._forget(token, len(held))

    def _release(self, token: str, items: Sequence[Item]) -> None:
        self._each(MAX_ITEMS, [self._released(token, item) for item in items])

    def _released(self, token: str, item: Item) -> dict[str, Any]:
        asked = self._ours(token)
        if "wrote" in item:
            return {"Update": {**asked, "Key": key_of(item).item(), "UpdateExpression": "REMOVE held"}}
        return {"Delete": {**asked, "Key": key_of(item).item()}}  # a stub was made only to be held

    def _withdrawn(self, action: Action) -> dict[str, Any]:
        assert action.item is not None
        return {
            "Delete": {
                "TableName": self._connection.table,
                "Key": action.key.item(),
                "ConditionExpression": "wrote = :token",
                "ExpressionAttributeValues": {":token": action.item["wrote"]},
            }
        }

    def _each(self, most: int, requests: Sequence[dict[str, Any]]) -> None:
        """Do what is still to be done; what is held no more was done by somebody else."""
        for start in range(0, len(requests), most):
            part = list(requests[start : start + most])
            try:
                self._connection.call("TransactWriteItems", TransactItems=part)
            except Refused:
                if len(part) > 1:
                    self._each(1, part)

    def _ours(self, token: str) -> dict[str, Any]:
        return {
            "TableName": self._connection.table,
            "ConditionExpression": "held = :token",
            "ExpressionAttributeValues": {":token": {"S": token}},
        }

    def _forget(self, token: str, count: int) -> None:
        stage = (_stage_key(token, number) for number in range(count))
        self._items.write({"DeleteRequest": {"Key": key.item()}} for key in stage)
        # Last: as long as anything is held or staged, its decision can be read.
        self._connection.call("DeleteItem", Key=_decision_key(token).item())


def _stage_key(token: str, number: int) -> Key:
    return Key(partition("commit", token), f"{number:04d}")


def _decision_key(token: str) -> Key:
    return Key(partition("commit", token), _DECISION)


def _staged(token: str, number: int, action: Action) -> Item:
    item: Item = {
        **_stage_key(token, number).item(),
        "to": {"M": action.key.item()},
    }
    if action.item is not None:
        item["item"] = {"M": action.item}
    return item


def _unstaged(item: Item) -> Action:
    return Action(key_of(item["to"]["M"]), item["item"]["M"] if "item" in item else None)


def _parts(actions: Iterable[Action]) -> Iterable[list[Action]]:
    """Cut actions into what one transaction takes."""
    part: list[Action] = []
    size = 0
    for action in actions:
        if part and (len(part) == MAX_ITEMS or size + action.size > MAX_BYTES):
            yield part
            part, size = [], 0
        part.append(action)
        size += action.size
    if part:
        yield part
