"""The event loop that runs execute on: one background thread, and threads for what is not asynchronous."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from dataops_kernel.telemetry import log

_THREADS = 32


class BackgroundLoop:
    """An event loop on a daemon thread, running from construction to ``stop``."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.loop.set_default_executor(DaemonThreads(_THREADS))
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="dataops-engine", daemon=True)
        self._thread.start()

    def call(self, function: Callable[..., object], *arguments: Any) -> None:
        """Call a function on the loop's thread soon; a stopped loop ignores it."""
        if not self._stopping:
            self.loop.call_soon_threadsafe(function, *arguments)

    def stop(self) -> None:
        """End the loop; threads that never come back are left behind."""
        self._stopping = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        while not self._stopping:
            try:
                self.loop.run_forever()
            except (SystemExit, KeyboardInterrupt) as err:
                # A node that calls sys.exit() ends its own run (its task holds the error), never the engine.
                log("exit_in_run", level=logging.ERROR, error=err)
        self._cancel_leftovers()
        self.loop.close()

    def _cancel_leftovers(self) -> None:
        leftovers = asyncio.all_tasks(self.loop)
        for task in leftovers:
            task.cancel()
        if leftovers:
            self.loop.run_until_complete(asyncio.wait(leftovers, timeout=1))


class DaemonThreads(ThreadPoolExecutor):
    """An executor whose threads do not keep the process alive.

    A synchronous node cannot be stopped from outside. The standard pool joins its threads at exit, so one
    node that never returns would hang the terminal; here the process ends, and the ledger tells the next one
    what was cut off.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(max_workers=limit)
        self._limit = limit
        self._work: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._free = threading.Semaphore(0)
        self._count = 0
        self._counting = threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run ``fn`` on a thread and return its future."""
        future: Future[Any] = Future()
        self._work.put((future, lambda: fn(*args, **kwargs)))
        if not self._free.acquire(blocking=False):
            with self._counting:
                if self._count < self._limit:
                    self._count += 1
                    name = f"dataops-node-{self._count}"
                    threading.Thread(target=self._serve, name=name, daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let every thread end after the work it has; waits for none of them."""
        with self._counting:
            for _ in range(self._count):
                self._work.put(None)
        super().shutdown(wait=False, cancel_futures=cancel_futures)

    def _serve(self) -> None:
        while item := self._work.get():
            future, call = item
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except BaseException as err:
                    future.set_exception(err)
            del item, future, call  # an idle thread must not keep results alive
            self._free.release()
