"""`Workbench`: what every door holds."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from dataops_kernel.artifacts import ArtifactStore
from dataops_kernel.artifacts.lineage import Lineage
from dataops_kernel.artifacts.query import QueryService
from dataops_kernel.artifacts.retention import Retention
from dataops_kernel.clock import Clock
from dataops_kernel.context import ContextManager, Erasure
from dataops_kernel.engine import Engine, RunHandle
from dataops_kernel.errors import ArtifactNotFoundError, ConflictError
from dataops_kernel.ids import IdSource, is_id
from dataops_kernel.orchestration import Orchestrator
from dataops_kernel.security import Users
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.sessions import SessionManager
from dataops_kernel.settings import Settings
from dataops_kernel.storage.ledger import Write
from dataops_kernel.types import (
    LineageEdge,
    LineageGraph,
    Message,
    Plan,
    PlanStep,
    Run,
    RunStarted,
    User,
)
from dataops_kernel.workbench.guard import Guard
from dataops_kernel.workbench.health import health
from dataops_kernel.workbench.inputs import message_text, parameter_values, title_of
from dataops_kernel.workbench.scoped import UserArtifacts, UserContext, UserDirectory, UserRuns, UserSessions
from dataops_kernel.workflows import WorkflowRegistry, WorkflowRunner

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Services:
    """Everything a workbench stands on; made by ``wiring.connect`` and by nobody else."""

    settings: Settings
    workspace: Path
    clock: Clock
    ids: IdSource
    log: SessionLog
    sessions: SessionManager
    artifacts: ArtifactStore
    retention: Retention
    lineage: Lineage
    query: QueryService
    context: ContextManager
    erasure: Erasure
    registry: WorkflowRegistry
    runner: WorkflowRunner
    orchestrator: Orchestrator
    engine: Engine
    users: Users
    close: Callable[[], None]


class Workbench:
    """One user's hold on one workspace.

    ``sessions``, ``artifacts``, ``context`` and ``runs`` are the kernel's services limited to what this user owns;
    ``workflows`` is the registry, ``orchestrator`` plans without running, ``users`` is the directory.
    """

    def __init__(self, services: Services, user: User) -> None:
        self._services = services
        self._guard = Guard(user, services.sessions, services.artifacts)
        self.sessions = UserSessions(self._guard, services.sessions, services.erasure)
        self.artifacts = UserArtifacts(self._guard, services.artifacts, services.retention)
        self.context = UserContext(self._guard, services.context)
        self.runs = UserRuns(self._guard, services.engine)
        self.users = UserDirectory(self._guard, services.users)
        self.workflows = services.registry
        self.orchestrator = services.orchestrator

    @property
    def user(self) -> User:
        """The user this workbench acts for."""
        return self._guard.user

    @property
    def workspace(self) -> Path:
        """The folder that holds everything."""
        return self._services.workspace

    @property
    def settings(self) -> Settings:
        """The settings this workbench was connected with."""
        return self._services.settings

    def acting_as(self, user: User | str) -> "Workbench":
        """Return the same workspace in the hands of another user; a door calls this after it knows who that is."""
        return Workbench(self._services, self._services.users.get(user) if isinstance(user, str) else user)

    def ask(self, session_id: str, text: str) -> RunHandle:
        """Say something in a session and return the run that answers it.

        The message is durable when this returns. Raises ``UsageError`` for an empty message and
        ``LimitExceededError`` for one over ``settings.message_bytes``.
        """
        self._guard.session(session_id, "session.write")
        text = message_text(text, self._services.settings.message_bytes)
        if not self._services.sessions.record(session_id).title:
            with contextlib.suppress(ConflictError):  # somebody else gave it one in the same moment
                self._services.sessions.rename(session_id, title_of(text))
        # The query worker and the message's route are needed in almost every answer: start the slow one now.
        self._services.query.warm()
        return self._start(session_id, text=text, plan=None)

    def run(self, workflow: str, params: Mapping[str, Any] | None = None, session_id: str | None = None) -> RunHandle:
        """Run one workflow by name, without asking the router; in a new session when none is given.

        Raises ``WorkflowNotFoundError``, and ``ParameterError`` for values JSON cannot hold; whether they fit the
        workflow is for the run to say.
        """
        self._services.registry.get(workflow)
        self._guard.require(f"workflow.{workflow}.invoke")
        values = parameter_values(params, self._services.settings.message_bytes)
        if session_id is None:
            session_id = self.sessions.create_session(title=workflow).session_id
        self._guard.session(session_id, "session.write")
        step = PlanStep(workflow=workflow, parameters=values)
        return self._start(session_id, text=None, plan=Plan(outcome="run", steps=(step,), confidence=1.0))

    def plan(self, session_id: str, text: str) -> Plan:
        """Say what would be done about a message, without doing it or keeping it."""
        self._guard.session(session_id, "session.read")
        text = message_text(text, self._services.settings.message_bytes)
        return self._services.orchestrator.plan(session_id, text)

    def sql(self, query: str, session_id: str | None = None, parameters: Mapping[str, Any] | None = None) -> "pa.Table":
        """Ask SQL of a session's tables by name (the last active session when none is given).

        Raises ``QueryError`` for anything but one query over those tables, ``QueryTimeoutError`` at the limits.
        """
        self._guard.require("sql.query")
        if session_id is None:
            session_id = self.sessions.current().session_id
        tables = self.artifacts.tables(session_id)
        return self._services.query.run(query, tables, parameters).table

    def lineage(
        self,
        id: str,
        direction: Literal["both", "up", "down"] = "both",
        session_id: str | None = None,
    ) -> LineageGraph:
        """Return where an artifact, run or message comes from and what it led to; ``id`` may be an artifact's name."""
        return self._services.lineage.graph(self._lineage_focus(id, session_id), direction)

    def health(self) -> dict[str, Any]:
        """Return the state of every part of the workspace, JSON-shaped, under ``status`` and ``components``."""
        services = self._services
        return health(services.settings, services.workspace, services.registry, services.sessions, self.user)

    def warm(self) -> None:
        """Start in the background what the first answer needs; for a door that stays open."""
        self._services.query.warm()
        self._services.runner.warm()

    def close(self) -> None:
        """Wait for running runs and let go of every file and process; closing twice does nothing."""
        self._services.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, session_id: str, *, text: str | None, plan: Plan | None) -> RunHandle:
        services = self._services
        run = Run(
            run_id=services.ids.new("run"),
            session_id=session_id,
            user_id=self.user.user_id,
            status="running",
            created_at=services.clock(),
            text=text,
            plan=plan,
        )
        writes: list[Write] = []
        if text is not None:
            message, writes = services.sessions.message_writes(session_id, Message(role="user", content=text))
            run = run.model_copy(update={"message_id": message.message_id})
            cause = LineageEdge(source=message.message_id, target=run.run_id, relation="informed")
            writes += services.lineage.edge_writes([cause])
        writes += services.log.appends(session_id, RunStarted(time=run.created_at, run_id=run.run_id))
        handle = services.engine.submit(run, writes)
        services.sessions.touch(session_id)
        return handle

    def _lineage_focus(self, id: str, session_id: str | None) -> str:
        if is_id("art", id):
            return self._guard.artifact(id).artifact_id
        if is_id("run", id):
            return self.runs.get(id).run_id
        sessions = [session_id] if session_id else [s.session_id for s in self.sessions.list_sessions()]
        missing: ArtifactNotFoundError | None = None
        for candidate in sessions:
            try:
                return self.artifacts.latest(candidate, id).artifact_id
            except ArtifactNotFoundError as err:
                missing = missing or err
        raise missing or ArtifactNotFoundError(
            f"There is no artifact {id[:80]!r}.", hint='Ask something first: dataops ask "profile orders.csv"'
        )
