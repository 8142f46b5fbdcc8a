import os

import pyarrow as pa
import pytest

from dataops_kernel.artifacts import ArtifactStore
from dataops_kernel.errors import BackendError, IntegrityError
from dataops_kernel.storage.ledger import Put, Record
from dataops_kernel.storage.memory import MemoryBlobs

LARGE = {
    "table": pa.table({"n": pa.array(range(300_000)), "x": pa.array([i * 0.37 for i in range(300_000)])}),
    "json": {"rows": [os.urandom(20).hex() for _ in range(3_000)]},
    "text": "".join(os.urandom(20).hex() + "\n" for _ in range(3_000)),
    "bytes": os.urandom(100_000),
}


def flip(path, place):
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[place] ^= 0x10
    path.write_bytes(content)


def cut(path, size):
    path.chmod(0o644)
    os.truncate(path, size)


def readings(store):
    return {
        "get": store.get_artifact,
        "bytes": store.read_bytes,
        "stream": lambda id: store.open_artifact(id).read(),
        "path": store.path,
    }


@pytest.fixture(params=LARGE)
def stored(request, store, named, blobs):
    """An artifact with a blob, and that blob's file."""
    artifact = store.describe(store.store_artifact(LARGE[request.param], named(workflow_name="load_csv")))
    assert not artifact.inline
    return artifact, blobs.path(artifact.sha256)


def damaged(store, artifact):
    """Every way of reading the artifact that gave something, and the errors of all others."""
    given, errors = [], []
    for name, read in readings(store).items():
        try:
            value = read(artifact.artifact_id)
        except IntegrityError as err:
            errors.append(err)
        else:
            if value is not None:  # no path is given for what is compressed
                given.append(name)
    return given, errors


@pytest.mark.parametrize("place", [0, 5_000, -1], ids=["first", "inside", "last"])
def test_a_flipped_bit_in_a_blob_is_never_read_as_content(store, stored, place):
    artifact, file = stored
    flip(file, place)

    given, errors = damaged(store, artifact)

    assert given == []
    for error in errors:
        assert artifact.artifact_id in error.message and "orders" in error.message
        assert file.name in error.hint and "load_csv" in error.hint


@pytest.mark.parametrize("keep", [0, 1, 10_000])
def test_a_blob_cut_short_is_never_read_as_content(store, stored, keep):
    artifact, file = stored
    cut(file, keep)

    given, errors = damaged(store, artifact)

    assert given == []
    assert all(f"{keep:,} bytes" in error.message for error in errors)


def test_a_missing_blob_is_said_with_the_artifacts_name(store, stored):
    artifact, file = stored
    file.unlink()

    given, errors = damaged(store, artifact)

    assert given == []
    assert all("missing" in error.message and artifact.artifact_id in error.message for error in errors)


def test_a_blob_exchanged_for_another_is_noticed(store, named, blobs):
    first, second = (
        store.describe(store.store_artifact(pa.table({"n": [float(k)] * 200_000}), named())) for k in (1, 2)
    )
    path = blobs.path(first.sha256)
    path.chmod(0o644)
    path.write_bytes(blobs.path(second.sha256).read_bytes())

    assert damaged(store, first)[0] == []
    assert damaged(store, second)[0] == ["get", "bytes", "stream", "path"]


def test_a_file_that_was_right_once_is_hashed_again_after_it_changed(store, named, blobs):
    artifact = store.describe(store.store_artifact(LARGE["table"], named()))
    path = store.path(artifact.artifact_id)
    assert store.path(artifact.artifact_id) == path

    flip(path, 4_000)

    with pytest.raises(IntegrityError):
        store.path(artifact.artifact_id)


def test_content_changed_inside_the_ledger_is_noticed(store, named, ledger, session_id):
    artifact_id = store.store_artifact({"amount": 100}, named())
    record = ledger.get("artifact", artifact_id)
    ledger.commit([_rewritten(record, data=b'{"amount":900}')])

    with pytest.raises(IntegrityError, match=artifact_id) as caught:
        store.get_artifact(artifact_id)

    assert "ledger.sqlite" in caught.value.hint


def test_a_record_that_cannot_be_read_is_named(store, named, ledger, session_id):
    good = store.store_artifact({"a": 1}, named())
    bad = store.store_artifact({"a": 2}, named())
    ledger.commit([_rewritten(ledger.get("artifact", bad), body=b'{"artifact_id": 1}')])

    with pytest.raises(IntegrityError, match=bad):
        store.list_artifacts(session_id)
    with pytest.raises(IntegrityError, match=bad):
        store.describe(bad)
    assert store.get_artifact(good).content == {"a": 1}


def test_a_folder_in_a_blobs_place_is_an_error_of_our_own(store, stored):
    artifact, file = stored
    file.unlink()
    file.mkdir()

    for name, read in readings(store).items():
        if name == "path" and artifact.encoding == "zstd":
            continue  # no path is given for what is compressed
        with pytest.raises(BackendError, match="cannot be used|missing"):  # noqa: RUF043
            read(artifact.artifact_id)


def test_a_blob_store_without_files_of_its_own_is_checked_the_same_way(ledger, log, ids, clock, named):
    blobs = MemoryBlobs()
    store = ArtifactStore(ledger, blobs, log, ids, clock)
    for content in LARGE.values():
        artifact = store.get_artifact(store.store_artifact(content, named()))
        assert artifact.content == content
        assert store.open_artifact(artifact.artifact_id).read() == store.read_bytes(artifact.artifact_id)
        blobs.delete(artifact.sha256)
        assert damaged(store, artifact)[0] == []


def _rewritten(record: Record, *, body: bytes | None = None, data: bytes | None = None) -> Put:
    return Put(
        record.kind,
        record.id,
        body or record.body,
        parent=record.parent,
        order=record.order,
        session=record.session,
        workflow=record.workflow,
        expect=record.revision,
        data=data,
    )
