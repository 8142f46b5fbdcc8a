"""Erasing a session: nothing of it can be read in any file, nothing of others is missing, and the report proves it."""

from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest

from dataops_kernel import connect
from dataops_kernel.artifacts.unpacking import readings
from dataops_kernel.errors import ConflictError, PermissionDeniedError, SessionNotFoundError
from dataops_kernel.storage.ledger import Put
from dataops_kernel.types import ArtifactMetadata, Message, Run, User

SECRET = "the canary sings a song of nobody's business"


def _metadata(session_id: str, name: str, **fields) -> ArtifactMetadata:
    return ArtifactMetadata(session_id=session_id, workflow_name="w", name=name, **fields)


def _live(wb, session_id: str, secret: str = SECRET) -> dict[str, str]:
    """Do everything that leaves something in a workspace."""
    for number in range(300):
        wb.sessions.add_message(session_id, Message(role="user", content=f"{secret}, verse {number}"))
    wb.sessions.set_context(session_id, "song", f"{secret} in context")
    made = {
        "inline": wb.artifacts.store_artifact({"song": f"{secret} inline"}, _metadata(session_id, "inline")),
        "large": wb.artifacts.store_artifact(
            {"song": [secret, *(sha256(str(n).encode()).hexdigest() for n in range(2_000))]},
            _metadata(session_id, "large"),
        ),
        "table": wb.artifacts.store_artifact(
            pa.table({"song": [f"{secret} row {number * 7919 % 99991}" for number in range(60_000)]}),
            _metadata(session_id, "table"),
        ),
    }
    wb.artifacts.store_artifact([1, 2], _metadata(session_id, "child", parent_artifacts=(made["table"],)))
    wb.context.create_checkpoint(session_id, "a bird's eye view")
    wb.sessions.add_message(session_id, Message(role="user", content=f"{secret}, after the checkpoint"))
    wb.context.restore_checkpoint(session_id, "a bird's eye view")
    wb.sessions.update_session(session_id, {"title": f"{secret} title", "metadata": {"bird": f"{secret} meta"}})
    wb.sessions.search_messages("canary song")
    return made


def _holds(root: Path, text: str) -> list[str]:
    files = [path for path in root.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(text.encode() in reading for reading in readings(path))]


def test_no_file_holds_anything_of_an_erased_session(workbench):
    session_id = workbench.sessions.create_session(title="short").session_id
    _live(workbench, session_id)
    assert len(_holds(workbench.workspace, SECRET)) >= 3  # ledger, Parquet and zstd: the search itself works

    report = workbench.sessions.erase_session(session_id)

    assert report.proved, report.found
    assert report.shared == ()
    assert (report.artifacts, report.blobs, report.blobs_kept) == (4, 2, 0)
    assert report.files_scanned >= 2 and report.bytes_scanned > 10_000
    assert report.searched_ids > 300 and report.searched_texts > 64
    for text in (SECRET, session_id, "verse 299", "a bird's eye view"):
        assert _holds(workbench.workspace, text) == []


def test_an_erased_session_is_not_found_by_anybody(workbench):
    session_id = workbench.sessions.create_session(title="gone").session_id
    made = _live(workbench, session_id)
    workbench.sessions.erase_session(session_id)

    for call in (
        lambda: workbench.sessions.get_session(session_id),
        lambda: workbench.sessions.add_message(session_id, Message(role="user", content="hello?")),
        lambda: workbench.ask(session_id, "hello?"),
        lambda: workbench.artifacts.get_artifact(made["inline"]),
        lambda: workbench.sessions.erase_session(session_id),
    ):
        with pytest.raises(LookupError):
            call()
    assert workbench.sessions.list_sessions() == []
    assert workbench.sessions.search_messages("canary song") == []


def test_what_another_session_also_stored_stays_readable_and_is_told_as_shared(workbench):
    mine, other = (workbench.sessions.create_session().session_id for _ in range(2))
    table = pa.table({"song": [f"{SECRET} row {number * 7919 % 99991}" for number in range(60_000)]})
    workbench.artifacts.store_artifact(table, _metadata(mine, "table"))
    kept = workbench.artifacts.store_artifact(table, _metadata(other, "table"))
    workbench.sessions.add_message(mine, Message(role="user", content=SECRET))
    workbench.sessions.add_message(other, Message(role="user", content=SECRET))

    report = workbench.sessions.erase_session(mine)

    assert report.proved and report.blobs_kept == 1 and report.rewritten
    assert {trace.why for trace in report.shared} == {
        "another session stored the same content",
        "another session holds the same words or content",
    }
    assert workbench.artifacts.get_artifact(kept).content.num_rows == 60_000
    assert [m.content for m in workbench.sessions.messages(other)] == [SECRET]
    assert _holds(workbench.workspace, mine) == []


