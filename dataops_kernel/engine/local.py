"""The embedded engine: runs execute on one event loop of this process, and the ledger tells everybody."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dataops_kernel.clock import Clock, system_clock
from dataops_kernel.engine.base import Body, ClosingWrites, Engine
from dataops_kernel.engine.closing import (
    RUNNING,
    Closed,
    Ending,
    closed,
    closing_writes,
    ending_of,
    run_record,
)
from dataops_kernel.engine.events import encode
from dataops_kernel.engine.handle import LedgerRunHandle
from dataops_kernel.engine.journal import LAST_TRY, PAUSE, Closing, Journal
from dataops_kernel.engine.live import LiveRun
from dataops_kernel.engine.owner import is_alive, this_process
from dataops_kernel.errors import (
    ConflictError,
    DataOpsError,
    LimitExceededError,
    OwnerDiedError,
    RunNotFoundError,
    UsageError,
)
from dataops_kernel.ids import IdSource
from dataops_kernel.storage.ledger import MAX_RECORD_BYTES, Append, Ledger, Put, Write
from dataops_kernel.telemetry import log
from dataops_kernel.types import Answer, EventType, Plan, Run, event_stream

if TYPE_CHECKING:
    import asyncio

    from dataops_kernel.engine.loop import BackgroundLoop

_CANCEL_POLL_SECONDS = 0.15
_CLOSE_SECONDS = 5.0


class LocalEngine(Engine):
    """Executes runs in this process; any number of engines and processes may share one ledger.

    ``closing_writes(run)`` gives what a closed run leaves elsewhere, written in the closing commit. ``owner``
    names this process (see ``engine.owner``); ``wait`` is how handles on foreign runs pause between looks;
    ``pause`` is how many seconds events may wait for others to join their commit.
    """

    def __init__(
        self,
        ledger: Ledger,
        body: Body,
        ids: IdSource,
        clock: Clock = system_clock,
        closing_writes: ClosingWrites | None = None,
        *,
        owner: str | None = None,
        wait: Callable[[float], None] = time.sleep,
        close_seconds: float = _CLOSE_SECONDS,
        pause: float = PAUSE,
    ) -> None:
        self._ledger = ledger
        self._body = body
        self._ids = ids
        self._clock = clock
        self._closing_writes = closing_writes
        self._owner = owner or this_process()
        self._wait = wait
        self._close_seconds = close_seconds
        self._journal = Journal(ledger, pause)
        self._lock = threading.Lock()
        self._live: dict[str, LiveRun] = {}
        self._unclosed: dict[str, Closed] = {}
        self._background: BackgroundLoop | None = None
        self._watch: asyncio.Task[None] | None = None
        self._closed = False

    def submit(self, run: Run, also: Sequence[Write] = ()) -> LedgerRunHandle:
        """Record the run, its first event and ``also`` in one commit, and start it; an empty id is filled."""
        run = run.model_copy(
            update={"run_id": run.run_id or self._ids.new("run"), "status": "running", "owner": self._owner}
        )
        started = encode("run_started", self._clock(), None, {})
        with self._lock:
            if self._closed:
                raise UsageError(
                    f"The engine is closed; the run {run.run_id!r} was not accepted.", hint="Connect again."
                )
            if run.run_id in self._live:
                raise ConflictError(f"The run {run.run_id!r} is running already.", hint="Make a new run id.")
            background = self._start_loop()
            live = self._live[run.run_id] = LiveRun(run)
        try:
            self._ledger.commit(
                [
                    run_record(run, run.to_json(), expect=0),
                    Append(event_stream(run.run_id), started, expect=0),
                    *also,
                ]
            )
        except BaseException:
            self._live.pop(run.run_id, None)
            raise
        live.said(1)
        background.call(self._execute, live)
        self._close_the_unclosed()  # the ledger takes writes (again)
        return self._handle(run.run_id, live)

    def attach(self, run_id: str) -> LedgerRunHandle:
        """Return a handle on a run of any process; raises ``RunNotFoundError``."""
        self._close_the_unclosed()
        live = self._live.get(run_id)
        if live is None:
            self.run(run_id)
        return self._handle(run_id, live)

    def run(self, run_id: str) -> Run:
        """Return the record of a run as the ledger says now; raises ``RunNotFoundError``."""
        record = self._ledger.get("run", run_id)
        if record is None:
            raise RunNotFoundError(
                f"There is no run {run_id[:80]!r}.",
                hint="Runs are listed with their session; an id looks like run_01k9….",
                run_id=run_id[:80],
            )
        return Run.model_validate_json(record.body)

    def runs(self, session_id: str, *, limit: int = 50) -> list[Run]:
        """Return the records of a session's runs, newest first."""
        records = self._ledger.of_session("run", session_id, limit=limit, reverse=True)
        return [Run.model_validate_json(record.body) for record in records]

    def recover(self) -> list[str]:
        """Close runs whose owner died (``run_failed``, code ``owner_died``) and return their ids."""
        running = [Run.model_validate_json(record.body) for record in self._ledger.of_workflow("run", RUNNING)]
        dead = {owner for owner in {run.owner for run in running} if not is_alive(owner)}
        orphans = [run.run_id for run in running if run.owner in dead]
        return [*self._close_the_unclosed(), *(run_id for run_id in orphans if self._close_orphan(run_id))]

    def ask_to_stop(self, run_id: str) -> None:
        """Cancel a run of this process now, or leave word for the process that owns it."""
        live = self._live.get(run_id)
        if live is not None:
            live.cancel()
        elif self.run(run_id).status == "running":
            word = Put("cancel", run_id, encode("run_cancelled", self._clock(), None, {}))
            # Somebody asked already: once is enough.
            with contextlib.suppress(ConflictError):
                self._ledger.commit([word])

    def close_if_owner_died(self, run_id: str) -> None:
        """Close a run of another process when that process is gone."""
        run = self.run(run_id)
        if run.status == "running" and not is_alive(run.owner):
            self._close_orphan(run_id)

    def close(self) -> None:
        """Stop accepting runs, wait a bounded time for the running ones and cancel the rest.

        Closing twice does nothing.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            background = self._background
        self._wait_for_all(self._close_seconds)
        for live in list(self._live.values()):
            live.cancel()
        self._wait_for_all(1.0)
        for live in list(self._live.values()):
            self._end(live, Ending())  # a body that ignores being cancelled
        self._journal.stop()
        if background is not None:
            background.stop()

    def _handle(self, run_id: str, live: LiveRun | None) -> LedgerRunHandle:
        return LedgerRunHandle(run_id, self._ledger, self, live, self._wait)

    def _start_loop(self) -> BackgroundLoop:
        if self._background is None:
            # Only a process that runs something pays for importing asyncio.
            from dataops_kernel.engine.loop import BackgroundLoop

            self._background = BackgroundLoop()
        return self._background

    def _execute(self, live: LiveRun) -> None:
        loop = self._start_loop().loop
        task = loop.create_task(self._run_body(live), name=live.run.run_id)
        task.add_done_callback(lambda task: self._end(live, ending_of(task, live)))
        live.started(lambda: loop.call_soon_threadsafe(task.cancel))
        if self._watch is None:
            self._watch = loop.create_task(self._watch_for_cancels(), name="dataops-cancels")

    async def _run_body(self, live: LiveRun) -> Answer:
        def emit(type: EventType, *, step: str | None = None, **data: Any) -> None:
            body = encode(type, self._clock(), step, data)
            if len(body) > MAX_RECORD_BYTES:
                raise LimitExceededError(
                    f"An event of {len(body):,} bytes is over the limit of {MAX_RECORD_BYTES:,}.",
                    hint="Store large content as an artifact and refer to it.",
                )
            if type == "planned" and "plan" in data:
                live.run = live.run.model_copy(update={"plan": Plan.model_validate(data["plan"])})
            self._journal.say(live, body)

        return await self._body(live.run, emit, live.cancelled)

    def _end(self, live: LiveRun, ending: Ending) -> None:
        if not live.begin_closing():
            return
        now = self._clock()
        ended = closed(live.run, ending, now)

        def writes(attempt: int) -> Sequence[Write]:
            # The record is as submit left it unless another process stepped in: only a second try looks.
            revision = 1 if attempt == 0 else None
            # Whatever keeps the last words from being written must not keep the run from closing.
            last_words = self._closing_writes if attempt < LAST_TRY else None
            return closing_writes(self._ledger, ended, last_words, revision=revision)

        def done(attempt: int, unwritten: DataOpsError | None) -> None:
            self._live.pop(live.run.run_id, None)
            final = ended.run
            if unwritten is not None:
                failed = self._unclosed[final.run_id] = closed(live.run, Ending(error=unwritten), now)
                final = failed.run
            elif attempt > 0:
                # After a conflict the ledger may hold another process's word on how this run ended.
                with contextlib.suppress(DataOpsError):
                    final = self.run(final.run_id)
            live.closed(final, unwritten)
            if unwritten is None:
                self._close_the_unclosed()

        self._journal.close_run(Closing(live, writes, done))

    def _close_the_unclosed(self) -> list[str]:
        """Try again to write down how runs ended when the ledger would not take it."""
        mended = []
        for run_id, ended in list(self._unclosed.items()):
            # An error here is about that run, not about what its caller does.
            with contextlib.suppress(DataOpsError):
                if self._close_late(ended) or self.run(run_id).status != "running":
                    self._unclosed.pop(run_id, None)
                    mended.append(run_id)
        return mended

    def _close_orphan(self, run_id: str) -> bool:
        error = OwnerDiedError(
            "The process that executed the run ended before the run did.",
            hint="What it stored so far is kept. Ask again to start over.",
            run_id=run_id,
        )
        return self._close_late(closed(self.run(run_id), Ending(error=error), self._clock()))

    def _close_late(self, ended: Closed) -> bool:
        for last_words in (self._closing_writes, None):
            try:
                writes = closing_writes(self._ledger, ended, last_words)
                self._ledger.commit(writes)
            except ConflictError:
                return False  # another process was quicker
            except DataOpsError as err:
                log("run_not_closed", error=err, run_id=ended.run.run_id)
            else:
                return bool(writes)
        return False

    async def _watch_for_cancels(self) -> None:
        import asyncio

        while self._live:
            await asyncio.sleep(_CANCEL_POLL_SECONDS)
            try:
                asked = self._ledger.get_many("cancel", list(self._live))
            except DataOpsError as err:
                log("cancels_not_read", error=err)  # the next look is soon
                continue
            for record in asked:
                live = self._live.get(record.id)
                if live is not None and not live.cancelled.is_set():
                    live.cancel()
        self._watch = None

    def _wait_for_all(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for live in list(self._live.values()):
            live.wait_until_closed(max(0.0, deadline - time.monotonic()))
