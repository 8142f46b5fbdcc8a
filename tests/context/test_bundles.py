import io
import json
import zipfile
from pathlib import Path
from typing import get_args

import pytest

from dataops_kernel import connect
from dataops_kernel.errors import (
    BundleError,
    ConflictError,
    FileInputError,
    PermissionDeniedError,
    SessionNotFoundError,
)
from dataops_kernel.types import ArtifactMetadata, KeepKind, Message, User


def store(workbench, session_id, name, content, **more):
    return workbench.artifacts.store_artifact(
        content, ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name=name, **more)
    )


def say(workbench, session_id, *texts, **more):
    for text in texts:
        workbench.sessions.add_message(session_id, Message(role="user", content=text, **more))


def told(workbench, session_id):
    return [(m.role, m.content, m.timestamp) for m in workbench.sessions.get_session(session_id).conversation_history]


def exported(workbench, session_id):
    stream = io.BytesIO()
    workbench.context.export_bundle(session_id, stream)
    return stream.getvalue()


@pytest.fixture
def other(tmp_path: Path):
    with connect(tmp_path / "other", user="bob") as made:
        yield made


@pytest.fixture
def session_id(workbench):
    session_id = workbench.sessions.create_session(title="quarter").session_id
    table = store(workbench, session_id, "orders", [{"id": i, "amount": i * 1.5} for i in range(50)])
    store(workbench, session_id, "notes", "word " * 30_000, derived_from=table)
    store(workbench, session_id, "raw", bytes(range(256)) * 300)
    say(workbench, session_id, "one", artifacts=(table,))
    workbench.sessions.set_context(session_id, "region", {"name": "EMEA", "none": None})
    workbench.context.create_checkpoint(session_id, "early")
    say(workbench, session_id, "left behind")
    workbench.context.create_checkpoint(session_id, "late")
    workbench.context.restore_checkpoint(session_id, "early")
    say(workbench, session_id, "three", *(f"message {i}" for i in range(300)))
    return session_id


def test_a_bundle_opens_in_another_workspace_as_a_fork(workbench, other, session_id, tmp_path):
    report = workbench.context.export_bundle(session_id, tmp_path / "quarter.zip")

    opened = other.context.import_bundle(tmp_path / "quarter.zip")

    assert report.path == str(tmp_path / "quarter.zip")
    assert report.size_bytes == (tmp_path / "quarter.zip").stat().st_size
    assert (report.artifacts, report.version) == (3, 1)
    assert opened.session_id != session_id
    assert (opened.title, opened.user_id) == ("quarter", "bob")
    assert told(other, opened.session_id) == told(workbench, session_id)
    assert other.sessions.get_session(opened.session_id).global_context == {"region": {"name": "EMEA", "none": None}}
    mine = workbench.artifacts.list_artifacts(session_id)
    theirs = other.artifacts.list_artifacts(opened.session_id)
    assert [(a.name, a.version, a.sha256, a.row_count) for a in theirs] == [
        (a.name, a.version, a.sha256, a.row_count) for a in mine
    ]
    for here, there in zip(mine, theirs, strict=True):
        assert other.artifacts.get_artifact(there.artifact_id).content == (
            workbench.artifacts.get_artifact(here.artifact_id).content
        )
    assert other.sql("select sum(amount) as s from orders", opened.session_id).to_pylist() == [{"s": 1837.5}]


def test_branches_and_checkpoints_come_along(workbench, other, session_id):
    opened = other.context.import_bundle(io.BytesIO(exported(workbench, session_id))).session_id

    assert [c.label for c in other.context.list_checkpoints(opened)] == ["early", "late"]
    other.context.restore_checkpoint(opened, "late")
    assert [content for _, content, _ in told(other, opened)] == ["one", "left behind"]


