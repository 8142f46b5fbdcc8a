"""A user sees and changes only what they own, through every verb."""

import pytest

from dataops_kernel.errors import ArtifactNotFoundError, NotFoundError, PermissionDeniedError, SessionNotFoundError
from dataops_kernel.types import ArtifactMetadata, Message, User


@pytest.fixture
def bob(workbench):
    return workbench.acting_as("bob")


@pytest.fixture
def anns(workbench):
    """A session of Ann's with something of everything in it."""
    session_id = workbench.sessions.create_session(title="secret plans").session_id
    workbench.sessions.add_message(session_id, Message(role="user", content="secret"))
    artifact_id = workbench.artifacts.store_artifact(
        [{"salary": 1}], ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name="salaries")
    )
    workbench.context.create_checkpoint(session_id, "mine")
    return session_id, artifact_id


def test_another_users_session_is_not_found_by_any_verb(bob, anns):
    session_id, _ = anns
    verbs = [
        lambda: bob.sessions.get_session(session_id),
        lambda: bob.sessions.messages(session_id),
        lambda: bob.sessions.rename(session_id, "mine now"),
        lambda: bob.sessions.add_message(session_id, Message(role="user", content="hi")),
        lambda: bob.sessions.set_context(session_id, "k", 1),
        lambda: bob.ask(session_id, "show salaries"),
        lambda: bob.plan(session_id, "show salaries"),
        lambda: bob.run("schema_analyzer", {"source": "salaries"}, session_id),
        lambda: bob.sql("select * from salaries", session_id),
        lambda: bob.lineage("salaries", session_id=session_id),
        lambda: bob.artifacts.list_artifacts(session_id),
        lambda: bob.artifacts.tables(session_id),
        lambda: bob.artifacts.versions(session_id, "salaries"),
        lambda: bob.artifacts.latest(session_id, "salaries"),
        lambda: bob.context.list_checkpoints(session_id),
        lambda: bob.context.create_checkpoint(session_id, "x"),
        lambda: bob.context.restore_checkpoint(session_id, "mine"),
        lambda: bob.context.diff_checkpoints(session_id, "mine"),
        lambda: bob.context.checkpoint_tree(session_id),
        lambda: bob.context.undo_restore(session_id),
        lambda: bob.artifacts.deleted_artifacts(session_id),
        lambda: bob.runs.list(session_id),
    ]

    for verb in verbs:
        with pytest.raises(SessionNotFoundError):
            verb()


def test_another_users_artifact_is_not_deleted_restored_or_purged_by_whoever_may_delete(workbench, anns):
    session_id, artifact_id = anns
    carol = workbench.acting_as(User(user_id="carol", roles=("developer",)))

    for verb in (carol.artifacts.delete_artifacts, carol.artifacts.restore_artifacts, carol.artifacts.purge_artifacts):
        with pytest.raises(ArtifactNotFoundError):
            verb([artifact_id])
    with pytest.raises(SessionNotFoundError):
        carol.artifacts.purge_due(session_id)


def test_another_users_artifact_is_not_found_by_its_id(bob, anns):
    _, artifact_id = anns
    for verb in (
        bob.artifacts.get_artifact,
        bob.artifacts.describe,
        bob.artifacts.why_kept,
        lambda id: bob.artifacts.plan_deletion([id]),
        bob.artifacts.open_artifact,
        lambda id: bob.artifacts.preview(id, 5),
        bob.lineage,
    ):
        with pytest.raises(ArtifactNotFoundError):
            verb(artifact_id)


def test_another_users_run_is_not_found(workbench, bob, anns, data):
    session_id, _ = anns
    handle = workbench.ask(session_id, f"profile {data / 'orders.csv'}")
    handle.result(timeout=60)

    for verb in (bob.runs.get, bob.runs.attach, bob.runs.cancel, bob.lineage):
        with pytest.raises(NotFoundError):
            verb(handle.run_id)


def test_a_list_shows_only_ones_own_sessions(bob, anns):
    assert bob.sessions.list_sessions() == []


def test_nobody_creates_a_session_in_anothers_name(bob):
    with pytest.raises(PermissionDeniedError):
        bob.sessions.create_session("ann")


def test_a_user_without_the_permission_is_told_which_one_is_missing(bob):
    session_id = bob.sessions.create_session().session_id

    with pytest.raises(PermissionDeniedError) as caught:
        bob.artifacts.store_artifact({"a": 1}, ArtifactMetadata(session_id=session_id, workflow_name="w", name="n"))

    assert caught.value.facts["permission"] == "artifact.write"


def test_only_an_admin_changes_users(workbench, bob):
    workbench.users.save(User(user_id="cleo", roles=("developer",)))

    assert workbench.acting_as("cleo").user.roles == ("developer",)
    with pytest.raises(PermissionDeniedError):
        bob.users.save(User(user_id="bob", roles=("admin",)))
    with pytest.raises(PermissionDeniedError):
        bob.users.list()
