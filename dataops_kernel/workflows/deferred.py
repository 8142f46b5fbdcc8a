"""A quicker first import of langgraph, which spends a third of its time on packages that a run never uses.

``langgraph_sdk`` (the client of a hosted server, with two HTTP libraries and a terminal toolkit behind it) and
``langsmith.types`` (the records of a hosted service, a hundred pydantic models) are imported only because a sibling
inside them is: their ``__init__`` re-exports everything they have. While ``deferred_barrels`` is active such a package
is found and entered as usual, so that its submodules can be imported, but its ``__init__`` runs when somebody first
asks for a name that it would have defined. Nothing is replaced and nothing is missing: it only happens later, or never.
"""

import sys
import threading
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, ClassVar

BARRELS = frozenset({"langgraph_sdk", "langsmith.types"})


@contextmanager
def deferred_barrels(names: Set[str] = BARRELS) -> Iterator[None]:
    """Let imports inside the block, on any thread, defer the packages of these names; those imported before stay."""
    finder = _BarrelFinder(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _BarrelFinder(MetaPathFinder):
    def __init__(self, names: Set[str]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._names:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None or spec.submodule_search_locations is None:
            return None  # not a package any more: nothing to know about it here
        spec.loader = _BarrelLoader(spec.loader)
        return spec


class _BarrelLoader(Loader):
    def __init__(self, real: Loader) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Barrel(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Leave the package unexecuted, with its own loader in its place for whoever inspects it."""
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._real


_PATIENCE = 10.0
# What the import machinery looks for before it has set it.
_IMPORT_SYSTEM = frozenset({"__path__", "__file__", "__cached__", "__loader__", "__spec__"})


class _Barrel(ModuleType):
    """A package whose ``__init__`` has not run; it becomes an ordinary module when it has."""

    _lock = threading.RLock()
    _running: ClassVar[set[str]] = set()

    def __getattr__(self, name: str) -> Any:
        if name in _IMPORT_SYSTEM:
            raise AttributeError(name)
        # Another thread that asks meanwhile waits; the package asking itself while it runs gets the usual error, as
        # do two threads whose imports wait for each other.
        if not _Barrel._lock.acquire(timeout=_PATIENCE):
            return ModuleType.__getattribute__(self, name)
        try:
            if type(self) is _Barrel and self.__name__ not in _Barrel._running:
                self._execute()
            return ModuleType.__getattribute__(self, name)
        finally:
            _Barrel._lock.release()  # by now self may be an ordinary module

    def _execute(self) -> None:
        spec = self.__spec__
        assert spec is not None
        assert spec.loader is not None
        _Barrel._running.add(self.__name__)
        try:
            spec.loader.exec_module(self)
        finally:
            _Barrel._running.discard(self.__name__)
        # Only now: a thread that finds an ordinary module does not wait for the lock.
        object.__setattr__(self, "__class__", ModuleType)
