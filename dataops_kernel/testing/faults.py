"""System calls that fail: every call by which an operation writes is refused once, by the kernel's own hand.

A nursery (see ``testing.crash``) runs under `strace`, which makes the ``STRIKE``-th call of each kind fail in every
thread. An operation is done in a thread of its own that first makes harmless calls of that kind, just so many that
the fault falls on the operation's n-th: so one tracer serves any number of places to fail.

What `strace` cannot do is a short write: it could only lie about one. For those there is a limit on the size of files,
at which the system writes what fits and refuses the rest.
"""

import contextlib
import errno
import os
import resource
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

STRIKE = 400
_NO_FILE = 1_000_000
_NOWHERE = f"{os.devnull}/nowhere"


CALLS: Mapping[str, Callable[[], object]] = {
    "write": lambda: os.write(_NO_FILE, b""),
    "pwrite64": lambda: os.pwrite(_NO_FILE, b"", 0),
    "fsync": lambda: os.fsync(_NO_FILE),
    "fdatasync": lambda: os.fdatasync(_NO_FILE),
    "ftruncate": lambda: os.ftruncate(_NO_FILE, 0),
    "fchmod": lambda: os.fchmod(_NO_FILE, 0),
    "openat": lambda: os.close(os.open(os.devnull, os.O_WRONLY)),
    "mkdir": lambda: os.mkdir(_NOWHERE),  # noqa: PTH102  exactly one call
    "rename": lambda: os.rename(_NOWHERE, _NOWHERE),  # noqa: PTH104
    "link": lambda: os.link(_NOWHERE, _NOWHERE),
    "unlink": lambda: os.unlink(_NOWHERE),  # noqa: PTH108
}
"""The calls by which a program changes files, and how to make one that changes nothing."""

# Some machines know a call only under its newer name; a question mark passes over those that do not exist.
_TRACED = ",".join(f"?{name}" for call in CALLS for name in (call, f"{call}at", f"{call}at2"))


class Outcome(NamedTuple):
    """How an operation ended: what it returned or raised, and whether the fault fell on it at all."""

    value: Any
    error: BaseException | None
    struck: bool


def failing_calls(fault: str) -> list[str]:
    """Return the command that a nursery is started under so that calls fail with ``fault``, such as ENOSPC.

    Raises ``AssertionError`` where `strace` is not installed.
    """
    assert shutil.which("strace"), "strace is not installed: apt-get install strace"
    # With a filter in the kernel only these calls stop for the tracer; all others run at full speed.
    options = ["-f", "-qq", "--seccomp-bpf", "-o", os.devnull]
    return ["strace", *options, "-e", f"trace={_TRACED}", "-e", f"inject={_TRACED}:error={fault}:when={STRIKE}"]


def pass_the_strike() -> None:
    """Use up the calls that fail in this thread; for a nursery, before it imports anything."""
    for call in CALLS.values():
        for _ in range(STRIKE + 1):
            with contextlib.suppress(OSError):
                call()


def strike(call: str, number: int, fault: str, work: Callable[[], Any]) -> Outcome:
    """Do ``work`` in a thread of its own whose ``number``-th ``call`` fails; under ``failing_calls``."""
    outcomes: list[Outcome] = []

    def act() -> None:
        for _ in range(STRIKE - number):
            _make(call, fault)
        value, error = None, None
        try:
            value = work()
        except BaseException as raised:
            error = raised
        # When one of the calls that were left over fails now, the fault had not fallen before.
        struck = not any(_make(call, fault) for _ in range(number))
        outcomes.append(Outcome(value, error, struck))

    thread = threading.Thread(target=act)
    thread.start()
    thread.join()
    return outcomes[0]


def _make(call: str, fault: str) -> bool:
    """Make one call that changes nothing and say whether it failed with the fault."""
    try:
        CALLS[call]()
    except OSError as error:
        return bool(error.errno == getattr(errno, fault))
    return False


@contextlib.contextmanager
def short_writes(limit: int) -> Iterator[None]:
    """Let no file of this process grow over ``limit`` bytes: a write across it is cut short, the next one refused."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
