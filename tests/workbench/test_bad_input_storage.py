"""A disk that is full, closed, foreign or broken: a clear error, and everything acknowledged is still there."""

import json
import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from dataops_kernel import connect
from dataops_kernel.errors import BackendError, StorageUnavailableError, WorkspaceVersionError
from tests.rights import without_override

COMMAND = Path(sys.executable).with_name("dataops")

FULL_DISK = """
import json, resource, sys
from dataops_kernel import connect
from dataops_kernel.errors import DataOpsError

workspace, file, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
told = []
with connect(workspace, user="ann") as workbench:
    session_id = workbench.sessions.current().session_id
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    for _ in range(3):
        try:
            told.append(workbench.ask(session_id, f"profile {file}").result(timeout=100).kind)
        except DataOpsError as err:
            told.append(err.to_dict())
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    told.append(workbench.ask(session_id, "profile orders").result(timeout=100).kind)
sys.stdout.write(json.dumps(told))
"""


@pytest.fixture
def filled(tmp_path, data):
    """A workspace with one answered question, closed; its session's id."""
    with connect(tmp_path / "ws", user="ann") as workbench:
        session_id = workbench.sessions.create_session(title="kept").session_id
        workbench.ask(session_id, f"profile {data / 'orders.csv'}").result(timeout=60)
        workbench.context.create_checkpoint(session_id, "before")
    return session_id


def everything_kept(workspace, session_id):
    with connect(workspace, user="ann") as workbench:
        messages = workbench.sessions.messages(session_id, limit=1000)
        total = workbench.sql("select count(*) n, sum(amount)::double s from orders", session_id).to_pylist()
        labels = [checkpoint.label for checkpoint in workbench.context.list_checkpoints(session_id)]
        runs = workbench.runs.list(session_id)
        for artifact in workbench.artifacts.list_artifacts(session_id):
            workbench.artifacts.get_artifact(artifact.artifact_id)
    return messages, total, labels, runs


@pytest.mark.parametrize("limit", [100_000, 700_000, 1_500_000], ids=["the ledger", "a blob", "in between"])
def test_a_full_disk_is_an_error_with_a_fix_and_what_was_acknowledged_stays(tmp_path, filled, limit):
    before = everything_kept(tmp_path / "ws", filled)
    numbers = random.Random(7)
    big = tmp_path / "big.csv"
    big.write_text("a,b\n" + "".join(f"{i},{numbers.random()}\n" for i in range(200_000)))

    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path / "ws", big, str(limit)], capture_output=True, text=True, timeout=200
    )

    assert done.returncode == 0, done.stderr
    *failed, afterwards = json.loads(done.stdout)
    for error in failed:
        assert error["code"] == "storage_unavailable"
        assert error["hint"]
    assert afterwards == "answer"
    after = everything_kept(tmp_path / "ws", filled)
    assert after[0][: len(before[0])] == before[0]
    assert after[1:3] == before[1:3]
    assert all(run.status != "running" for run in after[3])
    asked = [message for message in after[0] if message.role == "user"]
    assert len(after[0]) == 2 * len(asked), "a turn was left without its end"


@pytest.fixture
def read_only(tmp_path, filled):
    """Every file of the workspace without its write bit; root is held to it by giving up its right to ignore it."""
    workspace = tmp_path / "ws"
    everything = [workspace, *workspace.rglob("*")]
    for path in everything:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield workspace
    for path in everything:
        path.chmod(0o755 if path.is_dir() else 0o644)


def dataops(workspace: Path, *arguments: str, held: bool = False) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATAOPS_WORKSPACE": str(workspace), "DATAOPS_USER": "ann"}
    done = subprocess.run(
        [COMMAND, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        preexec_fn=without_override if held else None,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def test_a_read_only_workspace_can_be_read_and_refuses_writing_in_a_sentence(read_only, data):
    reading = {
        ("artifacts",): "orders_profile",
        ("artifacts", "show", "orders", "--limit", "1"): "order_id",
        ("sessions",): "kept",
        ("sessions", "show"): "600 rows",
        ("sql", "select count(*) from orders"): "600",
        ("lineage", "orders"): "orders.csv",
        ("checkpoint", "list"): "before",
        ("checkpoint", "diff", "before"): "",
        ("workflows",): "schema_analyzer",
    }
    for arguments, shown in reading.items():
        done = dataops(read_only, *arguments, held=True)
        assert done.returncode == 0, (arguments, done.stderr)
        assert shown in done.stdout

    for arguments in (
        ("ask", f"profile {data / 'orders.csv'}"),
        ("run", "schema_analyzer", "source=orders"),
        ("checkpoint", "create", "x"),
        ("checkpoint", "restore", "before"),
        ("sessions", "new"),
        ("sessions", "rename", "--title", "x"),
    ):
        done = dataops(read_only, *arguments, held=True)
        assert done.returncode == 1, arguments
        assert "[storage_unavailable]" in done.stderr
        assert "writable" in done.stderr


def test_the_doctor_names_what_is_read_only_and_its_fix(read_only):
    done = dataops(read_only, "doctor", "--json", held=True)

    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["status"] == "degraded"
    assert not found["components"]["ledger"]["ok"]
    assert "writable" in found["components"]["ledger"]["hint"]


def test_a_workspace_of_a_newer_version_is_left_alone(tmp_path, filled):
    file = tmp_path / "ws" / "ledger.sqlite"
    ledger = sqlite3.connect(file)
    ledger.execute("pragma user_version = 999")
    ledger.close()
    before = file.read_bytes()

    with pytest.raises(WorkspaceVersionError, match="999") as caught:
        connect(tmp_path / "ws", user="ann")

    assert "Upgrade" in caught.value.hint
    assert file.read_bytes() == before


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_workspace_path_that_is_a_file_says_so(tmp_path, below):
    file = tmp_path / "notes.txt"
    file.write_text("mine")

    with pytest.raises(StorageUnavailableError, match="is a file") as caught:
        connect(file / below if below else file)

    assert "DATAOPS_WORKSPACE" in caught.value.hint
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    "garbage", [random.Random(1).randbytes(50_000), b"SQLite format 3\x00" + b"\x07" * 8000], ids=["noise", "half true"]
)
def test_a_ledger_that_is_garbage_is_told_apart_and_not_touched(tmp_path, garbage):
    file = tmp_path / "ws" / "ledger.sqlite"
    file.parent.mkdir()
    file.write_bytes(garbage)

    with pytest.raises(BackendError) as caught:
        connect(tmp_path / "ws")
    done = dataops(tmp_path / "ws", "doctor")

    assert caught.value.hint
    assert file.read_bytes() == garbage
    assert done.returncode == 1
    assert "error:" in done.stderr