def test_an_artifact_made_from_an_erased_one_stays_and_the_report_says_that_it_names_it(workbench):
    mine, other = (workbench.sessions.create_session().session_id for _ in range(2))
    source = workbench.artifacts.store_artifact({"a": 1}, _metadata(mine, "source"))
    copy = workbench.artifacts.store_artifact({"a": 2}, _metadata(other, "copy", parent_artifacts=(source,)))

    report = workbench.sessions.erase_session(mine)

    assert report.proved
    assert "a record of another session names it" in {trace.why for trace in report.shared}
    assert workbench.artifacts.get_artifact(copy).content == {"a": 2}
    assert [node.id for node in workbench.lineage(copy).nodes] == [copy]


def test_an_archived_session_is_erased_with_its_archive_and_its_snapshots(workbench):
    session_id = workbench.sessions.create_session().session_id
    _live(workbench, session_id)
    workbench._services.context.dump_context(session_id)
    workbench.sessions.archive_session(session_id)
    for number in range(5):
        workbench.sessions.add_message(session_id, Message(role="user", content=f"{SECRET} woken {number}"))
    workbench.sessions.archive_session(session_id)

    report = workbench.sessions.erase_session(session_id)

    assert report.proved, report.found
    assert _holds(workbench.workspace, SECRET) == _holds(workbench.workspace, session_id) == []
    assert list(workbench._services.artifacts._content._blobs.list()) == []


def test_the_run_of_an_answered_question_is_erased_with_its_events_and_steps(workbench, data):
    session_id = workbench.sessions.create_session().session_id
    kept = workbench.sessions.create_session().session_id
    for id in (session_id, kept):
        workbench.ask(id, f"profile {data / 'orders.csv'}").result(timeout=60)
    run = workbench.runs.list(session_id)[0].run_id
    other = workbench.runs.list(kept)[0]
    assert other.answer is not None
    focus = [other.run_id, *other.answer.artifacts]
    before = [workbench.lineage(id) for id in focus]
    assert "file" in {node.kind for graph in before for node in graph.nodes}

    report = workbench.sessions.erase_session(session_id)

    assert report.proved, report.found
    assert _holds(workbench.workspace, run) == _holds(workbench.workspace, session_id) == []
    after = [workbench.lineage(id) for id in focus]
    assert run not in {node.id for graph in after for node in graph.nodes}
    assert "file" in {node.kind for graph in after for node in graph.nodes}  # both of them read it


def test_a_session_with_a_working_run_is_not_erased(workbench, ids, clock):
    session_id = workbench.sessions.create_session().session_id
    run = Run(run_id=ids.new("run"), session_id=session_id, user_id="ann", status="running", created_at=clock())
    workbench._services.log._ledger.commit(
        [Put("run", run.run_id, run.to_json(), parent=session_id, session=session_id)]
    )

    with pytest.raises(ConflictError, match="still working"):
        workbench.sessions.erase_session(session_id)

    assert workbench.sessions.get_session(session_id).session_id == session_id


def test_nobody_erases_the_session_of_another_user_or_without_permission(workbench):
    session_id = workbench.sessions.create_session().session_id
    bob = workbench.acting_as("bob")
    reader = workbench.acting_as(User(user_id="ann", roles=(), permissions=("session.read",)))

    with pytest.raises(SessionNotFoundError):
        bob.sessions.erase_session(session_id)
    with pytest.raises(PermissionDeniedError, match=r"session\.erase"):
        reader.sessions.erase_session(session_id)
    with pytest.raises(PermissionDeniedError, match=r"session\.cleanup"):
        bob.sessions.cleanup_expired_sessions()

    assert workbench.sessions.get_session(session_id).session_id == session_id


def test_a_process_that_knew_the_session_cannot_write_to_its_remains(tmp_path):
    with connect(tmp_path / "ws", user="ann") as mine, connect(tmp_path / "ws", user="ann") as other:
        session_id = mine.sessions.create_session().session_id
        other.sessions.add_message(session_id, Message(role="user", content="hello"))
        mine.sessions.erase_session(session_id)

        with pytest.raises((ConflictError, SessionNotFoundError)):
            other.sessions.add_message(session_id, Message(role="user", content="hello again"))

        assert _holds(mine.workspace, session_id) == []
