"""The one place where a permission is checked."""

from dataops_kernel.access import allows
from dataops_kernel.artifacts import ArtifactStore
from dataops_kernel.errors import (
    ArtifactNotFoundError,
    PermissionDeniedError,
    RunNotFoundError,
    SessionNotFoundError,
    SnapshotNotFoundError,
)
from dataops_kernel.sessions import SessionManager
from dataops_kernel.types import Artifact, Run, User


class Guard:
    """Answers for one user: may they, and is it theirs?

    What belongs to somebody else is reported as not found, so that nobody learns what exists.
    """

    def __init__(self, user: User, sessions: SessionManager, artifacts: ArtifactStore) -> None:
        self.user = user
        self._sessions = sessions
        self._artifacts = artifacts
        # Nothing about a user changes while a workbench acts for them: whoever changes roles connects anew.
        self._granted: set[str] = set()

    def require(self, permission: str) -> None:
        """Raise ``PermissionDeniedError`` unless the user has the permission."""
        if permission in self._granted:
            return
        if not allows(self.user, permission):
            raise PermissionDeniedError(
                f"The user {self.user.user_id!r} lacks the permission {permission!r}.",
                hint=f"Ask an admin for a role that has it; yours: {', '.join(self.user.roles) or 'none'}.",
                permission=permission,
            )
        self._granted.add(permission)

    def may(self, permission: str) -> bool:
        """Say whether the user has the permission, for a verb that does less without it."""
        return allows(self.user, permission)

    def session(self, session_id: str, permission: str) -> None:
        """Raise ``SessionNotFoundError`` unless the session is the user's own."""
        self.require(permission)
        if self._sessions.owner(session_id) != self.user.user_id:
            raise SessionNotFoundError(
                f"There is no session {session_id[:80]!r}.",
                hint="`dataops sessions` lists yours; an id looks like ses_01k9….",
                session_id=session_id[:80],
            )

    def artifact(self, artifact_id: str, permission: str = "artifact.read") -> Artifact:
        """Return the description of an artifact of one of the user's sessions; raises ``ArtifactNotFoundError``."""
        return self.described(self._artifacts.describe(artifact_id), permission)

    def described(self, artifact: Artifact, permission: str = "artifact.read") -> Artifact:
        """Return the artifact when it is of one of the user's sessions; raises ``ArtifactNotFoundError`` otherwise."""
        self.require(permission)
        if self._sessions.owner(artifact.session_id) != self.user.user_id:
            raise ArtifactNotFoundError(
                f"There is no artifact {artifact.artifact_id!r}.",
                hint="`dataops artifacts` lists yours.",
                artifact_id=artifact.artifact_id,
            )
        return artifact

    def snapshot(self, snapshot_id: str, session_id: str, permission: str) -> None:
        """Raise ``SnapshotNotFoundError`` unless the snapshot is of a session (``session_id``) of the user's own."""
        self.require(permission)
        if self._sessions.owner(session_id) != self.user.user_id:
            raise SnapshotNotFoundError(
                f"There is no snapshot {snapshot_id[:80]!r}.",
                hint="`dataops snapshot list` shows those of a session; an id looks like snp_01k9….",
                snapshot_id=snapshot_id[:80],
            )

    def run(self, run: Run, permission: str) -> Run:
        """Return the run when it is the user's; raises ``RunNotFoundError`` otherwise."""
        self.require(permission)
        if run.user_id != self.user.user_id:
            raise RunNotFoundError(
                f"There is no run {run.run_id!r}.", hint="Runs of your sessions are listed with them."
            )
        return run
