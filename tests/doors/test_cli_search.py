"""``dataops search`` and ``dataops bench memory``, as a person types."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from dataops_kernel import connect
from dataops_kernel.cli.main import main
from dataops_kernel.types import Message


class Printed(NamedTuple):
    code: int
    out: str
    err: str


Dataops = Callable[..., Printed]


@pytest.fixture
def dataops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Dataops:
    monkeypatch.setenv("DATAOPS_WORKSPACE", str(tmp_path / "ws"))
    monkeypatch.setenv("DATAOPS_USER", "ann")

    def run(*arguments: str) -> Printed:
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = int(stop.code or 0)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return Printed(code, printed.out, printed.err)

    return run


@pytest.fixture
def sessions(tmp_path: Path) -> list[str]:
    """Two sessions of ann, the second one last active, and one of bob."""
    with connect(tmp_path / "ws", user="ann") as workbench:
        made = []
        for title, text in (
            ("March load", "LOAD_ORDERS failed at night."),
            ("Refunds", "The refund of **parcel 7** is late."),
        ):
            session_id = workbench.sessions.create_session(title=title).session_id
            workbench.sessions.add_message(session_id, Message(role="user", content=text))
            made.append(session_id)
        bob = workbench.acting_as(workbench.user.model_copy(update={"user_id": "bob"}))
        secret = bob.sessions.create_session(title="secret").session_id
        bob.sessions.add_message(secret, Message(role="user", content="bob's refund is secret"))
        return [*made, secret]


def test_nothing_said_yet_says_how_to_begin(dataops: Dataops):
    done = dataops("search", "anything")
    assert done.code == 0
    assert "dataops ask" in done.out


def test_a_message_is_shown_with_who_when_where_and_why(dataops: Dataops, sessions: list[str]):
    done = dataops("search", "refunds")

    assert done.code == 0
    assert "'Refunds'" in done.out
    assert sessions[1] in done.out
    assert "user" in done.out
    assert "The refund of parcel 7 is late." in done.out
    assert "says 'refund'" in done.out
    assert "secret" not in done.out


def test_all_sessions_are_searched_when_asked(dataops: Dataops, sessions: list[str]):
    here = dataops("search", "did load_orders fail")
    everywhere = dataops("search", "did load_orders fail", "--all")

    assert "Nothing about" in here.out
    assert "--all" in here.out
    assert "LOAD_ORDERS failed at night." in everywhere.out
    assert "'March load'" in everywhere.out


def test_a_session_can_be_chosen_and_hits_come_as_json(dataops: Dataops, sessions: list[str]):
    done = dataops("search", "failing load", "--session", sessions[0], "--json", "-k", "1")

    (hit,) = json.loads(done.out)
    assert hit["session_id"] == sessions[0]
    assert hit["message"]["content"] == "LOAD_ORDERS failed at night."
    assert hit["seq"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["search"], 2, "text"),
        (["search", "x", "-k", "0"], 2, "whole number"),
        (["search", "x", "-k", "5000"], 1, "k is 5000"),
        (["search", "?!"], 1, "no word"),
        (["search", ""], 1, "no word"),
        (["search", "x", "--session", "ses_nobody"], 1, "no session"),
        (["search", "x", "--all", "--session", "y"], 1, "exclude"),
        (["bench", "memry"], 2, "Did you mean 'memory'?"),
        (["bench", "memory", "--turns", "nowhere.jsonl", "--questions", "x"], 1, "nowhere.jsonl"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_what_cannot_be_done_says_why(
    dataops: Dataops, sessions: list[str], arguments: list[str], code: int, said: str
):
    done = dataops(*arguments)
    assert done.code in (code, 2)
    assert said in done.err
    assert "fix" in done.err.lower()


def test_another_users_session_is_not_found(dataops: Dataops, sessions: list[str]):
    done = dataops("search", "refund", "--session", sessions[2])
    assert done.code != 0
    assert "no session" in done.err


TURNS = [
    {"conv": "c", "turn_id": "t1", "session": "1", "speaker": "Ann", "text": "I adopted a grey cat."},
    {"conv": "c", "turn_id": "t2", "session": 2, "speaker": "Ben", "text": "It rains in Leeds."},
]
QUESTIONS = [{"conv": "c", "question": "What pet does Ann have?", "evidence": ["t1"]}]


def written(path: Path, rows: list[object]) -> str:
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return str(path)


def test_a_benchmark_prints_memory_beside_plain_bm25(dataops: Dataops, tmp_path: Path):
    files = ["--turns", written(tmp_path / "t", TURNS), "--questions", written(tmp_path / "q", QUESTIONS)]

    table = dataops("bench", "memory", *files)
    figures = json.loads(dataops("bench", "memory", *files, "--json").out)

    assert table.code == 0
    assert "recall@10" in table.out
    assert "evidence within 2,000 tokens" in table.out
    assert "time for a question" in table.out
    assert figures["ms_per_question"] > 0
    assert figures["memory"]["recall"] == {"5": 1.0, "10": 1.0}
    assert figures["plain_bm25"]["recall"]["10"] == 1.0
    assert list(figures["memory"]["within_tokens"]) == ["500", "1000", "2000", "4000"]
    assert not (tmp_path / "ws").exists()


@pytest.mark.parametrize(
    ("turns", "questions", "said"),
    [
        ([TURNS[0], "{not json"], QUESTIONS, "Line 2"),
        ([TURNS[0], "[1]"], QUESTIONS, "not a JSON object"),
        ([TURNS[0], {"conv": "c", "turn_id": "t9", "speaker": "A"}], QUESTIONS, "no field 'text'"),
        ([{**TURNS[0], "text": 5}], QUESTIONS, "the field 'text' is 5"),
        ([TURNS[0], TURNS[0]], QUESTIONS, "line 1 has it already"),
        ([], QUESTIONS, "empty"),
        (TURNS, [{**QUESTIONS[0], "evidence": ["t1", "t7"]}], "'t7'"),
        (TURNS, [{**QUESTIONS[0], "evidence": []}], "at least one"),
        (TURNS, [{**QUESTIONS[0], "evidence": "t1"}], "a list"),
        (TURNS, [{**QUESTIONS[0], "conv": "d"}], "'conv' is 'd'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_line_is_named(dataops: Dataops, tmp_path: Path, turns: list[object], questions: list[object], said: str):
    done = dataops(
        "bench", "memory", "--turns", written(tmp_path / "t", turns), "--questions", written(tmp_path / "q", questions)
    )
    assert done.code != 0
    assert said in done.err


def test_the_help_shows_examples(dataops: Dataops):
    assert "dataops search" in dataops("search", "--help").out
    assert "dataops bench memory --turns" in dataops("bench", "--help").out
