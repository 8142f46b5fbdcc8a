"""Fsyncs and bytes written per operation: they hold on any disk, so they are gated, not just printed."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

OPERATIONS = 50

_PROGRAM = """
import os, sys
from dataops_kernel import connect
from dataops_kernel.types import ArtifactMetadata, Message
wb = connect(sys.argv[1])
s = wb.sessions.create_session().session_id
meta = lambda i: ArtifactMetadata(session_id=s, workflow_name="w", name=f"n{i}")
message = Message(role="user", content="x" * 500)
operations = {
    "nothing": lambda i: None,
    "append a message": lambda i: wb.sessions.add_message(s, message),
    "store 1 KB": lambda i: wb.artifacts.store_artifact({"text": "x" * 900}, meta(i)),
    "store 100 KB": lambda i: wb.artifacts.store_artifact(os.urandom(100_000), meta(i)),
    "checkpoint": lambda i: wb.context.create_checkpoint(s, f"c{i}"),
}
operation = operations[sys.argv[2]]
written = lambda: int(open("/proc/self/io").read().split("wchar:")[1].split()[0])
operation(-1)
before = written()
for i in range(int(sys.argv[3])):
    operation(i)
sys.stdout.write(str(written() - before))
"""

GATES = {"append a message": (1, 16_384), "store 1 KB": (1, 65_536), "store 100 KB": (4, None), "checkpoint": (1, None)}
"""Operation: at most so many fsyncs, at most so many bytes written."""


def counts(operation: str) -> tuple[float, float]:
    """Return (fsyncs, bytes written) per operation, counted by strace and the kernel."""
    few, many = _traced(operation, 0), _traced(operation, OPERATIONS)
    return (many[0] - few[0]) / OPERATIONS, many[1] / OPERATIONS


def _traced(operation: str, times: int) -> tuple[int, int]:
    folder = Path(tempfile.mkdtemp())
    try:
        log = folder / "strace"
        command = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(log)]
        done = subprocess.run(
            [*command, sys.executable, "-c", _PROGRAM, str(folder / "ws"), operation, str(times)],
            capture_output=True,
            text=True,
            check=True,
        )
        return len(re.findall(r"f(?:data)?sync\(", log.read_text())), int(done.stdout)
    finally:
        shutil.rmtree(folder)


def lines() -> list[str]:
    """Return one line per gated operation with what was counted."""
    if shutil.which("strace") is None:
        return ["fsyncs per operation: strace is not installed"]
    found = []
    for operation, (fsyncs, size) in GATES.items():
        counted, written = counts(operation)
        limit = f", goal ≤ {size:,}" if size else ""
        found.append(f"{operation:20} {counted:5.2f} fsyncs (goal ≤ {fsyncs})   {written:10,.0f} bytes written{limit}")
    return found
