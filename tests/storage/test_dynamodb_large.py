"""Commits larger than one transaction: whole or not at all, also when their writer dies or meets a rival."""

import pytest

from dataops_kernel.errors import ConflictError
from dataops_kernel.storage.cloud import DynamoLedger
from dataops_kernel.storage.ledger import Append, Ledger, Put, Remove, Write

DECIDES = 7
"""Requests of `large()` before the one that decides."""


class Died(BaseException):
    """The process that was writing is gone."""


@pytest.fixture
def dying(dynamo_ledger, aws_endpoint):
    """Write with a ledger whose process dies right before its request number ``last + 1`` that changes the table."""

    def commit(writes, last) -> bool:
        writer = DynamoLedger(dynamo_ledger.connection.table, endpoint_url=aws_endpoint)
        sent = 0

        def die(request, **_):
            nonlocal sent
            if any(word in str(request.headers["X-Amz-Target"]) for word in ("Put", "Update", "Delete", "Write")):
                sent += 1
                if sent > last:
                    raise Died

        writer.connection.client().meta.events.register_first("before-send.dynamodb", die)
        try:
            writer.commit(writes)
        except Died:
            return False
        finally:
            writer.close()
        return True

    return commit


def before(ledger: Ledger) -> None:
    ledger.commit(
        [Append("s", b"old"), Put("k", "old", b"old", parent="p", data=b"old"), Put("k", "gone", b"gone", parent="p")]
    )


def large() -> list[Write]:
    return [
        Append("s", b"new"),
        Put("k", "old", b"new", parent="p", expect=1, data=b"new", session="x"),
        Remove("k", "gone", expect=1),
        *(Put("k", f"n{number:02d}", b"new", parent="p", session="x", stamp="s", data=b"d") for number in range(25)),
    ]


def picture(ledger: Ledger):
    return (
        [entry.body for entry in ledger.entries("s")],
        ledger.tail("s"),
        [(record.id, record.body, record.revision) for record in ledger.children("k", "p")],
        [record.id for record in ledger.of_session("k", "x")],
        [ledger.data("k", id) for id in ("old", "gone", "n07")],
        ledger.get("k", "gone") is None,
    )


def items(ledger) -> int:
    return int(ledger.connection.client().scan(TableName=ledger.connection.table, Select="COUNT")["Count"])


@pytest.mark.parametrize("last", [0, 6, 7, 8, 12])
def test_a_writer_that_dies_anywhere_leaves_all_or_nothing_and_blocks_nobody(dynamo_ledger, dying, last):
    before(dynamo_ledger)
    old = picture(dynamo_ledger)

    assert not dying(large(), last)

    # Six batches are staged, one transaction holds, the next request decides.
    decided = picture(dynamo_ledger) != old
    assert decided == (last > DECIDES)
    if not decided:
        dynamo_ledger.commit(large())  # by somebody who is in no way held up
    bodies, tail, children, of_session, data, gone = picture(dynamo_ledger)
    assert (bodies, tail, gone) == ([b"old", b"new"], 2, True)
    assert {body for _, body, _ in children} == {b"new"}
    assert len(children) == len(of_session) == 26
    assert data == [b"new", None, b"d"]
    assert dynamo_ledger.commit([Append("s", b"later"), Put("k", "old", b"later", parent="p", expect=2)]) == [3]


def test_a_writer_in_need_of_what_a_dead_one_holds_goes_on_at_once(dynamo_ledger, dying):
    before(dynamo_ledger)
    assert not dying(large(), DECIDES)  # staged and held, not decided

    assert dynamo_ledger.commit([Append("s", b"mine"), Put("k", "old", b"mine", parent="p", expect=1)]) == [2]
    assert dynamo_ledger.commit([Put("k", "n01", b"mine", parent="p")]) == []

    assert [entry.body for entry in dynamo_ledger.entries("s")] == [b"old", b"mine"]
    assert [record.body for record in dynamo_ledger.get_many("k", ["old", "n01"])] == [b"mine", b"mine"]


def test_a_conflict_in_a_large_commit_leaves_no_item_behind(dynamo_ledger):
    before(dynamo_ledger)
    dynamo_ledger.commit([Put("k", "late", b"", parent="p")])
    old, count = picture(dynamo_ledger), items(dynamo_ledger)

    with pytest.raises(ConflictError, match="'late' is at revision 1"):
        dynamo_ledger.commit([*large(), Put("k", "late", b"", parent="p")])

    assert (picture(dynamo_ledger), items(dynamo_ledger)) == (old, count)


def test_what_is_written_and_removed_in_large_commits_leaves_no_item_behind(dynamo_ledger):
    dynamo_ledger.commit([Put("k", f"n{number:02d}", b"", parent="p", session="s", data=b"d") for number in range(60)])
    assert len(dynamo_ledger.of_session("k", "s")) == 60

    dynamo_ledger.commit([Remove("k", f"n{number:02d}", expect=1) for number in range(60)])

    assert items(dynamo_ledger) == 0


def test_four_megabytes_in_ten_entries_are_one_commit(dynamo_ledger):
    assert dynamo_ledger.commit([Append("s", b"x" * 400_000)] * 10) == list(range(1, 11))

    assert [len(entry.body) for entry in dynamo_ledger.entries("s")] == [400_000] * 10
