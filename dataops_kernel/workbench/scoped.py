"""The kernel's services as one user sees them: the same verbs, each asked of the guard first."""

from typing import TYPE_CHECKING, Any, BinaryIO

from dataops_kernel.artifacts import ArtifactStore
from dataops_kernel.context import ContextManager
from dataops_kernel.engine import Engine, RunHandle
from dataops_kernel.errors import PermissionDeniedError
from dataops_kernel.security import Users
from dataops_kernel.sessions import SessionManager
from dataops_kernel.types import (
    Artifact,
    ArtifactMetadata,
    Checkpoint,
    CheckpointDiff,
    Message,
    Run,
    Session,
    User,
)
from dataops_kernel.workbench.guard import Guard
from dataops_kernel.workbench.inputs import CONTEXT_BYTES, context_key, json_value, storable

if TYPE_CHECKING:
    import pyarrow as pa


class UserSessions:
    """The user's sessions."""

    def __init__(self, guard: Guard, sessions: SessionManager) -> None:
        self._guard = guard
        self._sessions = sessions

    def create_session(self, user_id: str | None = None, title: str = "") -> Session:
        """Create a session of the acting user, durable when this returns."""
        self._guard.require("session.write")
        if user_id not in (None, self._guard.user.user_id):
            raise PermissionDeniedError(
                f"The user {self._guard.user.user_id!r} cannot create a session for {user_id!r}.",
                hint="Use acting_as(user) to act for somebody else.",
                permission="session.write",
            )
        return self._sessions.create_session(self._guard.user.user_id, storable(title))

    def get_session(self, session_id: str, history: int | None = None) -> Session:
        """Return a session with its newest ``history`` messages (all when None) and its context."""
        self._guard.session(session_id, "session.read")
        return self._sessions.get_session(session_id, history=history)

    def list_sessions(self, limit: int = 50) -> list[Session]:
        """Return the user's sessions, most recently active first, without their history."""
        self._guard.require("session.read")
        return self._sessions.list_sessions(self._guard.user.user_id, limit=limit)

    def current(self) -> Session:
        """Return the session the user was last active in; creates one when there is none."""
        newest = self.list_sessions(limit=1)
        return newest[0] if newest else self.create_session()

    def rename(self, session_id: str, title: str) -> None:
        """Give a session another title."""
        self._guard.session(session_id, "session.write")
        self._sessions.rename(session_id, storable(title))

    def add_message(self, session_id: str, message: Message) -> Message:
        """Append a message without asking anything of it; durable when this returns."""
        self._guard.session(session_id, "session.write")
        return self._sessions.add_message(session_id, message)

    def messages(self, session_id: str, limit: int = 50) -> list[Message]:
        """Return the newest messages of the current line, oldest of them first."""
        self._guard.session(session_id, "session.read")
        return self._sessions.messages(session_id, limit=limit)

    def set_context(self, session_id: str, key: str, value: Any) -> None:
        """Give a context key a JSON-shaped value; None removes it."""
        self._guard.session(session_id, "session.write")
        value = json_value(value, f"The value of {key[:80]!r}", CONTEXT_BYTES)
        self._sessions.set_context(session_id, context_key(key), value)


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
        self._guard.artifact(artifact_id)
        return self._artifacts.get_artifact(artifact_id)

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


class UserContext:
    """The checkpoints of the user's sessions."""

    def __init__(self, guard: Guard, context: ContextManager) -> None:
        self._guard = guard
        self._context = context

    def create_checkpoint(self, session_id: str, label: str) -> Checkpoint:
        """Name the session as it is now."""
        self._guard.session(session_id, "checkpoint.write")
        return self._context.create_checkpoint(session_id, label)

    def list_checkpoints(self, session_id: str) -> list[Checkpoint]:
        """Return every checkpoint of the session, oldest first."""
        self._guard.session(session_id, "checkpoint.read")
        return self._context.list_checkpoints(session_id)

    def restore_checkpoint(self, session_id: str, checkpoint_id: str) -> Checkpoint:
        """Continue the session from a checkpoint (id or label) on a new branch."""
        self._guard.session(session_id, "checkpoint.write")
        return self._context.restore_checkpoint(session_id, checkpoint_id)

    def diff_checkpoints(self, session_id: str, before: str, after: str = "now") -> CheckpointDiff:
        """Say what differs between two checkpoints (ids, labels, or ``now``)."""
        self._guard.session(session_id, "checkpoint.read")
        return self._context.diff_checkpoints(session_id, before, after)


class UserRuns:
    """The runs of the user's sessions."""

    def __init__(self, guard: Guard, engine: Engine) -> None:
        self._guard = guard
        self._engine = engine

    def get(self, run_id: str) -> Run:
        """Return the record of a run."""
        return self._guard.run(self._engine.run(run_id), "run.read")

    def list(self, session_id: str, limit: int = 50) -> list[Run]:
        """Return the runs of a session, newest first."""
        self._guard.session(session_id, "run.read")
        return self._engine.runs(session_id, limit=limit)

    def attach(self, run_id: str) -> RunHandle:
        """Return a handle on a run, whichever process it runs in."""
        self.get(run_id)
        return self._engine.attach(run_id)

    def cancel(self, run_id: str) -> None:
        """Ask a run to stop."""
        self._guard.run(self._engine.run(run_id), "run.cancel")
        self._engine.attach(run_id).cancel()


class UserDirectory:
    """The users of the workspace, as the acting user may change them."""

    def __init__(self, guard: Guard, users: Users) -> None:
        self._guard = guard
        self._users = users

    def me(self) -> User:
        """Return the acting user."""
        return self._guard.user

    def list(self) -> list[User]:
        """Return the users that were saved; only for admins."""
        self._guard.require("user.read")
        return self._users.list()

    def save(self, user: User) -> None:
        """Add or change a user; only for admins."""
        self._users.save(user, self._guard.user)
