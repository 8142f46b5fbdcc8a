"""`kill -9` and many writers, at the level of the workbench: what was acknowledged is there, whole, once."""

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

from dataops_kernel import connect
from dataops_kernel.types import ArtifactMetadata, Message

KILLS = 200
PROCESSES = 4
MESSAGES = 500


def _child(work: Callable[[], None]) -> int:
    """Fork and run ``work``; the parent's imports are already there, so a child starts in milliseconds."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    finally:
        os._exit(0)


def _write_until_killed(workspace: Path, session_id: str, round: int, acknowledge: int) -> None:
    wb = connect(workspace, user="ann")
    for number in range(10_000):
        kind = number % 4
        name = f"{round}.{number}"
        if kind == 0:
            wb.sessions.add_message(session_id, Message(role="user", content=name))
        elif kind == 1:
            wb.artifacts.store_artifact({"name": name}, _metadata(session_id, f"small {name}"))
        elif kind == 2:
            # Over the inline limit, so that a blob file is written too.
            wb.artifacts.store_artifact(os.urandom(40_000), _metadata(session_id, f"large {name}"))
        else:
            wb.context.create_checkpoint(session_id, name)
        os.write(acknowledge, f"{kind} {name}\n".encode())


def _metadata(session_id: str, name: str) -> ArtifactMetadata:
    return ArtifactMetadata(session_id=session_id, workflow_name="kill", name=name)


def _acknowledged_before_a_kill(workspace: Path, session_id: str, round: int, chance: random.Random) -> list[str]:
    reading, writing = os.pipe()
    pid = _child(lambda: _write_until_killed(workspace, session_id, round, writing))
    os.close(writing)
    text = b""
    wanted = chance.randint(0, 12)
    while text.count(b"\n") < wanted:
        text += os.read(reading, 65_536)
    # Spin a moment so that the kill also lands between the acknowledgements.
    until = time.perf_counter() + chance.random() * 0.002
    while time.perf_counter() < until:
        pass
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    while piece := os.read(reading, 65_536):
        text += piece
    os.close(reading)
    return text.decode().splitlines()


def test_after_200_kills_no_acknowledged_write_is_lost_and_the_workspace_opens(tmp_path):
    chance = random.Random(20261122)
    workspace = tmp_path / "ws"
    with connect(workspace, user="ann") as wb:
        session_id = wb.sessions.create_session().session_id
    acknowledged: list[str] = []
    slowest = 0.0
    for round in range(KILLS):
        acknowledged += _acknowledged_before_a_kill(workspace, session_id, round, chance)
        start = time.perf_counter()
        with connect(workspace, user="ann") as wb:
            wb.sessions.get_session(session_id, history=1)
        slowest = max(slowest, time.perf_counter() - start)

    with connect(workspace, user="ann") as wb:
        told = [m.content for m in wb.sessions.get_session(session_id).conversation_history]
        stored = {a.name: a for a in wb.artifacts.list_artifacts(session_id)}
        labels = {c.label for c in wb.context.list_checkpoints(session_id)}
        for line in acknowledged:
            kind, _, name = line.partition(" ")
            if kind == "0":
                assert told.count(name) == 1, line
            elif kind == "3":
                assert name in labels, line
            else:
                prefix = "small" if kind == "1" else "large"
                content = wb.artifacts.get_artifact(stored[f"{prefix} {name}"].artifact_id).content
                assert content == {"name": name} if kind == "1" else len(content) == 40_000
    assert len(told) == len(set(told))
    assert len(acknowledged) > KILLS
    assert slowest < 2


def _say(workspace: Path, session_id: str, who: int) -> None:
    with connect(workspace, user="ann") as wb:
        for number in range(MESSAGES):
            wb.sessions.add_message(session_id, Message(role="user", content=f"{who} {number}"))


def test_four_processes_append_2000_messages_and_none_is_lost_doubled_or_reordered(tmp_path):
    workspace = tmp_path / "ws"
    with connect(workspace, user="ann") as wb:
        session_id = wb.sessions.create_session().session_id

    children = [_child(lambda who=who: _say(workspace, session_id, who)) for who in range(PROCESSES)]
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * PROCESSES

    with connect(workspace, user="ann") as wb:
        told = [m.content for m in wb.sessions.get_session(session_id).conversation_history]
        ids = [m.message_id for m in wb.sessions.messages(session_id, limit=10_000)]
    assert len(told) == PROCESSES * MESSAGES
    assert len(set(ids)) == len(ids)
    for who in range(PROCESSES):
        assert [t for t in told if t.startswith(f"{who} ")] == [f"{who} {n}" for n in range(MESSAGES)]


def test_a_workspace_is_read_while_another_process_writes(tmp_path):
    workspace = tmp_path / "ws"
    with connect(workspace, user="ann") as wb:
        session_id = wb.sessions.create_session().session_id
        pid = _child(lambda: _say(workspace, session_id, 0))
        seen: list[int] = []
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            seen.append(len(wb.sessions.messages(session_id, limit=MESSAGES)))
        assert seen == sorted(seen)
        assert len(wb.sessions.messages(session_id, limit=MESSAGES + 1)) == MESSAGES
