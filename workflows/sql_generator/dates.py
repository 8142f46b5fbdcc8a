"""Dates in English: "March 2026", "last quarter", "Q1", "the past 30 days", as half-open ranges of days.

Relative words need a "today". It comes from the data (see ``queries.newest_day``), so the same question over the same
data gives the same answer on any day; the answer says which day it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from .words import Token

Unit = Literal["day", "week", "month", "quarter", "year"]

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sep sept", "october oct", "november nov", "december dec"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_UNITS: dict[str, Unit] = {
    "day": "day", "days": "day", "week": "week", "weeks": "week", "month": "month", "months": "month",
    "quarter": "quarter", "quarters": "quarter", "year": "year", "years": "year",
}  # fmt: skip
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": 4}
_MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of days as it was said; ``day`` is the first one when it is known without a "today"."""

    said: str
    unit: Unit
    first: date | None = None
    last: date | None = None
    """The day after the stretch, when ``first`` is known."""
    back: int = 0
    """How many units before the one that holds today; negative for units to come."""
    length: int = 0
    """Rolling: so many units up to and including today."""
    to_date: bool = False
    part: tuple[Unit, int] | None = None
    """A named month, quarter or half without a year: ("month", 3)."""

    @property
    def is_relative(self) -> bool:
        """Whether it means something only together with a "today"."""
        return self.first is None

    def resolve(self, today: date | None) -> tuple[date, date]:
        """Return the first day and the day after the last; ``today`` is needed when ``is_relative``."""
        if self.first is not None and self.last is not None:
            return self.first, self.last
        assert today is not None
        if self.part is not None:
            unit, number = self.part
            months = _MONTHS_OF[unit]
            start = date(today.year, (number - 1) * months + 1, 1)
            if start > today:
                start = start.replace(year=start.year - 1)
            return start, add_months(start, months)
        if self.length:
            return _minus(today, self.unit, self.length) + timedelta(days=1), today + timedelta(days=1)
        start = _start(today, self.unit)
        if self.to_date:
            return start, today + timedelta(days=1)
        back = self.back
        if back == 1 and self.unit != "day" and _start(today + timedelta(days=1), self.unit) != start:
            back = 0  # today is the last day of its month: "last month" is this one, the newest that is complete
        if self.unit in ("day", "week"):
            step = timedelta(days=7 if self.unit == "week" else 1)
            start -= step * back
            return start, start + step
        months = _MONTHS_OF[self.unit]
        start = add_months(start, -months * back)
        return start, add_months(start, months)


