"""Compiling graphs and driving them: the one place where langgraph is called."""

from __future__ import annotations

import contextvars
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

import dataops_kernel.workflows.langgraph_setup  # noqa: F401 - before langgraph, which is imported below on first use
from dataops_kernel.errors import StepFailedError, UsageError, WorkflowContractError
from dataops_kernel.workflows.deferred import deferred_barrels

if TYPE_CHECKING:
    from langgraph.pregel import Pregel

T = TypeVar("T")

MAX_STEPS = 500
"""Supersteps of one graph; a loop that needs more is taken for one that never ends."""

OnUpdate = Callable[[str, Any], None]
_KEPT = "_compiled_graph"
_compiling = threading.Lock()


class Buildable(Protocol):
    """What gives a graph: a ``BaseWorkflow``."""

    name: ClassVar[str]

    def build(self) -> Any:
        """Return the graph."""


class MissingContext:
    """Stands for the context of a workflow that was called directly; says so when a node needs it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UsageError(
            f"A node asked its context for {name!r}, but the workflow was called without one.",
            hint="Run it in a workspace: connect().run(workflow, parameters); or pass context=….",
        )


def import_langgraph() -> None:
    """Import langgraph now, for a process that has time before its first run."""
    with deferred_barrels():
        import langgraph.graph  # noqa: F401


def compiled_graph(workflow: Buildable) -> Pregel[Any, Any, Any, Any]:
    """Return a workflow's graph, built and compiled when it is asked for the first time.

    Raises ``WorkflowContractError`` when it cannot be built.
    """
    kept = vars(workflow)
    graph: Pregel[Any, Any, Any, Any] | None = kept.get(_KEPT)
    if graph is None:
        with _compiling:
            graph = kept.get(_KEPT)
            if graph is None:
                graph = kept[_KEPT] = _compile(workflow)
    return graph


def is_compiled(workflow: Buildable) -> bool:
    """Say whether the graph is there already, so that nothing slow is left to do."""
    return _KEPT in vars(workflow)


def node_names(workflow: Buildable) -> list[str]:
    """Return the names of the graph's own nodes."""
    return [name for name in compiled_graph(workflow).nodes if not name.startswith("__")]


def current_node() -> str:
    """Return the name of the node that is running on this thread or task; empty outside of one."""
    if "langgraph.config" not in sys.modules:
        return ""
    from langgraph.config import get_config

    try:
        return str(get_config().get("metadata", {}).get("langgraph_node", ""))
    except RuntimeError:
        return ""


async def drive(workflow: Buildable, inputs: Mapping[str, Any], context: Any, on_update: OnUpdate) -> dict[str, Any]:
    """Run a compiled graph to its end and return its last state; ``on_update(node, update)`` as each node finishes.

    Asynchronous nodes run on the current event loop, the others on its threads. What a node raises comes through.
    """
    from langgraph.errors import GraphRecursionError

    graph = compiled_graph(workflow)
    config: dict[str, Any] = {"recursion_limit": MAX_STEPS}
    if graph.checkpointer:
        # A graph that was registered with a memory of its own keeps it by session.
        config["configurable"] = {"thread_id": getattr(context, "session_id", "") or workflow.name}
    state: dict[str, Any] = {}
    try:
        async for mode, told in graph.astream(
            dict(inputs), config, context=context or MissingContext(), stream_mode=["updates", "values"]
        ):
            if mode == "values":
                state = dict(told)
            elif "__interrupt__" in told:
                raise WorkflowContractError(
                    f"The workflow {workflow.name!r} waits for a person inside its graph, which runs cannot.",
                    hint="Instead of interrupt(), end with a result that asks; the next message answers it.",
                    workflow=workflow.name,
                )
            else:
                for node, update in told.items():
                    on_update(node, update)
    except GraphRecursionError as err:
        raise StepFailedError(
            f"The workflow {workflow.name!r} had not ended after {MAX_STEPS} steps.",
            hint="Check the condition that leaves its loop.",
            workflow=workflow.name,
        ) from err
    return state


def run_here(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end while the caller waits, also where an event loop is running already (notebooks)."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(make())
    outcome: list[T] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            outcome.append(asyncio.run(make()))
        except BaseException as err:
            failure.append(err)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), name="dataops-invoke")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


def stream_here(workflow: Buildable, inputs: Mapping[str, Any], context: Any) -> Iterator[dict[str, Any]]:
    """Run a graph on a thread and yield ``{node: update}`` as each node finishes; stops with its reader."""
    import asyncio

    told: queue.SimpleQueue[dict[str, Any] | BaseException | None] = queue.SimpleQueue()
    left = threading.Event()

    def on_update(node: str, update: Any) -> None:
        if left.is_set():
            raise _ReaderLeft
        told.put({node: update})

    def work() -> None:
        try:
            asyncio.run(drive(workflow, inputs, context, on_update))
        except _ReaderLeft:
            pass
        except BaseException as err:
            told.put(err)
        told.put(None)

    threading.Thread(target=contextvars.copy_context().run, args=(work,), name="dataops-stream", daemon=True).start()
    try:
        while (item := told.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        left.set()


class _ReaderLeft(Exception):
    """Nobody reads the stream any more."""


def _compile(workflow: Buildable) -> Pregel[Any, Any, Any, Any]:
    try:
        with deferred_barrels():
            graph = workflow.build()
            if not hasattr(graph, "astream"):
                graph = graph.compile(name=workflow.name)
    except Exception as err:
        place = traceback.extract_tb(err.__traceback__)[-1]
        raise WorkflowContractError(
            f"The graph of {workflow.name!r} cannot be built: {type(err).__name__}: {err} "
            f"({place.filename}:{place.lineno}).",
            hint="build() returns a StateGraph whose first edge starts at START.",
            workflow=workflow.name,
        ) from err
    compiled: Pregel[Any, Any, Any, Any] = graph
    return compiled
