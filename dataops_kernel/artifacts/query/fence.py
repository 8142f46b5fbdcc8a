"""The entry of the query process: gives up what a query never needs, then becomes the worker.

Run as a file by ``process.py`` with a JSON object ``{address_space_mb, memory_mb, import_from}`` as its argument.
DuckDB's own fence (no external access, one allowed file per table) is the first line. These are the lines behind
it, drawn by the kernel, so that they hold even where DuckDB would let something through: DuckDB 2.0 overwrites an
*allowed* file when a CTE says ``COPY … TO`` it.
"""

import contextlib
import ctypes
import json
import os
import resource
import struct
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000
# The system call numbers of Landlock are the same on every architecture.
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446
# Landlock's rights, by the version of the kernel's interface that brought them: (from version, rights).
_FILE_RIGHTS = (
    (1, 0b1_1111_1111_0011),  # execute, write, remove, make: everything of version 1 but reading files and folders
    (2, 1 << 13),  # link or rename into another folder
    (3, 1 << 14),  # truncate
    (5, 1 << 15),  # ioctl on devices
)
_TCP_BIND_AND_CONNECT = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


def lower_privileges(address_space_mb: int) -> dict[str, bool]:
    """Give up what a query never needs, for this process and for good; return which fences took hold.

    Must run before any other thread exists, because Landlock and namespaces bind threads, not processes. Whatever
    the platform does not offer (macOS, an old kernel, a strict container) is left out: the lines add up.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    return {
        "memory": _limit(resource.RLIMIT_AS, address_space_mb << 20),
        "no_files": _limit(resource.RLIMIT_FSIZE, 0),
        "no_cores": _limit(resource.RLIMIT_CORE, 0),
        "no_privileges": _call(libc, "prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0,
        "no_network": _call(libc, "unshare", _CLONE_NEWNET) == 0
        or _call(libc, "unshare", _CLONE_NEWUSER | _CLONE_NEWNET) == 0,
        "read_only": _landlock(libc),
    }


def _limit(kind: int, value: int) -> bool:
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(kind, (value, value))
        return True
    return False


def _call(libc: Any, name: str, *arguments: int) -> int:
    function = getattr(libc, name, None)
    return -1 if function is None else int(function(*arguments))


def _landlock(libc: Any) -> bool:
    """Forbid writing, making, truncating and executing any file, and TCP, where the kernel knows Landlock."""
    if os.uname().sysname != "Linux":
        return False
    version = libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    files = sum(rights for since, rights in _FILE_RIGHTS if version >= since)
    # A ruleset without a single rule: what it handles is allowed nowhere.
    ruleset = struct.pack(
        "QQQ",
        files,
        _TCP_BIND_AND_CONNECT if version >= 4 else 0,
        _ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0,
    )
    size = 8 if version < 4 else 16 if version < 6 else 24
    descriptor = libc.syscall(_LANDLOCK_CREATE_RULESET, ruleset, size, 0)
    if descriptor < 0:
        return False
    try:
        return bool(libc.syscall(_LANDLOCK_RESTRICT_SELF, descriptor, 0) == 0)
    finally:
        os.close(descriptor)


def become_the_worker(setup: dict[str, Any]) -> None:
    """Fence this process in, load ``worker.py`` from beside this file and let it answer until the parent is gone."""
    # Kept for frames alone: nothing else may read or write the two pipes by accident.
    source, target = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    fences = lower_privileges(setup["address_space_mb"])
    # Python was started without site-packages: only the folders of DuckDB and Arrow come back.
    sys.path += setup["import_from"]
    spec = spec_from_file_location("query_worker", Path(__file__).with_name("worker.py"))
    assert spec is not None
    assert spec.loader is not None
    worker = module_from_spec(spec)
    spec.loader.exec_module(worker)
    worker.Worker(worker.Channel(source, target), setup["memory_mb"]).serve(fences)


if __name__ == "__main__":
    become_the_worker(json.loads(sys.argv[1]))
