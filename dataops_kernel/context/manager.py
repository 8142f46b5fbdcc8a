"""What a session was and is: every verb on context and checkpoints, each kept in a module of its own."""

from dataops_kernel.artifacts.query import QueryService
from dataops_kernel.artifacts.store import ArtifactStore
from dataops_kernel.clock import Clock
from dataops_kernel.context.checkpoints import NOW, Checkpoints
from dataops_kernel.context.diff import artifact_changes, context_changes
from dataops_kernel.ids import IdSource
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.sessions import SessionManager
from dataops_kernel.storage.ledger import Ledger
from dataops_kernel.types import Checkpoint, CheckpointDiff


class ContextManager:
    """Create, list, restore and compare the checkpoints of a session."""

    def __init__(
        self,
        ledger: Ledger,
        log: SessionLog,
        sessions: SessionManager,
        artifacts: ArtifactStore,
        query: QueryService,
        ids: IdSource,
        clock: Clock,
    ) -> None:
        self._log = log
        self._sessions = sessions
        self._artifacts = artifacts
        self._query = query
        self._checkpoints = Checkpoints(ledger, log, sessions, ids, clock)

    def create_checkpoint(self, session_id: str, label: str) -> Checkpoint:
        """Name the session as it is now; one atomic append, whatever the session's size.

        Raises ``ConflictError`` when the session has a checkpoint of this label already.
        """
        return self._checkpoints.create(session_id, label)

    def list_checkpoints(self, session_id: str) -> list[Checkpoint]:
        """Return every checkpoint of the session, oldest first, those of left branches included."""
        return self._checkpoints.list(session_id)

    def restore_checkpoint(self, session_id: str, checkpoint: str) -> Checkpoint:
        """Continue the session from a checkpoint (id or label) on a new branch; one atomic append.

        Conversation, context and artifacts read as they did then. The line that was left stays in the log: its
        checkpoints can be restored in turn.
        """
        return self._checkpoints.restore(session_id, checkpoint)

    def diff_checkpoints(self, session_id: str, before: str, after: str = NOW) -> CheckpointDiff:
        """Say what differs between two points (checkpoint ids, labels, or ``now``).

        Messages are those since the common ancestor, on either side; context keys and artifacts are compared by
        value and content; tables also by schema, rows and numeric totals.
        """
        first, second = (self._checkpoints.line(session_id, point) for point in (before, after))
        shared = first.common(second)
        return CheckpointDiff(
            session_id=session_id,
            before=before,
            after=after,
            common_seq=min(shared, self._log.tail(session_id)),
            messages_added=tuple(self._sessions.messages_between(session_id, second, shared)),
            messages_removed=tuple(self._sessions.messages_between(session_id, first, shared)),
            context=context_changes(
                self._sessions.context(session_id, first), self._sessions.context(session_id, second)
            ),
            artifacts=artifact_changes(
                self._artifacts.at(session_id, first), self._artifacts.at(session_id, second), self._query
            ),
        )
