"""How a message goes on from the answer before: "and upstream?", "only for EMEA", "use the second table", "again"."""

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

from dataops_kernel.llm.rules.words import stem_set
from dataops_kernel.types import Frozen

_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_SHORT = 9
_OPENING = re.compile(
    r"(?:(?:no|ok|okay|sorry|oops|wait|actually|now|then|but|so|well)[,\s]+)*"
    r"(?:and(?: (?:what|how) about| also| now| then)?|also|plus|what about|how about|only|just|without|excluding|except"
    r"|(?:do |show |give )?(?:me )?(?:exactly )?the same(?: thing| again)?(?: but)?(?: for| with| by| per)?"
    r"|same(?: thing)?|i meant?|not|instead|rather|now|then|but|make (?:it|that)|use|take|try"
    r"|repeat|rerun|again|once more"
    r"|(?:break|split|drill|zoom|sort|order|group|filter|limit|reverse|flip))\b"
    r"(?: (?:for|the|with|a)\b)*[,:\s]*",
    re.IGNORECASE,
)
_TURNED = re.compile(r"(?:no|sorry|oops|wait|actually)[,\s]+(?=\S)", re.IGNORECASE)
_CLOSING = re.compile(r"[,\s]+(?:instead|too|as well|again|also)$", re.IGNORECASE)
_AGAIN = re.compile(
    r"(?:(?:do|run|ask|show|try) (?:it|that|this) )?(?:again|once more)|(?:repeat|rerun)(?: (?:it|that|this))?"
    r"|same again|the same(?: again)?",
    re.IGNORECASE,
)
_PART = re.compile(
    r"(?:by|per|in|for|from|since|before|after|until|during|over|under|above|below|between|at (?:least|most)|more than"
    r"|less than|top|bottom|highest|lowest|largest|smallest|last|this|next|previous|average|total|sum|count|how many"
    r"|minimum|maximum|median|ascending|descending|sorted|ordered|newest|oldest|with|where|who|everything|all|show all"
    r"|list all|the (?:other|first|last|count|average|total|top|year|month|quarter|week|day|previous|following|next)"
    r"|(?:a|one) (?:year|quarter|month|week|day)|in reverse|backwards|what is behind|what's behind|which|drill|only"
    r"|and|just|without|as (?:a )?(?:share|percentage)|share)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(r"\b(?:it|its|that|this|them|their|they|those|these)\b", re.IGNORECASE)
_CHANGING = re.compile(
    r"\b(?:drop|truncate|alter)\s+(?:table|database|schema|view|index|column)\b"
    r"|\bdelete\s+from\s+\w|\binsert\s+into\s+\w|\bupdate\s+\w+\s+set\b"
    r"|\bcreate\s+(?:or\s+replace\s+)?(?:table|database|schema|view|index)\s+\w+\s*(?:\(|as\b)"
    r"|\b(?:attach|detach)\s+(?:database\s+)?'|\bcopy\s+\w+\s+(?:to|from)\s+'",
    re.IGNORECASE,
)
_TABLE = re.compile(
    rf"\bthe ({'|'.join(_ORDINALS)}|last|other|[1-9](?:st|nd|rd|th)) (table|sheet|dataset)\b"
    r"|\btable (?:number |no\.? )?([1-9])\b",
    re.IGNORECASE,
)
WORDS = stem_set("and also plus what about how same only just again instead use take try now then show me for the with")
"""Stems of the words that make a follow-up; they name nothing."""


class EarlierTurn(Frozen):
    """What an answer on the line was about: the workflow and its parameters, and the data it left."""

    workflow: str
    text: str = ""
    parameters: dict[str, Any] = {}
    data: dict[str, Any] = {}

    def left(self, names: Set[str]) -> dict[str, Any]:
        """Return what the answer left under these names; a run that failed left what it was given."""
        return {name: self.data.get(name, self.parameters.get(name)) for name in names}


class Manner(NamedTuple):
    """How a message is put.

    ``goes_on``: it opens or ends like a follow-up, ``rest`` is what stands beside that. ``is_part``: it could be the
    end of a question. ``points``: it says "it" or "those". ``is_again``: it asks for the same once more.
    """

    goes_on: bool
    is_part: bool
    is_short: bool
    points: bool
    is_again: bool
    rest: str


def manner(text: str) -> Manner:
    """Read how a message is put."""
    said = " ".join(text[:400].split()).rstrip("?!. ")
    opened, closed = _OPENING.match(said) or _TURNED.match(said), _CLOSING.search(said)
    rest = said[opened.end() :] if opened else said
    rest = _CLOSING.sub("", rest)
    return Manner(
        goes_on=bool(opened or closed) or _AGAIN.fullmatch(said) is not None,
        is_part=_PART.match(said) is not None,
        is_short=len(said.split()) <= _SHORT,
        points=_POINTING.search(said) is not None,
        is_again=_AGAIN.fullmatch(said) is not None,
        rest=rest,
    )


def is_changing_sql(text: str) -> bool:
    """Say whether a message is SQL that would change something, however it is wrapped."""
    return _CHANGING.search(text[:2000]) is not None


def told(said: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    """Return the sentence that says how a follow-up was understood: what is new, and what stays."""
    kept = {name: value for name, value in before.items() if name not in said and value not in (None, [], {})}
    new = ", ".join(f"{name.replace('_', ' ')} {value!r}" for name, value in said.items())
    old = ", ".join(f"{name.replace('_', ' ')} {value!r}" for name, value in kept.items())
    if not new:
        return f"Understood as: the same again, {old}." if old else "Understood as: the same again."
    return f"Understood as: {new}; as before: {old}." if old else f"Understood as: the same for {new}."


class PointedTable(NamedTuple):
    """A message with the table it points at by its name, or the problem with that."""

    text: str = ""
    correction: str = ""
    problem: str = ""


def pointed_table(text: str, shown: str, tables: Sequence[str]) -> PointedTable | None:
    """Read "the second table" as the second of the tables that the last answer names; None when none is pointed at.

    Only when it names none they are those of the session, and then the order is nobody's: the problem lists them.
    """
    found = _TABLE.search(text[:400])
    if found is None or not tables:
        return None
    word = (found[1] or found[3]).lower()
    listed = sorted((at, name) for name in tables if (at := _named_at(name, shown)) >= 0)
    names = [name for _, name in listed]
    what = f"{found[0]!r}"
    every = ", ".join(repr(name) for name in tables[:10])
    if len(names) < 2 or word == "other":
        if word == "other" and len(tables) == 2 and len(names) == 1:
            name = next(table for table in tables if table != names[0])
            return _pointed(text, found, name)
        return PointedTable(
            problem=f"The last answer lists no tables, so I cannot tell which is {what}. Say its name: {every}."
        )
    place = _place(word, len(names))
    if place >= len(names):
        count = ", ".join(repr(name) for name in names)
        return PointedTable(problem=f"The last answer lists {len(names)} tables, so there is no {what}: {count}.")
    return _pointed(text, found, names[place])


def _pointed(text: str, found: re.Match[str], name: str) -> PointedTable:
    changed = f"{text[: found.start()]}the table {name}{text[found.end() :]}"
    return PointedTable(text=changed, correction=f"Read {found[0]!r} as the table {name!r}.")


def _place(word: str, count: int) -> int:
    if word == "last":
        return count - 1
    return _ORDINALS.index(word) if word in _ORDINALS else int(word[0]) - 1


def _named_at(name: str, text: str) -> int:
    """Return where a text shows a table by its name as code or in bold, -1 when it does not."""
    found = re.search(rf"[`*]{re.escape(name)}[`*]", text)
    return found.start() if found else -1
