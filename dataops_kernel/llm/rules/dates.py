"""Days and spans of days as people write them: ``2026-03-01``, ``march 2026``, ``last quarter``, ``since Monday``.

What this grammar does not know and yet looks like a date goes to dateparser, imported only then.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from dataops_kernel.llm.rules.numbers import numbers_in
from dataops_kernel.llm.rules.words import Token, word_set

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?")
_LOCAL = re.compile(r"(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4})")
_QUARTER = re.compile(r"q([1-4])|(\d{4})-?q([1-4])|q([1-4])[-/](\d{4})")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
_DAY = re.compile(r"[12]?\d|3[01]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MONTH_NAMES = "january february march april may june july august september october november december"
_WEEKDAY_NAMES = "monday tuesday wednesday thursday friday saturday sunday"
_MONTHS = {name[:length]: at for at, name in enumerate(_MONTH_NAMES.split(), start=1) for length in (3, len(name))} | {
    "sept": 9
}
_WEEKDAYS = {
    name[:length]: at
    for at, name in enumerate(_WEEKDAY_NAMES.split())
    for length in (3, len(name))
    if length > 3 or name[:3] not in ("sun", "sat", "wed")
}
_NEAR_DAYS = (
    (["day", "before", "yesterday"], -2), (["day", "after", "tomorrow"], 2),
    (["yesterday"], -1), (["today"], 0), (["tomorrow"], 1),
)  # fmt: skip
_UNITS = {"day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year", "yr": "year"}
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_LEADS = word_set(
    "in of since from until till by during for before after through to between on and year last next this"
)
_MAYBE_WORDS = frozenset({"may", "mar", "sun", "mon", "sat"})
_FALLBACK = word_set("ago fortnight noon midnight weekend") | set(_MONTHS) | set(_WEEKDAYS)
_FALLBACK_GLUE = word_set("a an the of day days week weeks month months year years before after ago last next")


class DateSpan(NamedTuple):
    """The days from ``first`` to ``last`` inclusive (None: open), said by the tokens ``begin`` to ``end`` inclusive."""

    first: date | None
    last: date | None
    begin: int
    end: int


_Reading = tuple[date, date, int]


def dates_in(read: Sequence[Token], today: date) -> list[DateSpan]:
    """Return the days and spans of days among a text's tokens, in order."""
    words = [token.text.lower() for token in read]
    found: list[DateSpan] = []
    at = 0
    while at < len(words):
        reading = _reading(words, at, today)
        if reading is None:
            at += 1
            continue
        span = _bounded(words, at, reading, today)
        joined = _joined(words, found, span)
        if joined:
            found[-1] = joined
        else:
            found.append(span)
        at = span.end + 1
    return found or _by_dateparser(read, words, today)


def _reading(words: Sequence[str], at: int, today: date) -> _Reading | None:
    for read in (_figures, _relative, _counted, _quarter, _month, _weekday, _year):
        try:
            reading = read(words, at, today)
        except (ValueError, OverflowError):
            reading = None  # "2026-13-45" has the shape of a date and is none
        if reading:
            return reading
    return None


def _figures(words: Sequence[str], at: int, today: date) -> _Reading | None:
    iso = _ISO.fullmatch(words[at])
    if iso:
        year, month = int(iso[1]), int(iso[2])
        if iso[3] is None:
            return *_month_of(year, month), at
        return date(year, month, int(iso[3])), date(year, month, int(iso[3])), at
    local = _LOCAL.fullmatch(words[at])
    if local:
        one, two, year = int(local[1]), int(local[3]), int(local[4])
        # With dots the day comes first; with slashes the month, unless it cannot be one.
        day, month = (one, two) if local[2] == "." or one > 12 else (two, one)
        return date(year, month, day), date(year, month, day), at
    return None


