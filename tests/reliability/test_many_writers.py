"""Eight processes, a hundred sessions, ten thousand messages, and two of them going back and forth meanwhile."""

import os
import random
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from dataops_kernel.sessionlog.bodies import parse_entries
from dataops_kernel.sessionlog.line import trace
from dataops_kernel.storage.embedded import SqliteLedger
from dataops_kernel.types import CheckpointNamed, Message, MessageAdded, Restored, session_stream
from tests.reliability.acting import opened

PROCESSES = 8
SESSIONS = 100
MESSAGES = 10_000
RESTORERS = (0, 1)
_OWN = MESSAGES // PROCESSES


def _child(work: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _write(workspace: Path, sessions: list[str], who: int) -> None:
    """Say this process's messages in an order of its own; two of the processes also name points and go back to them."""
    dice = random.Random(who)
    with opened(workspace) as wb:
        for number in range(_OWN):
            session_id = dice.choice(sessions)
            wb.sessions.add_message(session_id, Message(role="user", content=f"{who} {number}"))
            if who in RESTORERS and number % 10 == 0:
                wb.context.create_checkpoint(session_id, f"{who} {number}")
            if who in RESTORERS and number % 20 == 0:
                # Named a moment ago here, or at any time by the other one.
                label = dice.choice(wb.context.list_checkpoints(session_id)).label
                wb.context.restore_checkpoint(session_id, label)


@pytest.mark.timeout(240)
def test_eight_processes_say_ten_thousand_things_in_a_hundred_sessions_exactly_once(tmp_path, capsys):
    workspace = tmp_path / "ws"
    with opened(workspace) as wb:
        sessions = [wb.sessions.create_session(title=str(number)).session_id for number in range(SESSIONS)]

    children = [_child(lambda who=who: _write(workspace, sessions, who)) for who in range(PROCESSES)]
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * PROCESSES

    ledger = SqliteLedger(workspace / "ledger.sqlite")
    said: list[str] = []
    points = 0
    with opened(workspace) as wb:
        for session_id in sessions:
            rows = ledger.entries(session_stream(session_id))
            assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
            entries = dict(zip((row.seq for row in rows), parse_entries([row.body for row in rows]), strict=True))
            told = {seq: entry.content for seq, entry in entries.items() if isinstance(entry, MessageAdded)}
            said += told.values()
            for who in range(PROCESSES):
                own = [int(text.split()[1]) for text in told.values() if text.split()[0] == str(who)]
                assert own == sorted(own)
            # What is read is the line that the restores in the log draw, worked out here from the log alone.
            restores = [(seq, entry.seq) for seq, entry in entries.items() if isinstance(entry, Restored)]
            line = trace(len(rows), restores)
            session = wb.sessions.get_session(session_id)
            assert [m.content for m in session.conversation_history] == [told[seq] for seq in told if seq in line]
            named = {e.label: seq - 1 for seq, e in entries.items() if isinstance(e, CheckpointNamed)}
            assert {c.label: c.seq for c in wb.context.list_checkpoints(session_id)} == named
            points += len(restores) + len(named)
    ledger.close()

    assert len(said) == MESSAGES
    assert {*said} == {f"{who} {number}" for who in range(PROCESSES) for number in range(_OWN)}
    assert points >= len(RESTORERS) * (_OWN // 10 + _OWN // 20)
    with capsys.disabled():
        print(
            f"\n{PROCESSES} processes, {SESSIONS} sessions: {MESSAGES:,} messages and {points} checkpoints and restores, exact"
        )
