import subprocess
import sys
import threading

import pyarrow as pa
import pytest

from dataops_kernel.artifacts import ArtifactStore
from dataops_kernel.clock import system_clock
from dataops_kernel.errors import ConflictError
from dataops_kernel.ids import IdSource
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.storage.embedded import FileBlobs, SqliteLedger
from dataops_kernel.types import LineageEdge

WORKER = """
import sys
from pathlib import Path
from dataops_kernel.artifacts import ArtifactStore
from dataops_kernel.clock import system_clock
from dataops_kernel.ids import IdSource
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.storage.embedded import FileBlobs, SqliteLedger
from dataops_kernel.types import ArtifactMetadata

folder, session, mark = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
ledger = SqliteLedger(folder / "ledger.sqlite")
store = ArtifactStore(ledger, FileBlobs(folder / "blobs"), SessionLog(ledger), IdSource(), system_clock)
metadata = ArtifactMetadata(session_id=session, workflow_name="w", name="shared", tags=(mark,))
sys.stdin.readline()
for n in range(15):
    store.store_artifact({"from": mark, "n": n}, metadata)
"""


def test_threads_that_store_the_same_name_get_different_versions(store, named, session_id):
    workers, each = 4, 10
    barrier = threading.Barrier(workers)
    failures = []

    def work(mark):
        try:
            barrier.wait()
            for n in range(each):
                store.store_artifact({"from": mark, "n": n}, named())
        except Exception as err:
            failures.append(err)

    threads = [threading.Thread(target=work, args=(mark,)) for mark in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    versions = store.versions(session_id, "orders")
    assert [artifact.version for artifact in versions] == list(range(1, workers * each + 1))
    contents = [store.get_artifact(artifact.artifact_id).content for artifact in versions]
    for mark in range(workers):
        assert [content["n"] for content in contents if content["from"] == mark] == list(range(each))


def test_processes_that_store_the_same_name_get_different_versions(tmp_path):
    session = IdSource().new("ses")
    ledger = SqliteLedger(tmp_path / "ledger.sqlite")
    workers = [
        subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path), session, mark], stdin=subprocess.PIPE)
        for mark in "ab"
    ]
    for worker in workers:
        worker.stdin.write(b"go\n")
        worker.stdin.flush()
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0]
    for worker in workers:
        worker.stdin.close()

    store = ArtifactStore(ledger, FileBlobs(tmp_path / "blobs"), SessionLog(ledger), IdSource(), system_clock)
    versions = store.versions(session, "shared")
    ledger.close()

    assert [artifact.version for artifact in versions] == list(range(1, 31))
    assert {artifact.tags for artifact in versions} == {("a",), ("b",)}


def test_threads_that_store_the_same_large_content_share_one_blob(store, named, blobs, session_id):
    table = pa.table({"n": pa.array(range(300_000))})
    threads = [threading.Thread(target=store.store_artifact, args=(table, named(f"copy {n}"))) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(list(blobs.list())) == 1
    assert len(store.list_artifacts(session_id)) == 4
    assert all(store.get_artifact(a.artifact_id).content.equals(table) for a in store.list_artifacts(session_id))


@pytest.fixture
def other(ledger, blobs, log, ids, clock):
    """The same workspace in another process's hands."""
    return ArtifactStore(ledger, blobs, log, ids, clock)


def test_a_version_taken_in_between_is_followed_by_the_next(store, other, named, session_id, ledger, monkeypatch):
    children = ledger.children
    races = iter([True, True, False])

    def overtaken(*args, **kwargs):
        found = children(*args, **kwargs)
        if next(races, False):
            with monkeypatch.context() as honest:
                honest.setattr(ledger, "children", children)
                other.store_artifact({"who": "other"}, named())
        return found

    other.store_artifact({"who": "other"}, named())
    monkeypatch.setattr(ledger, "children", overtaken)

    artifact_id = store.store_artifact({"who": "me"}, named())

    monkeypatch.undo()
    assert store.describe(artifact_id).version == 4
    assert [a.version for a in store.versions(session_id, "orders")] == [1, 2, 3, 4]


def test_stores_that_take_turns_never_share_or_skip_a_version(store, other, named, session_id):
    for _ in range(3):
        store.store_artifact({}, named())
        other.store_artifact({}, named())
        other.store_artifact({}, named())

    assert [a.version for a in store.versions(session_id, "orders")] == list(range(1, 10))


def test_losing_every_race_ends_in_a_conflict_and_leaves_nothing(store, named, session_id, ledger, monkeypatch):
    tries = []

    def refuse(writes):
        tries.append(writes)
        raise ConflictError("somebody was first")

    monkeypatch.setattr(ledger, "commit", refuse)

    with pytest.raises(ConflictError, match="'orders'"):
        store.store_artifact({"a": 1}, named())

    assert 1 < len(tries) <= 100
    monkeypatch.undo()
    assert store.list_artifacts(session_id) == []


def test_the_same_edge_stated_by_somebody_else_meanwhile_is_no_obstacle(store, named, lineage, ledger, monkeypatch):
    shared = LineageEdge(source="file:1", target="stp_1", relation="used")
    get_many = ledger.get_many
    first = iter([True])

    def stated_meanwhile(kind, ids):
        found = get_many(kind, ids)
        if kind == "edge" and next(first, False):
            ledger.commit(lineage.edge_writes([shared]))
        return found

    monkeypatch.setattr(ledger, "get_many", stated_meanwhile)
    artifact_id = store.store_artifact(
        {"a": 1}, named(), edges=[shared, LineageEdge(source="stp_1", target="", relation="generated")]
    )

    assert store.describe(artifact_id).version == 1
    assert len(lineage.graph("stp_1").edges) == 2
