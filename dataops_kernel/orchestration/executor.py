"""What a run does: plan the message, execute the steps of the plan, answer."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from dataops_kernel.artifacts import ArtifactStore, Lineage
from dataops_kernel.artifacts.query import QueryService
from dataops_kernel.engine import Cancellation, Emit
from dataops_kernel.engine.failures import as_step_error
from dataops_kernel.errors import ConflictError, DataOpsError, ParameterError, PlanError, RunCancelledError
from dataops_kernel.ids import IdSource
from dataops_kernel.llm.base import LanguageModel
from dataops_kernel.orchestration.undo import told_undone
from dataops_kernel.types import Answer, Checkpoint, Plan, PlanStep, Run, Undone
from dataops_kernel.workflows import BaseWorkflow, WorkflowRegistry, WorkflowResult, WorkflowRunner
from dataops_kernel.workflows.step_context import StepContext

_NODE = re.compile(r"During task with name '([^']+)'")


class PlanExecutor:
    """The body of every run.

    ``plan_run`` is asked for a plan when the run brings none, on a thread of its own. ``folder`` is where relative
    paths start (the process's own folder when not given). ``checkpoint_before`` is asked, with the session and the
    workflow, before a step of a risky workflow; when it fails the step does not run. ``take_back`` undoes and redoes.
    """

    def __init__(
        self,
        plan_run: Callable[[Run], Plan],
        registry: WorkflowRegistry,
        runner: WorkflowRunner,
        artifacts: ArtifactStore,
        query: QueryService,
        lineage: Lineage,
        llm: LanguageModel,
        *,
        ids: IdSource | None = None,
        folder: Path | None = None,
        timer: Callable[[], float] = time.monotonic,
        checkpoint_before: Callable[[str, str], Checkpoint] | None = None,
        take_back: Callable[[Run, Plan], Undone] | None = None,
    ) -> None:
        self._plan_run = plan_run
        self._registry = registry
        self._runner = runner
        self._artifacts = artifacts
        self._query = query
        self._lineage = lineage
        self._llm = llm
        self._ids = ids or IdSource()
        self._folder = folder
        self._timer = timer
        self._checkpoint_before = checkpoint_before
        self._take_back = take_back

    async def __call__(self, run: Run, emit: Emit, cancelled: Cancellation) -> Answer:
        """Plan if need be, run the steps in order and return the answer.

        A step that refuses ends the run with its refusal. Raises ``DataOpsError`` only: what a workflow raises
        unexpectedly becomes ``StepFailedError``.
        """
        plan = run.plan or await self._planned(run)
        emit("planned", plan=plan)
        if plan.outcome in ("undo", "redo"):
            return await self._taken_back(plan, run)
        if plan.outcome != "run":
            return _reply(plan)
        if not plan.steps:
            raise PlanError("The plan runs nothing: it has no steps.", hint="Give it at least one step.")
        told: list[tuple[PlanStep, WorkflowResult, tuple[str, ...]]] = []
        for step in plan.steps:
            if cancelled.is_set():
                raise RunCancelledError(f"The run {run.run_id!r} was cancelled.", run_id=run.run_id)
            result, stored = await self._execute(step, run, emit, cancelled)
            told.append((step, result, stored))
            if result.refused:
                break
        return _answer(plan, told)

    async def _planned(self, run: Run) -> Plan:
        import asyncio

        try:
            return await asyncio.to_thread(self._plan_run, run)
        except DataOpsError:
            raise
        except Exception as err:
            raise as_step_error(err, "Understanding the message", run_id=run.run_id) from err

    async def _taken_back(self, plan: Plan, run: Run) -> Answer:
        import asyncio

        if self._take_back is None:
            return Answer(kind="reject", text="Nothing can be undone here.", engine=plan.engine)
        try:
            undone = await asyncio.to_thread(self._take_back, run, plan)
        except (ParameterError, ConflictError) as err:
            text = f"{err.message} {err.hint}".strip()
            return Answer(kind="reject", text=text, engine=plan.engine, confidence=plan.confidence)
        return Answer(text=told_undone(undone), engine=plan.engine, confidence=plan.confidence)

    async def _execute(
        self, step: PlanStep, run: Run, emit: Emit, cancelled: Cancellation
    ) -> tuple[WorkflowResult, tuple[str, ...]]:
        workflow = self._registry.get(step.workflow)
        context = StepContext(
            session_id=run.session_id or run.run_id,
            run_id=run.run_id,
            step=self._ids.new("stp"),
            workflow=workflow.name,
            text=run.text or "",
            artifacts=self._artifacts,
            query=self._query,
            lineage=self._lineage,
            llm=self._llm,
            emit=emit,
            cancelled=cancelled,
            folder=self._folder,
        )
        started = self._timer()
        emit("step_started", step=context.step, workflow=workflow.name, parameters=step.parameters)
        if workflow.risky and run.session_id and self._checkpoint_before:
            import asyncio

            kept = await asyncio.to_thread(self._checkpoint_before, run.session_id, workflow.name)
            emit("progress", step=context.step, text=f"kept a checkpoint: {kept.label}", checkpoint=kept.label)
        result = await self._run(workflow, step, context, emit)
        emit("answer", step=context.step, text=result.text)
        emit("step_finished", step=context.step, workflow=workflow.name, seconds=self._timer() - started)
        return result, context.stored

    async def _run(self, workflow: BaseWorkflow, step: PlanStep, context: StepContext, emit: Emit) -> WorkflowResult:
        def on_node(node: str) -> None:
            # A graph of one node says nothing new by ending: its step ends too.
            if len(self._runner.nodes(workflow)) > 1:
                emit("progress", step=context.step, text=f"{node} is done", node=node)

        try:
            return await self._runner.run(workflow, step.parameters, context, on_node)
        except DataOpsError:
            raise
        except Exception as err:
            node = _node_of(err)
            what = f"The workflow {workflow.name!r}" + (f", in its node {node!r}," if node else "")
            raise as_step_error(err, what, run_id=context.run_id, step=context.step) from err
        finally:
            if context.has_unwritten_reads:
                import asyncio

                await asyncio.to_thread(context.finish)


def _reply(plan: Plan) -> Answer:
    if plan.outcome == "ask":
        if plan.question is None:
            raise PlanError("The plan asks, but it holds no question.", hint="Give it a question.")
        return Answer(
            kind="question",
            text=plan.question.text,
            engine=plan.engine,
            workflow=plan.question.workflow or None,
            confidence=plan.confidence,
            question=plan.question,
        )
    return Answer(kind="reject", text=plan.text, engine=plan.engine, confidence=plan.confidence)


def _answer(plan: Plan, told: list[tuple[PlanStep, WorkflowResult, tuple[str, ...]]]) -> Answer:
    """Put together what the steps said; the last one is what was asked for, so it speaks for the facts."""
    last_step, last, _ = told[-1]
    named = [artifact for _, result, _ in reversed(told) for artifact in result.artifacts]
    others = [artifact for _, _, stored in told for artifact in stored]
    return Answer(
        kind="reject" if last.refused else "answer",
        text="\n\n".join(
            part for step, result, _ in told for part in (" ".join(step.corrections), result.text) if part
        ),
        engine=plan.engine,
        workflow=last_step.workflow,
        confidence=plan.confidence,
        sql=last.sql,
        artifacts=tuple(dict.fromkeys([*named, *others])),
        data=last.facts(),
    )


def _node_of(err: BaseException) -> str:
    """Return the node that raised, which langgraph leaves as a note on the exception."""
    found = _NODE.search("\n".join(getattr(err, "__notes__", ())))
    return found.group(1) if found else ""
