"""The context and checkpoints of a user's sessions."""

from collections.abc import Sequence
from typing import Any

from dataops_kernel.context import ContextManager
from dataops_kernel.context.bundle_form import BundleFile
from dataops_kernel.context.table_diff import Keys
from dataops_kernel.types import Checkpoint, CheckpointDiff, CheckpointTree
from dataops_kernel.types.context import CompressedContext, ContextView, FoundSection
from dataops_kernel.types.sessions import Session
from dataops_kernel.types.snapshots import (
    BundleReport,
    ContextLoad,
    ContextSnapshot,
    Inheritance,
    MergeStrategy,
    OnConflict,
)
from dataops_kernel.workbench.guard import Guard


class UserContext:
    """The checkpoints of the user's sessions."""

    def __init__(self, guard: Guard, context: ContextManager) -> None:
        self._guard = guard
        self._context = context

    def dump_context(self, session_id: str, include_artifacts: bool = True) -> str:
        """Keep the session as it is now as a snapshot and return its id."""
        self._guard.session(session_id, "checkpoint.write")
        return self._context.dump_context(session_id, include_artifacts)

    def get_snapshot(self, snapshot_id: str) -> ContextSnapshot:
        """Return a snapshot with its states and references, without reading the log it holds."""
        self._guard.snapshot(snapshot_id, self._context.snapshot_session(snapshot_id), "checkpoint.read")
        return self._context.get_snapshot(snapshot_id)

    def list_snapshots(self, session_id: str) -> list[ContextSnapshot]:
        """Return the snapshots of a session, oldest first, without states and references."""
        self._guard.session(session_id, "checkpoint.read")
        return self._context.list_snapshots(session_id)

    def open_snapshot(self, snapshot_id: str) -> Session:
        """Return the session as it was when it was dumped, conversation included."""
        self._guard.snapshot(snapshot_id, self._context.snapshot_session(snapshot_id), "session.read")
        return self._context.open_snapshot(snapshot_id)

    def load_context(
        self,
        snapshot_id: str,
        merge_strategy: MergeStrategy = "replace",
        *,
        keys: Sequence[str] | None = None,
        session_id: str | None = None,
        on_conflict: OnConflict = "keep",
    ) -> ContextLoad:
        """Load a snapshot into its own session or another (``session_id``): replace, merge or selective."""
        source = self._context.snapshot_session(snapshot_id)
        self._guard.snapshot(snapshot_id, source, "checkpoint.read")
        self._guard.session(session_id or source, "checkpoint.write")
        return self._context.load_context(
            snapshot_id, merge_strategy, keys=keys, session_id=session_id, on_conflict=on_conflict
        )

    def export_bundle(self, session_id: str, target: BundleFile) -> BundleReport:
        """Write a whole session into one zip, a new file or a stream, that any workspace opens."""
        self._guard.session(session_id, "session.read")
        self._guard.require("artifact.read")
        return self._context.export_bundle(session_id, target)

    def import_bundle(self, source: BundleFile) -> Session:
        """Open a bundle as a new session of the acting user and return it without its history."""
        self._guard.require("session.write")
        self._guard.require("artifact.write")
        return self._context.import_bundle(source, self._guard.user.user_id)

    def inherit_context(
        self,
        source_session: str,
        target_session: str,
        filters: Sequence[str] | None = None,
        *,
        on_conflict: OnConflict = "keep",
    ) -> Inheritance:
        """Bring messages, context keys, artifacts and preferences of one session into another."""
        self._guard.session(source_session, "session.read")
        self._guard.session(target_session, "session.write")
        return self._context.inherit_context(source_session, target_session, filters, on_conflict=on_conflict)

    def compress_context(
        self, context: dict[str, Any], max_tokens: int, *, session_id: str | None = None
    ) -> CompressedContext:
        """Return a context in at most ``max_tokens`` tokens, checked against what it must keep, and reversible."""
        self._guard.require("session.read")
        if session_id is not None:
            self._guard.session(session_id, "session.read")
        owner = self._guard.user.user_id
        return self._context.compress_context(context, max_tokens, owner=owner, session_id=session_id)

    def expand(self, reference: str) -> Any:
        """Return the original behind a reference that the outcome of a compression gave this user."""
        self._guard.require("session.read")
        return self._context.expand(reference, owner=self._guard.user.user_id)

    def search_original(self, reference: str, text: str, k: int = 10) -> list[FoundSection]:
        """Return the places of a compressed context's original that speak of ``text``, best first."""
        self._guard.require("session.read")
        return self._context.search_original(reference, text, owner=self._guard.user.user_id, k=k)

    def view(self, session_id: str, text: str | None = None, max_tokens: int | None = None) -> ContextView:
        """Return the blocks a model would see if ``text`` were asked now, each with its tokens and why it is there."""
        self._guard.session(session_id, "session.read")
        return self._context.view(session_id, text, max_tokens, keep=self._guard.may("session.write"))

    def pin(self, session_id: str, target: str) -> str:
        """Pin a message (id), context key or artifact (id or name) to the view; return what was pinned."""
        self._guard.session(session_id, "session.write")
        return self._context.pin(session_id, target)

    def unpin(self, session_id: str, target: str) -> str:
        """Let a pin go; return what was let go."""
        self._guard.session(session_id, "session.write")
        return self._context.unpin(session_id, target)

    def create_checkpoint(self, session_id: str, label: str) -> Checkpoint:
        """Name the session as it is now."""
        self._guard.session(session_id, "checkpoint.write")
        return self._context.create_checkpoint(session_id, label)

    def list_checkpoints(self, session_id: str) -> list[Checkpoint]:
        """Return every checkpoint of the session, oldest first."""
        self._guard.session(session_id, "checkpoint.read")
        return self._context.list_checkpoints(session_id)

    def checkpoint_tree(self, session_id: str) -> CheckpointTree:
        """Return the checkpoints as the tree of branches they stand on, with the heads of those that were left."""
        self._guard.session(session_id, "checkpoint.read")
        return self._context.checkpoint_tree(session_id)

    def restore_checkpoint(self, session_id: str, checkpoint_id: str) -> Checkpoint:
        """Continue the session from a checkpoint (id, label, or ``@42``: an entry of its log) on a new branch."""
        self._guard.session(session_id, "checkpoint.write")
        return self._context.restore_checkpoint(session_id, checkpoint_id)

    def undo_restore(self, session_id: str) -> Checkpoint:
        """Go back to the head that the newest restore left."""
        self._guard.session(session_id, "checkpoint.write")
        return self._context.undo_restore(session_id)

    def diff_checkpoints(
        self,
        session_id: str,
        before: str,
        after: str = "now",
        *,
        key: Keys = None,
        examples: int = 5,
        store: bool = False,
    ) -> CheckpointDiff:
        """Say what differs between two points (checkpoint ids, labels, ``@42``, or ``now``); ``store`` keeps it."""
        self._guard.session(session_id, "checkpoint.read")
        if store:
            self._guard.session(session_id, "artifact.write")
        return self._context.diff_checkpoints(session_id, before, after, key=key, examples=examples, store=store)
