"""How well a memory finds what answers a question: the files of a benchmark, its measures, and plain BM25 beside it."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from dataops_kernel.errors import FileInputError, suggestion
from dataops_kernel.llm.tokens import count_tokens

CUTS = (5, 10)
"""Recall is measured in the first 5 and the first 10 texts found."""
BUDGETS = (500, 1_000, 2_000, 4_000)
"""Evidence is counted that fits into this many tokens, texts taken in the order found until the next is too long."""

Search = Callable[[str, str], Sequence[str]]
"""A conversation and a question in, the ids of turns out, best first."""


class Turn(NamedTuple):
    """One thing said in a conversation."""

    conv: str
    turn_id: str
    session: str
    speaker: str
    text: str

    @property
    def content(self) -> str:
        """The turn as it is read: who said what."""
        return f"{self.speaker}: {self.text}"


class Asking(NamedTuple):
    """One question about a conversation, and the turns that answer it."""

    conv: str
    question: str
    evidence: tuple[str, ...]


class Measures(NamedTuple):
    """Shares from 0 to 1, each the mean over all questions."""

    recall: dict[int, float]
    within: dict[int, float]


def read_turns(path: Path) -> list[Turn]:
    """Return the turns of a JSON Lines file; raises ``FileInputError`` with the number of a bad line."""
    found: dict[tuple[str, str], int] = {}
    turns = []
    for number, row in _rows(path):
        conv, turn_id, speaker, text = (
            _text(path, number, row, name) for name in ("conv", "turn_id", "speaker", "text")
        )
        session = row.get("session", "")
        if not isinstance(session, str | int):
            raise _bad(path, number, "session", session, "text or a whole number")
        if (conv, turn_id) in found:
            raise _bad(path, number, "turn_id", turn_id, f"new; line {found[conv, turn_id]} has it already")
        found[conv, turn_id] = number
        turns.append(Turn(conv, turn_id, str(session), speaker, text))
    return turns


def read_questions(path: Path, turns: Iterable[Turn]) -> list[Asking]:
    """Return the questions of a JSON Lines file about these turns.

    Raises ``FileInputError`` with the number of a bad line; an unknown conversation or turn is one.
    """
    known: dict[str, set[str]] = defaultdict(set)
    for turn in turns:
        known[turn.conv].add(turn.turn_id)
    questions = []
    for number, row in _rows(path):
        conv, question = (_text(path, number, row, name) for name in ("conv", "question"))
        if conv not in known:
            raise _bad(path, number, "conv", conv, f"of the turns. {suggestion(conv, known, 'No turn has it.')}")
        evidence = row.get("evidence")
        if not isinstance(evidence, list) or not evidence:
            raise _bad(path, number, "evidence", evidence, "a list of at least one turn_id")
        for turn_id in evidence:
            if not isinstance(turn_id, str) or turn_id not in known[conv]:
                near = suggestion(str(turn_id), known[conv], f"No turn of {conv!r} has it.")
                raise _bad(path, number, "evidence", turn_id, f"a turn_id of {conv!r}. {near}")
        questions.append(Asking(conv, question, tuple(dict.fromkeys(evidence))))
    return questions


def measure(turns: Sequence[Turn], questions: Sequence[Asking], search: Search) -> Measures:
    """Ask every question of a search and return how much of the evidence came back."""
    sizes = {(turn.conv, turn.turn_id): count_tokens(turn.content) for turn in turns}
    recall = dict.fromkeys(CUTS, 0.0)
    within = dict.fromkeys(BUDGETS, 0.0)
    for conv, question, evidence in questions:
        found = search(conv, question)
        for cut in CUTS:
            recall[cut] += _share(evidence, found[:cut]) / len(questions)
        for budget in BUDGETS:
            within[budget] += _share(evidence, _fitting(conv, found, sizes, budget)) / len(questions)
    return Measures(recall, within)


def plain_bm25(turns: Sequence[Turn]) -> Search:
    """Return the raw baseline: BM25 (k1 = 1.2, b = 0.75) over words in lower case, nothing else."""
    texts: dict[str, dict[str, Counter[str]]] = defaultdict(dict)
    for turn in turns:
        texts[turn.conv][turn.turn_id] = Counter(_words(turn.content))
    holding = {conv: Counter(word for text in found.values() for word in text) for conv, found in texts.items()}
    average = {conv: sum(text.total() for text in found.values()) / len(found) for conv, found in texts.items()}

    def search(conv: str, question: str) -> list[str]:
        scores: dict[str, float] = {}
        for turn_id, text in texts[conv].items():
            score = 0.0
            for word in set(_words(question)) & text.keys():
                n = holding[conv][word]
                length = text.total() / average[conv]
                idf = math.log(1 + (len(texts[conv]) - n + 0.5) / (n + 0.5))
                score += idf * text[word] * 2.2 / (text[word] + 1.2 * (0.25 + 0.75 * length))
            if score:
                scores[turn_id] = score
        return sorted(scores, key=lambda turn_id: -scores[turn_id])

    return search


def _share(evidence: Sequence[str], found: Iterable[str]) -> float:
    return len(set(evidence) & set(found)) / len(evidence)


def _fitting(conv: str, found: Sequence[str], sizes: dict[tuple[str, str], int], budget: int) -> list[str]:
    kept = []
    for turn_id in found:
        budget -= sizes[conv, turn_id]
        if budget < 0:
            break
        kept.append(turn_id)
    return kept


def _words(text: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in text.lower()).split()


def _rows(path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    try:
        content = path.read_bytes()
    except OSError as err:
        raise FileInputError(
            f"The file {str(path)!r} cannot be read: {(err.strerror or str(err)).lower()}.",
            hint="Give a file of JSON Lines.",
        ) from err
    rows = 0
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as err:
            raise FileInputError(
                f"Line {number} of {str(path)!r} is not JSON: {err.msg}.", hint="Write one JSON object on each line."
            ) from err
        if not isinstance(row, dict):
            raise FileInputError(
                f"Line {number} of {str(path)!r} is not a JSON object.", hint='A line looks like {"conv": "c1", …}'
            )
        rows += 1
        yield number, row
    if not rows:
        raise FileInputError(f"The file {str(path)!r} is empty.", hint="Write one JSON object on each line.")


def _text(path: Path, number: int, row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if name not in row:
        known = suggestion(name, row, f"Add it: {name!r} is text.")
        raise FileInputError(f"Line {number} of {str(path)!r} has no field {name!r}.", hint=known)
    if not isinstance(value, str) or (not value.strip() and name != "text"):
        raise _bad(path, number, name, value, "text")
    return value


def _bad(path: Path, number: int, name: str, value: Any, expected: str) -> FileInputError:
    return FileInputError(
        f"Line {number} of {str(path)!r}: the field {name!r} is {value!r:.80}.", hint=f"It must be {expected}"
    )
