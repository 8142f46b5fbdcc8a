"""Which process owns a run, written so that any other process can see whether it still lives.

An owner reads ``host:pid:start``; the start keeps a recycled process number from looking like the old owner.
"""

import os
from pathlib import Path

_PROC = Path("/proc")
_UNKNOWN = "unknown"


def this_process() -> str:
    """Return the owner text of the calling process."""
    return f"{_host()}:{os.getpid()}:{_started(os.getpid())}"


def is_alive(owner: str) -> bool:
    """Say whether the process still runs; what cannot be told (another host, no process table) is alive."""
    host, _, process = owner.partition(":")
    number, _, start = process.partition(":")
    if host != _host() or start == _UNKNOWN or not number.isdigit():
        return True
    return _started(int(number)) in (start, _UNKNOWN)


def _host() -> str:
    return os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "host")


def _started(pid: int) -> str | None:
    """Return a text that only this life of this process number has; None when nothing runs under it."""
    if (_PROC / "self" / "stat").exists():
        return _started_by_proc(pid)
    return _started_by_ps(pid) if os.name == "posix" else _UNKNOWN


def _started_by_proc(pid: int) -> str | None:
    try:
        # The second field is the command in brackets and may hold anything, brackets too.
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    if fields[0] in (b"Z", b"X"):
        return None  # it ended; only its parent has not asked yet
    return f"{_boot()}-{fields[19].decode()}"


def _boot() -> str:
    # Ticks count from boot, so the boot belongs to the name.
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text()[:8]
    except OSError:
        return "boot"


def _started_by_ps(pid: int) -> str | None:
    import subprocess

    try:
        told = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)],
            # Two processes must read the same text, whatever language and time zone each one speaks.
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return _UNKNOWN
    return "-".join(told.stdout.split()) or None
