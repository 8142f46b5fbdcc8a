"""Other processes, for tests of what must hold between processes and after one of them died."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import dataops_kernel

_ROOT = Path(dataops_kernel.__file__).parents[1]


def start(
    code: str, *arguments: object, site_packages: bool = False, under: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    """Start ``code`` in a fresh interpreter, with pipes to its standard input and output.

    Without ``site_packages`` (enough for the standard library and the kernel's own floors) it starts twice as fast.
    ``under`` is a command that starts it, such as a tracer.
    """
    command = [*under, sys.executable, *([] if site_packages else ["-S"]), "-c", code, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)


def run(code: str, *arguments: object, site_packages: bool = False) -> str:
    """Run ``code`` to its end and return what it printed; raises ``AssertionError`` when it failed."""
    process = start(code, *arguments, site_packages=site_packages)
    output, _ = process.communicate()
    assert process.returncode == 0, f"exit code {process.returncode}, printed {output.decode()!r}"
    return output.decode()