def _relative(words: Sequence[str], at: int, today: date) -> _Reading | None:
    for phrase, days in _NEAR_DAYS:
        if list(words[at : at + len(phrase)]) == phrase:
            day = today + timedelta(days=days)
            return day, day, at + len(phrase) - 1
    if words[at] in ("ytd", "mtd"):
        return today.replace(day=1, month=1 if words[at] == "ytd" else today.month), today, at
    if words[at] in ("year", "month", "week", "quarter") and words[at + 1 : at + 3] == ["to", "date"]:
        return _unit_of(words[at], today, 0)[0], today, at + 2
    shift = {"this": 0, "current": 0, "last": -1, "previous": -1, "past": -1, "next": 1}.get(words[at])
    unit = _UNITS.get(_at(words, at + 1))
    if shift is None or unit is None:
        return None
    return *_unit_of(unit, today, shift), at + 1


def _counted(words: Sequence[str], at: int, today: date) -> _Reading | None:
    """Read "last 7 days", "3 weeks ago", "in 2 months"."""
    lead = at + 1 if words[at] in ("last", "past", "previous", "next", "in") else at
    count = _count(_at(words, lead))
    unit = _UNITS.get(_at(words, lead + 1).removesuffix("s"))
    if count is None or unit is None or not 0 < count < 5000:
        return None
    if _at(words, lead + 2) == "ago":
        day = _shifted(today, unit, -count)
        return day, day, lead + 2
    if words[at] == "in":
        day = _shifted(today, unit, count)
        return day, day, lead + 1
    if words[at] == "next":
        return today, _shifted(today, unit, count), lead + 1
    if lead > at:
        return _shifted(today, unit, -count) + timedelta(days=1 if unit == "day" else 0), today, lead + 1
    return None


def _quarter(words: Sequence[str], at: int, today: date) -> _Reading | None:
    match = _QUARTER.fullmatch(words[at])
    if match:
        number, end = int(match[1] or match[3] or match[4]), at
        year = int(match[2] or match[5] or 0)
    elif words[at] in _NTH and _at(words, at + 1) == "quarter":
        number, end, year = _NTH[words[at]], at + 1, 0
    else:
        return None
    place = end + (2 if _at(words, end + 1) == "of" else 1)
    if not year and _YEAR.fullmatch(_at(words, place)):
        year, end = int(words[place]), place
    elif not year:
        year = today.year if date(today.year, 3 * number - 2, 1) <= today else today.year - 1
    return date(year, 3 * number - 2, 1), _month_of(year, 3 * number)[1], end


def _month(words: Sequence[str], at: int, today: date) -> _Reading | None:
    """Read "march", "march 2026", "march 12th, 2026", "12 march", "3rd of march 2026"."""
    day, place = None, at
    before = _ORDINAL.fullmatch(words[at])
    if before:
        place = at + (2 if _at(words, at + 1) == "of" else 1)
        day = int(before[1])
    month = _MONTHS.get(_at(words, place).rstrip("."))
    if month is None or (before is None and _DAY.fullmatch(_at(words, at - 1))):
        return None  # "30 february" is no date, and so is no february
    end = place
    after = _ORDINAL.fullmatch(_at(words, place + 1)) if day is None else None
    if after and int(after[1]) <= 31:
        day, end = int(after[1]), place + 1
    year = int(words[end + 1]) if _YEAR.fullmatch(_at(words, end + 1)) else 0
    if not year and day is None and words[place] in _MAYBE_WORDS and _at(words, at - 1) not in _LEADS:
        return None
    if year:
        end += 1
    else:
        year = today.year if (month, day or 1) <= (today.month, today.day) else today.year - 1
    if day is None:
        return *_month_of(year, month), end
    return date(year, month, day), date(year, month, day), end


def _weekday(words: Sequence[str], at: int, today: date) -> _Reading | None:
    place = at + 1 if words[at] in ("last", "next", "this") else at
    weekday = _WEEKDAYS.get(_at(words, place))
    if weekday is None or (words[place] in _MAYBE_WORDS and _at(words, place - 1) not in _LEADS):
        return None
    back = (today.weekday() - weekday) % 7
    if words[at] == "next":
        back -= 7
    elif words[at] == "last":
        back = back or 7
    day = today - timedelta(days=back)
    return day, day, place


