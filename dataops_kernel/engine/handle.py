"""Following a run from any process: told by the engine when this process owns it, by the ledger otherwise."""

import time
from collections.abc import Callable, Iterator
from typing import Protocol

from dataops_kernel.engine.base import RunHandle
from dataops_kernel.engine.events import decode
from dataops_kernel.engine.live import LiveRun
from dataops_kernel.errors import DataOpsError, RunCancelledError
from dataops_kernel.storage.ledger import Ledger
from dataops_kernel.types import CLOSING_EVENTS, Answer, Event, Run, RunStatus, event_stream

_PAGE = 256
POLL_SECONDS = 0.05
# Looking whether a foreign owner lives costs a few file reads, so not at every poll.
_POLLS_PER_LOOK = 20


class RunOffice(Protocol):
    """What a handle asks of the engine."""

    def run(self, run_id: str) -> Run:
        """Return the record of a run."""

    def ask_to_stop(self, run_id: str) -> None:
        """Have a run of any process cancelled."""

    def close_if_owner_died(self, run_id: str) -> None:
        """Close a run nobody executes any more."""


class LedgerRunHandle(RunHandle):
    """A hold on one run; ``live`` is given when this process executes it."""

    def __init__(
        self,
        run_id: str,
        ledger: Ledger,
        office: RunOffice,
        live: LiveRun | None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.run_id = run_id
        self._ledger = ledger
        self._office = office
        self._live = live
        self._wait = wait
        self._polls = 0

    def __repr__(self) -> str:
        return f"<RunHandle {self.run_id} {self.status}>"

    @property
    def status(self) -> RunStatus:
        """Where the run stands, as the ledger says now."""
        return self._record().status

    def events(self, after: int = 0, *, follow: bool = True) -> Iterator[Event]:
        """Yield events numbered above ``after``, waiting for new ones until the closing event was given.

        With ``follow=False`` only what was said so far, without waiting.
        """
        stream = event_stream(self.run_id)
        while True:
            # Asked before the read: what was said up to the end of the run is then surely in the page.
            over = self._is_over()
            entries = self._ledger.entries(stream, after=after, limit=_PAGE)
            for entry in entries:
                event = decode(entry)
                yield event
                after = event.seq
                if event.type in CLOSING_EVENTS:
                    return
            if not entries:
                if over:
                    if self._live is not None and self._live.unwritten is not None:
                        raise self._live.unwritten
                    return
                if not follow:
                    return
                self._wait_for_news(after)

    def result(self, timeout: float | None = None) -> Answer:
        """Wait for the run to close and return its answer.

        Raises the run's own ``DataOpsError`` when it failed, ``RunCancelledError`` when it was cancelled, and
        ``TimeoutError`` after ``timeout`` seconds (the run goes on).
        """
        final = self._live.wait_until_closed(timeout) if self._live else self._poll_until_closed(timeout)
        if final is None:
            raise TimeoutError(f"The run {self.run_id!r} is still going after {timeout:g} seconds.")
        if final.answer is not None:
            return final.answer
        if final.error is not None:
            raise DataOpsError.from_dict(final.error)
        raise RunCancelledError(
            f"The run {self.run_id!r} was cancelled.", hint="Ask again to start over.", run_id=self.run_id
        )

    def cancel(self) -> None:
        """Ask the run to stop; what it said and stored so far stays. A closed run stays as it is."""
        self._office.ask_to_stop(self.run_id)

    def _record(self) -> Run:
        if self._live is not None:
            return self._live.final or self._live.run
        return self._office.run(self.run_id)

    def _is_over(self) -> bool:
        return self._record().status != "running"

    def _wait_for_news(self, after: int) -> None:
        if self._live is not None:
            self._live.wait_for_news(after)
        else:
            self._poll()

    def _poll_until_closed(self, timeout: float | None) -> Run | None:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (run := self._record()).status == "running":
            if deadline is not None and time.monotonic() >= deadline:
                return None
            self._poll()
        return run

    def _poll(self) -> None:
        if self._polls % _POLLS_PER_LOOK == 0:
            self._office.close_if_owner_died(self.run_id)
        self._polls += 1
        self._wait(POLL_SECONDS)
