"""The artifacts of a user's sessions."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from dataops_kernel.artifacts import ArtifactStore
from dataops_kernel.artifacts.retention import Retention
from dataops_kernel.types import Artifact, ArtifactMetadata, DeletionPlan, KeepKind, Purge, WhyKept
from dataops_kernel.workbench.guard import Guard

if TYPE_CHECKING:
    import pyarrow as pa


class UserArtifacts:
    """The artifacts of the user's sessions."""

    def __init__(self, guard: Guard, artifacts: ArtifactStore, retention: Retention) -> None:
        self._guard = guard
        self._artifacts = artifacts
        self._retention = retention

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

    def why_kept(self, artifact_id: str) -> WhyKept:
        """Return every reason to keep an artifact: the current line, checkpoints, branches, what was made of it."""
        self._guard.described(self._retention.describe(artifact_id))
        return self._retention.why_kept(artifact_id)

    def plan_deletion(self, artifact_ids: Sequence[str], despite: Collection[KeepKind] = ()) -> DeletionPlan:
        """Say what deleting these would do, without doing it; ``despite`` sets kinds of reasons aside."""
        self._own(artifact_ids, "artifact.read")
        return self._retention.plan(artifact_ids, despite)

    def delete_artifacts(self, artifact_ids: Sequence[str], despite: Collection[KeepKind] = ()) -> DeletionPlan:
        """Hide artifacts until they are restored or purged: all, or none when one is still needed."""
        self._own(artifact_ids, "artifact.write")
        return self._retention.delete(artifact_ids, despite)

    def deleted_artifacts(self, session_id: str) -> list[WhyKept]:
        """Return what of a session is deleted and can still be restored, oldest first."""
        self._guard.session(session_id, "artifact.read")
        return self._retention.deleted(session_id)

    def restore_artifacts(self, artifact_ids: Sequence[str]) -> list[WhyKept]:
        """Bring deleted artifacts back, exactly where they were."""
        self._own(artifact_ids, "artifact.write")
        return self._retention.restore(artifact_ids)

    def purge_artifacts(self, artifact_ids: Sequence[str], now: bool = False) -> Purge:
        """Remove the content of deleted artifacts for good, once their time of grace is over or at once."""
        self._own(artifact_ids, "artifact.write")
        return self._retention.purge(artifact_ids, now=now)

    def purge_due(self, session_id: str) -> Purge:
        """Remove everything of a session that was deleted and whose time of grace is over."""
        self._guard.session(session_id, "artifact.write")
        return self._retention.purge_due(session_id)

    def _own(self, artifact_ids: Sequence[str], permission: str) -> None:
        for artifact_id in artifact_ids:
            self._guard.described(self._retention.describe(artifact_id), permission)
