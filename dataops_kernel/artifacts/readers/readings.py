"""The types a column of text may have, each as the exact shape its values must show and the cast that reads them.

A column becomes typed only when every value in it fits; the casts lose nothing the shape lets through. So ``007`` and
``+49 30`` stay text, ``12.7`` is never rounded to an integer, and 01/02/2026 is a date only when the column proves
which of the two is the month.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Reading(NamedTuple):
    """One way to read text: ``cast`` is SQL over ``{value}``, the trimmed text, and may give NULL for a misfit."""

    name: str
    type: str
    shape: str
    cast: str
    rival: str = ""
    """Another reading: when both fit every value, nobody can know which is meant and the column stays text."""
    note: str = ""

    def sql(self, value: str) -> str:
        """Return SQL that reads the trimmed text ``value``, or NULL when it does not fit."""
        cast = self.cast.format(value=value)
        return f"CASE WHEN regexp_full_match({value}, '{self.shape}') THEN {cast} END"

    def matches(self, text: str) -> bool:
        """Say whether a trimmed text has the shape; its cast may still refuse it."""
        return re.fullmatch(self.shape, text) is not None


BLANKS = " \t\r\n\u00a0"
"""What is cut off around a value before it is read; the last is the no-break space of spreadsheets."""


def bare(text: str) -> str:
    """Return a text without the blanks around it."""
    return text.strip(BLANKS)


MISSING = ("", "null", "(null)", "na", "n/a", "#n/a", "nan", "none", "nil", "-", "--", "?", "\\n")
"""Words for "no value", in lower case; in a column of numbers, dates or truth values they are NULL."""

_DAY, _MONTH, _CLOCK = "[0-9]{1,2}", "[0-9]{1,2}", "[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?( ?[AaPp][Mm])?"
_ISO_DATE = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_ISO_CLOCK = "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?"
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
_MONTHS = "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"


def _parsed(formats: Sequence[str], type: str) -> str:
    return f"try_strptime({{value}}, [{', '.join(map(repr, formats))}])::{type}"


def _written(order: str, mark: str, rival: str = "") -> list[Reading]:
    """Return the date and the timestamp written in one order of day, month and year with one mark between."""
    format = mark.join({"day": "%d", "month": "%m", "year": "%Y"}[part] for part in order.split())
    shape = f"[{mark}]".join("[0-9]{4}" if part == "year" else _DAY for part in order.split())
    spoken = mark.join(part for part in order.split())
    note = f"was read as dates written {spoken}"
    return [
        Reading(
            f"date written {spoken}",
            "DATE",
            shape,
            _parsed([format], "DATE"),
            f"date written {rival}" if rival else "",
            note,
        ),
        Reading(
            f"timestamp written {spoken}",
            "TIMESTAMP",
            f"{shape}( {_CLOCK})?",
            _parsed([f"{format} {clock}" for clock in _CLOCKS] + [format], "TIMESTAMP"),
            f"timestamp written {rival}" if rival else "",
            note,
        ),
    ]


READINGS: Mapping[str, Reading] = {
    reading.name: reading
    for reading in (
        Reading("boolean", "BOOLEAN", "(?i:true|false)", "TRY_CAST({value} AS BOOLEAN)"),
        Reading("integer", "BIGINT", "-?(0|[1-9][0-9]{0,18})", "TRY_CAST({value} AS BIGINT)"),
        Reading(
            # Fifteen digits before the point are what a double keeps exactly; exponents end where it does.
            "number",
            "DOUBLE",
            "-?(0|[1-9][0-9]{0,14})?([.][0-9]*)?([eE][+-]?([0-9]{1,2}|[12][0-8][0-9]))?",
            "TRY_CAST({value} AS DOUBLE)",
        ),
        Reading("date", "DATE", _ISO_DATE, "TRY_CAST({value} AS DATE)"),
        Reading("timestamp", "TIMESTAMP", f"{_ISO_DATE}([T ]{_ISO_CLOCK})?", "TRY_CAST({value} AS TIMESTAMP)"),
        Reading(
            "timestamp with time zone",
            "TIMESTAMP WITH TIME ZONE",
            f"{_ISO_DATE}[T ]{_ISO_CLOCK} ?(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)",
            "TRY_CAST({value} AS TIMESTAMPTZ)",
        ),
        *_written("day month year", "."),
        *_written("year month day", "/"),
        *_written("day month year", "/", "month/day/year"),
        *_written("month day year", "/", "day/month/year"),
        *_written("day month year", "-", "month-day-year"),
        *_written("month day year", "-", "day-month-year"),
        Reading(
            "date with the month's name",
            "DATE",
            f"{_DAY}[ -]{_MONTHS}[ -][0-9]{{4}}|{_MONTHS} {_DAY},? [0-9]{{4}}",
            _parsed(
                ["%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%d-%B-%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y"],
                "DATE",
            ),
            note="was read as dates with the month's name",
        ),
        Reading(
            "number with decimal comma",
            "DOUBLE",
            "-?([0-9]{1,3}([.][0-9]{3})+|0|[1-9][0-9]{0,14})(,[0-9]+)?",
            "TRY_CAST(replace(replace({value}, '.', ''), ',', '.') AS DOUBLE)",
            "number with thousands comma",
            "was read as numbers with a decimal comma",
        ),
        Reading(
            "number with thousands comma",
            "DOUBLE",
            "-?([0-9]{1,3}(,[0-9]{3})+|0|[1-9][0-9]{0,14})([.][0-9]+)?",
            "TRY_CAST(replace({value}, ',', '') AS DOUBLE)",
            "number with decimal comma",
            "was read as numbers with a comma between the thousands",
        ),
    )
}

CALENDAR = tuple(READINGS[name] for name in ("date", "timestamp", "timestamp with time zone"))
"""The readings for text in a format that has numbers of its own: dates and times in ISO 8601 only."""


def choose(values: int, fits: Mapping[str, int]) -> tuple[Reading | None, Reading | None]:
    """Return the reading every one of ``values`` values fits, and its rival when that fits as well.

    ``fits`` counts the fitting values by the reading's name. No reading for no values.
    """
    for name, reading in READINGS.items():
        if values and fits.get(name) == values:
            rival = READINGS.get(reading.rival)
            return reading, rival if rival is not None and fits.get(rival.name) == values else None
    return None, None


def nearest(values: int, fits: Mapping[str, int]) -> Reading | None:
    """Return the reading most values fit, when that is more than half of them but not all."""
    best = max(fits, key=lambda name: fits[name], default=None)
    return READINGS[best] if best is not None and values > fits[best] > values / 2 else None
