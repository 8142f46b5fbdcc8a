"""What the words of a follow-up say about the question before: "only …", "the same by …", "and … too", "top 3".

Only words are read here; the grammar reads what is left of them, and ``merging`` changes the earlier question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from .words import NUMBER_WORDS, word_list

Act = Literal["", "again", "reverse", "all", "first", "behind", "shift", "table"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message as a follow-up.

    ``rest`` is what the grammar has to read. ``is_marked``: it can only be a follow-up ("only", "instead");
    ``is_open``: it may be one ("and", "now"). ``adds`` keeps what was there, ``replaces`` puts something in its place.
    ``act`` asks for something no clause says; ``count`` and ``unit`` belong to it. ``dropped`` is what is taken back.
    """

    rest: str
    is_marked: bool = False
    is_open: bool = False
    adds: bool = False
    replaces: bool = False
    narrows: bool = False
    act: Act = ""
    count: int = 0
    unit: str = ""
    dropped: str = ""


_NUMBER = r"(?:\d{1,7}|" + "|".join(NUMBER_WORDS) + ")"
_UNIT = r"(day|week|month|quarter|year)"
_OPENINGS: tuple[tuple[str, dict[str, bool]], ...] = (
    (r"and also|also|plus|add", {"adds": True, "is_marked": True}),
    (r"and", {"adds": True, "is_open": True}),
    (r"(?:and )?(?:what|how) about|what if", {"replaces": True, "is_open": True}),
    (
        r"(?:(?:do|show|give|get|run|ask) (?:me )?)?(?:exactly )?(?:the )?same(?: thing| question| query| one| again)?"
        r"(?:,? but)?(?: only)?",
        {"replaces": True, "is_marked": True},
    ),
    (r"no(?=\s*[,:])|no(?= i\b)|sorry|oops|nope|wait|actually", {"replaces": True, "is_marked": True}),
    (r"i (?:meant|mean|wanted|want)(?: to say)?|rather|instead", {"replaces": True, "is_marked": True}),
    (r"(?:make|change|turn|switch) (?:it|that|this)(?: in)?(?: to)?", {"replaces": True, "is_marked": True}),
    (r"only|just|nothing but", {"narrows": True, "is_marked": True}),
    (
        r"(?:now )?(?:limit|filter|restrict|narrow|reduce|cut)(?: (?:it|that|this|them|these))?(?: down)?"
        r"(?: (?:to|by|on|for))?",
        {"narrows": True, "is_marked": True},
    ),
    (
        r"(?:show|give|list|get|split|break|group|sort|order) (?:me )?(?:it|that|them|this|these|those)\b",
        {"is_marked": True},
    ),
    (r"(?:break|split) (?:it |that |them )?down|broken down|grouped|split", {"is_marked": True}),
    (r"ok|okay|now|then|but|so|please|well|alright", {"is_open": True}),
)
_CLOSINGS: tuple[tuple[str, dict[str, bool]], ...] = (
    (r"instead", {"replaces": True, "is_marked": True}),
    (r"too|as well|also|in addition", {"adds": True, "is_marked": True}),
    (r"please|now|then|thanks|thank you|only", {"is_open": True}),
)
_ACTS: tuple[tuple[Act, str], ...] = (
    (
        "again",
        r"(?:(?:do|run|ask|show|try) (?:it|that|this) )?(?:again|once more|one more time|anew)"
        r"|(?:repeat|rerun|redo)(?: (?:it|that|this|the (?:last )?(?:question|query)))?|same again|the same(?: again)?",
    ),
    (
        "reverse",
        r"(?:in )?(?:the )?(?:other|opposite) (?:way (?:a)?round|way|order|direction)"
        r"|(?:in )?(?:the )?reversed?(?: order)?|backwards"
        r"|(?:reverse|flip|invert|turn)(?: (?:it|that|this|them|the (?:order|list|sorting)))?(?: around| round)?",
    ),
    (
        "all",
        r"(?:(?:show|list|give|see|get)(?: me)? )?(?:all|everything|every one|all rows|all (?:of )?(?:them|it|those))"
        r"|(?:with)?(?:no|out(?: a| the)?|remove the|drop the) limit|the rest|the full list|the whole list",
    ),
)
_FIRST = re.compile(
    rf"(?:(?:show|list|give|see|get)(?: me)? )?(?:the )?first ({_NUMBER})(?: rows| ones| of (?:them|those))?", re.I
)
_BEHIND = re.compile(
    r"(?:(?:what|which|who|show|list|give|see|get|open)\b.{0,60}?\b(?:behind|makes? up|made up|went into|goes into)"
    r"|(?:drill|zoom|dig|look)(?:ing)?(?: down)?(?: ?in(?:to)?| ?on| ?to)"
    r"|(?:(?:show|list|give|see|get)(?: me)? )?(?:the )?(?:single |individual )?(?:rows|records|details|lines)"
    r" (?:of|for|behind|in|on))\s+(.+)",
    re.I | re.S,
)
_SHIFT = (
    (rf"(?:the )?(?:same )?{_UNIT} (?:before|earlier|prior)(?: (?:that|then|it))?", -1),
    (rf"(?:one|a) {_UNIT} (?:before|earlier)", -1),
    (rf"the (?:previous|prior|preceding) {_UNIT}", -1),
    (rf"(?:the )?{_UNIT} (?:after|later)(?: (?:that|then|it))?", 1),
    (rf"(?:one|a) {_UNIT} (?:after|later)", 1),
    (rf"the (?:following|next) {_UNIT}", 1),
)
_TABLE = re.compile(
    r"(?:use|take|try|ask|from|with|in)\s+(?:the\s+)?(?:table\s+)?[\"'`]?([^\W\d]\w*)[\"'`]?(?:\s+table)?", re.I
)
_NOT_BUT = re.compile(r"not\s+(?:for\s+)?(.{1,80}?)\s*(?:,\s*(?:but\s+|rather\s+)?|\s+but\s+)(.{1,200})", re.I | re.S)
_INSTEAD_OF = re.compile(r"(.{1,200}?)\s*(?:,?\s+(?:instead of|rather than)\s+|,\s*not\s+)(.{1,80})", re.I | re.S)
_NARROWING = re.compile(r"(?:without|excluding|exclude|except|leave out|leaving out|ignoring|ignore|not|no)\b", re.I)
_POINTING = frozenset(word_list("it its that this them these those their they ones"))
_MOST_STEPS = 8


