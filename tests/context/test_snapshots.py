import threading

import orjson
import pytest

from dataops_kernel.errors import (
    IntegrityError,
    SessionNotFoundError,
    SnapshotNotFoundError,
    WorkspaceVersionError,
)
from dataops_kernel.storage.ledger import Put
from dataops_kernel.types import ArtifactMetadata, Message


def say(workbench, session_id, *texts):
    for text in texts:
        workbench.sessions.add_message(session_id, Message(role="user", content=text))


def store(workbench, session_id, name, content):
    return workbench.artifacts.store_artifact(
        content, ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name=name)
    )


def told(session):
    return [message.content for message in session.conversation_history]


def ledger_of(workbench):
    return workbench._services.sessions._ledger


@pytest.fixture
def session_id(workbench):
    return workbench.sessions.create_session(title="quarter").session_id


def test_a_snapshot_holds_the_session_as_it_was(workbench, session_id):
    say(workbench, session_id, "one")
    workbench.sessions.set_context(session_id, "region", "EMEA")
    first = store(workbench, session_id, "totals", [{"a": 1}])

    snapshot = workbench.context.get_snapshot(workbench.context.dump_context(session_id))

    assert snapshot.session_id == session_id
    assert snapshot.orchestrator_state["context"] == {"region": "EMEA"}
    assert snapshot.orchestrator_state["title"] == "quarter"
    assert snapshot.artifact_refs == (first,)
    assert snapshot.head == 3


def test_what_happens_later_does_not_change_a_snapshot(workbench, session_id):
    say(workbench, session_id, "one")
    workbench.sessions.set_context(session_id, "region", "EMEA")
    snapshot_id = workbench.context.dump_context(session_id)
    before = workbench.context.get_snapshot(snapshot_id), told(workbench.context.open_snapshot(snapshot_id))

    say(workbench, session_id, "two")
    workbench.sessions.set_context(session_id, "region", "APAC")
    store(workbench, session_id, "totals", [{"a": 1}])

    assert (workbench.context.get_snapshot(snapshot_id), told(workbench.context.open_snapshot(snapshot_id))) == before
    assert before[1] == ["one"]


def test_a_snapshot_reads_along_the_line_not_along_the_log(workbench, session_id):
    say(workbench, session_id, "one")
    workbench.context.create_checkpoint(session_id, "early")
    say(workbench, session_id, "left")
    workbench.context.restore_checkpoint(session_id, "early")
    say(workbench, session_id, "three")

    opened = workbench.context.open_snapshot(workbench.context.dump_context(session_id))

    assert told(opened) == ["one", "three"]
    assert opened.conversation_history == workbench.sessions.get_session(session_id).conversation_history


def test_the_states_of_workflows_are_those_of_their_latest_runs(workbench, session_id, data):
    workbench.run("schema_analyzer", {"source": str(data / "customers.csv")}, session_id).result()
    handle = workbench.run("schema_analyzer", {"source": str(data / "orders.csv")}, session_id)
    answer = handle.result()

    snapshot = workbench.context.get_snapshot(workbench.context.dump_context(session_id))

    state = snapshot.workflow_states["schema_analyzer"]
    assert (state["run_id"], state["status"]) == (handle.run_id, "finished")
    assert state["parameters"]["source"].endswith("orders.csv")
    assert state["result"]["artifacts"] == list(answer.artifacts)


def test_a_run_on_a_branch_that_was_left_is_no_state_of_a_workflow(workbench, session_id, data):
    workbench.context.create_checkpoint(session_id, "before")
    workbench.run("schema_analyzer", {"source": str(data / "orders.csv")}, session_id).result()
    workbench.context.restore_checkpoint(session_id, "before")

    assert workbench.context.get_snapshot(workbench.context.dump_context(session_id)).workflow_states == {}


