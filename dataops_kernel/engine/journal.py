"""Writing down what runs say: many events in one commit, in order, and each closing whole in one commit."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dataops_kernel.engine.live import LiveRun
from dataops_kernel.errors import ConflictError, DataOpsError, RunCancelledError, StorageUnavailableError
from dataops_kernel.storage.ledger import Append, Ledger, Write
from dataops_kernel.telemetry import log
from dataops_kernel.types import event_stream

# A commit holds at most 100 writes; the rest is room for a closing with its messages.
_BATCH = 64
_CAPACITY = 1024
PAUSE = 0.01
"""Seconds an event may wait for others; nobody who watches a run notices them."""
LAST_TRY = 3
"""The number of the last attempt to close a run; the first is 0."""


class _Saying(NamedTuple):
    live: LiveRun
    body: bytes


class Closing(NamedTuple):
    """The end of a run: ``writes(attempt)`` makes its commit, ``done(attempt, error)`` hears how it went."""

    live: LiveRun
    writes: Callable[[int], Sequence[Write]]
    done: Callable[[int, DataOpsError | None], None]


class Journal:
    """One writer for all runs of an engine.

    What is said while a commit is being made joins the next one, so a chatty node does not cost a disk flush
    a word. A short pause before an ordinary commit lets the closing of a brief run join it; a closing is
    written at once.
    """

    def __init__(self, ledger: Ledger, pause: float = PAUSE) -> None:
        self._ledger = ledger
        self._pause = pause
        self._waiting: deque[_Saying | Closing] = deque()
        self._closing: set[LiveRun] = set()
        self._stopped = False
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None

    def say(self, live: LiveRun, body: bytes) -> None:
        """Queue one event, waiting only while the queue is full.

        Raises ``RunCancelledError`` once the run is closing.
        """
        with self._change:
            self._change.wait_for(lambda: len(self._waiting) < _CAPACITY or live in self._closing)
            if live in self._closing or live.final is not None or self._stopped:
                raise RunCancelledError(
                    f"The run {live.run.run_id!r} is closed and says nothing more.",
                    hint="Let background work of a node end before the node returns.",
                    run_id=live.run.run_id,
                )
            self._put(_Saying(live, body))

    def close_run(self, closing: Closing) -> None:
        """Queue the closing of a run, after everything it said."""
        with self._change:
            self._closing.add(closing.live)
            self._put(closing)

    def stop(self) -> None:
        """Write what waits and end the writer."""
        with self._change:
            self._stopped = True
            self._change.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=30)

    def _put(self, item: _Saying | Closing) -> None:
        self._waiting.append(item)
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_on, name="dataops-journal", daemon=True)
            self._thread.start()
        if len(self._waiting) in (1, _BATCH) or isinstance(item, Closing):
            self._change.notify_all()

    def _write_on(self) -> None:
        while batch := self._next_batch():
            last = batch[-1]
            sayings = [item for item in batch if isinstance(item, _Saying)]
            self._write(sayings, last if isinstance(last, Closing) else None)

    def _next_batch(self) -> list[_Saying | Closing]:
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._stopped)
            self._change.wait_for(self._is_due, self._pause)
            batch: list[_Saying | Closing] = []
            while self._waiting and len(batch) < _BATCH:
                batch.append(self._waiting.popleft())
                if isinstance(batch[-1], Closing):
                    break
            self._change.notify_all()
        return batch

    def _is_due(self) -> bool:
        return bool(self._closing) or self._stopped or len(self._waiting) >= _BATCH

    def _write(self, sayings: Sequence[_Saying], closing: Closing | None) -> None:
        try:
            self._commit(sayings, closing.writes(0) if closing else ())
        except Exception as err:
            if closing is None:
                self._lose(sayings, err)
                return
            # One of the two stands in the other's way: each on its own.
            try:
                self._commit(sayings, ())
            except Exception as lost:
                self._lose(sayings, lost)
            self._close_alone(closing)
        else:
            if closing is not None:
                self._finish(closing, 0, None)

    def _close_alone(self, closing: Closing) -> None:
        failure: Exception | None = None
        for attempt in range(1, LAST_TRY + 1):
            try:
                self._commit((), closing.writes(attempt))
            except Exception as err:
                failure = err
            else:
                return self._finish(closing, attempt, None)
        assert failure is not None
        log("run_not_closed", level=logging.ERROR, error=failure, run_id=closing.live.run.run_id)
        return self._finish(closing, LAST_TRY, _as_storage_error(failure))

    def _commit(self, sayings: Sequence[_Saying], closing: Sequence[Write]) -> None:
        events = [Append(event_stream(saying.live.run.run_id), saying.body) for saying in sayings]
        numbers = self._ledger.commit([*events, *closing])
        for saying, number in zip(sayings, numbers, strict=False):
            saying.live.said(number)

    def _lose(self, sayings: Sequence[_Saying], error: Exception) -> None:
        for live in {saying.live for saying in sayings}:
            log("event_not_written", level=logging.ERROR, error=error, run_id=live.run.run_id)
            live.lose(_as_storage_error(error))

    def _finish(self, closing: Closing, attempt: int, error: DataOpsError | None) -> None:
        closing.done(attempt, error)
        with self._change:
            self._closing.discard(closing.live)
            self._change.notify_all()


def _as_storage_error(error: Exception) -> DataOpsError:
    if isinstance(error, DataOpsError) and not isinstance(error, ConflictError):
        return error
    return StorageUnavailableError(
        f"What the run said could not be written: {error}.", hint="`dataops doctor` checks the workspace."
    )
