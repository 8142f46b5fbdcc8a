"""Reads a reply to a question: the value asked for, one of the choices offered, or "never mind"."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
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
_AGREEING = word_set("yes y yep yeah sure ok okay right correct exactly")
_POINTING = word_set("the one number option please take use")
_PLACES = {"1": 0, "first": 0, "2": 1, "second": 1, "3": 2, "third": 2, "4": 3, "fourth": 3, "5": 4, "fifth": 4}
_AROUND = stem_set("use take read try file table column path name called one option choice answer")


class Reply(NamedTuple):
    """What a message says as the reply to a question.

    ``values`` holds the parameter that was asked for, nothing when the message is no answer; ``problems`` say what
    does not fit; ``rest`` is what else it says. ``is_short``: it says hardly more than the value, so it can hardly be
    a request of its own.
    """

    values: dict[str, Any]
    problems: tuple[str, ...] = ()
    rest: str = ""
    is_short: bool = False


def is_dropping(text: str) -> bool:
    """Say whether a reply takes the request back: "never mind", "cancel", "forget it", "no"."""
    stems = [token.stem for token in tokens(text[:200])]
    return 0 < len(stems) <= 3 and (stems[0] in _DROPPING or stems == ["no"])


def picked(text: str, choices: Sequence[str]) -> str | None:
    """Return the choice a reply points at: by its name, or by its place ("2", "the second one", "last")."""
    return _named(text, choices) or _placed(text, choices)


def _named(text: str, choices: Sequence[str]) -> str | None:
    read = tokens(readable(text[:_LONGEST_ANSWER]))
    written = {token.text.lower() for token in read}
    for named in (
        {choice for choice in choices if choice.lower() in written},
        {found.name for found in mentions(read, choices)},
        {choice for choice in choices if Path(choice).stem.lower() in written},
    ):
        if len(named) == 1:
            return named.pop()
    return None


def _placed(text: str, choices: Sequence[str]) -> str | None:
    read = tokens(readable(text[:_LONGEST_ANSWER]))
    words = [token.text.lower() for token in read if token.text.lower() not in _POINTING]
    if len(words) != 1 or not choices:
        return None
    if len(choices) == 1 and words[0] in _AGREEING:
        return choices[0]
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
    if field.type not in ("integer", "number"):
        if named := _named(text, question.choices):
            return _reply({field.name: [named] if field.many else named}, parameters, text)
        if placed := _placed(text, question.choices):
            return Reply({field.name: [placed] if field.many else placed}, is_short=True)
    if any(isinstance(marker, WholeMessage) for marker in field.lookups):
        return Reply({field.name: text})
    found = extract(parameters, text, catalog, {}, llm, today=today, only=field.name)
    values = found.values
    if not values and not found.problems and _is_plain_text(field) and len(text) <= _LONGEST_ANSWER:
        values = {field.name: text.strip()}
    return _reply(values, parameters, text) if values else Reply({}, found.problems)


def _is_plain_text(field: Wanted) -> bool:
    return field.type == "string" and not field.choices and not field.lookups


def _reply(values: dict[str, Any], parameters: type[BaseModel], text: str) -> Reply:
    """Return the reply that gave these values: what else it says, and whether that is next to nothing."""
    (value,) = values.values()
    said = {piece for part in (value if isinstance(value, list) else [value]) for piece in pieces(str(part))}
    reading = readable(text)
    rest = list(reading)
    left = 0
    names = {piece for name in parameters.model_fields for piece in pieces(name)}
    for token in tokens(reading):
        own = set(pieces(token.text))
        if own & said:
            rest[token.start : token.end] = " " * (token.end - token.start)
        elif token.kind in ("word", "name", "quoted") and not own & (FUNCTION_STEMS | _AROUND | names):
            left += 1
    return Reply(values, rest="".join(rest), is_short=left <= 1)