def _year(words: Sequence[str], at: int, today: date) -> _Reading | None:
    if not _YEAR.fullmatch(words[at]) or _at(words, at - 1) not in _LEADS:
        return None
    return date(int(words[at]), 1, 1), date(int(words[at]), 12, 31), at


def _bounded(words: Sequence[str], at: int, reading: _Reading, today: date) -> DateSpan:
    """Turn a reading into what the word before it makes of it: since, before, until …"""
    first, last, end = reading
    lead = _at(words, at - 1)
    if lead in ("since", "from", "starting"):
        return DateSpan(first, None, at - 1, end)
    if lead == "after":
        return DateSpan(last + timedelta(days=1), None, at - 1, end)
    if lead == "before":
        return DateSpan(None, first - timedelta(days=1), at - 1, end)
    if lead in ("until", "till", "through", "by"):
        return DateSpan(None, last, at - 1, end)
    return DateSpan(first, last, at, end)


def _joined(words: Sequence[str], found: Sequence[DateSpan], span: DateSpan) -> DateSpan | None:
    """Join "from X to Y", "between X and Y", "X - Y" and "since X until Y" into one span."""
    if not found:
        return None
    before = found[-1]
    gap = words[before.end + 1 : span.begin]
    meant = gap in (["to"], ["and"], ["-"], []) and (gap != ["and"] or _at(words, before.begin - 1) == "between")
    if not meant or before.first is None or span.last is None or before.first > span.last:
        return None
    if not gap and span.first is not None:
        return None  # two days side by side are two days
    return DateSpan(before.first, span.last, before.begin, span.end)


def _by_dateparser(read: Sequence[Token], words: Sequence[str], today: date) -> list[DateSpan]:
    places = [at for at, word in enumerate(words) if word in _FALLBACK and word not in _MAYBE_WORDS]
    if not places:
        return []
    begin = end = places[0]
    while begin > 0 and _glues(words[begin - 1]):
        begin -= 1
    while end + 1 < len(words) and _glues(words[end + 1]):
        end += 1
    import dateparser

    base = datetime(today.year, today.month, today.day)
    phrase = " ".join(words[begin : end + 1])[:80]
    moment = dateparser.parse(phrase, languages=["en"], settings={"RELATIVE_BASE": base})
    return [DateSpan(moment.date(), moment.date(), begin, end)] if moment else []


def _glues(word: str) -> bool:
    return word in _FALLBACK_GLUE or word in _FALLBACK or _ORDINAL.fullmatch(word) is not None


def _count(word: str) -> int | None:
    if word.isdecimal() and len(word) < 6:
        return int(word)
    spelled = numbers_in([Token(word, "word", 0, len(word), word)]) if word else []
    return int(spelled[0].value) if spelled else None


def _at(words: Sequence[str], at: int) -> str:
    return words[at] if 0 <= at < len(words) else ""


def _month_of(year: int, month: int) -> tuple[date, date]:
    first = date(year, month, 1)
    return first, _shifted(first, "month", 1) - timedelta(days=1)


def _unit_of(unit: str, today: date, shift: int) -> tuple[date, date]:
    starts: dict[str, Callable[[date], date]] = {
        "day": lambda day: day,
        "week": lambda day: day - timedelta(days=day.weekday()),
        "month": lambda day: day.replace(day=1),
        "quarter": lambda day: day.replace(month=day.month - (day.month - 1) % 3, day=1),
        "year": lambda day: day.replace(month=1, day=1),
    }
    first = _shifted(starts[unit](today), unit, shift)
    return first, _shifted(first, unit, 1) - timedelta(days=1)


def _shifted(day: date, unit: str, count: int) -> date:
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * {"month": 1, "quarter": 3, "year": 12}[unit]
    year, month = divmod(months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
