"""Checkpoints name a point of a session's log; a restore continues the line from it. Nothing is copied or lost."""

import re
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from pydantic import TypeAdapter
from pydantic_core import from_json

from dataops_kernel.clock import Clock
from dataops_kernel.context.tree import Branches, MessageCounts, checkpoint_tree, last_said
from dataops_kernel.errors import CheckpointNotFoundError, ConflictError, IntegrityError, ParameterError, suggestion
from dataops_kernel.ids import IdSource, is_id
from dataops_kernel.sessionlog import Line, SessionLog
from dataops_kernel.sessions import SessionManager
from dataops_kernel.storage.ledger import Ledger, Put, Record
from dataops_kernel.types import (
    Checkpoint,
    CheckpointNamed,
    CheckpointTree,
    KeepReason,
    Restored,
    session_stream,
)

NOW = "now"
"""Stands for the head of the current line wherever a checkpoint is asked for by name."""

_LABEL_LENGTH = 200
_ENTRY = re.compile(r"@(0|[1-9][0-9]{0,9})")
_SUGGESTED = 200
_ATTEMPTS = 1000
_REMEMBERED_SESSIONS = 64
_REMEMBERED_CHECKPOINTS = 1024
_CHECKPOINTS: TypeAdapter[list[Checkpoint]] = TypeAdapter(list[Checkpoint])


class _Known(NamedTuple):
    """The points of a session whose log ends at ``tail``; ``heads`` are the places of left branches to show."""

    tail: int
    checkpoints: tuple[Checkpoint, ...]
    branches: Branches
    heads: Sequence[int]


