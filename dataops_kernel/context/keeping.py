"""The keep-list of a context: what a compression may not lose, found before it and looked for after it."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from dataops_kernel.context.places import below, rendered, steps
from dataops_kernel.sessions import salience
from dataops_kernel.types import KeptFact
from dataops_kernel.types.context import FactKind

KEPT = "_kept"
"""The key under which a compressed context holds what had to be put back."""

DATA_LIST = 12
"""A list of more items than this is data: its numbers are not on the keep-list, its reference is."""
_SHORT = 120
_PARAMETERS = {"parameters", "params", "parameter", "arguments", "args", "options", "settings", "config", "filters"}
_PARAMETERS |= {"filter", "preferences", "user_preferences", "constraints"}
_STATES = {"status", "state", "step", "stage", "phase", "next", "next_step", "pending", "active", "waiting", "todo"}
_STATES |= {"active_workflow", "active_workflows", "workflow_states", "workflow_state", "progress", "blocked_by"}
_DECISIONS = {"decision", "decisions", "rules", "agreed", "agreements", "conclusions", "conclusion"}
_QUESTIONS = {"question", "questions", "open_question", "open_questions", "pending_questions", "unanswered"}
_ARTIFACTS = {"artifact", "artifacts", "artifact_id", "artifact_ids", "artifact_refs", "table", "tables", "file"}
_ARTIFACTS |= {"files", "source", "sources", "dataset", "datasets", "run_id", "checkpoint_id", "session_id"}
_REFERENCE = re.compile(
    r"\b(?:art|run|chk|snp|ses|msg)_[0-9a-z]{8,26}\b|\b[\w-]+\.(?:csv|tsv|json|parquet|xlsx|jil|sql)\b"
)
_BLANKS = re.compile(r"\s+")


class Fact(NamedTuple):
    """One thing to keep: ``text`` is looked for, ``carrier`` is what is put back when it is gone."""

    kind: FactKind
    path: str
    text: str
    carrier: str
    scalar: bool = False

    @property
    def line(self) -> str:
        """The fact as it is put back."""
        return f"{self.path}: {self.carrier}" if self.scalar else self.carrier

    @property
    def public(self) -> KeptFact:
        """The fact as the outcome tells of it."""
        return KeptFact(kind=self.kind, path=self.path, text=self.text)


def keep_list(context: dict[str, Any]) -> list[Fact]:
    """Return what must survive, in the order of the context.

    Decisions: values under keys such as ``decisions``, and sentences that decide. Parameters and states: single
    values under such keys. Artifacts: ids and file names anywhere, short values under keys such as ``tables``.
    Questions: under such keys, and every sentence that asks, in a list of messages only in the last one. Numbers:
    those in texts and as values, but not in lists of more than ``DATA_LIST`` items.
    """
    found: dict[tuple[str, str, str], Fact] = {}
    for line in context.get(KEPT, ()):  # kept by an earlier compression: kept again, word for word
        found[("decision", f"/{KEPT}", line)] = Fact("decision", f"/{KEPT}", line, line)
    body = {key: value for key, value in context.items() if key != KEPT}
    for fact in _facts(body, "", frozenset(), data=False, said=False):
        found.setdefault((fact.kind, fact.path, fact.text), fact)
    return list(found.values())


def _facts(value: Any, path: str, under: frozenset[str], *, data: bool, said: bool) -> Iterator[Fact]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _facts(inner, below(path, key), under | _topics(key), data=data, said=said)
    elif isinstance(value, list):
        talk = is_talk(value)
        many = len(value) > DATA_LIST and not talk
        for place, inner in enumerate(value):
            earlier = talk and place < len(value) - 1
            yield from _facts(inner, below(path, place), under, data=data or many, said=said or earlier)
    elif isinstance(value, str):
        yield from _in_text(value, path, under, data=data, said=said)
    elif value is not None:
        text = rendered(value)
        topic: FactKind | None = "parameter" if "parameter" in under else "state" if "state" in under else None
        if topic is not None and not data:
            yield Fact(topic, path, text, text, scalar=True)
        elif not isinstance(value, bool) and not data:
            yield Fact("number", path, text, text, scalar=True)


def _in_text(text: str, path: str, under: frozenset[str], *, data: bool, said: bool) -> Iterator[Fact]:
    short = _flat(text)
    if len(short) <= _SHORT and short and not data:
        for topic in ("parameter", "state", "artifact"):
            if topic in under:
                yield Fact(topic, path, short, short, scalar=True)
    for match in _REFERENCE.finditer(text):
        yield Fact("artifact", path, match.group(), match.group())
    for sentence in map(_flat, salience.sentences(text)):
        if "decision" in under or salience.is_decision(sentence):
            yield Fact("decision", path, sentence, sentence)
        elif "question" in under or (salience.is_question(sentence) and not said):
            yield Fact("question", path, sentence, sentence)
        if not data:
            for number in salience.numbers(sentence):
                yield Fact("number", path, number, sentence)


def _topics(key: str) -> frozenset[str]:
    name = key.lower()
    named = (("parameter", _PARAMETERS), ("state", _STATES), ("decision", _DECISIONS), ("question", _QUESTIONS))
    return frozenset(topic for topic, keys in (*named, ("artifact", _ARTIFACTS)) if name in keys)


def is_talk(value: list[Any]) -> bool:
    """Say whether a list is a conversation: objects with a role and a content."""
    return bool(value) and all(isinstance(item, dict) and "role" in item and "content" in item for item in value)


class Evidence:
    """What a compressed context still says, prepared once for many facts."""

    def __init__(self, context: dict[str, Any]) -> None:
        self._context = context
        self._texts = {key: _flat(_spoken(value)) for key, value in context.items()}
        self._numbers = {key: set(salience.numbers(text)) for key, text in self._texts.items()}
        self._whole = "\n".join(self._texts.values())
        lines = context.get(KEPT)
        self._lines = set(lines) if isinstance(lines, list) else set()

    def lost(self, facts: Iterable[Fact]) -> list[Fact]:
        """Return the facts that are not there any more."""
        return [fact for fact in facts if not self.has(fact)]

    def has(self, fact: Fact) -> bool:
        """Say whether a fact is still there."""
        if fact.line in self._lines:
            return True
        if fact.scalar:
            value = _reach(self._context, fact.path)
            return value is not None and (_flat(value) if isinstance(value, str) else rendered(value)) == fact.text
        if fact.kind == "number":
            top = steps(fact.path)[0] if fact.path else ""
            return fact.text in self._numbers.get(top, ()) or any(fact.carrier == line for line in self._lines)
        if fact.kind == "artifact":  # a.csv does not stand in data.csv
            return re.search(rf"(?<![\w.-]){re.escape(fact.text)}(?![\w-])", self._whole) is not None
        return fact.text in self._whole


def _reach(value: Any, path: str) -> Any:
    for step in steps(path):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value if not isinstance(value, dict | list) else None


def _spoken(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(_spoken(inner) for inner in value.values())
    if isinstance(value, list):
        return "\n".join(map(_spoken, value))
    return value if isinstance(value, str) else "" if value is None else rendered(value)


def _flat(text: str) -> str:
    return _BLANKS.sub(" ", text).strip()
