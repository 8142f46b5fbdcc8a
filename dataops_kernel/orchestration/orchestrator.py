"""Reads what a plan may depend on from the session, and plans."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dataops_kernel.artifacts import ArtifactStore
from dataops_kernel.clock import Clock
from dataops_kernel.errors import RunNotFoundError
from dataops_kernel.orchestration.followup import EarlierTurn
from dataops_kernel.orchestration.planner import Planner, SessionView
from dataops_kernel.sessions import SessionManager
from dataops_kernel.types import Message, Plan, Run


class Orchestrator:
    """Plans messages in the light of their session; keeps nothing itself."""

    def __init__(
        self,
        planner: Planner,
        sessions: SessionManager,
        artifacts: ArtifactStore,
        clock: Clock,
        run_of: Callable[[str], Run],
        folder: Callable[[], Path] = Path.cwd,
    ) -> None:
        self._planner = planner
        self._sessions = sessions
        self._artifacts = artifacts
        self._clock = clock
        self._run_of = run_of
        self._folder = folder

    def plan(self, session_id: str, text: str) -> Plan:
        """Say what would be done about a message that nobody has said yet."""
        return self._planner.plan(text, self._view(session_id, None))

    def plan_run(self, run: Run) -> Plan:
        """Say what to do about the message that a run answers."""
        return self._planner.plan(run.text or "", self._view(run.session_id or "", run.message_id))

    def _view(self, session_id: str, message_id: str | None) -> SessionView:
        # The message itself is in the log already: what came before it may have asked for it.
        newest = [m for m in self._sessions.messages(session_id, limit=_MESSAGES) if m.message_id != message_id]
        return SessionView(
            session_id=session_id,
            tables=tuple(self._artifacts.tables(session_id).values()),
            pending=newest[-1].question if newest else None,
            turns=tuple(self._turns(newest)),
            shown=newest[-1].content if newest else "",
            cwd=self._folder(),
            today=self._clock().date(),
        )

    def _turns(self, messages: Sequence[Message]) -> Iterator[EarlierTurn]:
        """Yield what the newest answers on the line were about, newest first; the line decides what is remembered."""
        answers = [m.run_id for m in reversed(messages) if m.role == "assistant" and m.run_id and m.question is None]
        found = 0
        for run_id in answers:
            try:
                run = self._run_of(run_id)
            except RunNotFoundError:
                continue  # the answer was inherited, and the session that gave it was erased
            step = run.plan.steps[-1] if run.plan is not None and run.plan.steps else None
            if step is None:
                continue
            data = run.answer.data if run.answer is not None else {}
            yield EarlierTurn(workflow=step.workflow, text=run.text or "", parameters=step.parameters, data=data)
            found += 1
            if found == _TURNS:
                return


_MESSAGES = 12
_TURNS = 3
