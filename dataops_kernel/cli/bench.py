"""``dataops bench``: how well memory finds what answers a question, on conversations of your own."""

import argparse
import tempfile
import time
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from dataops_kernel.cli.running import Terminal
from dataops_kernel.errors import ParameterError
from dataops_kernel.llm.tokens import count_tokens
from dataops_kernel.sessions.benchmark import (
    BUDGETS,
    CUTS,
    Measures,
    Search,
    Turn,
    measure,
    plain_bm25,
    read_questions,
    read_turns,
)
from dataops_kernel.sessions.memory import MAX_HITS
from dataops_kernel.types import Message, User
from dataops_kernel.workbench import Workbench

DESCRIPTION = """\
Say the turns of recorded conversations in a fresh workspace, ask it the questions, and print how much of the evidence
comes back: recall in the first 5 and 10 messages, and the share of the evidence inside 500 to 4,000 tokens. Plain BM25
over the same turns is printed beside it. Both files are JSON Lines:
  turns      {"conv": "c1", "turn_id": "t1", "session": "1", "speaker": "Ann", "text": "I adopted a cat."}
  questions  {"conv": "c1", "question": "What pet does Ann have?", "evidence": ["t1"]}"""
EXAMPLES = """\
examples:
  dataops bench memory --turns turns.jsonl --questions questions.jsonl
  dataops bench memory --turns turns.jsonl --questions questions.jsonl --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``bench``."""
    parser.add_argument("what", choices=["memory"], help="what to measure")
    parser.add_argument("--turns", type=Path, required=True, metavar="FILE", help="what was said, JSON Lines")
    parser.add_argument("--questions", type=Path, required=True, metavar="FILE", help="what is asked, JSON Lines")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Measure and print."""
    turns = read_turns(arguments.turns)
    questions = read_questions(arguments.questions, turns)
    with tempfile.TemporaryDirectory(prefix="dataops-bench-") as folder:
        from dataops_kernel.wiring import connect

        with connect(folder) as workbench:
            terminal.progress(f"{len(turns):,} turns are said in a fresh workspace")
            search = _said(workbench, turns)
            terminal.progress(f"{len(questions):,} questions are asked")
            for conv in {question.conv for question in questions}:
                search(conv, "index")  # the first search of a conversation reads it; that is no question's time
            start = time.perf_counter()
            memory = measure(turns, questions, search)
            asked_ms = (time.perf_counter() - start) * 1000 / len(questions)
    plain = measure(turns, questions, plain_bm25(turns))
    if terminal.json:
        counts = {"turns": len(turns), "questions": len(questions), "conversations": len({t.conv for t in turns})}
        measured = {"memory": _as_json(memory), "plain_bm25": _as_json(plain)}
        terminal.show_json({**counts, **measured, "ms_per_question": round(asked_ms, 2)})
    else:
        terminal.show(_table(memory, plain, len(turns), len(questions)))
        terminal.show(f"{'time for a question':32}{asked_ms:>7.1f} ms")
    return 0


def _said(workbench: Workbench, turns: Sequence[Turn]) -> Search:
    """Say every turn as a message, each conversation as a user of its own, and return the search over them."""
    users: dict[str, Workbench] = {}
    sessions: dict[tuple[str, str], str] = {}
    turn_ids: dict[str, str] = {}
    enough = _enough(turns)
    for turn in turns:
        if turn.conv not in users:
            users[turn.conv] = workbench.acting_as(User(user_id=f"conversation-{len(users)}", roles=("admin",)))
        user = users[turn.conv]
        place = (turn.conv, turn.session)
        if place not in sessions:
            sessions[place] = user.sessions.create_session(title=turn.session[:200]).session_id
        said = user.sessions.add_message(sessions[place], Message(role="user", content=turn.content))
        turn_ids[said.message_id] = turn.turn_id

    def search(conv: str, question: str) -> list[str]:
        try:
            hits = users[conv].sessions.search_messages(question, k=enough[conv])
        except ParameterError:
            return []  # a question without a single word finds nothing
        return [turn_ids[hit.message.message_id] for hit in hits]

    return search


def _enough(turns: Sequence[Turn]) -> dict[str, int]:
    """Return for each conversation how many messages fill the largest budget, were they its shortest ones."""
    sizes: dict[str, list[int]] = {}
    for turn in turns:
        sizes.setdefault(turn.conv, []).append(count_tokens(turn.content))
    return {
        conv: min(MAX_HITS, max(CUTS[-1], bisect_right([*accumulate(sorted(some))], BUDGETS[-1])))
        for conv, some in sizes.items()
    }


def _as_json(measures: Measures) -> dict[str, dict[str, float]]:
    return {
        "recall": {str(cut): round(share, 4) for cut, share in measures.recall.items()},
        "within_tokens": {str(budget): round(share, 4) for budget, share in measures.within.items()},
    }


def _table(memory: Measures, plain: Measures, turns: int, questions: int) -> str:
    lines = [f"{turns:,} turns, {questions:,} questions", f"{'':32}{'memory':>10}{'plain BM25':>12}"]
    for cut, share in memory.recall.items():
        lines.append(f"{f'recall@{cut}':32}{share:>10.1%}{plain.recall[cut]:>12.1%}")
    for budget, share in memory.within.items():
        lines.append(f"{f'evidence within {budget:,} tokens':32}{share:>10.1%}{plain.within[budget]:>12.1%}")
    return "\n".join(lines)
