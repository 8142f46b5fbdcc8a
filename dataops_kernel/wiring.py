"""The composition root: the only place that constructs services and chooses backends."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from dataops_kernel.artifacts import ArtifactStore
from dataops_kernel.artifacts.lineage import Lineage
from dataops_kernel.artifacts.query import QueryLimits, QueryService
from dataops_kernel.artifacts.retention import Retention
from dataops_kernel.clock import Clock, system_clock
from dataops_kernel.context import ContextManager, Erasure
from dataops_kernel.engine.local import LocalEngine
from dataops_kernel.engine.owner import is_alive, this_process
from dataops_kernel.errors import SettingsError, StorageUnavailableError
from dataops_kernel.ids import IdSource
from dataops_kernel.llm.rules import RulesModel
from dataops_kernel.orchestration import Orchestrator, Planner
from dataops_kernel.orchestration.executor import PlanExecutor
from dataops_kernel.orchestration.undo import TakingBack
from dataops_kernel.security import Users
from dataops_kernel.sessionlog import Archive, SessionLog
from dataops_kernel.sessions import Memory, Policy, SessionManager
from dataops_kernel.settings import Settings, load_settings
from dataops_kernel.storage.embedded import FileBlobs, SqliteLedger, SqliteTextIndex
from dataops_kernel.storage.ledger import Ledger
from dataops_kernel.telemetry import configure
from dataops_kernel.types import User
from dataops_kernel.workbench import Workbench
from dataops_kernel.workbench.facade import Services
from dataops_kernel.workflows import WorkflowRegistry, WorkflowRunner
from dataops_kernel.workflows.locations import shipped_folder


def connect(
    workspace: str | Path | None = None,
    *,
    clock: Clock = system_clock,
    ids: IdSource | None = None,
    **settings: Any,
) -> Workbench:
    """Open a workspace (made when it does not exist) and return the local user's workbench.

    ``workspace`` is a folder, ``DATAOPS_WORKSPACE`` or ``./.dataops`` when not given; the rest are fields of
    ``Settings``. Raises ``SettingsError``, ``WorkspaceVersionError`` and ``StorageUnavailableError``.
    """
    chosen = load_settings({**settings, "workspace": workspace})
    configure(chosen.log_level)
    return _embedded(chosen, clock, ids or IdSource(clock))


def _embedded(settings: Settings, clock: Clock, ids: IdSource) -> Workbench:
    root = settings.workspace.expanduser().absolute()
    _check_folders(settings)
    _make_folder(root)
    ledger = _ledger(settings, root)
    blobs = FileBlobs(root / "blobs")
    archive = Archive(ledger, blobs)
    log = SessionLog(ledger, archive)
    memory = Memory(ledger, log, SqliteTextIndex(root / "cache" / "messages.sqlite"))
    policy = Policy(settings.session_idle_after, settings.session_expire_after)
    sessions = SessionManager(ledger, log, ids, clock, memory, archive, policy)
    artifacts = ArtifactStore(ledger, blobs, log, ids, clock)
    lineage = Lineage(ledger)
    query = QueryService(artifacts.open_table, _query_limits(settings))
    model = RulesModel()
    context = ContextManager(
        ledger,
        blobs,
        log,
        sessions,
        artifacts,
        query,
        ids,
        clock,
        model,
        settings.context_tokens,
        owner=this_process(),
        abandon=lambda session_id: erasure.abandon(session_id),
    )
    grace = timedelta(days=settings.deletion_grace_days)
    retention = Retention(ledger, blobs, context.reaching, clock, grace=grace, holders=(context.pins.holding,))
    registry = WorkflowRegistry([*settings.workflows, shipped_folder("workflows")])
    orchestrator = Orchestrator(Planner(registry, model), sessions, artifacts, clock, lambda run_id: engine.run(run_id))
    runner = WorkflowRunner()
    executor = PlanExecutor(
        orchestrator.plan_run,
        registry,
        runner,
        artifacts,
        query,
        lineage,
        model,
        ids=ids,
        checkpoint_before=context.create_checkpoint_before,
        take_back=TakingBack(context),
    )
    engine = LocalEngine(ledger, executor, ids, clock, closing_writes=sessions.closing_writes)
    engine.recover()
    erasure = Erasure(ledger, blobs, log, archive, sessions, context.snapshot_blobs, root)
    erasure.finish(is_alive)

    def close() -> None:
        engine.close()
        query.close()
        memory.close()
        ledger.close()

    services = Services(
        settings=settings,
        workspace=root,
        clock=clock,
        ids=ids,
        log=log,
        sessions=sessions,
        artifacts=artifacts,
        retention=retention,
        lineage=lineage,
        query=query,
        context=context,
        erasure=erasure,
        registry=registry,
        runner=runner,
        orchestrator=orchestrator,
        engine=engine,
        users=Users(ledger),
        close=close,
    )
    return Workbench(services, User(user_id=settings.user, roles=("admin",)))


def _ledger(settings: Settings, root: Path) -> Ledger:
    if settings.ledger == "dynamodb":
        from dataops_kernel.storage.cloud import DynamoLedger

        return DynamoLedger(settings.dynamodb_table, region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    return SqliteLedger(root / "ledger.sqlite", synchronous="FULL" if settings.durability == "full" else "NORMAL")


def _query_limits(settings: Settings) -> QueryLimits:
    return QueryLimits(seconds=settings.query_seconds, memory_mb=settings.query_memory_mb, max_rows=settings.query_rows)


def _check_folders(settings: Settings) -> None:
    for folder in settings.workflows:
        if not folder.is_dir():
            raise SettingsError(
                f"The folder of workflows {str(folder)!r} does not exist.",
                hint=f"Correct DATAOPS_WORKFLOWS; folders are separated by {os.pathsep!r}.",
                setting="workflows",
            )


def _make_folder(root: Path) -> None:
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as err:
        taken = next((str(path) for path in (root, *root.parents) if path.is_file()), None)
        why = f"{taken!r} is a file, not a folder" if taken else err.strerror
        raise StorageUnavailableError(
            f"The workspace {str(root)!r} cannot be made: {why}.",
            hint="Choose a folder you may write to: DATAOPS_WORKSPACE=~/work/.dataops",
        ) from err
