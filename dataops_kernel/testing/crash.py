"""Processes that are killed with `kill -9` wherever they are, cheaply enough to do it a thousand times.

A *nursery* imports everything once and forks a worker for every trial, so a trial costs milliseconds. Nothing is open
in the nursery while it forks: a worker opens what it needs.
"""

import contextlib
import gc
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from dataops_kernel.testing.processes import start

Acknowledge = Callable[[str], None]
Work = Callable[[Any, Acknowledge], None]
"""Does what a plan says and acknowledges each thing right after it was done, with one line of text."""

_SERVE = """
import importlib, sys
if "strace" in sys.argv:
    from dataops_kernel.testing.faults import pass_the_strike
    pass_the_strike()
from dataops_kernel.testing.crash import serve
module, _, name = sys.argv[1].partition(":")
serve(getattr(importlib.import_module(module), name))
"""


_NEVER = 1 << 62


class Trial(NamedTuple):
    """What a worker acknowledged, and whether it was killed (or had come to its end before)."""

    acknowledged: list[str]
    killed: bool


class Nursery:
    """Forks workers that do ``work`` (written ``module:function``) and kills them.

    ``warm`` is a plan that is worked through once, to its end, in the nursery itself: what it imports, every worker
    has. ``under`` is a command to start it under, such as ``testing.faults.failing_calls("EIO")``.
    """

    def __init__(self, work: str, warm: Any, *, under: Sequence[str] = ()) -> None:
        self._process = start(_SERVE, work, *under[:1], site_packages=True, under=under)
        self._send(warm)
        self._buffer = b""
        self._expect("warm")

    def run(self, plan: Any) -> list[str]:
        """Have a worker follow a plan to its end and return what it acknowledged."""
        return self.kill(plan, after=_NEVER).acknowledged

    def kill(self, plan: Any, *, after: int, spin: int = 0) -> Trial:
        """Have a worker follow a plan, kill it ``after`` so many acknowledgements (and ``spin`` turns of a loop).

        Raises ``AssertionError`` with the worker's traceback when it broke.
        """
        self._send(plan)
        pid = int(self._expect("begun"))
        acknowledged: list[str] = []
        while len(acknowledged) < after:
            word, told = self._line()
            if word == "ended":
                return Trial(acknowledged, killed=False)
            acknowledged.append(_told(word, told))
        for _ in range(spin):
            pass  # a moment that nobody chose
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        while True:
            word, told = self._line()
            if word == "ended":
                return Trial(acknowledged, killed=int(told) == signal.SIGKILL)
            acknowledged.append(_told(word, told))

    def close(self) -> None:
        """End the nursery."""
        self._process.communicate()

    def _send(self, plan: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(plan).encode() + b"\n")
        self._process.stdin.flush()

    def _expect(self, wanted: str) -> str:
        word, told = self._line()
        assert word == wanted, json.loads(told) if word == "broke" else f"{word} {told}"
        return told

    def _line(self) -> tuple[str, str]:
        assert self._process.stdout is not None
        while b"\n" not in self._buffer:
            piece = os.read(self._process.stdout.fileno(), 65_536)
            assert piece, "the nursery ended"
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        word, _, told = line.decode().partition(" ")
        return word, told


def serve(work: Work) -> None:
    """Be a nursery: follow the first plan here, and each further one in a child, which may be killed."""
    plans = map(json.loads, sys.stdin.buffer)
    _follow(work, next(plans), lambda told: None)
    _say("warm")
    gc.freeze()  # what is there now is shared with every child; looking for garbage in it would copy it
    for plan in plans:
        pid = os.fork()
        if pid == 0:
            _say(f"begun {os.getpid()}")
            _follow(work, plan, lambda told: _say(f"told {told}"))
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        _say(f"ended {status}")


def _follow(work: Work, plan: Any, acknowledge: Acknowledge) -> None:
    try:
        work(plan, acknowledge)
    except BaseException:
        _say(f"broke {json.dumps(traceback.format_exc())}")
        os._exit(1)


def _say(line: str) -> None:
    # One write of a short line is never torn, and is in the pipe when it returns. (`writev`, because faults are laid
    # on `write`.)
    os.writev(1, [line.encode() + b"\n"])


def _told(word: str, told: str) -> str:
    assert word == "told", json.loads(told) if word == "broke" else f"{word} {told}"
    return told