def test_ids_are_new_and_lead_to_each_other(workbench, other, session_id):
    opened = other.context.import_bundle(io.BytesIO(exported(workbench, session_id))).session_id

    first = other.sessions.get_session(opened).conversation_history[0]
    orders = other.artifacts.latest(opened, "orders")
    notes = other.artifacts.latest(opened, "notes")
    assert first.artifacts == (orders.artifact_id,)
    assert notes.derived_from == orders.artifact_id
    assert orders.artifact_id != workbench.artifacts.latest(session_id, "orders").artifact_id
    graph = other.lineage(notes.artifact_id, "up")
    assert [(e.source, e.target, e.relation) for e in graph.edges] == [
        (orders.artifact_id, notes.artifact_id, "derived")
    ]


def test_runs_steps_and_files_come_along_in_lineage(workbench, other, data):
    handle = workbench.run("schema_analyzer", {"source": str(data / "orders.csv")})
    session_id = workbench.runs.get(handle.run_id).session_id
    profile = handle.result().artifacts[0]

    opened = other.context.import_bundle(io.BytesIO(exported(workbench, session_id))).session_id

    name = workbench.artifacts.describe(profile).name
    there = other.artifacts.latest(opened, name)
    kinds = sorted(node.kind for node in other.lineage(there.artifact_id, "up").nodes)
    assert kinds == sorted(node.kind for node in workbench.lineage(profile, "up").nodes)
    assert "unknown" not in kinds
    assert "file" in kinds
    assert other.runs.get(there.run_id).user_id == "bob"


def test_one_bundle_can_be_opened_again_and_again_in_its_own_workspace(workbench, session_id):
    bundle = exported(workbench, session_id)
    blobs = {path for path in (workbench.workspace / "blobs").rglob("*") if path.is_file()}

    opened = [workbench.context.import_bundle(io.BytesIO(bundle)).session_id for _ in range(2)]

    assert len({session_id, *opened}) == 3
    for each in opened:
        assert told(workbench, each) == told(workbench, session_id)
    # The same content is stored once: nothing was added but nothing.
    assert {path for path in (workbench.workspace / "blobs").rglob("*") if path.is_file()} == blobs


def test_a_fork_goes_its_own_way(workbench, session_id):
    opened = workbench.context.import_bundle(io.BytesIO(exported(workbench, session_id))).session_id
    before = told(workbench, session_id)

    say(workbench, opened, "only here")
    store(workbench, opened, "orders", [{"id": 1}])

    assert told(workbench, session_id) == before
    assert [a.version for a in workbench.artifacts.versions(opened, "orders")] == [1, 2]
    assert [a.version for a in workbench.artifacts.versions(session_id, "orders")] == [1]


def test_the_number_of_a_deleted_version_is_not_given_again_in_a_fork(workbench, other, session_id):
    second = store(workbench, session_id, "notes", "shorter")
    [first] = [a.artifact_id for a in workbench.artifacts.versions(session_id, "notes") if a.artifact_id != second]
    workbench.artifacts.delete_artifacts([first], despite=get_args(KeepKind))

    fork = other.context.import_bundle(io.BytesIO(exported(workbench, session_id))).session_id
    store(other, fork, "notes", "longer")

    assert [artifact.version for artifact in other.artifacts.versions(fork, "notes")] == [2, 3]


def test_a_bundle_is_a_zip_with_readable_parts(workbench, session_id):
    with zipfile.ZipFile(io.BytesIO(exported(workbench, session_id))) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        names = archive.namelist()
    assert manifest["format"] == "dataops-bundle"
    assert {member["name"] for member in manifest["members"]} == set(names) - {"manifest.json"}
    assert sum(name.startswith("log/") for name in names) == 2
    assert any(name.endswith(".parquet") for name in names)


def test_a_bundle_tells_nothing_of_the_user_the_machine_or_the_workspace(workbench, session_id):
    with zipfile.ZipFile(io.BytesIO(exported(workbench, session_id))) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist() if name.endswith(("json", "jsonl")))
    assert b"ann" not in everything
    assert str(workbench.workspace).encode() not in everything


