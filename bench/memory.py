"""Rows M1 M2 M3: searching what was said, beside FTS5 asked directly."""

import random
import sqlite3
import time
from pathlib import Path

from bench.measure import Row, compare, percentile
from dataops_kernel import connect
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.types import Message, MessageAdded
from dataops_kernel.workbench import Workbench

SESSIONS, EACH = 100, 1_000
VOCABULARY = 20_000
QUESTIONS = [
    "which region sold the most last quarter and why did it fall behind",
    "when did the LOAD_ORDERS job fail",
    "what did we decide about refunds of damaged parcels",
    "who asked for the discount report",
]
_SUBJECTS = (
    "region sold quarter fall job fail decide refund damaged parcel ask discount report customer table load revenue"
)


def rows(folder: Path) -> list[Row]:
    """Measure every row of this file in a fresh folder."""
    with connect(folder / "ws") as wb:
        texts = _texts()
        newest = _fill(wb, texts)
        raw = _raw_index(folder / "raw.sqlite", texts)
        start = time.perf_counter()
        wb.sessions.search_messages(QUESTIONS[0])
        built = (time.perf_counter() - start) * 1000
        numbers = iter(range(1_000_000))

        def ask_raw() -> None:
            words = QUESTIONS[next(numbers) % len(QUESTIONS)].split()
            query = " OR ".join(f'"{word}"' for word in words)
            raw[0].execute("SELECT rowid FROM said WHERE said MATCH ? ORDER BY rank LIMIT 10", (query,)).fetchall()

        def ask() -> None:
            wb.sessions.search_messages(QUESTIONS[next(numbers) % len(QUESTIONS)])

        searched = compare(
            "M1",
            f"search {len(texts):,} messages of a user",
            ask_raw,
            ask,
            runs=60,
            goal=None,
            note="goal: 50 ms; raw: FTS5 with every word of the question, stop words too",
        )
        return [
            searched,
            Row(
                "M2",
                f"index {len(texts):,} messages",
                raw[1],
                built,
                built,
                None,
                "raw: the same texts into one FTS5 table",
            ),
            _catching_up(wb, newest),
        ]


def _texts() -> list[str]:
    """Return messages with words as frequent as in real talk: a few everywhere, most of them rare (Zipf)."""
    pick = random.Random(7)
    subjects = _SUBJECTS.split()
    words = [f"w{number}x" for number in range(VOCABULARY)]
    weights = [1 / (rank + 10) for rank in range(VOCABULARY)]
    texts = []
    for said in pick.choices(range(8, 40), k=SESSIONS * EACH):
        text = pick.choices(words, weights, k=said)
        if pick.random() < 0.2:
            text.append(pick.choice(subjects))
        texts.append(" ".join([*text, "the", "we"]))
    return texts


def _fill(wb: Workbench, texts: list[str]) -> str:
    log: SessionLog = wb._services.log
    now, ids = wb._services.clock(), wb._services.ids
    session_id = ""
    for first in range(0, len(texts), EACH):
        session_id = wb.sessions.create_session().session_id
        for start in range(first, first + EACH, 100):
            log.append(
                session_id,
                *(
                    MessageAdded(role="user", content=text, message_id=ids.new("msg"), timestamp=now)
                    for text in texts[start : start + 100]
                ),
            )
    return session_id


def _raw_index(path: Path, texts: list[str]) -> tuple[sqlite3.Connection, float]:
    raw = sqlite3.connect(path)
    raw.execute("CREATE VIRTUAL TABLE said USING fts5(text, tokenize='porter unicode61')")
    start = time.perf_counter()
    with raw:
        raw.executemany("INSERT INTO said VALUES (?)", [(text,) for text in texts])
    return raw, (time.perf_counter() - start) * 1000


def _catching_up(wb: Workbench, session_id: str) -> Row:
    """Time the first search after a message against the second, which finds the index up to date."""
    fresh, known = [], []
    for number in range(60):
        wb.sessions.add_message(session_id, Message(role="user", content=f"the refund {number} was sent"))
        for times in (fresh, known):
            start = time.perf_counter()
            wb.sessions.search_messages("which parcels were damaged", session_id=session_id)
            times.append((time.perf_counter() - start) * 1000)
    middle = len(known) // 2
    return Row(
        "M3",
        "search right after 1 new message (raw: up to date)",
        sorted(known)[middle],
        sorted(fresh)[middle],
        percentile(fresh, 99),
        None,
    )
