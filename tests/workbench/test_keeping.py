"""Nothing is destroyed by accident: what pins, snapshots and other records need is kept until they are gone."""

import pytest

from dataops_kernel.artifacts.retention import Retention
from dataops_kernel.errors import ConflictError
from dataops_kernel.storage.embedded import FileBlobs
from dataops_kernel.storage.ledger import Put
from dataops_kernel.storage.memory import MemoryLedger
from dataops_kernel.types import ArtifactMetadata, Message, User
from dataops_kernel.types.kinds import BLOB_KINDS


@pytest.fixture
def session_id(workbench) -> str:
    return workbench.sessions.create_session().session_id


def _store(wb, session_id: str, name: str, content) -> str:
    return wb.artifacts.store_artifact(
        content, ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name=name)
    )


def _kinds(why) -> list[str]:
    return [reason.kind for reason in why.reasons]


def test_a_pinned_artifact_is_kept_as_long_as_the_pin_shows_it(workbench, session_id):
    first = _store(workbench, session_id, "orders", {"a": 1})
    workbench.context.pin(session_id, "orders")

    with pytest.raises(ConflictError, match="pinned"):
        workbench.artifacts.delete_artifacts([first])
    second = _store(workbench, session_id, "orders", {"a": 2})

    assert _kinds(workbench.artifacts.why_kept(first)) == ["current_line"]
    assert _kinds(workbench.artifacts.why_kept(second)) == ["current_line", "pinned"]
    workbench.context.unpin(session_id, "orders")
    workbench.context.pin(session_id, first)
    assert _kinds(workbench.artifacts.why_kept(first)) == ["current_line", "pinned"]
    assert _kinds(workbench.artifacts.why_kept(second)) == ["current_line"]


def test_a_snapshot_keeps_what_it_refers_to_unless_that_is_set_aside(workbench, session_id):
    early = _store(workbench, session_id, "early", {"a": 1})
    workbench.context.dump_context(session_id, include_artifacts=False)
    snapshot = workbench.context.dump_context(session_id)
    late = _store(workbench, session_id, "late", {"a": 2})

    with pytest.raises(ConflictError, match="snapshot"):
        workbench.artifacts.delete_artifacts([early])

    assert [reason.id for reason in workbench.artifacts.why_kept(early).reasons] == ["", snapshot]
    assert workbench.artifacts.delete_artifacts([late]).deleted
    assert workbench.artifacts.delete_artifacts([early], despite=["snapshot"]).deleted


@pytest.mark.parametrize("kind", BLOB_KINDS)
def test_a_blob_is_kept_as_long_as_a_record_of_any_kind_names_it(kind, tmp_path, clock, ids):
    from dataops_kernel.artifacts import ArtifactStore
    from dataops_kernel.sessionlog import SessionLog

    ledger, blobs = MemoryLedger(), FileBlobs(tmp_path / "blobs")
    store = ArtifactStore(ledger, blobs, SessionLog(ledger), ids, clock)
    retention = Retention(ledger, blobs, lambda session, seq: (), clock)
    session_id = ids.new("ses")
    metadata = ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name="words")
    content = bytes(range(256)) * 400
    first = store.store_artifact(content, metadata)
    digest = store.describe(first).sha256
    other, body = ids.new("ses"), f'{{"sha256":"{digest}"}}'.encode()
    if kind == "original":
        ledger.commit([Put(kind, f"ann/{digest}/{other}", b'{"inline":false}', "ann", f"{digest}/{other}", other)])
    elif kind == "artifact":
        body = store.describe(first).model_copy(update={"artifact_id": ids.new("art"), "session_id": other})
        ledger.commit([Put(kind, body.artifact_id, body.to_json(), other, session=other)])
    else:
        ledger.commit([Put(kind, f"{other}/1", body, other, session=other)])

    retention.delete([first])
    purge = retention.purge([first], now=True)

    assert (purge.bytes_freed, purge.bytes_shared > 0, blobs.exists(digest)) == (0, True, True)

    ledger.erase(records=[(kind, record.id) for record in ledger.of_session(kind, other)])
    second = store.store_artifact(content, metadata)
    retention.delete([second])
    assert retention.purge([second], now=True).bytes_freed > 0
    assert list(blobs.list()) == []


class Killed(BaseException):
    """What ends a process between two of its steps."""


class DyingBlobs(FileBlobs):
    """Blobs of a process that dies before it deletes one."""

    def delete(self, digest: str) -> None:
        raise Killed


def _purge_cut_off(wb, session_id: str) -> str:
    """Purge an artifact in a process that dies before its blob is deleted, and return the blob."""
    artifact_id = _store(wb, session_id, "large", ["the canary sings once more", *map(str, range(60_000))])
    digest = wb.artifacts.describe(artifact_id).sha256
    wb.artifacts.delete_artifacts([artifact_id])
    blobs = DyingBlobs(wb.workspace / "blobs")
    retention = Retention(wb._services.log._ledger, blobs, lambda session, seq: (), wb._services.clock)
    with pytest.raises(Killed):
        retention.purge([artifact_id], now=True)
    assert blobs.exists(digest)
    return digest


def test_a_purge_that_was_cut_off_is_ended_by_the_next_one(workbench, session_id):
    digest = _purge_cut_off(workbench, session_id)

    workbench.artifacts.purge_due(session_id)

    assert not FileBlobs(workbench.workspace / "blobs").exists(digest)


def test_what_a_purge_that_was_cut_off_left_goes_with_the_session(workbench, session_id):
    digest = _purge_cut_off(workbench, session_id)

    assert workbench.sessions.erase_session(session_id).proved

    assert not FileBlobs(workbench.workspace / "blobs").exists(digest)


def test_the_tail_of_a_snapshot_is_named_by_its_record(workbench, session_id):
    workbench.sessions.add_message(session_id, Message(role="user", content="the end of the story"))
    snapshot = workbench.context.dump_context(session_id)

    blobs = set(workbench._services.context.snapshot_blobs(session_id))
    body = workbench._services.log._ledger.get("snapshot", snapshot).body.decode()

    assert blobs and all(digest in body for digest in blobs)


def test_a_reader_looks_at_a_view_that_is_nearly_full_and_writes_nothing(workbench, session_id):
    reader = workbench.acting_as(User(user_id="ann", roles=(), permissions=("session.read",)))
    for number in range(700):
        words = f"Somebody looked at table {number} and found nothing of note in it, as often on a quiet day. " * 2
        workbench.sessions.add_message(session_id, Message(role="user", content=words))
    log = workbench._services.log
    before = log.tail(session_id)

    seen = reader.context.view(session_id)

    assert (log.tail(session_id), seen.compressions) == (before, ())
    folded = workbench.context.view(session_id)
    assert (log.tail(session_id), len(folded.compressions)) == (before + 1, 1)
    assert seen.text == folded.text