def test_both_sizes_are_those_of_what_is_stored(workbench, session_id):
    say(workbench, session_id, *(f"message {i} " + "word " * 200 for i in range(300)))

    snapshot = workbench.context.get_snapshot(workbench.context.dump_context(session_id))

    files = [path for path in (workbench.workspace / "blobs").rglob("*") if path.is_file()]
    manifest = ledger_of(workbench).data("snapshot", snapshot.snapshot_id)
    assert snapshot.compressed
    assert snapshot.compressed_size == sum(path.stat().st_size for path in files) + len(manifest)
    assert snapshot.original_size > 300 * 1000 > snapshot.compressed_size


def test_references_can_be_left_out(workbench, session_id):
    store(workbench, session_id, "totals", [{"a": 1}])

    snapshot = workbench.context.get_snapshot(workbench.context.dump_context(session_id, include_artifacts=False))

    assert snapshot.artifact_refs == ()
    assert not snapshot.include_artifacts


def test_an_empty_session_can_be_dumped_and_opened(workbench, session_id):
    snapshot_id = workbench.context.dump_context(session_id)

    assert told(workbench.context.open_snapshot(snapshot_id)) == []
    assert workbench.context.get_snapshot(snapshot_id).head == 0


def test_snapshots_are_listed_oldest_first_without_their_states(workbench, session_id):
    workbench.sessions.set_context(session_id, "region", "EMEA")
    made = [workbench.context.dump_context(session_id) for _ in range(3)]

    listed = workbench.context.list_snapshots(session_id)

    assert [snapshot.snapshot_id for snapshot in listed] == made
    assert [snapshot.orchestrator_state for snapshot in listed] == [{}, {}, {}]


def test_a_snapshot_taken_while_others_write_is_one_moment(workbench, session_id):
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            workbench.sessions.set_context(session_id, "number", number)
            say(workbench, session_id, str(number))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        made = [workbench.context.dump_context(session_id) for _ in range(10)]
    finally:
        stop.set()
        thread.join()

    for snapshot_id in made:
        opened = workbench.context.open_snapshot(snapshot_id)
        numbers = [int(text) for text in told(opened)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert opened.global_context.get("number", 0) - len(numbers) in (0, 1)


@pytest.mark.parametrize("wrong", ["", "snp_1", "../../etc/passwd", "x" * 100_000, "snp_" + "0" * 26])
def test_an_unknown_snapshot_is_not_found(workbench, wrong):
    with pytest.raises(SnapshotNotFoundError):
        workbench.context.get_snapshot(wrong)


def test_dumping_an_unknown_session_is_refused(workbench):
    with pytest.raises(SessionNotFoundError):
        workbench.context.dump_context("ses_nothing")


def test_somebody_elses_snapshot_is_not_found(workbench, session_id):
    snapshot_id = workbench.context.dump_context(session_id)
    other = workbench.acting_as(workbench.user.model_copy(update={"user_id": "bob"}))
    mine = other.sessions.create_session().session_id

    for act in (
        lambda: other.context.get_snapshot(snapshot_id),
        lambda: other.context.open_snapshot(snapshot_id),
        lambda: other.context.load_context(snapshot_id, session_id=mine),
    ):
        with pytest.raises(SnapshotNotFoundError):
            act()


def test_a_snapshot_of_a_newer_form_is_refused_with_the_reason(workbench, session_id):
    snapshot_id = workbench.context.dump_context(session_id)
    record = ledger_of(workbench).get("snapshot", snapshot_id)
    body = orjson.dumps({**orjson.loads(record.body), "version": 2, "something_new": True})
    newer = Put("snapshot", record.id, body, parent=record.parent, session=record.session, expect=record.revision)
    ledger_of(workbench).commit([newer])

    for act in (workbench.context.get_snapshot, workbench.context.load_context):
        with pytest.raises(WorkspaceVersionError, match="form 2; this version reads forms up to 1"):
            act(snapshot_id)


def test_a_manifest_that_changed_is_an_integrity_error(workbench, session_id):
    snapshot_id = workbench.context.dump_context(session_id)
    record = ledger_of(workbench).get("snapshot", snapshot_id)
    ledger_of(workbench).commit([Put("snapshot", record.id, record.body, parent=record.parent, expect=1, data=b"x")])

    with pytest.raises(IntegrityError):
        workbench.context.get_snapshot(snapshot_id)
