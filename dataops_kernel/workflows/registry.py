"""Finding workflows: in folders, among installed packages, and whatever is registered by hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from dataops_kernel.errors import DataOpsError, WorkflowContractError, WorkflowNotFoundError, suggestion
from dataops_kernel.types import Frozen
from dataops_kernel.workflows.adapters import adapt
from dataops_kernel.workflows.base import BaseWorkflow, WorkflowResult
from dataops_kernel.workflows.loading import Found, LoadError, entry_points_of, forget_folder, in_folder, load


class WorkflowInfo(Frozen):
    """What is known of a workflow without running it; ``parameters`` is the JSON schema of what it takes."""

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()
    risky: bool = False
    source: str
    state: Literal["ready", "broken", "shadowed"] = "ready"
    error: str | None = None
    """Why it cannot be used: it is broken, or another of the same name was found first. None when it can."""
    parameters: dict[str, Any] = {}


class WorkflowRegistry:
    """The workflows of a workspace, looked for at first use; one broken workflow hides no other.

    ``folders`` hold ``<name>/workflow.py``; where two of one name are found the first wins: registered by hand, then
    the folders in order, then the entry points of installed packages.
    """

    def __init__(self, folders: Sequence[Path], entry_point_group: str = "dataops_kernel.workflows") -> None:
        # A folder named twice (a checkout's own workflows are also the shipped ones) is one folder.
        self._folders = tuple(dict.fromkeys(Path(folder).resolve() for folder in folders))
        self._group = entry_point_group
        self._lock = threading.RLock()
        self._registered: dict[str, tuple[BaseWorkflow, WorkflowInfo]] = {}
        self._found: dict[str, BaseWorkflow] = {}
        self._infos: tuple[WorkflowInfo, ...] | None = None

    def list(self) -> list[WorkflowInfo]:
        """Return every workflow by name, the ones that cannot be used with the reason in ``error``."""
        with self._lock:
            found = self._discover()
            own = [info for _, info in self._registered.values()]
            taken = {info.name: info.source for info in own}
            return sorted([*own, *(_shadowed(info, taken) for info in found)], key=lambda info: info.name)

    def get(self, name: str) -> BaseWorkflow:
        """Return a workflow that can be run.

        Raises ``WorkflowNotFoundError`` with the closest name, and ``WorkflowContractError`` for a broken one.
        """
        with self._lock:
            if name in self._registered:
                return self._registered[name][0]
            self._discover()
            if name in self._found:
                return self._found[name]
        info = self.describe(name)
        raise WorkflowContractError(
            f"The workflow {name!r} is broken: {info.error}",
            hint=f"Mend it, then check it: dataops-workflow validate {name}",
            workflow=name,
            source=info.source,
        )

    def describe(self, name: str) -> WorkflowInfo:
        """Return what is known of one workflow; raises ``WorkflowNotFoundError`` with the closest name."""
        listed = [info for info in self.list() if info.name == name]
        if not listed:
            known = [info.name for info in self.list() if info.error is None]
            raise WorkflowNotFoundError(
                f"There is no workflow {name[:80]!r}.",
                hint=suggestion(name, known, f"There are {', '.join(known) or 'none yet'}."),
                workflow=name,
            )
        return next((info for info in listed if info.state != "shadowed"), listed[0])

    def register(self, obj: Any, name: str | None = None) -> BaseWorkflow:
        """Add a workflow by hand and return it; a second one of the same name takes its place.

        ``obj`` is a ``BaseWorkflow`` (class or object), a compiled graph, an object with ``invoke(dict)`` or a
        function. Raises ``WorkflowContractError`` when it does not sign the contract.
        """
        workflow = adapt(obj, name)
        source = f"{type(obj).__module__}.{type(obj).__qualname__}"
        problem = contract_breach(workflow, name or workflow.name)
        if problem:
            raise WorkflowContractError(
                f"{obj!r} cannot be registered: {problem}",
                hint="Pass name=… to give it one, such as late_orders." if "name" in problem else "",
            )
        with self._lock:
            self._registered[workflow.name] = (workflow, _info(workflow, f"registered: {source}"))
        return workflow

    def reload(self) -> None:
        """Forget what was found and look again at next use, also at changed files; what was registered stays."""
        with self._lock:
            for folder in self._folders:
                forget_folder(folder)
            self._infos = None
            self._found = {}

    def _discover(self) -> tuple[WorkflowInfo, ...]:
        if self._infos is None:
            taken: dict[str, str] = {}
            self._infos = tuple(self._examine(found, taken) for found in self._candidates())
        return self._infos

    def _candidates(self) -> Iterator[Found]:
        for folder in self._folders:
            yield from in_folder(folder)
        yield from entry_points_of(self._group)

    def _examine(self, found: Found, taken: dict[str, str]) -> WorkflowInfo:
        broken = WorkflowInfo(name=found.name, source=found.source, state="broken")
        if found.name in taken:
            return _shadowed(broken, taken)  # and never loaded: code that is not in use shall not run
        taken[found.name] = found.source
        try:
            workflow = adapt(load(found), found.name)
        except (LoadError, DataOpsError) as err:
            return broken.model_copy(update={"error": str(err)})
        problem = contract_breach(workflow, found.name)
        if problem:
            return broken.model_copy(update={"error": f"{problem} ({found.source})"})
        self._found[found.name] = workflow
        return _info(workflow, found.source)


def contract_breach(workflow: BaseWorkflow, name: str) -> str:
    """Say in one sentence how a workflow breaks the contract; empty when it signs it."""
    own = getattr(workflow, "name", None)
    if not isinstance(own, str) or not own.isidentifier():
        return f"its name is {own!r}, which is no plain identifier."
    if own != name:
        return f"its name is {own!r}, but it was found as {name!r}."
    description = getattr(workflow, "description", None)
    if not isinstance(description, str) or not description.strip():
        return "its description is empty; say in one sentence what it does."
    examples: Any = workflow.examples
    if not isinstance(examples, tuple | list) or not all(isinstance(text, str) for text in examples):
        return "its examples are not a tuple of sentences."
    risky: Any = workflow.risky
    if not isinstance(risky, bool):
        return f"its risky is {risky!r}, neither True nor False."
    if not _is_kind(workflow.Parameters, BaseModel):
        return "its Parameters are not a pydantic model."
    if not _is_kind(workflow.Result, WorkflowResult):
        return "its Result is not a WorkflowResult."
    return ""


def _is_kind(candidate: Any, kind: type) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, kind)


def _info(workflow: BaseWorkflow, source: str) -> WorkflowInfo:
    return WorkflowInfo(
        name=workflow.name,
        description=workflow.description,
        examples=tuple(workflow.examples),
        risky=workflow.risky,
        source=source,
        parameters=workflow.Parameters.model_json_schema(),
    )


def _shadowed(info: WorkflowInfo, taken: dict[str, str]) -> WorkflowInfo:
    if info.name not in taken:
        return info
    note = f"Not used: {taken[info.name]} has the same name and was found first."
    return info.model_copy(update={"state": "shadowed", "error": note})
