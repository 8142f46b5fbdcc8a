"""What the measures mean: what a column holds, what identifies a row, and what looks wrong."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from .queries import Measures, is_fraction, is_nested
from .wording import code, counted, listed, rows_of

_MOSTLY = 0.95
_NEARLY_UNIQUE = 0.98
_MANY_MISSING = 0.5
_YEARS_APART = 10
_PAIRED = 8
_LEAST_ROWS = 10


def meaning(m: Measures) -> str:
    """Return what a column's text really holds, or nothing."""
    filled = m.looked - m.empty
    if m.type != "VARCHAR" or not filled:
        return ""
    for count, what in ((m.emails, "e-mail addresses"), (m.numbers, "numbers as text"), (m.dates, "dates as text")):
        if count / filled >= _MOSTLY:
            return what
    return ""


def is_unique(m: Measures, rows: int) -> bool:
    """Say whether every row has its own value."""
    return rows > 0 and m.values == rows and m.distinct == rows and not m.empty


def single_keys(measures: Sequence[Measures], rows: int) -> list[str]:
    """Return the columns that identify each of ``rows`` rows, those named like keys first."""
    # That amounts or prices happen to be all different says nothing about them.
    found = [m.column for m in measures if is_unique(m, rows) and not is_fraction(m.type)]
    return sorted(found, key=lambda name: not is_named_like_a_key(name))


def likely_keys(measures: Sequence[Measures], rows: int) -> list[str]:
    """Return the columns that, as far as an estimate of their distinct values goes, may identify each row."""
    near = [m for m in measures if m.values == rows and (m.distinct or 0) >= 0.9 * rows and not is_fraction(m.type)]
    return [m.column for m in sorted(near, key=lambda m: not is_named_like_a_key(m.column))]


def likely_pairs(measures: Sequence[Measures], rows: int) -> list[list[str]]:
    """Return the pairs of complete columns that have enough distinct values to identify each row."""
    complete = [m for m in measures if m.values >= rows and (m.distinct or 0) > 1 and not is_fraction(m.type)]
    likely = sorted(complete, key=lambda m: (not is_named_like_a_key(m.column), -(m.distinct or 0)))[:_PAIRED]
    return [
        [one.column, other.column]
        for one, other in combinations(likely, 2)
        if (one.distinct or 0) * (other.distinct or 0) >= rows
    ]


def nearly_keys(measures: Sequence[Measures], rows: int) -> list[Measures]:
    """Return the columns that are named like keys and have a few values more than once."""
    return [
        m
        for m in measures
        if rows > _LEAST_ROWS
        and is_named_like_a_key(m.column)
        and m.distinct is not None
        and m.values > m.distinct >= _NEARLY_UNIQUE * m.values
    ]


def is_named_like_a_key(name: str) -> bool:
    """Say whether a column is called what keys are called."""
    word = name.strip().lower().replace(" ", "_").replace("-", "_")
    return word in ("id", "key", "code", "uuid") or word.endswith(("_id", "_key", "_no", "_number", "_code", "_uuid"))


def doubled_rows(count: int, keys: Sequence[Sequence[str]], repeated: Mapping[str, list[str]]) -> str:
    """Return the sentence about rows that are alike in every column to one that is there already."""
    known = next((key[0] for key in keys if len(key) == 1 and key[0] in repeated), None)
    which = f" ({code(known)} {listed([code(value) for value in repeated[known]], 3)})" if known else ""
    return f"{counted(count, 'row')} too many: alike in every column to one that is there already{which}."


def doubts(m: Measures, rows: int, repeated: Mapping[str, list[str]]) -> list[str]:
    """Return what looks wrong with one column, a sentence each; ``repeated`` holds the values keys have twice."""
    name, missing = code(m.column), rows - m.values
    if rows and missing == rows:
        return [f"{name} is empty in every row."]
    found = []
    if missing:
        much = ", more than half" if missing / rows > _MANY_MISSING else ""
        found.append(f"{name} is missing in {rows_of(missing)} ({_share(missing, rows)}{much}).")
    if m.column in repeated:
        which = listed([code(value) for value in repeated[m.column]], 3)
        extra = m.values - (m.distinct or 0)
        found.append(f"{name} looks like a key, but {counted(extra, 'row')} too many repeat a value: {which}.")
    found += _text_doubts(m, name)
    for end, most, word in ((m.greatest, m.late, "after"), (m.least, m.early, "before")):
        if end and most and _years(end, most) >= _YEARS_APART:
            found.append(f"{name} reaches {end[:10]}, years {word} nearly all others ({most[:10]}).")
    if rows > 1 and m.distinct == 1 and m.least == m.greatest and not missing and not is_nested(m.type):
        found.append(f"{name} has the same value in every row: {code(m.least or '')}.")
    return found


def _text_doubts(m: Measures, name: str) -> list[str]:
    found, filled = [], m.looked - m.empty
    if m.empty:
        found.append(f"{name} is blank text in {_of_those_looked_at(m.empty, m)}.")
    apart = m.distinct is not None and m.folded is not None and m.folded < m.distinct
    several = f"; without blanks and capitals {m.folded:,} of its {m.distinct:,} values remain" if apart else ""
    if m.padded > m.empty:
        padded = _of_those_looked_at(m.padded - m.empty, m)
        found.append(f"{name} has blanks around its value in {padded}{several}.")
    elif apart:
        found.append(f"{name} has {m.distinct:,} values, but {m.folded:,} when capitals are disregarded.")
    for count, what in ((m.numbers, "a number"), (m.dates, "a date")):
        if filled > count >= filled * _MOSTLY and count > 1:
            found.append(f"{name} is {what} in all but {_of_those_looked_at(filled - count, m)}, so it stayed text.")
    return found


def _of_those_looked_at(count: int, m: Measures) -> str:
    return rows_of(count) if m.looked == m.values else f"{count:,} of the first {m.looked:,} values"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if part / whole >= 0.001 else "less than 0.1%"


def _years(one: str, other: str) -> int:
    try:
        return abs(int(one[:4]) - int(other[:4]))
    except ValueError:  # years of five digits or before Christ
        return _YEARS_APART
