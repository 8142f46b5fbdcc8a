"""Why an artifact is kept, and deleting it in two steps."""

from datetime import timedelta

import pytest

from dataops_kernel.artifacts.retention import Retention
from dataops_kernel.errors import ArtifactNotFoundError, ConflictError, ParameterError
from dataops_kernel.types import KeepReason

BIG = "many words " * 40_000


@pytest.fixture
def reached():
    """What is said to show an artifact: the number of its log entry to the reasons."""
    return {}


@pytest.fixture
def retention(ledger, blobs, clock, reached):
    return Retention(
        ledger, blobs, lambda session, seq: reached.get(seq, ()), clock, grace=timedelta(days=7), holders=()
    )


def kinds(why):
    return [reason.kind for reason in why.reasons]


def test_what_nothing_reaches_has_no_reason_to_be_kept(retention, store, named):
    artifact_id = store.store_artifact({"a": 1}, named())

    why = retention.why_kept(artifact_id)

    assert (why.state, why.name, why.version, why.reasons) == ("kept", "orders", 1, ())


def test_checkpoints_children_other_sessions_and_holders_are_reasons(ledger, blobs, clock, reached, store, named, ids):
    first = store.store_artifact({"a": 1}, named())
    store.store_artifact({"b": 1}, named("totals", parent_artifacts=(first,)))
    elsewhere = ids.new("ses")
    store.store_artifact({"c": 1}, named("copy", session_id=elsewhere, parent_artifacts=(first,)))
    reached[1] = [KeepReason(kind="checkpoint", name="before")]
    pin = KeepReason(kind="pinned", name="keep me")
    retention = Retention(ledger, blobs, lambda _, seq: reached.get(seq, ()), clock, holders=[lambda artifact: [pin]])

    why = retention.why_kept(first)

    assert {(reason.kind, reason.name) for reason in why.reasons} == {
        ("checkpoint", "before"),
        ("parent", "totals v1"),
        ("shared", elsewhere),
        ("pinned", "keep me"),
    }


def test_a_needed_artifact_is_not_deleted_and_the_error_says_who_needs_it(retention, reached, store, named, session_id):
    artifact_id = store.store_artifact({"a": 1}, named())
    reached[1] = [KeepReason(kind="current_line", name="now"), KeepReason(kind="checkpoint", name="before")]

    plan = retention.plan([artifact_id])
    with pytest.raises(ConflictError, match="checkpoint 'before'") as caught:
        retention.delete([artifact_id])

    assert (plan.deleted, [kinds(why) for why in plan.refused]) == ((), [["current_line", "checkpoint"]])
    assert "--despite checkpoint" in caught.value.hint
    assert [a.artifact_id for a in store.list_artifacts(session_id)] == [artifact_id]


def test_one_that_is_needed_keeps_all_that_were_asked_for(retention, reached, store, named, session_id):
    free, needed = (store.store_artifact({"a": name}, named(name)) for name in ("free", "needed"))
    reached[2] = [KeepReason(kind="branch", name="@9")]

    with pytest.raises(ConflictError):
        retention.delete([free, needed])

    assert len(store.list_artifacts(session_id)) == 2


def test_a_plan_does_nothing_and_counts_the_bytes(retention, store, named, blobs, session_id):
    small = store.store_artifact({"a": 1}, named())
    large = store.store_artifact(bytes(100_000), named("large"))
    only = blobs.path(store.describe(large).sha256).stat().st_size

    plan = retention.plan([small, large])

    assert plan.bytes_freed == only + store.describe(small).size_bytes
    assert plan.bytes_shared == 0
    assert len(store.list_artifacts(session_id)) == 2


def test_a_deleted_artifact_is_found_nowhere_and_comes_back_exactly(retention, store, named, session_id):
    old = store.store_artifact([{"a": 1}], named())
    new = store.store_artifact([{"a": 2}], named())
    before = store.describe(new)

    retention.delete([new])

    assert store.latest(session_id, "orders").artifact_id == old
    assert [a.artifact_id for a in store.versions(session_id, "orders")] == [old]
    assert [a.artifact_id for a in store.list_artifacts(session_id)] == [old]
    assert store.list_artifacts(session_id, {"workflow_name": "by_hand"})[0].artifact_id == old
    assert store.tables(session_id)["orders"].artifact_id == old
    for verb in (store.describe, store.get_artifact, store.open_artifact, store.get_table):
        with pytest.raises(ArtifactNotFoundError, match="deleted"):
            verb(new)
    assert [why.artifact_id for why in retention.deleted(session_id)] == [new]

    retention.restore([new])

    assert store.describe(new) == before
    assert [a.artifact_id for a in store.versions(session_id, "orders")] == [old, new]
    assert retention.deleted(session_id) == []
    assert retention.why_kept(new).state == "kept"


def test_a_set_is_deleted_although_its_members_need_each_other(retention, store, named, session_id):
    first = store.store_artifact({"a": 1}, named())
    second = store.store_artifact({"a": 2}, named(parent_artifacts=(first,)))

    with pytest.raises(ConflictError, match="parent"):
        retention.delete([first])
    retention.delete([first, second])

    assert store.list_artifacts(session_id) == []


