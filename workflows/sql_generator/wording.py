"""Numbers, days and names as people read them; what comes from data is kept from being read as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from .plan import Bucket, ColumnRef, Condition, QueryPlan

_MARKUP = re.compile(r"([\\`*_\[\]<>|~#$])")
_LONGEST = 60
_SIGNS = {"=": "is", "<>": "is not", "in": "is", "not in": "is not", "null": "is missing", "not null": "is given",
          "contains": "contains", "not contains": "does not contain", "starts": "starts with", "ends": "ends with",
          ">": "over", ">=": "at least", "<": "under", "<=": "at most",
          "between": "between"}  # fmt: skip


def escaped(text: str) -> str:
    """Return a sentence with names and values from data in it as Markdown that shows exactly this text, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def plain(text: object) -> str:
    """Return a name or value from data as Markdown that shows exactly this text, on one line and not too long."""
    said = " ".join(str(text).split())
    return escaped(said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…")


def bare(text: str) -> str:
    """Return Markdown made by ``escaped`` as the text it shows."""
    return re.sub(r"\\([\\`*_\[\]<>|~#$])", r"\1", text)


def code(name: str) -> str:
    """Return a name from the data as inline code."""
    said = " ".join(name.split())
    fence = "``" if "`" in said else "`"
    return f"{fence}{said}{fence}" if fence == "`" else f"{fence} {said} {fence}"


def amount(value: Any) -> str:
    """Return a number with thousands separated, and with two decimals unless it is whole by type."""
    if isinstance(value, bool) or value is None:
        return "nothing" if value is None else str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float | Decimal):
        return f"{value:,.2f}"
    return plain(value)


def cell(value: Any, bucket: Bucket | None = None) -> str:
    """Return a group's value: a month as 2026-03, a quarter as Q1 2026."""
    if value is None:
        return "(no value)"
    if isinstance(value, date):
        match bucket:
            case "month":
                return f"{value:%Y-%m}"
            case "quarter":
                return f"Q{(value.month - 1) // 3 + 1} {value.year}"
            case "week":
                return f"the week of {value:%Y-%m-%d}"
            case _:
                return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value.isoformat()
    return plain(value)


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return "a, b and c"."""
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def counted(count: int, noun: str) -> str:
    """Return "1 row", "2,000 rows", "3 categories"."""
    if count == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if re.search(r"[^aeiou]y$", noun) else f"{noun}{'es' if noun.endswith('s') else 's'}"
    return f"{count:,} {plural}"


def where(plan: QueryPlan) -> str:
    """Return the filters of a plan in words, or an empty text: "where region is EMEA and amount over 500"."""
    said = [condition(c) for c in plan.conditions]
    for related in plan.related:
        inner = [condition(c) for c in related.conditions]
        having = "without" if related.negated else "with"
        said.append(f"{having} {plain(related.join.many.table)}" + (f" where {listed(inner)}" if inner else ""))
    return f"where {listed(said)}" if said else ""


def thresholds(plan: QueryPlan) -> str:
    """Return what the groups must reach, in words: "over 5"."""
    return listed(
        [f"{_SIGNS.get(t.operator, t.operator)} {listed([f'{v:,}' for v in t.values])}" for t in plan.thresholds]
    )


def condition(told: Condition) -> str:
    """Return one filter in words."""
    name = _name(told.column)
    values = [plain(value) if isinstance(value, str) else f"{value:,}" for value in told.values]
    match told.operator:
        case "between":
            return f"{name} is between {values[0]} and {values[1]}"
        case "during" | "not during":
            sign = "is not" if told.operator == "not during" else "is"
            start, end = told.values
            days = [f"from {start}"] if start else []
            days += [f"before {end}"] if end else []
            return f"{name} {sign} {' and '.join(days)}"
        case "=" if told.values in ((True,), (False,)):
            return f"{name} is {str(told.values[0]).lower()}"
        case operator:
            return f"{name} {_SIGNS[operator]} {listed(values, 'or')}".rstrip()


def _name(ref: ColumnRef) -> str:
    return plain(ref.column.replace("_", " "))


def slug(question: str, taken: Sequence[str]) -> str:
    """Return a name for the result that reads like the question; never the name of a table that is not a result."""
    words = re.findall(r"[^\W_]+", question.lower())
    for opening in (["how", "many"], ["how", "much"], ["what", "is"], ["what", "are"], ["show", "me"], ["give", "me"]):
        if words[: len(opening)] == opening:
            words = words[len(opening) :]
    skipped = {
        "the",
        "a",
        "an",
        "all",
        "show",
        "list",
        "please",
        "me",
        "of",
        "there",
        "is",
        "are",
        "which",
        "what",
        "find",
    }
    kept = [word for word in words if word not in skipped] or words or ["result"]
    name = ""
    for word in kept:
        if len(name) + len(word) > 48:
            break
        name = f"{name}_{word}" if name else word[:48]
    name = name if not name[:1].isdigit() else f"result_{name}"
    while name.casefold() in {other.casefold() for other in taken}:
        name += "_result"
    return name
