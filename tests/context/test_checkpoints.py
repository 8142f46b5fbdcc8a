import pytest

from dataops_kernel.errors import CheckpointNotFoundError, ConflictError, ParameterError, SessionNotFoundError
from dataops_kernel.types import ArtifactMetadata, Message


def say(workbench, session_id, *texts):
    for text in texts:
        workbench.sessions.add_message(session_id, Message(role="user", content=text))


def store(workbench, session_id, name, content):
    return workbench.artifacts.store_artifact(
        content, ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name=name)
    )


def told(workbench, session_id):
    return [m.content for m in workbench.sessions.messages(session_id)]


@pytest.fixture
def session_id(workbench):
    return workbench.sessions.create_session().session_id


def test_restoring_brings_conversation_context_and_artifacts_back_together(workbench, session_id):
    say(workbench, session_id, "one")
    workbench.sessions.set_context(session_id, "region", "EMEA")
    first = store(workbench, session_id, "totals", [{"region": "EMEA", "amount": 1}])
    workbench.context.create_checkpoint(session_id, "before")
    say(workbench, session_id, "two")
    workbench.sessions.set_context(session_id, "region", "APAC")
    store(workbench, session_id, "totals", [{"region": "APAC", "amount": 2}])
    store(workbench, session_id, "extra", {"a": 1})

    workbench.context.restore_checkpoint(session_id, "before")

    session = workbench.sessions.get_session(session_id)
    assert [m.content for m in session.conversation_history] == ["one"]
    assert session.global_context == {"region": "EMEA"}
    assert [a.artifact_id for a in workbench.artifacts.list_artifacts(session_id)] == [first]
    assert workbench.sql("select region from totals", session_id).to_pylist() == [{"region": "EMEA"}]


def test_a_restore_is_one_entry_and_nothing_is_destroyed(workbench, session_id):
    say(workbench, session_id, "one")
    workbench.context.create_checkpoint(session_id, "early")
    say(workbench, session_id, "two")
    workbench.context.create_checkpoint(session_id, "late")

    workbench.context.restore_checkpoint(session_id, "early")
    say(workbench, session_id, "three")
    assert told(workbench, session_id) == ["one", "three"]

    workbench.context.restore_checkpoint(session_id, "late")
    assert told(workbench, session_id) == ["one", "two"]


def test_checkpoints_left_on_another_branch_are_listed_and_marked(workbench, session_id):
    say(workbench, session_id, "one")
    workbench.context.create_checkpoint(session_id, "early")
    say(workbench, session_id, "two")
    workbench.context.create_checkpoint(session_id, "late")
    workbench.context.restore_checkpoint(session_id, "early")

    listed = {c.label: c.on_current_line for c in workbench.context.list_checkpoints(session_id)}

    assert listed == {"early": True, "late": False}


def test_the_diff_shows_messages_context_and_artifacts_that_changed(workbench, session_id):
    store(workbench, session_id, "orders", [{"id": 1, "amount": 10.0}, {"id": 2, "amount": 20.0}])
    store(workbench, session_id, "same", {"a": 1})
    workbench.sessions.set_context(session_id, "year", 2025)
    workbench.context.create_checkpoint(session_id, "before")
    say(workbench, session_id, "clean it")
    store(
        workbench,
        session_id,
        "orders",
        [{"id": 2, "amount": 20.0, "note": "x"}, {"id": 3, "amount": 35.0, "note": "y"}],
    )
    store(workbench, session_id, "report", "done")
    workbench.sessions.set_context(session_id, "year", 2026)

    diff = workbench.context.diff_checkpoints(session_id, "before")

    assert [m.content for m in diff.messages_added] == ["clean it"]
    assert [(c.key, c.before, c.after) for c in diff.context] == [("year", 2025, 2026)]
    changes = {c.name: c for c in diff.artifacts}
    assert {name: c.change for name, c in changes.items()} == {"orders": "changed", "report": "added"}
    orders = changes["orders"]
    assert [c.name for c in orders.columns_added] == ["note"]
    assert (orders.rows_before, orders.rows_after, orders.rows.added, orders.rows.removed) == (2, 2, 1, 1)
    assert [(d.column, d.before, d.after) for d in orders.drift if (d.column, d.measure) == ("amount", "sum")] == [
        ("amount", 30.0, 55.0)
    ]


def test_two_branches_are_compared_from_their_common_ancestor(workbench, session_id):
    say(workbench, session_id, "base")
    workbench.context.create_checkpoint(session_id, "base")
    say(workbench, session_id, "left")
    workbench.context.create_checkpoint(session_id, "left")
    workbench.context.restore_checkpoint(session_id, "base")
    say(workbench, session_id, "right")

    diff = workbench.context.diff_checkpoints(session_id, "left", "now")

    assert [m.content for m in diff.messages_added] == ["right"]
    assert [m.content for m in diff.messages_removed] == ["left"]


def test_nothing_differs_right_after_a_restore(workbench, session_id):
    say(workbench, session_id, "one")
    workbench.context.create_checkpoint(session_id, "here")
    say(workbench, session_id, "two")
    workbench.context.restore_checkpoint(session_id, "here")

    diff = workbench.context.diff_checkpoints(session_id, "here")

    assert (diff.messages_added, diff.messages_removed, diff.context, diff.artifacts) == ((), (), (), ())


def test_an_empty_session_can_be_checkpointed_and_restored(workbench, session_id):
    workbench.context.create_checkpoint(session_id, "empty")
    say(workbench, session_id, "one")

    workbench.context.restore_checkpoint(session_id, "empty")

    assert told(workbench, session_id) == []


def test_a_label_is_taken_once(workbench, session_id):
    workbench.context.create_checkpoint(session_id, "x")

    with pytest.raises(ConflictError, match="'x'"):
        workbench.context.create_checkpoint(session_id, "x")


@pytest.mark.parametrize("label", ["", "   ", "two\nlines", "now", "x" * 201, "nul\x00"])
def test_a_label_that_cannot_name_a_checkpoint_is_refused(workbench, session_id, label):
    with pytest.raises(ParameterError):
        workbench.context.create_checkpoint(session_id, label)


def test_an_unknown_checkpoint_gets_the_closest_label(workbench, session_id):
    workbench.context.create_checkpoint(session_id, "before cleanup")

    with pytest.raises(CheckpointNotFoundError) as caught:
        workbench.context.restore_checkpoint(session_id, "befor cleanup")

    assert "'before cleanup'" in caught.value.hint


def test_a_checkpoint_of_another_session_is_not_found_even_by_its_id(workbench, session_id):
    other = workbench.sessions.create_session().session_id
    made = workbench.context.create_checkpoint(other, "there")

    with pytest.raises(CheckpointNotFoundError):
        workbench.context.restore_checkpoint(session_id, made.checkpoint_id)


def test_checkpoints_of_an_unknown_session_are_not_found(workbench):
    with pytest.raises(SessionNotFoundError):
        workbench.context.create_checkpoint("../x", "label")
