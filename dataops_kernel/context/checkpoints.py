"""Checkpoints name a point of a session's log; a restore continues the line from it. Nothing is copied or lost."""

from dataops_kernel.clock import Clock
from dataops_kernel.errors import CheckpointNotFoundError, ConflictError, ParameterError, suggestion
from dataops_kernel.ids import IdSource, is_id
from dataops_kernel.sessionlog import Line, SessionLog
from dataops_kernel.sessions import SessionManager
from dataops_kernel.storage.ledger import Ledger, Put
from dataops_kernel.types import Checkpoint, CheckpointNamed, Restored, session_stream

_LABEL_LENGTH = 200

NOW = "now"
"""Stands for the head of the current line wherever a checkpoint is asked for by name."""


class Checkpoints:
    """The checkpoints of every session."""

    def __init__(self, ledger: Ledger, log: SessionLog, sessions: SessionManager, ids: IdSource, clock: Clock) -> None:
        self._ledger = ledger
        self._log = log
        self._sessions = sessions
        self._ids = ids
        self._clock = clock

    def create(self, session_id: str, label: str) -> Checkpoint:
        """Name the session as it is now; one atomic append, whatever the session's size.

        Raises ``ConflictError`` when the session has a checkpoint of this label already.
        """
        label = _checked_label(label)
        self._sessions.record(session_id)
        now = self._clock()
        named = CheckpointNamed(
            time=now, checkpoint_id=self._ids.new("chk"), label=label, seq=self._log.tail(session_id)
        )
        record = Put(
            "checkpoint",
            named.checkpoint_id,
            named.to_json(),
            parent=session_id,
            order=label,
            stamp=session_stream(session_id),
        )
        try:
            self._log.append(session_id, named, also=[record])
        except ConflictError as err:
            raise ConflictError(
                f"This session has a checkpoint named {label!r} already.",
                hint="Choose another name; `dataops checkpoint list` shows those taken.",
                label=label,
            ) from err
        return _checkpoint(session_id, named)

    def list(self, session_id: str) -> list[Checkpoint]:
        """Return every checkpoint of the session, oldest first, those of left branches included."""
        self._sessions.record(session_id)
        line = self._log.line(session_id)
        found = [
            _checkpoint(session_id, CheckpointNamed.model_validate_json(record.body), line)
            for record in self._ledger.children("checkpoint", session_id)
        ]
        return sorted(found, key=lambda checkpoint: (checkpoint.created_at, checkpoint.checkpoint_id))

    def get(self, session_id: str, name: str) -> Checkpoint:
        """Return a checkpoint by id or label; raises ``CheckpointNotFoundError`` with the closest label."""
        known = self.list(session_id)
        for checkpoint in known:
            if name in (checkpoint.label, checkpoint.checkpoint_id):
                return checkpoint
        raise CheckpointNotFoundError(
            f"This session has no checkpoint {name[:_LABEL_LENGTH]!r}.",
            hint=suggestion(
                name,
                [checkpoint.label for checkpoint in known],
                "Create one first with `dataops checkpoint create NAME`."
                if not known
                else f"It has {', '.join(repr(c.label) for c in known[-5:])}.",
            ),
            session_id=session_id,
        )

    def restore(self, session_id: str, checkpoint: str) -> Checkpoint:
        """Continue the session from a checkpoint (id or label) on a new branch; one atomic append.

        Conversation, context and artifacts read as they did then. The line that was left stays in the log: its
        checkpoints can be restored in turn.
        """
        target = self._found(session_id, checkpoint) or self.get(session_id, checkpoint)
        restored = Restored(
            time=self._clock(),
            restore_id=self._ids.new("rst"),
            seq=target.seq,
            checkpoint_id=target.checkpoint_id,
        )
        record = Put(
            "restore",
            restored.restore_id,
            restored.to_json(),
            parent=session_id,
            stamp=session_stream(session_id),
        )
        self._log.append(session_id, restored, also=[record])
        return target.model_copy(update={"on_current_line": True})

    def _found(self, session_id: str, checkpoint_id: str) -> Checkpoint | None:
        """Return a checkpoint by its id alone, without looking at any other or at the line."""
        record = self._ledger.get("checkpoint", checkpoint_id) if is_id("chk", checkpoint_id) else None
        if record is None or record.parent != session_id:
            return None
        return _checkpoint(session_id, CheckpointNamed.model_validate_json(record.body))

    def line(self, session_id: str, name: str) -> Line:
        """Return the line as it read at a checkpoint (id or label), or as it reads ``now``."""
        if name == NOW:
            return self._log.line(session_id)
        return self._log.line(session_id, self.get(session_id, name).seq)


def _checkpoint(session_id: str, named: CheckpointNamed, line: Line | None = None) -> Checkpoint:
    return Checkpoint(
        checkpoint_id=named.checkpoint_id,
        session_id=session_id,
        label=named.label,
        seq=named.seq,
        created_at=named.time,
        on_current_line=line is None or named.seq in line or named.seq == 0,
    )


def _checked_label(label: str) -> str:
    label = label.strip()
    if not label or len(label) > _LABEL_LENGTH or not label.isprintable() or label == NOW:
        raise ParameterError(
            f"{label[:40]!r} cannot name a checkpoint.",
            hint=f"Use 1 to {_LABEL_LENGTH} printable characters on one line, other than {NOW!r}.",
            label=label[:40],
        )
    return label
