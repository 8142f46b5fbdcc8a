"""A run while this process executes it."""

import threading
from collections.abc import Callable

from dataops_kernel.engine.base import Cancellation
from dataops_kernel.errors import DataOpsError
from dataops_kernel.types import Run


class LiveRun:
    """What a run's clients wait on and what stops it; every method may be called from any thread."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.cancelled = Cancellation()
        self.final: Run | None = None
        self.lost: DataOpsError | None = None
        """Why something it said could not be written down."""
        self.unwritten: DataOpsError | None = None
        """Why its end could not be written down; the ledger still calls it running."""
        self._stop: Callable[[], object] | None = None
        self._ending = False
        self._tail = 0
        self._news = threading.Condition()

    def started(self, stop: Callable[[], object]) -> None:
        """Remember how the run is stopped; one that was cancelled before it started is stopped at once."""
        with self._news:
            self._stop = stop
            cancelled = self.cancelled.is_set()
        if cancelled:
            stop()

    def cancel(self) -> None:
        """Ask the run to stop: asynchronous work now, a node on a thread when it next uses its context."""
        with self._news:
            self.cancelled.set()
            stop = self._stop
        if stop is not None:
            stop()

    def said(self, seq: int) -> None:
        """Tell the clients that the event numbered ``seq`` is durable."""
        with self._news:
            self._tail = seq
            self._news.notify_all()

    def lose(self, error: DataOpsError) -> None:
        """Stop the run because what it says cannot be written down any more."""
        self.lost = self.lost or error
        self.cancel()

    def begin_closing(self) -> bool:
        """Say whether the caller is the first to end this run."""
        with self._news:
            first, self._ending = not self._ending, True
        return first

    def closed(self, final: Run, unwritten: DataOpsError | None = None) -> None:
        """Tell the clients that the run is over."""
        with self._news:
            self.unwritten = unwritten
            self.final = final
            self._news.notify_all()

    def wait_for_news(self, after: int) -> None:
        """Wait until an event numbered above ``after`` is durable or the run is over."""
        with self._news:
            self._news.wait_for(lambda: self._tail > after or self.final is not None)

    def wait_until_closed(self, timeout: float | None) -> Run | None:
        """Return the final record, or None when the run is still going after ``timeout`` seconds."""
        with self._news:
            self._news.wait_for(lambda: self.final is not None, timeout)
        return self.final