def test_an_empty_session_can_be_exported_and_imported(workbench, other):
    session_id = workbench.sessions.create_session().session_id

    opened = other.context.import_bundle(io.BytesIO(exported(workbench, session_id))).session_id

    assert told(other, opened) == []


def test_a_bundle_comes_from_a_stream_that_cannot_seek(workbench, other, session_id):
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    opened = other.context.import_bundle(Pipe(exported(workbench, session_id))).session_id

    assert told(other, opened) == told(workbench, session_id)


def test_a_file_that_exists_is_left_alone(workbench, session_id, tmp_path):
    path = tmp_path / "there.zip"
    path.write_text("mine")

    with pytest.raises(ConflictError):
        workbench.context.export_bundle(session_id, path)

    assert path.read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["there.zip"]


def test_an_export_that_fails_leaves_no_file(workbench, session_id, tmp_path):
    artifact = workbench.artifacts.latest(session_id, "raw")
    workbench._services.artifacts._content._blobs.delete(artifact.sha256)

    with pytest.raises(Exception, match="missing"):
        workbench.context.export_bundle(session_id, tmp_path / "x.zip")

    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == []


@pytest.mark.parametrize("wrong", ["nothing.zip", "", "nul\0.zip", "."])
def test_a_file_that_cannot_be_opened_is_refused(workbench, tmp_path, wrong):
    with pytest.raises(FileInputError):
        workbench.context.import_bundle(str(tmp_path / wrong))


def test_an_import_that_is_interrupted_leaves_nothing_to_see(workbench, other, session_id, monkeypatch):
    bundle = exported(workbench, session_id)
    ledger = other._services.sessions._ledger
    commit, left, done = ledger.commit, [0], []

    def cut_off(writes):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        done.append(writes)
        return commit(writes)

    monkeypatch.setattr(ledger, "commit", cut_off)
    # As after a kill: what was staged is not even taken back.
    monkeypatch.setattr(ledger, "erase", lambda **_: 0)
    for commits in range(6):
        left[0] = commits
        with pytest.raises(KeyboardInterrupt):
            other.context.import_bundle(io.BytesIO(bundle))
        left[0] = 1_000
        assert other.sessions.list_sessions() == []
    assert done
    left[0] = 1_000
    opened = other.context.import_bundle(io.BytesIO(bundle)).session_id
    assert told(other, opened) == told(workbench, session_id)


def test_an_import_that_fails_takes_back_what_it_staged(workbench, other, session_id, monkeypatch):
    bundle = exported(workbench, session_id)
    ledger = other._services.sessions._ledger
    commit, streams = ledger.commit, []

    def refuse_sessions(writes):
        if any(getattr(write, "kind", "") == "session" for write in writes):
            raise KeyboardInterrupt
        streams.extend(write.stream for write in writes if hasattr(write, "stream"))
        return commit(writes)

    monkeypatch.setattr(ledger, "commit", refuse_sessions)
    with pytest.raises(KeyboardInterrupt):
        other.context.import_bundle(io.BytesIO(bundle))

    (stream,) = set(streams)
    assert ledger.entries(stream) == []
    assert ledger.of_session("artifact", stream.removeprefix("log/")) == []


def test_somebody_elses_session_cannot_be_exported(workbench, session_id):
    other = workbench.acting_as(workbench.user.model_copy(update={"user_id": "bob"}))

    with pytest.raises(SessionNotFoundError):
        other.context.export_bundle(session_id, io.BytesIO())


def test_who_may_not_store_artifacts_may_not_import(workbench, session_id):
    reader = workbench.acting_as(User(user_id="eve", roles=("user",)))

    with pytest.raises(PermissionDeniedError, match=r"artifact\.write"):
        reader.context.import_bundle(io.BytesIO(exported(workbench, session_id)))


def test_text_is_no_bundle(workbench):
    with pytest.raises(BundleError, match="not a bundle"):
        workbench.context.import_bundle(io.BytesIO(b"hello " * 100))
