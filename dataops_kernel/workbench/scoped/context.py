"""The context and checkpoints of a user's sessions."""

from dataops_kernel.context import ContextManager
from dataops_kernel.types import Checkpoint, CheckpointDiff
from dataops_kernel.workbench.guard import Guard


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
