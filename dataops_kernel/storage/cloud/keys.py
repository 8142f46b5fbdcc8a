"""One table for everything: which item lies where, and what is in it.

=====================  =============  ==================================================================
partition (``pk``)     sort (``sk``)  item
=====================  =============  ==================================================================
stream#NAME            000000000042   one entry: ``body``
record#KIND#ID         record         one record: ``body``, ``rev``, place, session, workflow, ``seq``
record#KIND#ID         data           content that rides with it, so that no list reads past it: ``body``
parent#KIND#PARENT     ORDER          who lives at this place: ``id``
session#KIND#SESSION   ID             a record of this session
workflow#KIND#WORKFLOW ID             a record of this workflow
kind#SHARD#KIND        ID             a record of this kind, for maintenance that must see all of them
commit#TOKEN           …              a commit that is larger than one transaction (see ``large.py``)
=====================  =============  ==================================================================

The two secondary orders are items of the base table, written in the same transaction as the record, and not global
secondary indexes: an index of DynamoDB follows its table after a while, and the seam promises that a read sees every
commit that returned before it. So every read here asks for strong consistency, which an index cannot give.

Every item names in ``wrote`` the commit that wrote it. A write that replaces an item expects exactly that token, so
what was read or remembered of the item is known to be still true; and a commit whose answer was lost on the network
recognizes its own work instead of doing it twice.
"""

import hashlib
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from dataops_kernel.storage.ledger import Entry, Record

MAX_ORDER_BYTES = 1_024
_MAX_PARTITION_BYTES = 2_048
LAST_NUMBER = 10**12 - 1
"""The highest entry number that the twelve digits of a sort key can say."""
KIND_SHARDS = 8
"""Partitions that share the list of all records of a kind: one alone would take every create of the workspace."""

Item = dict[str, dict[str, Any]]
"""An item in DynamoDB's own notation: ``{"pk": {"S": "…"}, "body": {"B": b"…"}}``."""


class Key(NamedTuple):
    """Where an item lies."""

    pk: str
    sk: str

    def item(self) -> Item:
        """Return the key in DynamoDB's notation."""
        return {"pk": {"S": self.pk}, "sk": {"S": self.sk}}


def key_of(item: Mapping[str, Any]) -> Key:
    """Return where an item lies."""
    return Key(item["pk"]["S"], item["sk"]["S"])


def partition(space: str, *parts: str) -> str:
    """Return a partition key: readable, or a hash where the names are longer than DynamoDB allows."""
    *scopes, name = parts
    # Only the last part may hold a "#", so that two different lists of parts never read the same.
    escaped = [scope.replace("%", "%25").replace("#", "%23") for scope in scopes]
    readable = "#".join([space, *escaped, name])
    if len(readable.encode()) <= _MAX_PARTITION_BYTES:
        return readable
    return f"{space}%{hashlib.sha256(readable.encode()).hexdigest()}"


def entry_key(stream: str, number: int) -> Key:
    """Return where an entry of a stream lies."""
    return Key(partition("stream", stream), f"{number:012d}")


def record_key(kind: str, id: str) -> Key:
    """Return where a record lies."""
    return Key(partition("record", kind, id), "record")


def data_key(kind: str, id: str) -> Key:
    """Return where the content lies that rides with a record."""
    return Key(partition("record", kind, id), "data")


def place_key(kind: str, parent: str, order: str) -> Key:
    """Return the item that says who lives at a place."""
    return Key(partition("parent", kind, parent), order)


def kind_key(kind: str, id: str) -> Key:
    """Return the item that lists a record among all of its kind."""
    return Key(kind_shard(zlib.crc32(id.encode()) % KIND_SHARDS, kind), id)


def kind_shard(shard: int, kind: str) -> str:
    """Return the partition that lists a part of all records of a kind."""
    return partition("kind", str(shard), kind)


class Known(NamedTuple):
    """What a writer must know of a stored record: all but its body."""

    wrote: str
    parent: str
    order: str
    session: str | None
    workflow: str | None
    revision: int
    seq: int | None


def known_of(item: Mapping[str, Any]) -> Known:
    """Return what an item says of its record."""
    return Known(
        item["wrote"]["S"],
        item["parent"]["S"],
        item["ord"]["S"],
        item["session"]["S"] if "session" in item else None,
        item["workflow"]["S"] if "workflow" in item else None,
        int(item["rev"]["N"]),
        int(item["seq"]["N"]) if "seq" in item else None,
    )


def record_item(key: Key, known: Known, body: bytes) -> Item:
    """Return the item of a record. Its kind and id are not repeated: whoever reads it asked for them by name."""
    item: Item = {
        **key.item(),
        "body": {"B": body},
        "wrote": {"S": known.wrote},
        "parent": {"S": known.parent},
        "ord": {"S": known.order},
        "rev": {"N": str(known.revision)},
    }
    if known.session is not None:
        item["session"] = {"S": known.session}
    if known.workflow is not None:
        item["workflow"] = {"S": known.workflow}
    if known.seq is not None:
        item["seq"] = {"N": str(known.seq)}
    return item


def record_of(kind: str, id: str, item: Mapping[str, Any]) -> Record:
    """Return the record that an item holds."""
    known = known_of(item)
    return Record(
        kind,
        id,
        known.parent,
        known.order,
        known.session,
        known.workflow,
        known.revision,
        known.seq,
        item["body"]["B"],
    )


def entry_of(item: Mapping[str, Any]) -> Entry:
    """Return the entry that an item holds."""
    return Entry(int(item["sk"]["S"]), item["body"]["B"])
