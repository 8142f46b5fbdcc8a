"""Taking back what was said: "undo that" goes on from just before a user's turn, "redo" from where an undo left.

The log only grows. A taken-back turn stays on a branch of its own; the message that asked for it is said again behind
the restore, in the same commit, so that the line reads: what came before, the wish to undo, its answer.
"""

from collections.abc import Callable
from typing import NamedTuple

from dataops_kernel.clock import Clock
from dataops_kernel.errors import ConflictError, ParameterError
from dataops_kernel.ids import IdSource
from dataops_kernel.sessionlog import Line, SessionLog
from dataops_kernel.storage.ledger import Append, Ledger, Put
from dataops_kernel.types import MessageAdded, Restored, RunFinished, RunStarted, Undone, session_stream

_PAGE = 32
TREE = "`dataops checkpoint tree` shows every branch of the session; any of them can be restored."


class _Said(NamedTuple):
    seq: int
    message: MessageAdded


class Undoing:
    """Undo and redo of turns, for the run that answers the message which asks for it."""

    def __init__(self, ledger: Ledger, log: SessionLog, ids: IdSource, clock: Clock) -> None:
        self._ledger = ledger
        self._log = log
        self._ids = ids
        self._clock = clock

    def undo(
        self, session_id: str, turns: int, *, message_id: str, run_id: str, is_undo: Callable[[str], bool]
    ) -> Undone:
        """Restore the session to just before the last ``turns`` things its user said; one atomic append.

        ``message_id`` is the message that asks for it and ``run_id`` the run that answers it: both go on the new line.
        Messages that only undo or redo (``is_undo``) are no turns. Raises ``ParameterError`` when there are not so many
        turns, ``ConflictError`` while one of them still runs or when somebody wrote meanwhile.
        """
        seen = self._log.tail(session_id)
        own: _Said | None = None
        said: list[_Said] = []
        finished: set[str] = {run_id}
        for seq, entry in self._log.read_back(session_id, self._log.line(session_id), _PAGE):
            match entry:
                case RunFinished():
                    finished.add(entry.run_id)
                case RunStarted() if entry.run_id not in finished:
                    raise ConflictError(
                        "An answer is still being worked on, and an undo would leave it without its question.",
                        hint="Wait for it, or stop it first: dataops run cancel RUN",
                        run_id=entry.run_id,
                    )
                case MessageAdded(role="user") if entry.message_id == message_id:
                    own = _Said(seq, entry)
                case MessageAdded(role="user") if not is_undo(entry.content):
                    said.append(_Said(seq, entry))
                    if len(said) == turns:
                        break
        if not said:
            raise ParameterError("There is nothing to undo: nothing was said before this.", hint=TREE)
        if len(said) < turns:
            few = "only one thing was" if len(said) == 1 else f"only {len(said):,} things were"
            raise ParameterError(
                f"I cannot undo {turns:,} turns: {few} said before this.", hint=f"Say “undo {len(said)}”. {TREE}"
            )
        left = (own.seq if own is not None else seen + 1) - 1
        self._go_on_from(session_id, said[-1].seq - 1, own, run_id, seen)
        return Undone(said=tuple(one.message.content for one in said), left=left)

    def redo(self, session_id: str, *, message_id: str, run_id: str, is_undo: Callable[[str], bool]) -> Undone:
        """Bring back what the undo just before this message took away; one atomic append.

        Raises ``ParameterError`` when the user said something else since, or nothing was undone.
        """
        seen, line = self._log.tail(session_id), self._log.line(session_id)
        own: _Said | None = None
        last: _Said | None = None
        for seq, entry in self._log.read_back(session_id, line, _PAGE):
            if isinstance(entry, MessageAdded) and entry.role == "user":
                if entry.message_id == message_id:
                    own = _Said(seq, entry)
                    continue
                last = _Said(seq, entry)
                break
        # The wish to undo stands right behind its restore, and once more where the undone branch ends.
        before = self._first_time(session_id, line, last) if last and is_undo(last.message.content) else None
        if before is None:
            raise ParameterError("There is nothing to redo: the message before this is no undo.", hint=TREE)
        left = (own.seq if own is not None else seen + 1) - 1
        self._go_on_from(session_id, before - 1, own, run_id, seen)
        return Undone(said=(), left=left)

    def _first_time(self, session_id: str, line: Line, said: _Said) -> int | None:
        if all(first != said.seq - 1 for first, _ in line.ranges):
            return None  # an undo that was refused restored nothing
        for seq, entry in self._log.read_back(session_id, self._log.line(session_id, said.seq - 2), _PAGE):
            if isinstance(entry, MessageAdded) and entry.role == "user":
                return seq if entry.message_id == said.message.message_id else None
        return None

    def _go_on_from(self, session_id: str, seq: int, own: _Said | None, run_id: str, seen: int) -> None:
        restored = Restored(time=self._clock(), restore_id=self._ids.new("rst"), seq=seq)
        again = [own.message] if own is not None else []
        started = RunStarted(time=self._clock(), run_id=run_id)
        stream = session_stream(session_id)
        first, *others = self._log.appends(session_id, restored, *again, started)
        assert isinstance(first, Append)
        record = Put("restore", restored.restore_id, restored.to_json(), parent=session_id, stamp=stream)
        # The record's stamp is the number of the entry before it in the commit, so it stands right behind the restore.
        self._ledger.commit([first._replace(expect=seen), record, *others])
