"""Row S8: a user's sessions by last activity, all of them and one page."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import orjson

from bench.measure import Row, compare
from dataops_kernel import connect
from dataops_kernel.types import SessionRecord
from dataops_kernel.workbench import Workbench

SESSIONS = 10_000
PAGE = 50


def rows(folder: Path) -> list[Row]:
    """Measure every row of this file in a fresh folder."""
    with connect(folder / "ws", user="ann") as wb:
        raw = _RawSessions(folder / "raw.sqlite")
        _fill(wb, raw)
        kernel = wb._services.sessions
        middle = kernel.list_sessions("ann", limit=SESSIONS // 2)[-1].cursor
        everything = compare(
            "S8",
            f"list {SESSIONS:,} sessions, newest activity first",
            lambda: raw.page(SESSIONS),
            lambda: kernel.list_sessions("ann", limit=SESSIONS),
            runs=20,
            goal=2.0,
        )
        page = compare(
            "S8",
            f"a page of {PAGE} of {SESSIONS:,} sessions",
            lambda: raw.page(PAGE),
            lambda: kernel.list_sessions("ann", limit=PAGE),
            runs=400,
            goal=3.0,
            note="goal: 0.15 ms",
        )
        deep = compare(
            "S8",
            f"the page behind {SESSIONS // 2:,} others",
            lambda: raw.page(PAGE),
            lambda: kernel.list_sessions("ann", limit=PAGE, before=middle),
            runs=400,
            goal=3.0,
        )
        current = compare(
            "S8", "the session last active", lambda: raw.page(1), wb.sessions.current, runs=400, goal=None
        )
        return [everything, page, deep, current]


def _fill(wb: Workbench, raw: "_RawSessions") -> None:
    services = wb._services
    start = services.clock() - timedelta(days=30)
    for first in range(0, SESSIONS, 40):
        writes = []
        for number in range(first, first + 40):
            time = start + timedelta(minutes=number)
            record = SessionRecord(
                session_id=services.ids.new("ses"),
                user_id="ann",
                created_at=time,
                last_active=time,
                title=f"Session {number}",
                metadata={"ticket": f"OPS-{number}"},
            )
            writes += services.sessions.lifecycle.creation(record)
            raw.insert(time.timestamp(), record.body())
        services.log._ledger.commit(writes)
    raw.commit()


class _RawSessions:
    """The least code that lists by activity: one table, one index, JSON bodies parsed."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("create table s(k integer primary key, user text, active real, body blob)")
        self._db.execute("create index s_active on s(user, active)")

    def insert(self, active: float, body: bytes) -> None:
        self._db.execute("insert into s(user, active, body) values ('ann', ?, ?)", (active, body))

    def commit(self) -> None:
        self._db.commit()

    def page(self, limit: int) -> list[object]:
        found = self._db.execute("select body from s where user = 'ann' order by active desc limit ?", (limit,))
        return [orjson.loads(row[0]) for row in found]
