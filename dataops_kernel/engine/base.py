"""The engine seam: where runs execute. A run belongs to its engine, never to the page that started it."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Protocol

from dataops_kernel.storage.ledger import Write
from dataops_kernel.types import Answer, Event, EventType, Run, RunStatus

Cancellation = threading.Event


class Emit(Protocol):
    """Says one event of the run; it gets its number and time here and is durable in order."""

    def __call__(self, type: EventType, *, step: str | None = None, **data: Any) -> None:
        """Say it; ``data`` by type is listed at ``Event``."""


class Body(Protocol):
    """What a run does: plans and executes, speaks through ``emit``, gives up when ``cancelled`` is set.

    Runs on the engine's event loop; an exception becomes ``run_failed``.
    """

    def __call__(self, run: Run, emit: Emit, cancelled: Cancellation) -> Awaitable[Answer]:
        """Do the run's work and return its answer."""


ClosingWrites = Callable[[Run], Sequence[Write]]
"""Gives the writes that close a run in the session's log (the assistant's message), in the same commit."""


class RunHandle(ABC):
    """A client's hold on a run; any number of clients in any process may hold the same run."""

    run_id: str

    @property
    @abstractmethod
    def status(self) -> RunStatus:
        """Where the run stands, as the ledger says now."""

    @abstractmethod
    def events(self, after: int = 0, *, follow: bool = True) -> Iterator[Event]:
        """Yield events numbered above ``after``, waiting for new ones until the closing event was given.

        With ``follow=False`` only what was said so far, without waiting.
        """

    @abstractmethod
    def result(self, timeout: float | None = None) -> Answer:
        """Wait for the run to close and return its answer.

        Raises the run's own ``DataOpsError`` when it failed, ``RunCancelledError`` when it was cancelled, and
        ``TimeoutError`` after ``timeout`` seconds (the run goes on).
        """

    @abstractmethod
    def cancel(self) -> None:
        """Ask the run to stop; what it said and stored so far stays."""


class Engine(ABC):
    """Accepts runs and executes them; acceptance is durable before ``submit`` returns."""

    @abstractmethod
    def submit(self, run: Run, also: Sequence[Write] = ()) -> RunHandle:
        """Record the run, its first event and the writes in ``also`` in one commit, and start it."""

    @abstractmethod
    def attach(self, run_id: str) -> RunHandle:
        """Return a handle on a run of any process; raises ``RunNotFoundError``."""

    @abstractmethod
    def run(self, run_id: str) -> Run:
        """Return the record of a run as the ledger says now; raises ``RunNotFoundError``."""

    @abstractmethod
    def runs(self, session_id: str, *, limit: int = 50) -> list[Run]:
        """Return the records of a session's runs, newest first."""

    @abstractmethod
    def recover(self) -> list[str]:
        """Close runs whose owner died (``run_failed``, code ``owner_died``) and return their ids."""

    @abstractmethod
    def close(self) -> None:
        """Stop accepting runs, wait a bounded time for the running ones and cancel the rest.

        Closing twice does nothing.
        """
