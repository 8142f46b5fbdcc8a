"""Rows S6 S7: whole sessions, read as objects."""

import shutil
from pathlib import Path

import orjson

from bench.measure import Row, compare
from bench.raw import RawTable
from bench.sessions import TEXT, fill
from dataops_kernel import connect
from dataops_kernel.types import MessageAdded
from dataops_kernel.workbench import Workbench


def rows(folder: Path) -> list[Row]:
    """Measure every row of this file in a fresh folder."""
    with connect(folder / "reading") as wb:
        found = [
            _whole_session(wb, folder, "S6", 1_000, runs=60, goal=2.0),
            _whole_session(wb, folder, "S7", 10_000, runs=15, goal=1.7),
            _first_look(wb, folder),
        ]
    shutil.rmtree(folder / "reading")
    return found


def _whole_session(wb: Workbench, folder: Path, id: str, messages: int, *, runs: int, goal: float) -> Row:
    session_id = wb.sessions.create_session().session_id
    fill(wb, session_id, messages)
    raw = _same_rows(wb, folder / f"raw_{messages}.sqlite", messages)
    return compare(
        id,
        f"get session of {messages:,} messages, as objects",
        lambda: orjson.loads(b"[" + b",".join(reversed(raw.newest(messages))) + b"]"),
        lambda: wb.sessions.get_session(session_id),
        runs=runs,
        goal=goal,
        note="raw: the same bodies from one table, through orjson",
    )


def _first_look(wb: Workbench, folder: Path) -> Row:
    """Read as a process does that has not seen the session: nothing of it is in memory."""
    session_id = wb.sessions.create_session().session_id
    fill(wb, session_id, 10_000)
    raw = _same_rows(wb, folder / "raw_first.sqlite", 10_000)

    def look() -> object:
        wb._services.log.forget(session_id)
        return wb.sessions.messages(session_id, limit=50)

    return compare(
        "S5",
        "the same newest 50, nothing of the session in memory",
        lambda: orjson.loads(b"[" + b",".join(raw.newest(50)) + b"]"),
        look,
        runs=200,
        goal=None,
    )


def _same_rows(wb: Workbench, path: Path, messages: int) -> RawTable:
    raw = RawTable(path)
    now, ids = wb._services.clock(), wb._services.ids
    raw.insert_many(
        MessageAdded(role="user", content=TEXT, message_id=ids.new("msg"), timestamp=now).to_json()
        for _ in range(messages)
    )
    return raw
