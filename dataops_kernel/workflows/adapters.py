"""Workflows out of what is no workflow: functions, objects with ``invoke(dict)`` and graphs compiled elsewhere."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from pydantic import BaseModel, ConfigDict, create_model
from pydantic.errors import PydanticUserError

from dataops_kernel.errors import WorkflowContractError
from dataops_kernel.workflows.base import BaseWorkflow, WorkflowResult
from dataops_kernel.workflows.context import WorkflowContext
from dataops_kernel.workflows.results import as_result, of_mapping


class AnyParameters(BaseModel):
    """Whatever is passed, as it is."""

    model_config = ConfigDict(extra="allow")


class _State(TypedDict, total=False):
    inputs: dict[str, Any]
    result: dict[str, Any]


def adapt(obj: Any, name: str | None = None) -> BaseWorkflow:
    """Return anything that can be run as a workflow; raises ``WorkflowContractError`` for what cannot."""
    if isinstance(obj, BaseWorkflow):
        return obj
    if inspect.isclass(obj) and issubclass(obj, BaseWorkflow):
        return obj()
    if not inspect.isclass(obj):
        if hasattr(obj, "astream") and hasattr(obj, "nodes"):
            return ForeignGraph(obj, name)
        if callable(getattr(obj, "invoke", None)):
            return ForeignObject(obj, name)
        if callable(obj):
            return FunctionWorkflow(obj, name)
    raise WorkflowContractError(
        f"{obj!r} cannot be registered as a workflow.",
        hint="Register a BaseWorkflow, a compiled graph, an object with invoke(dict), or a function.",
    )


class _Adapter(BaseWorkflow):
    """A graph of one node around something that gives a value back."""

    def __init__(self, obj: Any, name: str | None, parameters: type[BaseModel]) -> None:
        self._obj = obj
        title = name or _name_of(obj)
        said = inspect.getdoc(obj) if not isinstance(obj, ForeignGraph) else ""
        # For authors these are constants of a class; here every object has its own.
        vars(self).update(
            name=title,
            description=str(getattr(obj, "description", "") or (said or "").partition("\n")[0] or f"Runs {title}."),
            examples=tuple(getattr(obj, "examples", ())),
            risky=bool(getattr(obj, "risky", False)),
            Parameters=parameters,
        )

    def initial_state(self, parameters: BaseModel) -> dict[str, Any]:
        """Return the parameters under one key, for their names may be anything."""
        return {"inputs": {name: getattr(parameters, name) for name in _names(parameters)}}

    def build(self) -> Any:
        """Return a graph of one node that calls the adapted thing."""
        from langgraph.graph import END, START, StateGraph

        graph = StateGraph(_State, context_schema=WorkflowContext)
        graph.add_node(self.name, self._node())
        graph.add_edge(START, self.name)
        graph.add_edge(self.name, END)
        return graph

    def _node(self) -> Callable[..., Any]:
        raise NotImplementedError

    def _told(self, value: Any, context: WorkflowContext) -> dict[str, Any]:
        return {"result": as_result(value, self.name, context).model_dump()}


class FunctionWorkflow(_Adapter):
    """A function as a workflow: parameters from its signature, and the context for the one that is made for it."""

    def __init__(self, function: Callable[..., Any], name: str | None = None) -> None:
        parameters, self._context_name = _signature_of(function)
        super().__init__(function, name, parameters)

    def _node(self) -> Callable[..., Any]:
        function = self._obj

        def arguments(state: _State, runtime: Any) -> dict[str, Any]:
            return {**state["inputs"], **({self._context_name: runtime.context} if self._context_name else {})}

        def call(state: _State, runtime: Any) -> dict[str, Any]:
            return self._told(function(**arguments(state, runtime)), runtime.context)

        async def call_and_wait(state: _State, runtime: Any) -> dict[str, Any]:
            return self._told(await function(**arguments(state, runtime)), runtime.context)

        return call_and_wait if inspect.iscoroutinefunction(function) else call


class ForeignObject(_Adapter):
    """An object with ``invoke(dict)`` as a workflow; it gets the parameters as they come."""

    def __init__(self, obj: Any, name: str | None = None) -> None:
        super().__init__(obj, name, AnyParameters)

    def _node(self) -> Callable[..., Any]:
        def call(state: _State, runtime: Any) -> dict[str, Any]:
            return self._told(self._obj.invoke(dict(state["inputs"])), runtime.context)

        return call


class ForeignGraph(_Adapter):
    """A graph compiled elsewhere as a workflow; its nodes are the run's nodes, its last state becomes the answer."""

    def __init__(self, graph: Any, name: str | None = None) -> None:
        super().__init__(graph, name, AnyParameters)

    def build(self) -> Any:
        """Return the graph as it was compiled."""
        return self._obj

    def initial_state(self, parameters: BaseModel) -> dict[str, Any]:
        """Return the parameters as the graph's input."""
        return parameters.model_dump()

    def read_result(self, state: Mapping[str, Any]) -> WorkflowResult:
        """Return the state's ``result`` when it signs the contract, else the whole state in words."""
        told = state.get("result")
        if isinstance(told, Mapping) and isinstance(told.get("text"), str):
            return super().read_result(state)
        return super().read_result({"result": of_mapping(state).model_dump()})


def _names(parameters: BaseModel) -> list[str]:
    return [*type(parameters).model_fields, *(parameters.model_extra or {})]


def _name_of(obj: Any) -> str:
    own = getattr(obj, "name", None) or getattr(obj, "__name__", None)
    if isinstance(own, str) and own != "LangGraph":
        return own
    kind = type(obj).__name__
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in kind).lstrip("_")


def _signature_of(function: Callable[..., Any]) -> tuple[type[BaseModel], str | None]:
    """Return the model of a function's parameters and the name of the one that takes the context."""
    try:
        parameters = inspect.signature(function).parameters.values()
        hints = typing.get_type_hints(function, include_extras=True)
        context = next((p.name for p in parameters if _takes_context(p.name, hints)), None)
        open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
        fields: dict[str, Any] = {
            p.name: (hints.get(p.name, Any), ... if p.default is p.empty else p.default)
            for p in parameters
            if p.name != context and p.kind is not p.VAR_KEYWORD
        }
        config = ConfigDict(extra="allow" if open_ended else "forbid")
        model: type[BaseModel] = create_model("Parameters", __config__=config, **fields)
    except (TypeError, ValueError, NameError, PydanticUserError) as err:
        raise WorkflowContractError(
            f"The signature of {function!r} cannot be read: {err}.",
            hint="Give its parameters plain names and types.",
        ) from err
    nameless = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL)]
    if nameless:
        raise WorkflowContractError(
            f"The parameter {nameless[0]!r} of {function!r} has no name a caller can use.",
            hint="Parameters of a workflow are passed by name.",
        )
    return model, context


def _takes_context(name: str, hints: Mapping[str, Any]) -> bool:
    hint = hints.get(name)
    if hint is None:
        return name == "context"
    return inspect.isclass(hint) and issubclass(hint, WorkflowContext)
