"""What a session was and is: every verb on context and checkpoints, each kept in a module of its own."""

from collections.abc import Callable, Sequence
from typing import Any

from dataops_kernel.artifacts.query import QueryService
from dataops_kernel.artifacts.store import ArtifactStore
from dataops_kernel.clock import Clock
from dataops_kernel.context.branching import Branches
from dataops_kernel.context.bundle_form import BundleFile
from dataops_kernel.context.bundle_import import BundleImport
from dataops_kernel.context.bundles import BundleExport
from dataops_kernel.context.checkpoints import NOW, Checkpoints
from dataops_kernel.context.compression import Compression
from dataops_kernel.context.diff import Differences
from dataops_kernel.context.inheritance import Inheriting
from dataops_kernel.context.loading import Loading
from dataops_kernel.context.originals import Originals
from dataops_kernel.context.pins import Pins
from dataops_kernel.context.snapshots import Snapshots
from dataops_kernel.context.table_diff import Keys
from dataops_kernel.context.undoing import Undoing
from dataops_kernel.context.view import ContextViews
from dataops_kernel.ids import IdSource
from dataops_kernel.llm.base import LanguageModel
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.sessionlog.segments import Segments
from dataops_kernel.sessions import SessionManager
from dataops_kernel.storage.blobs import Blobs
from dataops_kernel.storage.ledger import Ledger
from dataops_kernel.types import Checkpoint, CheckpointDiff, CheckpointTree, KeepReason, Undone
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


