"""The strict ledger in memory refuses what DynamoDB would, so that tests find it before the cloud does."""

import pytest

from dataops_kernel.errors import LimitExceededError, UsageError
from dataops_kernel.storage.ledger import Append, Ledger, Put, Remove, Write
from dataops_kernel.storage.limits import MAX_COMMIT_BYTES, MAX_ORDER_BYTES, MAX_PARTITION_BYTES
from dataops_kernel.storage.memory import MemoryLedger


@pytest.fixture
def ledger() -> Ledger:
    return MemoryLedger()


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (Append("s" * (MAX_PARTITION_BYTES + 1), b""), "stream name"),
        (Put("k", "i" * (MAX_ORDER_BYTES + 1), b""), "id"),
        (Put("k", "i", b"", order="ü" * (MAX_ORDER_BYTES // 2) + "x"), "order"),
        (Put("k", "i", b"", parent="p" * MAX_PARTITION_BYTES), "parent"),
        (Put("k", "i", b"", session="s" * MAX_PARTITION_BYTES), "session"),
        (Put("k", "i", b"", workflow="w" * MAX_PARTITION_BYTES), "workflow"),
        (Remove("k", "i" * (MAX_ORDER_BYTES + 1), expect=1), "id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_over_long_key_is_refused(ledger: Ledger, write: Write, name: str):
    with pytest.raises(LimitExceededError, match=rf"\({name} '"):
        ledger.commit([Append("log", b""), write])
    assert ledger.tail("log") == 0


def test_keys_at_the_limit_are_stored(ledger: Ledger):
    id, parent = "i" * MAX_ORDER_BYTES, "p" * (MAX_PARTITION_BYTES - 1)

    ledger.commit([Put("k", id, b"", parent=parent, session=parent, workflow=parent)])

    assert [record.id for record in ledger.children("k", parent)] == [id]


def test_a_commit_over_four_megabytes_is_refused(ledger: Ledger):
    entry = b"x" * (MAX_COMMIT_BYTES // 10)

    ledger.commit([Append("s", entry)] * 10)
    with pytest.raises(LimitExceededError, match="4,000,001 bytes"):
        ledger.commit([*[Append("s", entry)] * 9, Append("s", entry[:-1]), Put("k", "r", b"", data=b"xx")])

    assert ledger.tail("s") == 10


def test_a_place_cannot_change_hands_in_one_commit(ledger: Ledger):
    ledger.commit([Put("k", "old", b"", parent="p", order="1")])
    change = [Remove("k", "old", expect=1), Put("k", "new", b"", parent="p", order="1")]

    with pytest.raises(UsageError, match="'1' of 'p' is written twice"):
        ledger.commit(change)

    assert ledger.get("k", "old") is not None


def test_a_ledger_that_is_not_strict_takes_what_a_local_one_takes():
    ledger = MemoryLedger(strict=False)
    ledger.commit([Put("k", "old", b"", parent="p", order="1")])

    ledger.commit([Remove("k", "old", expect=1), Put("k", "new", b"", parent="p", order="1")])
    ledger.commit([Append("s" * 5000, b"x" * 400_000)] * 11)

    assert [record.id for record in ledger.children("k", "p")] == ["new"]
    assert ledger.tail("s" * 5000) == 11
