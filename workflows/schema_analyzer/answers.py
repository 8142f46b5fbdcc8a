"""The answer: what the table holds, what identifies a row, what looks wrong, what the reader noticed."""

from collections.abc import Mapping, Sequence

from .findings import is_named_like_a_key, meaning
from .queries import Measures, is_number, is_time
from .wording import cell, code, counted, number, rows_of

Frequent = Mapping[str, Sequence[tuple[str, int]]]
"""The values of a column with how many rows have each, the most frequent first."""


def answer(
    table: str,
    rows: int,
    measures: Sequence[Measures],
    *,
    keys: Sequence[Sequence[str]],
    duplicates: int | None,
    wrong: Sequence[str],
    notes: Sequence[str],
    frequent: Frequent,
    shown: int,
    estimated: bool,
) -> str:
    """Return the whole answer as Markdown; tables show at most ``shown`` columns, the profile holds them all."""
    parts = [f"**{code(table)}** has {rows_of(rows)} and {counted(len(measures), 'column')}."]
    parts.append(_columns(measures, rows, frequent, shown, estimated))
    if rows:
        parts.append(_identity(keys, duplicates, rows))
    if wrong:
        listed_doubts = [f"- {doubt}" for doubt in wrong[:shown]]
        if len(wrong) > shown:
            listed_doubts.append(f"- … and {len(wrong) - shown:,} more.")
        parts.append("What looks wrong:\n\n" + "\n".join(listed_doubts))
    elif rows:
        parts.append("Nothing looks wrong: no missing values, no blanks around values, no repeated keys.")
    if notes:
        parts.append("What the reader noticed:\n\n" + "\n".join(f"- {note}" for note in notes))
    parts.append(f"The table is {code(table)}, its profile {code(f'{table}_profile')}.")
    return "\n\n".join(parts)


def frequent_values(values: Sequence[tuple[str, int]], shown: int = 3) -> str:
    """Return the most frequent values with their counts in words."""
    told = ", ".join(f"{value} ({count:,})" for value, count in values[:shown])
    return told + (", …" if len(values) > shown else "")


def _columns(measures: Sequence[Measures], rows: int, frequent: Frequent, shown: int, estimated: bool) -> str:
    about = "about " if estimated else ""
    lines = ["| Column | Type | Missing | Distinct | Values |", "|---|---|--:|--:|---|"]
    for m in measures[:shown]:
        holds = meaning(m)
        distinct = "" if m.distinct is None else f"{about if m.distinct > 1 else ''}{min(m.distinct, m.values):,}"
        cells = [
            code(m.column),
            m.type + (f", {holds}" if holds else ""),
            f"{rows - m.values:,}",
            distinct,
            _values(m, frequent.get(m.column, ()), about),
        ]
        lines.append(f"| {' | '.join(map(cell, cells))} |")
    table = "\n".join(lines)
    if len(measures) > shown:
        table += f"\n\nThe other {counted(len(measures) - shown, 'column')} are in the profile."
    return table


def _values(m: Measures, frequent: Sequence[tuple[str, int]], about: str) -> str:
    if m.least is None or m.greatest is None:
        return ""
    if is_number(m.type):
        # Keys and years are names made of digits: no separators.
        named = is_named_like_a_key(m.column) or "year" in m.column.lower()
        least, greatest = (m.least, m.greatest) if named else (_read(m.least), _read(m.greatest))
        if named and m.least != m.greatest:
            return f"{least} to {greatest}"
        return f"{least} to {greatest}, median {about}{number(m.median)}" if m.least != m.greatest else least
    if is_time(m.type):
        return f"{m.least} to {m.greatest}" if m.least != m.greatest else m.least
    if frequent:
        return frequent_values([(code(value), count) for value, count in frequent])
    return f"{code(m.least)} to {code(m.greatest)}"


def _read(text: str) -> str:
    try:
        return number(float(text))
    except (ValueError, OverflowError):
        return text


def _identity(keys: Sequence[Sequence[str]], duplicates: int | None, rows: int) -> str:
    told = " or ".join(" with ".join(map(code, key)) for key in keys[:3])
    if keys and duplicates:
        return f"Without the {counted(duplicates, 'row')} too many, each row would be identified by {told}."
    if keys:
        return f"Each row is identified by {told}."
    if duplicates is None:
        return "No key was found; the table is too large to compare all of its rows and pairs of columns."
    return "No column, and no pair of columns, identifies each row." if rows > 1 else "One row needs no key."
