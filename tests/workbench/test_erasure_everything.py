"""A session that used everything there is goes without a trace, and another one keeps all it owns and inherited."""

import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest

from dataops_kernel import connect
from dataops_kernel.artifacts.unpacking import readings
from dataops_kernel.storage.ledger import Put
from dataops_kernel.types import ArtifactMetadata, Message
from dataops_kernel.types.kinds import KINDS

CANARY = "canary"
"""What only the session says that is to be erased."""
HEIRLOOM = "a heirloom of silver spoons"
"""What another session inherited from it."""
TALK = 300


def _store(wb, session_id: str, name: str, content, **fields) -> str:
    metadata = ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name=name, **fields)
    return wb.artifacts.store_artifact(content, metadata)


def _large(text: str) -> dict[str, list[str]]:
    return {"lines": [f"{text} {sha256(str(n).encode()).hexdigest()}" for n in range(2_000)]}


def _say(wb, session_id: str, *texts: str) -> list[str]:
    return [wb.sessions.add_message(session_id, Message(role="user", content=text)).message_id for text in texts]


def _use_everything(wb, session_id: str, folder: Path) -> dict[str, str]:
    """Leave a record of every kind behind, each with a canary in it, and return what can be asked for later."""
    source = folder / "canary_cages.csv"
    source.write_text("cage,birds\n" + "".join(f"canary cage {n},{n}\n" for n in range(50)))
    wb.sessions.update_session(session_id, {"title": "canary title", "metadata": {"bird": "canary metadata"}})
    wb.sessions.update_preferences({"row_limit": 7})
    wb.ask(session_id, f"profile {source}").result(timeout=60)
    run = wb.runs.list(session_id)[0].run_id
    wb._services.log._ledger.commit([Put("cancel", run, b"{}")])
    said = _say(wb, session_id, *(f"canary number {n} sings a long and winding song of its own" for n in range(TALK)))
    wb.sessions.set_context(session_id, "canary_key", "canary value")
    table = _store(
        wb, session_id, "canary_table", pa.table({"a": [f"canary row {n * 7919 % 99991}" for n in range(60_000)]})
    )
    child = _store(wb, session_id, "canary_child", _large("canary child"), parent_artifacts=(table,))
    deleted = [_store(wb, session_id, f"canary_left_{n}", _large(f"canary deleted {n}")) for n in range(3)]
    wb.artifacts.delete_artifacts(deleted)
    wb.artifacts.purge_artifacts(deleted[:1], now=True)
    wb.artifacts.restore_artifacts(deleted[1:2])
    for target in (said[0], "canary_key", "canary_table"):
        wb.context.pin(session_id, target)
    wb.context.unpin(session_id, "canary_key")
    wb.context.create_checkpoint(session_id, "canary checkpoint")
    wb.context.view(session_id)
    wb.sessions.get_context_summary(session_id, 500)
    compressed = wb.context.compress_context(
        {"notes": " ".join(f"The canary {n} was seen again." for n in range(400))}, 200, session_id=session_id
    )
    wb.context.compress_context({"notes": _large("canary original")["lines"] * 3}, 2_000, session_id=session_id)
    snapshot = wb.context.dump_context(session_id)
    wb.context.restore_checkpoint(session_id, "canary checkpoint")
    _say(wb, session_id, "canary on another branch")
    wb.context.undo_restore(session_id)
    wb.ask(session_id, "undo").result(timeout=60)
    wb.context.load_context(snapshot)
    wb.sessions.search_messages("canary song")
    wb.sessions.list_sessions()
    return {"run": run, "snapshot": snapshot, "child": child, "original": compressed.sections[0].reference}


def _kinds(workspace: Path) -> set[str]:
    with closing(sqlite3.connect(workspace / "ledger.sqlite")) as connection:
        return {kind for (kind,) in connection.execute("SELECT DISTINCT kind FROM records")}


def _streams(workspace: Path) -> set[str]:
    with closing(sqlite3.connect(workspace / "ledger.sqlite")) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM streams")}


def _holds(root: Path, text: str) -> list[str]:
    files = [path for path in root.rglob("*") if path.is_file()]
    wanted = text.encode()
    return [str(path) for path in files if any(wanted in reading.lower() for reading in readings(path))]


@pytest.fixture
def wb(tmp_path):
    with connect(tmp_path / "ws", user="ann", context_tokens=1_000) as made:
        yield made


