"""Loading one workflow's code, and saying in one line where it breaks."""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from dataops_kernel.workflows.base import BaseWorkflow

_ROOT = "dataops_workflows"


class LoadError(Exception):
    """Why a workflow's code cannot be used, with file and line."""


class Found(NamedTuple):
    """A place where a workflow seems to be; ``load`` runs its code."""

    name: str
    source: str
    load: Callable[[], Any]


def in_folder(folder: Path) -> Iterator[Found]:
    """Yield the workflows of a folder by name: its subfolders with a ``workflow.py``."""
    if not folder.is_dir():
        return
    for path in sorted(folder.glob("*/workflow.py")):
        name = path.parent.name
        if not name.startswith((".", "_")):
            yield Found(name, str(path), lambda name=name: _workflow_in(_import(folder, name), name))  # type: ignore[misc]


def entry_points_of(group: str) -> Iterator[Found]:
    """Yield the workflows that installed packages declare."""
    from importlib.metadata import entry_points

    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        yield Found(point.name, f"{point.value} (installed package)", point.load)


def load(found: Found) -> Any:
    """Return what was found; raises ``LoadError`` for whatever its code raises, also for ``sys.exit()``."""
    try:
        return found.load()
    except LoadError:
        raise
    except (Exception, SystemExit) as err:
        raise LoadError(f"{type(err).__name__}: {_message(err)} ({_place(err, found.source)})") from err


def forget_folder(folder: Path) -> None:
    """Drop the modules of a folder's workflows, so that changed files are read again."""
    package = _package_of(folder)
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]


def _import(folder: Path, name: str) -> ModuleType:
    """Import ``<folder>/<name>/workflow.py`` inside a package of its own, so that its relative imports work.

    The search path of the interpreter stays as it is; two folders never see each other's modules.
    """
    package = _package_of(folder)
    _ensure_package(_ROOT, [])
    _ensure_package(package, [str(folder)])
    importlib.invalidate_caches()
    return importlib.import_module(f"{package}.{name}.workflow")


def _package_of(folder: Path) -> str:
    digest = hashlib.sha256(str(folder.absolute()).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{_ROOT}.in_{digest[:12]}"


def _ensure_package(name: str, path: list[str]) -> None:
    if name not in sys.modules:
        package = ModuleType(name, "Workflows found in a folder; made by the registry.")
        package.__path__ = path
        package.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
        sys.modules[name] = package


def _workflow_in(module: ModuleType, name: str) -> Any:
    """Return the workflow a module defines: its ``BaseWorkflow`` class, or what it calls ``workflow``."""
    package = module.__name__.rpartition(".")[0]
    classes = [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, BaseWorkflow)
        and not inspect.isabstract(value)
        and (value.__module__ == module.__name__ or value.__module__.startswith(f"{package}."))
    ]
    named = [kind for kind in classes if getattr(kind, "name", None) == name]
    chosen = named or classes
    if len(chosen) == 1:
        return chosen[0]()
    if chosen:
        names = ", ".join(kind.__name__ for kind in chosen)
        raise LoadError(f"It defines several workflows: {names}; a folder holds one ({module.__file__}).")
    if hasattr(module, "workflow"):
        return module.workflow
    half = [kind for kind in vars(module).values() if _is_unfinished(kind, module)]
    if half:
        missing = ", ".join(sorted(half[0].__abstractmethods__))
        raise LoadError(f"{half[0].__name__} does not define {missing} ({module.__file__}).")
    raise LoadError(f"It defines no subclass of BaseWorkflow ({module.__file__}).")


def _is_unfinished(value: Any, module: ModuleType) -> bool:
    return (
        inspect.isclass(value)
        and issubclass(value, BaseWorkflow)
        and inspect.isabstract(value)
        and value.__module__ == module.__name__
    )


def _message(err: BaseException) -> str:
    return (err.msg if isinstance(err, SyntaxError) else str(err)).strip().partition("\n")[0] or "no message"


def _place(err: BaseException, source: str) -> str:
    """Return file and line of the last frame inside the workflow's own folder, else of the last one."""
    if isinstance(err, SyntaxError) and err.filename:
        return f"{err.filename}:{err.lineno}"
    frames = traceback.extract_tb(err.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(str(Path(source).parent))]
    frame = (own or frames)[-1]
    return f"{frame.filename}:{frame.lineno}"
