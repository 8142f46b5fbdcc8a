"""What the measures mean: what a column holds, and what looks wrong."""

from .queries import Measures, is_nested

_MOSTLY = 0.95
_NEARLY_UNIQUE = 0.98
_MANY_MISSING = 0.5
_YEARS_APART = 10


def meaning(m: Measures) -> str:
    """Return what a column's text really holds, or nothing."""
    if m.type != "VARCHAR" or not m.values:
        return ""
    filled = m.values - m.empty
    for count, what in ((m.emails, "e-mail addresses"), (m.numbers, "numbers as text"), (m.dates, "dates as text")):
        if filled and count / filled >= _MOSTLY:
            return what
    return ""


def is_unique(m: Measures, rows: int) -> bool:
    """Say whether a column identifies each row by itself."""
    return rows > 0 and m.values == rows and m.distinct == rows and not m.empty


def doubts(m: Measures, rows: int) -> list[str]:
    """Return what looks wrong with one column, a sentence each."""
    found = []
    missing = rows - m.values
    if rows and missing == rows:
        return [f"`{m.column}` is empty in every row."]
    if missing:
        much = " — more than half" if missing / rows > _MANY_MISSING else ""
        found.append(f"`{m.column}` is missing in {counted_rows(missing)} ({missing / rows:.1%}{much}).")
    if m.empty:
        found.append(f"`{m.column}` is blank text in {counted_rows(m.empty)}.")
    if m.padded > m.empty:
        found.append(f"`{m.column}` has blanks around its value in {counted_rows(m.padded - m.empty)}.")
    for end, most, word in ((m.greatest, m.late, "after"), (m.least, m.early, "before")):
        if end and most and abs(int(end[:4]) - int(most[:4])) >= _YEARS_APART:
            found.append(f"`{m.column}` reaches {end[:10]}, years {word} nearly all others ({most[:10]}).")
    if _looks_like_a_key(m, rows) and m.distinct is not None:
        found.append(f"`{m.column}` looks like a key, but {_values(m.values - m.distinct)} repeated.")
    for count, what in ((m.dates, "a date"), (m.numbers, "a number")):
        filled = m.values - m.empty
        if m.type == "VARCHAR" and filled > count >= filled * _MOSTLY and count > 1:
            found.append(f"`{m.column}` reads as {what} in all but {counted_rows(filled - count)}, so it stayed text.")
    if rows > 1 and m.distinct == 1 and not missing and not is_nested(m.type):
        found.append(f"`{m.column}` has the same value in every row.")
    return found


def _looks_like_a_key(m: Measures, rows: int) -> bool:
    if m.distinct is None or not m.values or m.distinct == m.values:
        return False
    named = m.column.lower().replace(" ", "_")
    key_like = named in ("id", "key", "code") or named.endswith(("_id", "_key", "_no", "_number", "_code"))
    return key_like and rows > 10 and m.distinct / m.values >= _NEARLY_UNIQUE


def counted_rows(count: int) -> str:
    """Return a number of rows in words."""
    return "1 row" if count == 1 else f"{count:,} rows"


def _values(count: int) -> str:
    return "1 value is" if count == 1 else f"{count:,} values are"
