"""Rows S1 S2 S5: sessions and messages."""

from pathlib import Path

import orjson

from bench.measure import Row, compare
from bench.raw import RawTable
from dataops_kernel import connect
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.types import Message, MessageAdded
from dataops_kernel.workbench import Workbench

TEXT = "which region sold the most last quarter, and by how much did it lead? " * 7
HISTORY = 10_000
LONG_HISTORY = 100_000


def rows(folder: Path) -> list[Row]:
    """Measure every row of this file in a fresh folder."""
    with connect(folder / "ws") as wb:
        return _sessions(wb, folder)


def fill(wb: Workbench, session_id: str, entries: int) -> None:
    """Append many messages quickly: 100 a commit."""
    log: SessionLog = wb._services.log
    now = wb._services.clock()
    ids = wb._services.ids
    for _ in range(entries // 100):
        log.append(
            session_id,
            *(MessageAdded(role="user", content=TEXT, message_id=ids.new("msg"), timestamp=now) for _ in range(100)),
        )


def _sessions(wb: Workbench, folder: Path) -> list[Row]:
    body = orjson.dumps({"role": "user", "content": TEXT, "message_id": "msg_" + "0" * 26, "timestamp": "2026-11-22"})
    raw = RawTable(folder / "raw.sqlite")
    message = Message(role="user", content=TEXT)
    found = [
        compare(
            "S1", "create session, durable", lambda: raw.insert(body), wb.sessions.create_session, runs=400, goal=1.6
        ),
    ]
    sessions = {length: wb.sessions.create_session().session_id for length in (0, HISTORY, LONG_HISTORY)}
    for length, session_id in sessions.items():
        fill(wb, session_id, length)
        row = compare(
            "S2",
            f"append 1 message, durable, history {length:,}",
            lambda: raw.insert(body),
            lambda session_id=session_id: wb.sessions.add_message(session_id, message),
            runs=600,
            goal=1.5,
        )
        if length:
            slope = row.ratio / found[1].ratio
            row = row._replace(note=f"its ratio / the ratio at 0 = {slope:.2f} (goal ≤ 1.15)")
        found.append(row)
    long = sessions[HISTORY]
    for n in (1, 50):
        found.append(
            compare(
                "S5",
                f"read the newest {n} of {HISTORY:,} messages",
                lambda n=n: raw.newest(n),
                lambda n=n: wb.sessions.messages(long, limit=n),
                runs=400,
                goal=None,
                note="goal: 0.03 ms" if n == 1 else "goal: 0.10 ms",
            )
        )
    return found