def test_reasons_are_set_aside_by_kind_and_unknown_kinds_are_refused(retention, reached, store, named, session_id):
    artifact_id = store.store_artifact({"a": 1}, named())
    reached[1] = [KeepReason(kind="checkpoint", name="before")]

    with pytest.raises(ParameterError, match="chekpoint") as caught:
        retention.plan([artifact_id], despite=["chekpoint"])
    retention.delete([artifact_id], despite=["checkpoint"])

    assert "'checkpoint'" in caught.value.hint
    assert store.list_artifacts(session_id) == []


def test_a_purge_waits_for_the_time_of_grace_unless_told_otherwise(retention, store, named, clock):
    artifact_id = store.store_artifact({"a": 1}, named())
    retention.delete([artifact_id])

    with pytest.raises(ConflictError, match="can still be restored until"):
        retention.purge([artifact_id])
    clock.advance(days=8)
    purge = retention.purge([artifact_id])

    assert [why.state for why in purge.purged] == ["purged"]
    assert purge.bytes_freed == 7


def test_what_is_not_deleted_is_not_purged(retention, store, named):
    artifact_id = store.store_artifact({"a": 1}, named())

    for verb in (lambda: retention.purge([artifact_id], now=True), lambda: retention.restore([artifact_id])):
        with pytest.raises(ConflictError, match="is not deleted"):
            verb()


def test_a_purge_removes_the_content_and_leaves_a_stone(retention, store, named, blobs, ledger, session_id):
    artifact_id = store.store_artifact(BIG.encode() + bytes(range(256)) * 400, named(description="secret words"))
    inline = store.store_artifact({"secret": "words"}, named())
    digest = store.describe(artifact_id).sha256
    retention.delete([artifact_id, inline])

    retention.purge([artifact_id, inline], now=True)

    assert not blobs.exists(digest)
    assert not ledger.data("artifact", inline)
    assert b"secret" not in ledger.get("artifact", artifact_id).body
    assert retention.describe(artifact_id).name == "orders"
    with pytest.raises(ConflictError, match="for good"):
        retention.restore([artifact_id])
    assert store.describe(store.store_artifact({"a": 3}, named())).version == 3
    assert [a.version for a in store.versions(session_id, "orders")] == [3]


def test_content_that_another_record_refers_to_stays(retention, store, named, blobs, ids):
    content = bytes(range(256)) * 400
    gone = store.store_artifact(content, named())
    stays = store.store_artifact(content, named(session_id=ids.new("ses")))
    retention.delete([gone])

    plan = retention.plan([stays])
    purge = retention.purge([gone], now=True)

    assert (plan.bytes_freed, plan.bytes_shared > 0) == (0, True)
    assert (purge.bytes_freed, purge.bytes_shared > 0) == (0, True)
    assert store.get_artifact(stays).content == content


def test_bytes_stored_again_while_they_are_purged_are_there_afterwards(retention, store, named, blobs, ledger):
    content = bytes(range(256)) * 400
    gone = store.store_artifact(content, named())
    digest = store.describe(gone).sha256
    retention.delete([gone])
    commit, made = ledger.commit, []

    def purge_between_placing_and_committing(writes):
        if not made:
            made.append(True)
            ledger.commit = commit
            retention.purge([gone], now=True)
            assert not blobs.exists(digest)
        return commit(writes)

    ledger.commit = purge_between_placing_and_committing
    again = store.store_artifact(content, named("again"))

    assert store.get_artifact(again).content == content


def test_a_purge_cut_off_anywhere_never_gives_a_number_again(retention, store, named, ledger, session_id):
    artifact_id = store.store_artifact({"a": 1}, named())
    retention.delete([artifact_id])
    commit = ledger.commit

    def dies(writes):
        commit(writes)
        raise KeyboardInterrupt

    ledger.commit = dies
    with pytest.raises(KeyboardInterrupt):
        retention.purge([artifact_id], now=True)
    ledger.commit = commit

    assert store.describe(store.store_artifact({"a": 2}, named())).version == 2
    assert retention.why_kept(artifact_id).state == "purged"
    assert not ledger.data("artifact", artifact_id)


def test_everything_due_is_purged_and_nothing_else(retention, store, named, clock, session_id):
    early = store.store_artifact({"a": 1}, named("early"))
    late = store.store_artifact({"a": 2}, named("late"))
    retention.delete([early])
    clock.advance(days=5)
    retention.delete([late])
    clock.advance(days=3)

    purge = retention.purge_due(session_id)

    assert [why.name for why in purge.purged] == ["early"]
    assert [why.name for why in retention.deleted(session_id)] == ["late"]


def test_an_id_nobody_knows_is_not_found(retention):
    for artifact_id in ("art_" + "0" * 26, "orders", "../x"):
        with pytest.raises(ArtifactNotFoundError):
            retention.why_kept(artifact_id)