class Checkpoints:
    """The checkpoints of every session.

    A point is named by a checkpoint's id or label, or as ``@42``: entry 42 of the log, on whatever branch. The tree
    shows the heads of left branches that way.
    """

    def __init__(self, ledger: Ledger, log: SessionLog, sessions: SessionManager, ids: IdSource, clock: Clock) -> None:
        self._ledger = ledger
        self._log = log
        self._sessions = sessions
        self._ids = ids
        self._clock = clock
        self._messages = MessageCounts(log)
        self._kept: dict[str, _Known] = {}
        self._made: dict[str, Checkpoint] = {}

    def create(self, session_id: str, label: str) -> Checkpoint:
        """Name the session as it is now; one atomic append, whatever the session's size.

        Raises ``ConflictError`` when the session has a checkpoint of this label already.
        """
        label = _checked_label(label)
        self._sessions.owner(session_id)
        return self._append(session_id, self._now_named(session_id, label))

    def create_before(self, session_id: str, what: str) -> Checkpoint:
        """Name the session as it is now by what comes next: ``before sql_generator · 14:03:22`` (UTC)."""
        self._sessions.owner(session_id)
        wish = f"before {what[:100]} · {self._clock():%H:%M:%S}"
        for attempt in range(1, _ATTEMPTS):
            label = wish if attempt == 1 else f"{wish} ({attempt})"
            if self._by_label(session_id, label) is not None:
                continue
            try:
                return self._append(session_id, self._now_named(session_id, label, "auto"))
            except ConflictError:
                continue  # another process took the name in between
        raise ConflictError(f"The session has {_ATTEMPTS} checkpoints named {wish!r}.", hint="Try again in a second.")

    def list(self, session_id: str) -> list[Checkpoint]:
        """Return every checkpoint of the session, oldest first, those of left branches included."""
        self._sessions.owner(session_id)
        return [*self._known(session_id).checkpoints]

    def tree(self, session_id: str) -> CheckpointTree:
        """Return the checkpoints as the tree of branches they stand on, with the heads of those that were left."""
        self._sessions.owner(session_id)
        _, checkpoints, branches, heads = self._known(session_id)
        said = [last_said(self._log, session_id, self._log.line(session_id, branches.ends[head])) for head in heads]
        messages = self._messages.of(session_id, branches.ends[-1])
        return checkpoint_tree(session_id, branches, checkpoints, [*zip(heads, said, strict=True)], messages)

    def get(self, session_id: str, name: str) -> Checkpoint:
        """Return a point by id, label or ``@42``; raises ``CheckpointNotFoundError`` with the closest label."""
        found = self._found(session_id, name)
        return found.model_copy(update={"on_current_line": self._branches(session_id).current()(found.seq)})

    def restore(self, session_id: str, name: str) -> Checkpoint:
        """Continue the session from a point (id, label or ``@42``) on a new branch; one atomic append.

        Conversation, context and artifacts read as they did then. The line that was left stays in the log: its
        checkpoints can be restored in turn, and so can its head.
        """
        target = self._found(session_id, name)
        restored = Restored(
            time=self._clock(),
            restore_id=self._ids.new("rst"),
            seq=target.seq,
            checkpoint_id=None if target.kind == "head" else target.checkpoint_id,
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

    def undo(self, session_id: str) -> Checkpoint:
        """Go back to the head that the newest restore left; what was said since stays on a branch of its own.

        An undo is a restore, so a second one brings back what the first left. Raises ``CheckpointNotFoundError``
        when nothing was ever restored.
        """
        self._sessions.owner(session_id)
        restores = self._log.restores(session_id)
        if not restores:
            raise CheckpointNotFoundError(
                "Nothing was restored in this session, so there is nothing to undo.",
                hint="`dataops checkpoint restore NAME` goes back to a checkpoint.",
                session_id=session_id,
            )
        return self.restore(session_id, f"@{restores[-1][0] - 1}")

    def line(self, session_id: str, name: str) -> Line:
        """Return the line as it read at a point (id, label or ``@42``), or as it reads ``now``."""
        if name == NOW:
            return self._log.line(session_id)
        return self._log.line(session_id, self._found(session_id, name).seq)

    def reaching(self, session_id: str, seq: int) -> tuple[KeepReason, ...]:
        """Return what shows entry ``seq``: the current line, checkpoints and the heads of left branches."""
        _, checkpoints, branches, heads = self._known(session_id)
        now = [KeepReason(kind="current_line", name=NOW)] if branches.current()(seq) else []
        named = [
            KeepReason(kind="checkpoint", name=checkpoint.label, id=checkpoint.checkpoint_id)
            for checkpoint in checkpoints
            if branches.holds(checkpoint.seq, seq)
        ]
        left = [
            KeepReason(kind="branch", name=f"@{branches.ends[head]}")
            for head in heads
            if branches.holds(branches.ends[head], seq)
        ]
        return (*now, *named, *left)

    def _now_named(self, session_id: str, label: str, kind: Literal["named", "auto"] = "named") -> CheckpointNamed:
        return CheckpointNamed(
            time=self._clock(),
            checkpoint_id=self._ids.new("chk"),
            label=label,
            kind=kind,
        )

    def _append(self, session_id: str, named: CheckpointNamed) -> Checkpoint:
        record = Put(
            "checkpoint",
            named.checkpoint_id,
            named.to_json(),
            parent=session_id,
            order=named.label,
            stamp=session_stream(session_id),
        )
        try:
            # What it names is what lies before it, whoever wrote that: nothing has to be read for it.
            [number] = self._log.append(session_id, named, also=[record])
        except ConflictError as err:
            raise ConflictError(
                f"This session has a checkpoint named {named.label!r} already.",
                hint="Choose another name; `dataops checkpoint list` shows those taken.",
                label=named.label,
            ) from err
        made = Checkpoint(
            checkpoint_id=named.checkpoint_id,
            session_id=session_id,
            label=named.label,
            kind=named.kind,
            seq=number - 1,
            created_at=named.time,
        )
        if len(self._made) >= _REMEMBERED_CHECKPOINTS:
            self._made.clear()
        self._made[made.checkpoint_id] = made
        return made

    def _known(self, session_id: str) -> _Known:
        """Return the points of a session; each is an entry of the log, so a log as long as before has no new ones."""
        tail = self._log.tail(session_id)
        kept = self._kept.get(session_id)
        if kept is not None and kept.tail == tail:
            return kept
        # The tail was read first: what is written meanwhile makes it differ when it is compared next.
        records = self._ledger.children("checkpoint", session_id)
        # In the order of the log: a clock may jump back, the log's numbers never do.
        records.sort(key=lambda record: record.seq or 0)
        branches = self._branches(session_id)
        checkpoints = _read(session_id, records, branches.current())
        silent = {*branches.starts[1:], *(record.seq for record in records if record.seq)}
        known = _Known(tail, tuple(checkpoints), branches, branches.unnamed_heads(checkpoints, silent))
        if len(self._kept) >= _REMEMBERED_SESSIONS:
            self._kept.clear()
        self._kept[session_id] = known
        return known

    def _branches(self, session_id: str) -> Branches:
        restores = self._log.restores(session_id)
        tail = self._log.tail(session_id)
        return Branches(tail, [pair for pair in restores if pair[0] <= tail])

    def _found(self, session_id: str, name: str) -> Checkpoint:
        """Look a point up directly, without reading any other; ``on_current_line`` is not worked out."""
        made = self._made.get(name)
        if made is not None and made.session_id == session_id:
            return made
        record = self._ledger.get("checkpoint", name) if is_id("chk", name) else None
        if record is None or record.parent != session_id:
            record = self._by_label(session_id, name)
        if record is not None:
            return _read(session_id, [record], _anywhere)[0]
        if entry := _ENTRY.fullmatch(name):
            return self._entry(session_id, int(entry[1]))
        raise self._unknown(session_id, name)

    def _by_label(self, session_id: str, label: str) -> Record | None:
        if not 0 < len(label) <= _LABEL_LENGTH or not label.isprintable():
            return None
        # Labels are printable: none lies between this one and this one with a control character behind it.
        nearest = self._ledger.children("checkpoint", session_id, before=f"{label}\x01", limit=1, reverse=True)
        return nearest[0] if nearest and nearest[0].order == label else None

    def _entry(self, session_id: str, seq: int) -> Checkpoint:
        tail = self._log.tail(session_id)
        if seq > tail:
            raise CheckpointNotFoundError(
                f"The log of this session ends at @{tail}, before @{seq}.",
                hint="`dataops checkpoint tree` shows the heads one can go back to.",
                session_id=session_id,
            )
        time = self._sessions.record(session_id).created_at
        for _, entry in self._log.read(session_id, Line(((seq, seq),)) if seq else Line(())):
            time = getattr(entry, "time", None) or getattr(entry, "timestamp", None) or time
        return Checkpoint(
            checkpoint_id=f"@{seq}", session_id=session_id, label=f"@{seq}", kind="head", seq=seq, created_at=time
        )

    def _unknown(self, session_id: str, name: str) -> CheckpointNotFoundError:
        known = [checkpoint.label for checkpoint in self.list(session_id)]
        return CheckpointNotFoundError(
            f"This session has no checkpoint {name[:_LABEL_LENGTH]!r}.",
            hint=suggestion(
                name[:_LABEL_LENGTH],
                known[-_SUGGESTED:],
                "Create one first with `dataops checkpoint create NAME`."
                if not known
                else f"It has {', '.join(map(repr, known[-5:]))}.",
            ),
            session_id=session_id,
        )


def _read(session_id: str, records: Sequence[Record], on_line: Callable[[int], bool]) -> list[Checkpoint]:
    """Read many checkpoints in two passes, text to values and values to checkpoints, without building each entry."""
    try:
        values = from_json(b"[" + b",".join([record.body for record in records]) + b"]")
        points = [value.get("seq", (record.seq or 1) - 1) for value, record in zip(values, records, strict=True)]
        return _CHECKPOINTS.validate_python(
            [
                {
                    "checkpoint_id": value["checkpoint_id"],
                    "session_id": session_id,
                    "label": value["label"],
                    "kind": value.get("kind", "named"),
                    "seq": point,
                    "created_at": value["time"],
                    "on_current_line": on_line(point),
                }
                for value, point in zip(values, points, strict=True)
            ]
        )
    except (ValueError, TypeError, LookupError, AttributeError) as err:
        raise IntegrityError(
            f"A checkpoint of the session {session_id!r} cannot be read: {str(err).splitlines()[0]}.",
            hint="Run `dataops doctor`; restore ledger.sqlite from a backup if it was edited by hand.",
        ) from err


def _anywhere(seq: int) -> bool:
    return True


def _checked_label(label: str) -> str:
    shown = label[:40]
    label = label.strip() if len(label) <= 10 * _LABEL_LENGTH else label
    reserved = label == NOW or _ENTRY.fullmatch(label) or is_id("chk", label)
    if not label or len(label) > _LABEL_LENGTH or not label.isprintable() or reserved:
        raise ParameterError(
            f"{shown!r} cannot name a checkpoint.",
            hint=f"Use 1 to {_LABEL_LENGTH} printable characters on one line, other than {NOW!r}, @ and a number, "
            "or an id.",
            label=shown,
        )
    return label