class ContextManager:
    """Create, list, restore and compare the checkpoints of a session."""

    def __init__(
        self,
        ledger: Ledger,
        blobs: Blobs,
        log: SessionLog,
        sessions: SessionManager,
        artifacts: ArtifactStore,
        query: QueryService,
        ids: IdSource,
        clock: Clock,
        model: LanguageModel | None = None,
        context_tokens: int = 8_000,
        *,
        owner: str,
        abandon: Callable[[str], object],
    ) -> None:
        self._checkpoints = Checkpoints(ledger, log, sessions, ids, clock)
        segments = Segments(ledger, blobs, log)
        self._snapshots = Snapshots(ledger, blobs, log, sessions, segments, ids, clock)
        self._export = BundleExport(ledger, blobs, sessions, segments, clock)
        self._import = BundleImport(ledger, blobs, sessions, ids, clock, owner, abandon)
        branches = Branches(ledger, log, ids, clock)
        self.pins = Pins(ledger, log, sessions, artifacts, ids, clock)
        self._loading = Loading(ledger, log, sessions, artifacts, self._snapshots, self.pins, branches, ids, clock)
        self._inheriting = Inheriting(ledger, log, sessions, artifacts, self.pins, branches, ids, clock)
        self.compression = Compression(Originals(ledger, blobs), model)
        self.views = ContextViews(ledger, log, sessions, artifacts, self.pins, ids, clock, context_tokens)
        self._differences = Differences(log, sessions, artifacts, query, self._checkpoints)
        self._undoing = Undoing(ledger, log, ids, clock)

    def undo_turns(
        self, session_id: str, turns: int, *, message_id: str, run_id: str, is_undo: Callable[[str], bool]
    ) -> Undone:
        """Go back to just before the last ``turns`` things the user said, for the run that answers the wish to."""
        return self._undoing.undo(session_id, turns, message_id=message_id, run_id=run_id, is_undo=is_undo)

    def redo_turns(self, session_id: str, *, message_id: str, run_id: str, is_undo: Callable[[str], bool]) -> Undone:
        """Bring back what the undo just before took away, for the run that answers the wish to."""
        return self._undoing.redo(session_id, message_id=message_id, run_id=run_id, is_undo=is_undo)

    def dump_context(self, session_id: str, include_artifacts: bool = True) -> str:
        """Keep the session as it is now as a snapshot and return its id, durable when this returns.

        What was sealed before is shared: a second snapshot costs what is new since the first.
        """
        return self._snapshots.dump(session_id, include_artifacts=include_artifacts)

    def get_snapshot(self, snapshot_id: str) -> ContextSnapshot:
        """Return a snapshot with its states and references, without reading the log it holds.

        Raises ``SnapshotNotFoundError``, ``IntegrityError`` for changed bytes, and ``WorkspaceVersionError`` for a
        snapshot that a newer version made.
        """
        return self._snapshots.get(snapshot_id)

    def list_snapshots(self, session_id: str) -> list[ContextSnapshot]:
        """Return the snapshots of a session, oldest first, without states and references."""
        return self._snapshots.of_session(session_id)

    def open_snapshot(self, snapshot_id: str) -> Session:
        """Return the session as it was when it was dumped, conversation included, read from the snapshot."""
        return self._snapshots.open(snapshot_id)

    def snapshot_session(self, snapshot_id: str) -> str:
        """Return the id of the session a snapshot was made of; raises ``SnapshotNotFoundError``."""
        return self._snapshots.session_of(snapshot_id)

    def load_context(
        self,
        snapshot_id: str,
        merge_strategy: MergeStrategy = "replace",
        *,
        keys: Sequence[str] | None = None,
        session_id: str | None = None,
        on_conflict: OnConflict = "keep",
    ) -> ContextLoad:
        """Load a snapshot into its own session or, with ``session_id``, into another; nothing is destroyed.

        ``replace``: the session reads as the snapshot, on a new branch. ``merge``: context keys and artifact names
        it lacks are added; where they differ its own stay, or with ``on_conflict="take"`` the snapshot's are taken.
        ``selective``: the same for ``keys`` only: context keys, or ``artifacts:NAME``. Conflicts are in the result.
        """
        return self._loading.load(
            snapshot_id, merge_strategy, keys=keys, session_id=session_id, on_conflict=on_conflict
        )

    def export_bundle(self, session_id: str, target: BundleFile) -> BundleReport:
        """Write the whole session into one zip, a new file or a stream, that any workspace can import.

        Raises ``ConflictError`` when the file exists, ``IntegrityError`` when content is damaged.
        """
        return self._export.export(session_id, target)

    def import_bundle(self, source: BundleFile, user_id: str) -> Session:
        """Open a bundle as a new session of a user, under ids of its own, and return it without its history.

        All or nothing: a bundle that is not exactly what was exported is a ``BundleError`` with the reason.
        """
        return self._import.load(source, user_id)

    def inherit_context(
        self,
        source_session: str,
        target_session: str,
        filters: Sequence[str] | None = None,
        *,
        on_conflict: OnConflict = "keep",
    ) -> Inheritance:
        """Bring messages, context keys, artifacts and preferences of one session into another, all or nothing.

        ``filters`` choose: ``messages``, ``messages:last=20``, ``context``, ``context:KEY``, ``artifacts``,
        ``artifacts:NAME``, ``preferences``; everything when None. Everything brought is recorded in lineage;
        artifacts share their content.
        """
        return self._inheriting.inherit(source_session, target_session, filters, on_conflict=on_conflict)

    def compress_context(
        self, context: dict[str, Any], max_tokens: int, *, owner: str = "", session_id: str | None = None
    ) -> CompressedContext:
        """Return a context in at most ``max_tokens`` tokens, checked against what it must keep, and reversible.

        Decisions, parameter values, artifact references, states and open questions survive, numbers as far as there
        is room. Raises ``LimitExceededError`` when they alone are over the budget, with how much they need.
        """
        return self.compression.compress(context, max_tokens, owner=owner, session_id=session_id)

    def expand(self, reference: str, *, owner: str = "") -> Any:
        """Return the original behind a reference that the outcome of a compression gave."""
        return self.compression.expand(reference, owner=owner)

    def search_original(self, reference: str, text: str, *, owner: str = "", k: int = 10) -> list[FoundSection]:
        """Return the places of a compressed context's original that speak of ``text``, best first."""
        return self.compression.search(reference, text, owner=owner, k=k)

    def view(
        self, session_id: str, text: str | None = None, max_tokens: int | None = None, *, keep: bool = True
    ) -> ContextView:
        """Return the blocks a model would see if ``text`` were asked now, each with its tokens and why it is there.

        Without ``max_tokens`` the budget is the setting ``context_tokens``; nearing it, older turns are folded into
        the rolling summary, which the log keeps. With ``keep`` False nothing is written.
        """
        return self.views.view(session_id, text, max_tokens, keep=keep)

    def pin(self, session_id: str, target: str) -> str:
        """Pin a message, context key or artifact to the view, durably; a restore brings pins back as they were."""
        return self.pins.pin(session_id, target)

    def unpin(self, session_id: str, target: str) -> str:
        """Let a pin go; raises ``NotFoundError`` for what is not pinned."""
        return self.pins.unpin(session_id, target)

    def snapshot_blobs(self, session_id: str) -> list[str]:
        """Return the names of all blobs that the snapshots of a session are made of."""
        return self._snapshots.blobs_of(session_id)

    def create_checkpoint(self, session_id: str, label: str) -> Checkpoint:
        """Name the session as it is now; one atomic append, whatever the session's size.

        Raises ``ConflictError`` when the session has a checkpoint of this label already.
        """
        return self._checkpoints.create(session_id, label)

    def create_checkpoint_before(self, session_id: str, what: str) -> Checkpoint:
        """Name the session as it is now by what comes next: ``before sql_generator · 14:03:22``, of kind ``auto``."""
        return self._checkpoints.create_before(session_id, what)

    def list_checkpoints(self, session_id: str) -> list[Checkpoint]:
        """Return every checkpoint of the session, oldest first, those of left branches included."""
        return self._checkpoints.list(session_id)

    def checkpoint_tree(self, session_id: str) -> CheckpointTree:
        """Return the checkpoints as the tree of branches they stand on, with the heads of those that were left."""
        return self._checkpoints.tree(session_id)

    def restore_checkpoint(self, session_id: str, checkpoint: str) -> Checkpoint:
        """Continue the session from a point (checkpoint id, label, or ``@42``) on a new branch; one atomic append.

        Conversation, context and artifacts read as they did then. The line that was left stays in the log: its
        checkpoints can be restored in turn, and its head by the number that the tree shows.
        """
        return self._checkpoints.restore(session_id, checkpoint)

    def undo_restore(self, session_id: str) -> Checkpoint:
        """Go back to the head that the newest restore left; what was said since stays on a branch of its own.

        Raises ``CheckpointNotFoundError`` when nothing was ever restored.
        """
        return self._checkpoints.undo(session_id)

    def reaching(self, session_id: str, seq: int) -> tuple[KeepReason, ...]:
        """Return what shows entry ``seq``: the current line, checkpoints, heads of left branches, and snapshots."""
        return (*self._checkpoints.reaching(session_id, seq), *self._snapshots.holding(session_id, seq))

    def diff_checkpoints(
        self,
        session_id: str,
        before: str,
        after: str = NOW,
        *,
        key: Keys = None,
        examples: int = 5,
        store: bool = False,
    ) -> CheckpointDiff:
        """Say what differs between two points (checkpoint ids, labels, ``@42``, or ``now``).

        Messages are those since the common ancestor, on either side; context keys and artifacts are compared by
        value and content. Tables are compared by columns, totals and rows: by ``key`` (a column, a list of columns,
        or either by table name), by a column found to be unique in both versions, else as whole rows; ``examples``
        rows of each kind are shown. With ``store`` the difference is kept as an artifact made of what it compares.
        Raises ``CheckpointNotFoundError``, and ``ParameterError`` for a key that no changed table has.
        """
        return self._differences.between(session_id, before, after, key=key, examples=examples, store=store)
