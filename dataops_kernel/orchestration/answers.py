"""Reads a reply to a question: the value asked for, one of the choices offered, or "never mind"."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from pydantic import BaseModel

from dataops_kernel.llm.base import LanguageModel
from dataops_kernel.llm.rules.words import FUNCTION_STEMS, readable, stem_set, tokens, word_set
from dataops_kernel.orchestration.catalog import Catalog
from dataops_kernel.orchestration.fields import Wanted
from dataops_kernel.orchestration.mentions import mentions, pieces
from dataops_kernel.orchestration.parameters import extract
from dataops_kernel.types import Question
from dataops_kernel.workflows.parameters import WholeMessage

_LONGEST_ANSWER = 200
_DROPPING = stem_set("cancel nothing none skip stop abort quit exit forget never")
_POINTING = word_set("the one number option please take use")
_PLACES = {"1": 0, "first": 0, "2": 1, "second": 1, "3": 2, "third": 2, "4": 3, "fourth": 3, "5": 4, "fifth": 4}
_AROUND = stem_set("use take read try file table column path name called one option choice answer")


class Reply(NamedTuple):
    """What a message says as the reply to a question.

    ``values`` holds the parameter that was asked for, nothing when the message is no answer; ``problems`` say what
    does not fit. ``is_short``: it says hardly more than the value, so it can hardly be a request of its own.
    """

    values: dict[str, Any]
    problems: tuple[str, ...]
    is_short: bool


def is_dropping(text: str) -> bool:
    """Say whether a reply takes the request back: "never mind", "cancel", "forget it", "no"."""
    stems = [token.stem for token in tokens(text[:200])]
    return 0 < len(stems) <= 3 and (stems[0] in _DROPPING or stems == ["no"])


def picked(text: str, choices: Sequence[str]) -> str | None:
    """Return the choice a reply points at: by its name, or by its place ("2", "the second one", "last")."""
    read = tokens(readable(text[:_LONGEST_ANSWER]))
    named = {found.name for found in mentions(read, choices)}
    named |= {choice for choice in choices if any(token.text.lower() == choice.lower() for token in read)}
    if len(named) == 1:
        return named.pop()
    words = [token.text.lower() for token in read if token.text.lower() not in _POINTING]
    if len(words) != 1 or not choices:
        return None
    place = len(choices) - 1 if words[0] == "last" else _PLACES.get(words[0], len(choices))
    return choices[place] if place < len(choices) else None


def read_reply(
    question: Question,
    field: Wanted,
    parameters: type[BaseModel],
    text: str,
    catalog: Catalog,
    llm: LanguageModel,
    today: date,
) -> Reply:
    """Read a message as the answer to a question about one field of ``parameters``."""
    choice = picked(text, question.choices) if field.type not in ("integer", "number") else None
    if choice is not None:
        values: dict[str, Any] = {field.name: [choice] if field.many else choice}
        return Reply(values, (), _is_short(text, choice))
    if any(isinstance(marker, WholeMessage) for marker in field.lookups):
        return Reply({field.name: text}, (), is_short=False)
    found = extract(parameters, text, catalog, {}, llm, today=today, only=field.name)
    values = found.values
    if not values and not found.problems and _is_plain_text(field) and len(text) <= _LONGEST_ANSWER:
        values = {field.name: text.strip()}
    return Reply(values, found.problems, bool(values) and _is_short(text, values[field.name]))


def _is_plain_text(field: Wanted) -> bool:
    return field.type == "string" and not field.choices and not field.lookups


def _is_short(text: str, value: Any) -> bool:
    said = {piece for part in (value if isinstance(value, list) else [value]) for piece in pieces(str(part))}
    ignored = said | FUNCTION_STEMS | _AROUND
    left = [
        token
        for token in tokens(readable(text))
        if token.kind in ("word", "name", "quoted") and not ignored.intersection(pieces(token.text))
    ]
    return len(left) <= 1
