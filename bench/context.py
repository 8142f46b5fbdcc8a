"""Rows S10 S11 C7 C8: what a model gets to see of a long session, and a context made smaller."""

import random
from itertools import count
from pathlib import Path

import orjson

from bench.measure import Row, compare
from bench.raw import RawTable
from dataops_kernel import connect
from dataops_kernel.llm.tokens import count_tokens
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.types import Message, MessageAdded
from dataops_kernel.workbench import Workbench

SHORT, LONG = 1_000, 10_000
_SYLLABLES = ["ba", "co", "de", "fi", "ga", "lo", "me", "na", "or", "pe", "ri", "sa", "te", "un", "ve"]
_VOCABULARY = [a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in _SYLLABLES]


def rows(folder: Path) -> list[Row]:
    """Measure every row of this file in a fresh folder."""
    raw = RawTable(folder / "raw.sqlite")
    raw.insert_many(orjson.dumps({"role": "user", "content": said(n)}) for n in range(LONG))
    with connect(folder / "ws") as wb:
        short, long = (_conversation(wb, messages) for messages in (SHORT, LONG))
        return [_newest(wb, raw, long), *_summaries(wb, raw, short, long), _view(wb, raw, long), _compression(wb)]


def said(n: int) -> str:
    """Return the ``n``th message: a question of 12 words, or an answer of 110; every hundredth decides something.

    Words are as frequent as in a language (Zipf): of 3,375, a few are in every message, most in one of hundreds.
    """
    chance = random.Random(n)
    words = [_VOCABULARY[int(len(_VOCABULARY) ** chance.random()) - 1] for _ in range(12 if n % 2 == 0 else 110)]
    sentences = [" ".join(words[at : at + 11]).capitalize() for at in range(0, len(words), 11)]
    decided = f" We decided to use orders_{n}." if n % 100 == 0 else ""
    return f"{'. '.join(sentences)} {n}.{decided}"


def _conversation(wb: Workbench, messages: int) -> str:
    session_id = wb.sessions.create_session().session_id
    log: SessionLog = wb._services.log
    now, ids = wb._services.clock(), wb._services.ids
    for first in range(0, messages, 100):
        log.append(
            session_id,
            *(
                MessageAdded(
                    role="user" if n % 2 == 0 else "assistant",
                    content=said(n),
                    message_id=ids.new("msg"),
                    timestamp=now,
                )
                for n in range(first, first + 100)
            ),
        )
    return session_id


def _newest(wb: Workbench, raw: RawTable, session_id: str) -> Row:
    log, summaries = wb._services.log, wb._services.sessions.summaries
    line = log.line(session_id, log.tail(session_id))
    shown = len(summaries.newest(session_id, line, 4_000))
    return compare(
        "S10",
        f"fit the newest history into 4k tokens, {LONG:,} messages",
        lambda: raw.newest(shown),
        lambda: summaries.newest(session_id, line, 4_000),
        runs=400,
        goal=None,
        note=f"{shown} messages fit; raw reads as many rows. Goal: 0.5 ms",
    )


def _summaries(wb: Workbench, raw: RawTable, short: str, long: str) -> list[Row]:
    found = [
        compare(
            "S11",
            f"summary at 2,000 tokens, {messages:,} messages",
            lambda: raw.newest(20),
            lambda session_id=session_id: wb.sessions.get_context_summary(session_id, 2_000),
            runs=100,
            goal=None,
        )
        for messages, session_id in ((SHORT, short), (LONG, long))
    ]
    slope = found[1].median / found[0].median
    note = f"goal: 20 ms after the first call; p50 at {LONG:,} / p50 at {SHORT:,} = {slope:.2f} (goal ≤ 1.5)"
    found[1] = found[1]._replace(note=note)

    questions = count(2 * LONG, 2)

    def after_a_message() -> None:
        wb.sessions.add_message(long, Message(role="user", content=said(next(questions))))
        wb.sessions.get_context_summary(long, 2_000)

    added = compare(
        "S11",
        f"append a new question, then the summary, {LONG:,} messages",
        lambda: raw.insert(b"x" * 500),
        after_a_message,
        runs=60,
        goal=None,
        note="goal: 20 ms; a new question is searched for anew",
    )
    return [*found, added]


def _view(wb: Workbench, raw: RawTable, session_id: str) -> Row:
    return compare(
        "C7",
        f"context view at 8,000 tokens, {LONG:,} messages",
        lambda: raw.newest(20),
        lambda: wb.context.view(session_id),
        runs=60,
        goal=None,
    )


def _compression(wb: Workbench) -> Row:
    context = {
        "parameters": {"region": "EMEA", "limit": 20},
        "messages": [{"role": "user", "content": said(n)} for n in range(200)],
        "rows": [*range(2_000)],
    }
    body = orjson.dumps(context).decode()
    return compare(
        "C8",
        f"compress a context of {len(body) // 1000} KB to 2,000 tokens",
        lambda: count_tokens(body),
        lambda: wb.context.compress_context(context, 2_000),
        runs=20,
        goal=None,
        note="raw: counting its tokens once",
    )