def read_turn(text: str, tables: frozenset[str] = frozenset()) -> Turn:
    """Return what a message says if it is a follow-up; ``tables`` are names that "use …" may be followed by."""
    turn = Turn(" ".join(text.split()).rstrip("?!. "))
    for _ in range(_MOST_STEPS):
        acted = _acted(turn, tables)
        if acted is not None:
            return acted
        stripped = _opened(turn) or _closed(turn)
        if stripped is None:
            break
        turn = stripped
    words = {word.casefold() for word in re.findall(r"\w+", turn.rest)}
    points = bool(words & _POINTING) or bool(_NARROWING.match(turn.rest))
    return replace(turn, is_marked=turn.is_marked or points)


def _acted(turn: Turn, tables: frozenset[str]) -> Turn | None:
    """Return the turn with its act when what is left of it is one."""
    rest = turn.rest
    for act, pattern in _ACTS:
        if re.fullmatch(pattern, rest, re.I):
            return replace(turn, rest="", act=act, is_marked=True)
    if found := _FIRST.fullmatch(rest):
        said = found[1].lower()
        number = int(said) if said.isdigit() else int(NUMBER_WORDS[said])
        return replace(turn, rest="", act="first", count=number, is_marked=True) if number else None
    for pattern, step in _SHIFT:
        if found := re.fullmatch(pattern, rest, re.I):
            return replace(turn, rest="", act="shift", count=step, unit=found[1].lower(), is_marked=True)
    if found := _BEHIND.fullmatch(rest):
        return replace(turn, rest=found[1], act="behind", is_marked=True)
    if (found := _TABLE.fullmatch(rest)) and found[1].casefold() in tables:
        return replace(turn, rest=found[1], act="table", is_marked=True)
    if found := _NOT_BUT.fullmatch(rest):
        return replace(turn, rest=found[2], dropped=found[1], replaces=True, is_marked=True)
    if found := _INSTEAD_OF.fullmatch(rest):
        return replace(turn, rest=found[1], dropped=found[2], replaces=True, is_marked=True)
    return None


def _opened(turn: Turn) -> Turn | None:
    for pattern, means in _OPENINGS:
        found = re.match(rf"(?:{pattern})(?:\s*[,:]\s*|\s+|$)", turn.rest, re.I)
        if found:
            return replace(turn, rest=turn.rest[found.end() :], **means)  # type: ignore[arg-type]
    return None


def _closed(turn: Turn) -> Turn | None:
    for pattern, means in _CLOSINGS:
        found = re.search(rf"(?:^|[\s,]+)(?:{pattern})$", turn.rest, re.I)
        if found:
            return replace(turn, rest=turn.rest[: found.start()].rstrip("?!. ,"), **means)  # type: ignore[arg-type]
    return None
