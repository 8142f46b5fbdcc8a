"""The contract every workflow signs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, Field

from dataops_kernel.types import Frozen

if TYPE_CHECKING:
    from langgraph.graph import StateGraph


class WorkflowResult(Frozen):
    """What a workflow's last state carries under ``result``."""

    text: str = Field(description="The answer as Markdown, in full sentences, numbers formatted for reading.")
    sql: str | None = Field(default=None, description="The query whose result is shown.")
    artifacts: tuple[str, ...] = Field(default=(), description="Ids of what was stored, the main one first.")
    refused: bool = Field(default=False, description="True when it says 'I can't' instead of guessing.")
    data: dict[str, Any] = Field(default={}, description="Facts for programs; JSON-shaped.")


class BaseWorkflow(ABC):
    """A named graph with typed parameters.

    Subclasses set ``name``, ``description`` and ``examples`` (sentences a user would say; the router learns from
    them) and ``Parameters`` (see ``dataops_kernel.workflows.parameters``), and build the graph. ``build`` is called
    once per process; heavy imports belong inside it or inside the nodes' module, which ``build`` imports.

    The graph's state holds the parameters by name and ends with ``result``: a ``Result`` dumped to a dict.
    Nodes take ``(state, runtime)``; ``runtime.context`` is a ``WorkflowContext``.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    examples: ClassVar[tuple[str, ...]] = ()

    class Parameters(BaseModel):
        """What the workflow needs to know; overridden by subclasses."""

    Result: ClassVar[type[WorkflowResult]] = WorkflowResult

    @abstractmethod
    def build(self) -> StateGraph[Any, Any, Any, Any]:
        """Return the graph, not compiled; made with ``context_schema=WorkflowContext``."""

    def invoke(self, inputs: dict[str, Any], context: Any = None) -> dict[str, Any]:
        """Run the graph to its end on the calling thread and return the final state."""
        raise NotImplementedError

    def stream(self, inputs: dict[str, Any], context: Any = None) -> Iterator[dict[str, Any]]:
        """Run the graph and yield ``{node: update}`` as each node finishes."""
        raise NotImplementedError
