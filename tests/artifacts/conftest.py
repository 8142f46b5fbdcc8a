"""An artifact store over every ledger backend, with content in real files."""

from pathlib import Path

import pytest

from dataops_kernel.artifacts import ArtifactStore, Lineage
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.storage.embedded import FileBlobs
from dataops_kernel.types import ArtifactMetadata


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


@pytest.fixture
def log(ledger) -> SessionLog:
    return SessionLog(ledger)


@pytest.fixture
def lineage(ledger) -> Lineage:
    return Lineage(ledger)


@pytest.fixture
def store(ledger, blobs, log, ids, clock) -> ArtifactStore:
    return ArtifactStore(ledger, blobs, log, ids, clock, max_content_bytes=8 * 1024 * 1024)


@pytest.fixture
def session_id(ids) -> str:
    return ids.new("ses")


@pytest.fixture
def named(session_id):
    """Metadata of an artifact of the session: ``named("orders", tags=("raw",))``."""

    def make(name: str = "orders", **fields) -> ArtifactMetadata:
        return ArtifactMetadata(**{"session_id": session_id, "workflow_name": "by_hand", "name": name, **fields})

    return make