def _start(day: date, unit: Unit) -> date:
    match unit:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of a shorter month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = min(max(index // 12, 1), 9998), index % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    raise AssertionError("every month has a 28th")


def _minus(day: date, unit: Unit, count: int) -> date:
    if unit in ("day", "week"):
        return day - timedelta(days=min(count * (7 if unit == "week" else 1), 365 * 100))
    return add_months(day, -_MONTHS_OF[unit] * min(count, 1200))


def read(tokens: Sequence[Token], at: int) -> tuple[Span, int] | None:
    """Read a date phrase at a place; returns it with the number of tokens it takes, or None."""
    for reader in (_iso, _month, _quarter, _half, _word, _relative):
        found = reader(tokens, at)
        if found is not None:
            return found
    return None


def year_span(year: int) -> Span:
    """Return a whole year."""
    return Span(str(year), "year", date(year, 1, 1), date(year + 1, 1, 1))


def is_year(token: Token) -> bool:
    """Whether a number can be a year."""
    return bool(re.fullmatch(r"(19|20)\d\d", token.text))


def ambiguous(tokens: Sequence[Token]) -> str | None:
    """Return a date such as 05/03/2026 that people on two continents read differently, if there is one."""
    for token in tokens:
        match = re.fullmatch(r"(\d{1,2})/(\d{1,2})/\d{4}", token.text)
        if match and int(match[1]) <= 12 and int(match[2]) <= 12 and match[1] != match[2]:
            return token.text
    return None


def _low(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].low if 0 <= at < len(tokens) else ""


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year < 9999 else None
    except ValueError:
        return None


def _single(said: str, day: date | None, taken: int) -> tuple[Span, int] | None:
    return None if day is None else (Span(said, "day", day, day + timedelta(days=1)), taken)


def _whole_month(said: str, year: int, month: int, taken: int) -> tuple[Span, int] | None:
    first = _day(year, month, 1)
    return None if first is None else (Span(said, "month", first, add_months(first, 1)), taken)


def _iso(tokens: Sequence[Token], at: int) -> tuple[Span, int] | None:
    text = tokens[at].text
    if match := re.fullmatch(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", text):
        return _single(text, _day(int(match[1]), int(match[2]), int(match[3])), 1)
    if match := re.fullmatch(r"(\d{4})-(\d{1,2})", text):
        return _whole_month(text, int(match[1]), int(match[2]), 1)
    if match := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text):
        return _single(text, _day(int(match[3]), int(match[2]), int(match[1])), 1)
    if match := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        one, two = int(match[1]), int(match[2])
        month, day = (two, one) if one > 12 else (one, two)
        return _single(text, _day(int(match[3]), month, day), 1)
    return None


def _month_number(tokens: Sequence[Token], at: int) -> int | None:
    low = _low(tokens, at)
    if low in ("may", "march", "mar", "jan", "sep", "dec") and tokens[at].text.islower():
        # "may" and "march" are verbs too: in small letters they count as months only beside date words.
        beside = {_low(tokens, at - 1), _low(tokens, at + 1)}
        near = {
            "in",
            "of",
            "since",
            "before",
            "after",
            "until",
            "during",
            "between",
            "from",
            "to",
            "and",
            "for",
            "by",
            "through",
        }
        if not near & beside and not any(re.fullmatch(r"\d{1,4}(st|nd|rd|th)?", word) for word in beside):
            return None
    return _MONTHS.get(low)


def _day_number(low: str) -> int | None:
    match = re.fullmatch(r"(\d{1,2})(st|nd|rd|th)?", low)
    return int(match[1]) if match and 1 <= int(match[1]) <= 31 else None


def _year_after(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Read "2026", ", 2026" or "of 2026"; returns the year and the tokens it takes."""
    skip = 1 if _low(tokens, at) in (",", "of", "in") else 0
    if at + skip < len(tokens) and is_year(tokens[at + skip]):
        return int(tokens[at + skip].text), skip + 1
    return None


def _month(tokens: Sequence[Token], at: int) -> tuple[Span, int] | None:
    month, taken = _month_number(tokens, at), 1
    day: int | None = None
    if month is None:  # 5 March 2026, 5th of March 2026
        day = _day_number(_low(tokens, at))
        taken = 2 if _low(tokens, at + 1) != "of" else 3
        month = _month_number(tokens, at + taken - 1) if day is not None and at + taken <= len(tokens) else None
        if month is None:
            return None
    elif _day_number(_low(tokens, at + 1)) is not None:  # March 5, 2026
        day, taken = _day_number(_low(tokens, at + 1)), 2
    year = _year_after(tokens, at + taken)
    words = " ".join(token.text for token in tokens[at : at + taken + (year[1] if year else 0)]).replace(" ,", ",")
    if year is None:
        # A day without a year would need two guesses at once; a month alone is the newest one in the data.
        return None if day is not None else (Span(words, "month", part=("month", month)), taken)
    if day is not None:
        return _single(words, _day(year[0], month, day), taken + year[1])
    return _whole_month(words, year[0], month, taken + year[1])


def _quarter(tokens: Sequence[Token], at: int) -> tuple[Span, int] | None:
    low, taken = _low(tokens, at), 1
    number = int(low[1]) if re.fullmatch(r"q[1-4]", low) else None
    leading: int | None = None
    if number is None and is_year(tokens[at]) and re.fullmatch(r"q[1-4]", _low(tokens, at + 1)):
        leading, number, taken = int(tokens[at].text), int(_low(tokens, at + 1)[1]), 2
    if number is None and low == "quarter" and _low(tokens, at + 1) in ("1", "2", "3", "4"):
        number, taken = int(_low(tokens, at + 1)), 2
    if number is None and low in _ORDINALS and _low(tokens, at + 1) == "quarter":
        if low == "last" and _year_after(tokens, at + 2) is None:
            return None
        number, taken = _ORDINALS[low], 2
    if number is None:
        return None
    year = (leading, 0) if leading else _year_after(tokens, at + taken)
    if year is None:
        return Span(f"Q{number}", "quarter", part=("quarter", number)), taken
    first = date(int(year[0] or 0), number * 3 - 2, 1)
    return Span(f"Q{number} {year[0]}", "quarter", first, add_months(first, 3)), taken + year[1]


def _half(tokens: Sequence[Token], at: int) -> tuple[Span, int] | None:
    low, taken = _low(tokens, at), 1
    number = {"h1": 1, "h2": 2}.get(low)
    if number is None and low in ("first", "second") and _low(tokens, at + 1) == "half":
        number, taken = _ORDINALS[low], 2
    year = _year_after(tokens, at + taken) if number else None
    if number is None or year is None:
        return None
    first = date(year[0], number * 6 - 5, 1)
    return Span(f"H{number} {year[0]}", "quarter", first, add_months(first, 6)), taken + year[1]


def _word(tokens: Sequence[Token], at: int) -> tuple[Span, int] | None:
    low = _low(tokens, at)
    if low in ("today", "yesterday", "tomorrow"):
        return Span(low, "day", back={"today": 0, "yesterday": 1, "tomorrow": -1}[low]), 1
    if low in ("ytd", "mtd", "qtd"):
        unit: Unit = {"y": "year", "m": "month", "q": "quarter"}[low[0]]  # type: ignore[assignment]
        return Span(f"{unit} to date", unit, to_date=True), 1
    if low in _UNITS and [_low(tokens, at + 1), _low(tokens, at + 2)] == ["to", "date"]:
        return Span(f"{low} to date", _UNITS[low], to_date=True), 3
    if low == "year" and at + 1 < len(tokens) and is_year(tokens[at + 1]):
        return year_span(int(tokens[at + 1].text)), 2
    return None


def _relative(tokens: Sequence[Token], at: int) -> tuple[Span, int] | None:
    """Read "last month", "this year", "previous 3 quarters", "past 30 days"."""
    low = _low(tokens, at)
    if low not in ("last", "previous", "past", "prior", "this", "current", "next", "these"):
        return None
    unit = _UNITS.get(_low(tokens, at + 1))
    if unit is not None and _low(tokens, at + 1) == unit:
        if low == "past":
            return Span(f"past {unit}", unit, length=1), 2
        back = {"this": 0, "current": 0, "next": -1}.get(low, 1)
        return Span(f"{low} {unit}", unit, back=back), 2
    count = tokens[at + 1].number if at + 1 < len(tokens) else None
    unit = _UNITS.get(_low(tokens, at + 2))
    if unit is not None and isinstance(count, int) and 0 < count <= 10_000 and low in ("last", "past", "previous"):
        return Span(f"{low} {count} {_low(tokens, at + 2)}", unit, length=count), 3
    return None