def test_a_session_that_used_everything_is_erased_and_only_what_another_one_has_stays(wb, tmp_path):
    older, mine, heir = (wb.sessions.create_session(title=title).session_id for title in ("older", "mine", "heir"))
    _say(wb, older, "the older session lends a ladder")
    _store(wb, older, "ladder", _large("ladder"))
    used = _use_everything(wb, mine, tmp_path)
    wb.context.inherit_context(older, mine)
    answer = Message(role="assistant", content=f"{HEIRLOOM}, said once", run_id=used["run"])
    wb.sessions.add_message(mine, answer)
    wb.sessions.set_context(mine, "heirloom", HEIRLOOM)
    _store(wb, mine, "heirloom", _large(HEIRLOOM))
    wb.context.inherit_context(mine, heir, ["messages:last=1", "context:heirloom", "artifacts:heirloom"])
    wb.context.export_bundle(mine, tmp_path / "canary.zip")
    wb.sessions.archive_session(mine)
    _say(wb, mine, "canary after the archive")
    wb.sessions.archive_session(mine)
    assert _kinds(wb.workspace) == set(KINDS) - {
        "user",
        "erasure",
        "import",
    }  # a kind that is missing here was not tried
    assert {name.partition("/")[0] for name in _streams(wb.workspace)} == {"log", "events"}

    report = wb.sessions.erase_session(mine)

    assert report.proved, report.found
    assert {"a record of another session names it", "another session stored the same content"} <= {
        trace.why for trace in report.shared
    }
    for text in (CANARY, mine, used["snapshot"]):
        assert _holds(wb.workspace, text) == []
    assert wb.sessions.get_session(heir).conversation_history[-1].content == f"{HEIRLOOM}, said once"
    assert wb.sessions.get_session(heir).global_context == {"heirloom": HEIRLOOM}
    for session_id, name, text in ((heir, "heirloom", HEIRLOOM), (older, "ladder", "ladder")):
        kept = wb.artifacts.latest(session_id, name)
        assert wb.artifacts.get_artifact(kept.artifact_id).content == _large(text)
    assert [hit.message.content for hit in wb.sessions.search_messages("ladder", session_id=older)] == [
        "the older session lends a ladder"
    ]
    assert wb.sessions.preferences().row_limit == 7
    # The answer it inherited has no run any more.
    assert "50 rows" in wb.ask(heir, f"profile {tmp_path / 'canary_cages.csv'}").result(timeout=60).text


def test_the_only_session_of_a_workspace_leaves_no_record_stream_or_blob_that_belongs_to_a_session(wb, tmp_path):
    mine = wb.sessions.create_session().session_id
    _use_everything(wb, mine, tmp_path)
    wb.sessions.archive_session(mine)

    report = wb.sessions.erase_session(mine)

    assert report.proved and report.shared == (), report
    assert {kind for kind in _kinds(wb.workspace) if KINDS[kind].belongs == "session"} == set()
    assert "file" not in _kinds(wb.workspace)
    assert all(name.startswith("erased ") for name in _streams(wb.workspace))
    assert list(wb._services.artifacts._content._blobs.list()) == []


def test_a_session_opened_from_a_bundle_is_erased_like_any_other_and_the_one_it_came_from_stays(wb, tmp_path):
    mine = wb.sessions.create_session().session_id
    _use_everything(wb, mine, tmp_path)
    wb.context.export_bundle(mine, tmp_path / "canary.zip")
    before = wb.sessions.get_session(mine)
    fork = wb.context.import_bundle(tmp_path / "canary.zip").session_id
    _say(wb, fork, "the fork went on alone")
    wb.context.view(fork)
    fork_pins = [block.text for block in wb.context.view(fork).blocks if block.pinned]

    report = wb.sessions.erase_session(fork)

    assert len(fork_pins) == 2
    assert report.proved, report.found
    assert _holds(wb.workspace, fork) == _holds(wb.workspace, "the fork went on alone") == []
    assert wb.sessions.get_session(mine) == before
    for artifact in wb.artifacts.list_artifacts(mine):
        assert wb.artifacts.get_artifact(artifact.artifact_id).content is not None


def test_what_a_crash_left_of_a_session_between_blob_and_record_is_erased_with_it(wb):
    mine, other = (wb.sessions.create_session().session_id for _ in range(2))
    for session_id in (mine, other):
        _say(wb, session_id, "the canary has flown")
        wb._services.context._snapshots._segments.seal(session_id)  # and nobody remembers the tail it wrote
    kept = wb.context.dump_context(other)

    report = wb.sessions.erase_session(mine)

    assert report.proved and report.blobs == 1, report
    assert _holds(wb.workspace, mine) == []
    assert [message.content for message in wb.context.open_snapshot(kept).conversation_history] == [
        "the canary has flown"
    ]


def test_a_deleted_artifact_is_not_handed_on_by_a_bundle_or_a_snapshot(wb, tmp_path):
    mine, other = (wb.sessions.create_session().session_id for _ in range(2))
    stays, left, gone = (_store(wb, mine, name, _large(name)) for name in ("stays", "left", "gone"))
    snapshot = wb.context.dump_context(mine)
    wb.artifacts.delete_artifacts([left, gone], despite=["snapshot"])
    wb.artifacts.purge_artifacts([gone], now=True)

    wb.context.export_bundle(mine, tmp_path / "some.zip")
    fork = wb.context.import_bundle(tmp_path / "some.zip").session_id
    load = wb.context.load_context(snapshot, "merge", session_id=other)

    assert {skipped.key for skipped in load.skipped if skipped.what == "artifact"} == {left, gone}
    for session_id in (mine, fork, other):
        (artifact,) = wb.artifacts.list_artifacts(session_id)
        assert wb.artifacts.get_artifact(artifact.artifact_id).content == _large("stays")
    assert wb.artifacts.describe(stays).name == "stays"


def test_what_two_sessions_compressed_alike_is_kept_for_the_one_that_stays(wb):
    mine, other = (wb.sessions.create_session().session_id for _ in range(2))
    for number in (400, 9_000):  # beside its record, and as a blob
        notes = {"notes": " ".join(f"The lark {n} was seen again." for n in range(number))}
        first, second = (wb.context.compress_context(notes, 3_000, session_id=id) for id in (mine, other))
        assert first.sections[0].reference == second.sections[0].reference

    assert wb.sessions.erase_session(mine).proved

    assert wb.context.expand(second.sections[0].reference.partition("#")[0]) == notes
    assert wb.sessions.erase_session(other).proved
    assert _holds(wb.workspace, "the lark 7 was") == []
    assert list(wb._services.artifacts._content._blobs.list()) == []
