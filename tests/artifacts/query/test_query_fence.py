"""What the query process can and cannot do, whatever SQL it is given."""

import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dataops_kernel.artifacts.query import fence
from dataops_kernel.artifacts.query.process import QueryProcess
from dataops_kernel.errors import BackendError

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's fences are Linux's")


@pytest.fixture
def process():
    made = QueryProcess(memory_mb=256)
    yield made
    made.end()


def select_one(process: QueryProcess):
    job = {"sql": "select 1 as x", "explain": "", "tables": [], "parameters": 0, "max_rows": 1, "max_bytes": 1 << 20}
    return process.ask({**job, "cpu_seconds": 10}, b"", 10)[0].to_pylist()


@linux_only
def test_every_limit_holds(process):
    fences = process.fences()
    limits = {
        line[:26].strip(): line[26:].split()[:2]
        for line in Path(f"/proc/{process.pid}/limits").read_text().splitlines()[1:]
    }

    assert {name for name, held in fences.items() if not held} <= {"no_network", "read_only"}
    assert limits["Max file size"] == ["0", "0"]
    assert limits["Max core file size"] == ["0", "0"]
    assert limits["Max address space"] == [str((256 + 2048) << 20)] * 2


@linux_only
def test_no_secret_of_the_environment_reaches_the_process(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tell nobody")
    process = QueryProcess(memory_mb=256)
    try:
        assert select_one(process) == [{"x": 1}]
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
    finally:
        process.end()

    assert b"AWS" not in environment
    assert b"tell nobody" not in environment


def test_modules_lying_about_are_not_imported(monkeypatch, tmp_path):
    for name in ("duckdb", "pyarrow", "json", "glob", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported the wrong one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    process = QueryProcess(memory_mb=256)
    try:
        assert select_one(process) == [{"x": 1}]
    finally:
        process.end()


@linux_only
def test_the_process_ends_with_its_parent():
    script = (
        "from dataops_kernel.artifacts.query.process import QueryProcess\n"
        "process = QueryProcess(256)\n"
        "process.fences()\n"
        "import os\n"
        "os.write(1, f'{process.pid}\\n'.encode())\n"
        "input()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    watched = os.pidfd_open(pid)

    parent.send_signal(signal.SIGKILL)
    parent.communicate()

    assert select.select([watched], [], [], 10)[0], "the query process outlived its parent"
    os.close(watched)


def test_a_process_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    process = QueryProcess(memory_mb=256)

    with pytest.raises(BackendError, match="did not start: exit code 1") as failed:
        process.fences()

    process.end()
    assert "import duckdb" in failed.value.hint


@pytest.fixture(scope="module")
def fenced():
    """Run a line of Python behind the fences and return what it printed, or the error it met."""
    if sys.platform != "linux":
        pytest.skip("the kernel's fences are Linux's")

    def run(line: str, needs: str) -> str:
        script = (
            f"import sys; sys.path.insert(0, {str(Path(fence.__file__).parent)!r})\n"
            "import fence, os, socket\n"
            "held = fence.lower_privileges(4096)\n"
            f"held[{needs!r}] or os.write(1, b'not held') and os._exit(0)\n"
            f"try:\n    {line}\nexcept OSError as error:\n    os.write(1, type(error).__name__.encode())\n"
            "else:\n    os.write(1, b'done')\n"
        )
        printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        if printed == "not held":
            pytest.skip(f"this system does not offer {needs}")
        return printed

    return run


@pytest.mark.parametrize(
    "line",
    [
        "open({path!r}, 'w')",
        "open({path!r}, 'ab').write(b'x')",
        "os.truncate({path!r}, 0)",
        "os.unlink({path!r})",
        "os.rename({path!r}, {path!r} + '2')",
        "os.link({path!r}, {path!r} + '2')",
        "os.symlink('/etc', {path!r} + '2')",
        "os.mkdir({path!r} + '2')",
        "os.execv('/bin/true', ['true'])",
    ],
)
def test_nothing_can_be_written_or_started(fenced, tmp_path, line):
    file = tmp_path / "file"
    file.write_text("kept")

    assert fenced(line.format(path=str(file)), needs="read_only") == "PermissionError"
    assert file.read_text() == "kept"
    assert list(tmp_path.iterdir()) == [file]


def test_reading_goes_on(fenced, tmp_path):
    (tmp_path / "file").write_text("kept")

    assert fenced(f"assert open({str(tmp_path / 'file')!r}).read() == 'kept'", needs="read_only") == "done"


def test_there_is_no_network(fenced):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), 2).close()

        assert fenced(f"socket.create_connection(('127.0.0.1', {port}), 2)", needs="no_network") != "done"
