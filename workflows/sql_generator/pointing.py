"""A row of the last result that a message points at: "the first one", "the last row", "that month"."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from .resolve import Unclear
from .sql import identifier
from .state import LastResult

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_PLACE = "|".join((*_ORDINALS, "last", r"\d{1,6}(?:st|nd|rd|th)"))
_ROW = re.compile(
    rf"(?:\b(?:the|that|this)\s+)?\b({_PLACE})\s+(?:one|row|place|of (?:them|those|these))\b"
    rf"|\bthe\s+({_PLACE})(?=\s*[?.!]*$)",
    re.IGNORECASE,
)
_THAT = re.compile(r"\b(?:that|this)\s+(?:one|(\w+))\b(?!\s+one)", re.IGNORECASE)


def pointed_at(text: str, last: LastResult | None, ask: Callable[[str], list[dict[str, Any]]]) -> str:
    """Return the message with the row it points at spelled out: ``only region is "EMEA"``.

    ``ask`` runs a query over the last result. Raises ``Unclear`` when no such row can be named.
    """
    found = _ROW.search(text)
    place = (found[1] or found[2]).lower() if found else ""
    if found is None:
        found = _THAT.search(text) if last is not None else None
        if found is None or last is None or not _is_place(found[1], last):
            return text
    if last is None:
        raise Unclear(f"there is no result to point at with {found[0].strip()!r}, or its tables have changed since")
    return text[: found.start()] + _spelled(last, place, found[0].strip(), ask) + text[found.end() :]


def _is_place(noun: str | None, last: LastResult) -> bool:
    """Whether "that month" names what the rows of the last result are called by."""
    if noun is None:
        return True
    names = {part for alias, bucket in last["places"] for part in (*alias.lower().split("_"), bucket or "")}
    return noun.lower() in names


def _spelled(last: LastResult, place: str, said: str, ask: Callable[[str], list[dict[str, Any]]]) -> str:
    count = last["row_count"]
    at = _number(place, count)
    if not place and count != 1:
        raise Unclear(f'the last result has {count:,} rows; which one is {said!r}? Say its name, or "the first one"')
    if not last["places"]:
        raise Unclear(f"the rows of the last result have no name that {said!r} could stand for")
    if not 0 <= at < count:
        raise Unclear(f"the last result has {count:,} rows, so there is no {said!r}")
    columns = ", ".join(identifier(alias) for alias, _ in last["places"])
    (row,) = ask(f"SELECT {columns} FROM {identifier(last['name'])} LIMIT 1 OFFSET {at}")
    return " and ".join(_value(alias, bucket, row[alias], said) for alias, bucket in last["places"][:2])


def _number(place: str, count: int) -> int:
    if place in _ORDINALS:
        return _ORDINALS.index(place)
    if place == "last":
        return count - 1
    return int(re.sub(r"\D", "", place) or 1) - 1


def _value(alias: str, bucket: str | None, value: Any, said: str) -> str:
    match value:
        case str() if '"' not in value and value.strip():
            return f'{alias.replace("_", " ")} is "{value}"'
        case int() if bucket == "year":
            return f"in {value}"
        case date() | datetime():
            return _time(value, bucket, said)
    raise Unclear(f"{said!r} is {value if value is not None else 'a row without a value'!r}, which I cannot ask about")


def _time(value: date, bucket: str | None, said: str) -> str:
    match bucket:
        case "month":
            return f"in {value:%Y-%m}"
        case "quarter":
            return f"in Q{(value.month + 2) // 3} {value.year}"
        case "day" | None:
            return f"on {value:%Y-%m-%d}"
    raise Unclear(f"{said!r} is a {bucket}, which I cannot ask about; please name the days")
