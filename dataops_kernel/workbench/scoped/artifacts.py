"""The artifacts of a user's sessions."""

from typing import TYPE_CHECKING, Any, BinaryIO

from dataops_kernel.artifacts import ArtifactStore
from dataops_kernel.types import Artifact, ArtifactMetadata
from dataops_kernel.workbench.guard import Guard

if TYPE_CHECKING:
    import pyarrow as pa


class UserArtifacts:
    """The artifacts of the user's sessions."""

    def __init__(self, guard: Guard, artifacts: ArtifactStore) -> None:
        self._guard = guard
        self._artifacts = artifacts

    def store_artifact(self, content: Any, metadata: ArtifactMetadata) -> str:
        """Store content as the next version of its name and return the artifact's id."""
        self._guard.session(metadata.session_id, "artifact.write")
        return self._artifacts.store_artifact(content, metadata)

    def get_artifact(self, artifact_id: str) -> Artifact:
        """Return an artifact with its content, verified against its hash."""
        return self._artifacts.get_artifact(artifact_id, allowed=self._guard.described)

    def describe(self, artifact_id: str) -> Artifact:
        """Return an artifact without its content."""
        return self._guard.artifact(artifact_id)

    def preview(self, artifact_id: str, rows: int) -> "pa.Table":
        """Return the first rows of a table artifact without loading the rest."""
        self._guard.artifact(artifact_id)
        return self._artifacts.preview(artifact_id, rows)

    def open_artifact(self, artifact_id: str) -> BinaryIO:
        """Open the stored bytes for reading."""
        self._guard.artifact(artifact_id)
        return self._artifacts.open_artifact(artifact_id)

    def list_artifacts(
        self,
        session_id: str,
        filters: dict[str, Any] | None = None,
        *,
        limit: int | None = None,
        before: str | None = None,
    ) -> list[Artifact]:
        """Return the artifacts of a session's current line, newest first, without content."""
        self._guard.session(session_id, "artifact.read")
        return self._artifacts.list_artifacts(session_id, filters, limit=limit, before=before)

    def versions(self, session_id: str, name: str) -> list[Artifact]:
        """Return every version of one name, oldest first."""
        self._guard.session(session_id, "artifact.read")
        return self._artifacts.versions(session_id, name)

    def latest(self, session_id: str, name: str) -> Artifact:
        """Return the newest version of a name on the current line; the error names the closest."""
        self._guard.session(session_id, "artifact.read")
        return self._artifacts.latest(session_id, name)

    def tables(self, session_id: str) -> dict[str, Artifact]:
        """Return the tables SQL can name in a session."""
        self._guard.session(session_id, "artifact.read")
        return self._artifacts.tables(session_id)
