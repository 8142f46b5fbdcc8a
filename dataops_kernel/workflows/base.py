"""The contract every workflow signs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from dataops_kernel.errors import WorkflowContractError
from dataops_kernel.types import Frozen
from dataops_kernel.workflows.checking import checked
from dataops_kernel.workflows.graphs import drive, run_here, stream_here

if TYPE_CHECKING:
    from langgraph.graph import StateGraph


class WorkflowResult(Frozen):
    """What a workflow's last state carries under ``result``."""

    text: str = Field(description="The answer as Markdown, in full sentences, numbers formatted for reading.")
    sql: str | None = Field(default=None, description="The query whose result is shown.")
    artifacts: tuple[str, ...] = Field(default=(), description="Ids of what was stored, the main one first.")
    refused: bool = Field(default=False, description="True when it says 'I can't' instead of guessing.")
    data: dict[str, Any] = Field(default={}, description="Facts for programs; JSON-shaped.")

    def facts(self) -> dict[str, Any]:
        """Return ``data`` together with the fields that a subclass adds."""
        return {**self.model_dump(mode="json", exclude=set(WorkflowResult.model_fields)), **self.data}


class BaseWorkflow(ABC):
    """A named graph with typed parameters.

    Subclasses set ``name``, ``description`` and ``examples`` (sentences a user would say; the router learns from
    them) and ``Parameters`` (see ``dataops_kernel.workflows.parameters``), and build the graph. ``build`` is
    called once per process; heavy imports belong inside it or inside the nodes' module, which ``build`` imports.

    A workflow that is ``risky`` (it changes what is hard to mend) gets a checkpoint made before every run of it.

    The graph's state holds the parameters by name and ends with ``result``: a ``Result`` dumped to a dict.
    Nodes take ``(state, runtime)``; ``runtime.context`` is a ``WorkflowContext``.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    examples: ClassVar[tuple[str, ...]] = ()
    risky: ClassVar[bool] = False

    class Parameters(BaseModel):
        """What the workflow needs to know; overridden by subclasses."""

    Result: ClassVar[type[WorkflowResult]] = WorkflowResult

    @abstractmethod
    def build(self) -> StateGraph[Any, Any, Any, Any]:
        """Return the graph, not compiled; made with ``context_schema=WorkflowContext``."""

    def initial_state(self, parameters: BaseModel) -> dict[str, Any]:
        """Return the state the graph starts with: the parameters by name."""
        return parameters.model_dump()

    def read_result(self, state: Mapping[str, Any]) -> WorkflowResult:
        """Return the result that the last state carries, its data JSON-shaped.

        Raises ``WorkflowContractError`` when it is missing or has another shape.
        """
        told = state.get("result")
        if told is None:
            held = ", ".join(state) or "nothing"
            raise WorkflowContractError(
                f"The workflow {self.name!r} ended without a result; its last state holds {held}.",
                hint='Let the last node return {"result": WorkflowResult(text=…).model_dump()}.',
                workflow=self.name,
            )
        try:
            result = self.Result.model_validate(told)
        except ValidationError as err:
            first = err.errors()[0]
            place = ".".join(["result", *map(str, first["loc"])])
            raise WorkflowContractError(
                f"The workflow {self.name!r} ended with a bad {place}: {first['msg']}.",
                hint='Let the last node return {"result": WorkflowResult(text=…).model_dump()}.',
                workflow=self.name,
            ) from err
        return result.model_copy(update={"data": self._json_shaped(result.data)})

    def invoke(self, inputs: Mapping[str, Any], context: Any = None) -> dict[str, Any]:
        """Run the graph to its end while the caller waits and return the final state.

        Works in a notebook too. Nodes that use ``runtime.context`` need ``context``, a ``WorkflowContext``. Raises
        ``ParameterError`` for inputs that do not fit ``Parameters`` and whatever a node raises.
        """
        state = self.initial_state(checked(self.name, self.Parameters, inputs))
        return run_here(lambda: drive(self, state, context, lambda node, update: None))

    def stream(self, inputs: Mapping[str, Any], context: Any = None) -> Iterator[dict[str, Any]]:
        """Run the graph and yield ``{node: update}`` as each node finishes; raises as ``invoke`` does."""
        state = self.initial_state(checked(self.name, self.Parameters, inputs))
        return stream_here(self, state, context)

    def _json_shaped(self, data: Mapping[str, Any]) -> dict[str, Any]:
        try:
            shaped: dict[str, Any] = from_json(to_json(data, fallback=_plain, inf_nan_mode="null"))
        except (PydanticSerializationError, TypeError, ValueError) as err:
            raise WorkflowContractError(
                f"The workflow {self.name!r} ended with result.data that JSON cannot hold: {err}.",
                hint="Keep facts in data; store tables and objects with context.store().",
                workflow=self.name,
            ) from err
        return shaped


def _plain(value: Any) -> Any:
    """Return a numpy scalar as the Python value it holds."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        return value.item()
    raise TypeError(f"{type(value).__name__} {str(value)[:40]!r}")
