"""A risky workflow gets a checkpoint before it runs."""

import pytest

from dataops_kernel.errors import StorageUnavailableError


def clean():
    """Clean up."""
    return {"text": "Cleaned."}


@pytest.fixture
def session_id(workbench):
    return workbench.sessions.create_session().session_id


@pytest.fixture
def risky(workbench):
    clean.risky = True
    workbench.workflows.register(clean)
    yield
    del clean.risky


def test_a_checkpoint_is_made_before_a_risky_step_and_said(workbench, session_id, risky):
    handle = workbench.run("clean", session_id=session_id)
    handle.result(20)

    made = workbench.context.list_checkpoints(session_id)
    assert [checkpoint.kind for checkpoint in made] == ["auto"]
    assert made[0].label.startswith("before clean · ")
    said = [event.data for event in handle.events() if event.type == "progress"]
    assert said == [{"text": f"kept a checkpoint: {made[0].label}", "checkpoint": made[0].label}]


def test_going_back_to_it_takes_the_step_back(workbench, session_id, risky):
    workbench.run("clean", session_id=session_id).result(20)
    assert [message.content for message in workbench.sessions.messages(session_id)] == ["Cleaned."]

    workbench.context.restore_checkpoint(session_id, workbench.context.list_checkpoints(session_id)[0].label)

    assert workbench.sessions.messages(session_id) == []


def test_other_workflows_get_none(workbench, session_id):
    workbench.workflows.register(clean)

    workbench.run("clean", session_id=session_id).result(20)

    assert workbench.context.list_checkpoints(session_id) == []


def test_a_risky_step_does_not_run_when_its_checkpoint_cannot_be_made(workbench, session_id):
    ran = []

    def wipe():
        """Wipe."""
        ran.append(True)
        return {"text": "Wiped."}

    def refuse(session_id, workflow):
        raise StorageUnavailableError("The disk is full.")

    wipe.risky = True
    workbench.workflows.register(wipe)
    workbench._services.context._checkpoints.create_before = refuse

    with pytest.raises(StorageUnavailableError, match="disk is full"):
        workbench.run("wipe", session_id=session_id).result(20)
    assert ran == []


def test_the_registry_tells_which_are_risky_and_refuses_what_is_neither(workbench, risky):
    assert workbench.workflows.describe("clean").risky
    assert not workbench.workflows.describe("schema_analyzer").risky

    from dataops_kernel.workflows.registry import contract_breach

    workflow = workbench.workflows.get("schema_analyzer")
    mended = type(workflow).risky
    try:
        type(workflow).risky = "sometimes"
        assert "risky" in contract_breach(workflow, "schema_analyzer")
    finally:
        type(workflow).risky = mended
