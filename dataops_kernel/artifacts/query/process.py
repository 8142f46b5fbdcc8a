"""The parent's end of one query process: start it, ask it, stop it, kill it."""

import contextlib
import fcntl
import json
import os
import re
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dataops_kernel.errors import BackendError

_FRAME = struct.Struct(">IQ")
_READ_BYTES = 1 << 20
_START_SECONDS = 60.0
_GRACE_SECONDS = 0.5
_ENDING_SECONDS = 0.3
_TICK_SECONDS = 0.02
# What an interpreter may need to find its own libraries; nothing else of the environment reaches the process.
_KEPT_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")

Frame = tuple[dict[str, Any], bytes]


class ProcessDied(Exception):
    """The query process ended before it answered; ``started`` says whether it had begun with the query."""

    def __init__(self, *, started: bool) -> None:
        super().__init__("The query process ended.")
        self.started = started


class Stopped(Exception):
    """The query was stopped: past its time, or cancelled."""

    def __init__(self, *, cancelled: bool) -> None:
        super().__init__("cancelled" if cancelled else "past its time")
        self.cancelled = cancelled


class Failed(Exception):
    """The query failed inside the process: the name of the error there and its text."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text


class QueryProcess:
    """One query process. One thread at a time asks and ends it; any thread may ``kill`` it."""

    def __init__(self, memory_mb: int, timer: Callable[[], float] = time.monotonic) -> None:
        """Start the process and return at once; it gets ready (some 0.5 s) while the caller goes on."""
        self._timer = timer
        self._jobs = 0
        self._arrived = bytearray()
        self._hello: dict[str, Any] | None = None
        self._killed = False
        setup = {
            "memory_mb": memory_mb,
            # Beside DuckDB's own memory: the libraries, Arrow, and the result on its way out.
            "address_space_mb": memory_mb + 2048,
            "import_from": _folders_of("duckdb", "pyarrow", "numpy"),
        }
        try:
            self._process = _popen(setup)
        except OSError as error:
            raise BackendError(
                f"The query process did not start: {error}.", hint="Free memory or processes on this machine."
            ) from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        os.set_blocking(self._pipes[0].fileno(), False)
        _widen(self._pipes[1].fileno())

    @property
    def pid(self) -> int:
        """The operating system's number of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs and nobody has killed it."""
        return not self._killed and self._process.poll() is None

    @property
    def ending(self) -> str:
        """How a process that is gone ended, such as ``SIGKILL`` or ``exit code 1``."""
        code = self._process.wait()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def fences(self) -> dict[str, bool]:
        """Wait until the process is ready and say which of its fences took hold (see ``fence.py``)."""
        self._wait_for_hello()
        assert self._hello is not None
        return dict(self._hello["fences"])

    def ask(
        self, job: dict[str, Any], body: bytes, seconds: float, cancelled: threading.Event | None = None
    ) -> tuple[Any, bool]:
        """Run one job and return (its rows as an Arrow table, whether some were left out).

        Raises ``Failed`` with the engine's words, ``Stopped`` past ``seconds`` or when ``cancelled`` is set, and
        ``ProcessDied``. A process that does not stop soon after it is told to is killed.
        """
        self._wait_for_hello()
        self._jobs += 1
        until = self._timer() + seconds
        started, stopping = False, False
        pieces: list[bytes] = []
        try:
            self._send({**job, "id": self._jobs}, body, until)
            while True:
                frame = self._receive(until, None if stopping else cancelled)
                if frame is None and stopping:
                    self.kill()
                    raise Stopped(cancelled=_is_set(cancelled))
                if frame is None:
                    stopping, until = True, self._timer() + _GRACE_SECONDS
                    self._send({"stop": self._jobs}, b"", until)
                    continue
                header, piece = frame
                started = True
                if "rows" in header:
                    pieces.append(piece)
                elif "done" in header:
                    return _table(pieces), bool(header["truncated"])
                elif "failed" in header:
                    raise (
                        Stopped(cancelled=_is_set(cancelled)) if stopping else Failed(header["failed"], header["text"])
                    )
        except (EOFError, BrokenPipeError) as error:
            raise ProcessDied(started=started) from error

    def kill(self) -> None:
        """Stop the process, whoever is using it, without waiting for its end (freeing its memory takes a while)."""
        self._killed = True
        self._process.kill()

    def end(self) -> None:
        """Kill the process and give its pipes back; nobody else may be using it."""
        self.kill()
        self._wait_briefly()
        for pipe in self._pipes:
            pipe.close()

    def _wait_briefly(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDING_SECONDS)

    def _wait_for_hello(self) -> None:
        if self._hello is not None:
            return
        try:
            frame = self._receive(self._timer() + _START_SECONDS)
        except EOFError:
            frame = None
        if frame is None and self._killed:
            raise ProcessDied(started=False)
        if frame is None:
            self._wait_briefly()
            self.kill()
            said = re.findall(r"^\w[\w.]*(?:Error|Exception)\b.*", self._pipes[2].read().decode(errors="replace"), re.M)
            raise BackendError(
                f"The query process did not start: {said[-1] if said else self.ending}.",
                hint=f"Try `{sys.executable} -c 'import duckdb, pyarrow'`; if it fails, install the package again.",
            )
        self._hello = frame[0]

    def _send(self, header: dict[str, Any], body: bytes, until: float) -> None:
        text = json.dumps(header).encode()
        left = memoryview(_FRAME.pack(len(text), len(body)) + text + body)
        target = self._pipes[0].fileno()
        while left and _ready(target, select.POLLOUT, until - self._timer()):
            left = left[os.write(target, left) :]

    def _receive(self, until: float, cancelled: threading.Event | None = None) -> Frame | None:
        """Return the next frame, or None when it is too late or the caller has given up; ``EOFError`` at the end."""
        source = self._pipes[1].fileno()
        while (frame := self._take_frame()) is None:
            left = until - self._timer()
            if left <= 0 or _is_set(cancelled):
                return None
            if _ready(source, select.POLLIN, left if cancelled is None else min(left, _TICK_SECONDS)):
                data = os.read(source, _READ_BYTES)
                if not data:
                    raise EOFError
                self._arrived += data
        return frame

    def _take_frame(self) -> Frame | None:
        if len(self._arrived) < _FRAME.size:
            return None
        header_size, body_size = _FRAME.unpack_from(self._arrived)
        start, end = _FRAME.size + header_size, _FRAME.size + header_size + body_size
        if len(self._arrived) < end:
            return None
        header, body = json.loads(self._arrived[_FRAME.size : start]), bytes(self._arrived[start:end])
        del self._arrived[:end]
        return header, body


def _popen(setup: dict[str, Any]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        # Isolated and without site: no module of the user's folder or environment gets to run in there.
        [sys.executable, "-I", "-S", str(Path(__file__).with_name("fence.py")), json.dumps(setup)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd="/",
        env={
            **{name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
            # The address space is limited, and every arena and every idle BLAS thread reserves some.
            "MALLOC_ARENA_MAX": "2",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        },
    )


def _table(pieces: list[bytes]) -> Any:
    from pyarrow import ipc

    with ipc.open_stream(b"".join(pieces)) as reader:
        return reader.read_all()


def _is_set(event: threading.Event | None) -> bool:
    return event is not None and event.is_set()


def _ready(descriptor: int, what: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, what)
    return bool(poll.poll(max(seconds, 0) * 1000))


def _widen(descriptor: int) -> None:
    """Let more of a large result wait in the pipe, where the platform can."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _READ_BYTES)


def _folders_of(*modules: str) -> list[str]:
    """Return the folders the modules would be imported from, in order, without importing them."""
    origins = [spec.origin for name in modules if (spec := find_spec(name)) is not None and spec.origin]
    return list(dict.fromkeys(str(Path(origin).parent.parent) for origin in origins))
