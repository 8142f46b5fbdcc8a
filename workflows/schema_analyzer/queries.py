"""The SQL that measures a table: one row of aggregates for many columns at once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dataops_kernel.types import Column

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")
_NESTED = ("STRUCT", "MAP", "UNION", "JSON", "VARIANT")
_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_LONGEST = 80
"""Characters of a value that are shown anywhere."""


class Measures(NamedTuple):
    """What is known of one column; counts of values exclude NULL, from ``looked`` on they are of text."""

    column: str
    type: str
    values: int
    distinct: int | None
    least: str | None
    greatest: str | None
    mean: float | None
    median: float | None
    early: str | None
    late: str | None
    looked: int
    """Values that were looked at for what follows: all of them, or those of the first rows of a large table."""
    folded: int | None
    padded: int
    empty: int
    dates: int
    numbers: int
    emails: int


_LOOKS = frozenset({"looked", "padded", "empty", "dates", "numbers", "emails"})


def is_number(type: str) -> bool:
    """Say whether DuckDB's type is one to calculate with."""
    return type.startswith((*_WHOLE, *_FRACTIONS)) and not is_nested(type)


def is_fraction(type: str) -> bool:
    """Say whether DuckDB's type has digits behind the point."""
    return type.startswith(_FRACTIONS)


def is_time(type: str) -> bool:
    """Say whether DuckDB's type is a date or a point in time."""
    return type.startswith(("DATE", "TIMESTAMP")) and not is_nested(type)


def is_nested(type: str) -> bool:
    """Say whether values hold values."""
    return type.startswith(_NESTED) or type.endswith("]")


def quoted(name: str) -> str:
    """Return a name as SQL writes it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def measure_query(table: str, columns: Sequence[Column], *, exact: bool) -> str:
    """Return the query whose one row holds every measure of ``columns``, named by their place."""
    parts = [part for place, column in enumerate(columns) for part in _measures(f"c{place}", column.type, exact)]
    return f"select {', '.join(parts)} from {_by_place(table, [column.name for column in columns])}"


def _measures(c: str, type: str, exact: bool) -> list[str]:
    parts = [f"count({c}) as {c}_values"]
    if is_nested(type):
        return parts
    count = "count(distinct {})" if exact else "approx_count_distinct({})"
    parts += [
        f"{count.format(c)} as {c}_distinct",
        f"left(min({c})::varchar, {_LONGEST}) as {c}_least",
        f"left(max({c})::varchar, {_LONGEST}) as {c}_greatest",
    ]
    if is_number(type):
        finite = f" filter (isfinite({c}))" if type in ("DOUBLE", "FLOAT") else ""
        middle = f"median({c})" if exact else f"approx_quantile({c}, 0.5)"
        parts += [f"avg({c}){finite}::double as {c}_mean", f"{middle}::double as {c}_median"]
    elif is_time(type):
        # All but the outermost hundredth on either side.
        quantile = "quantile_disc" if exact else "approx_quantile"
        parts += [f"{quantile}({c}, {q})::varchar as {c}_{end}" for q, end in ((0.01, "early"), (0.99, "late"))]
    return parts


def text_query(table: str, columns: Sequence[Column], *, first: int | None) -> str:
    """Return the query whose one row says what the text of ``columns`` looks like, in the ``first`` rows or in all."""
    parts: list[str] = []
    for place, column in enumerate(columns):
        if column.type != "VARCHAR":
            continue
        c = f"c{place}"
        parts += [
            f"count({c}) as {c}_looked",
            f"count(*) filter ({c} <> trim({c})) as {c}_padded",
            f"count(*) filter (trim({c}) = '') as {c}_empty",
            f"count(try_cast({c} as date)) as {c}_dates",
            f"count(try_cast({c} as double)) as {c}_numbers",
            f"count(*) filter (regexp_full_match({c}, '{_EMAIL}')) as {c}_emails",
        ]
        if first is None:
            parts.append(f"count(distinct lower(trim({c}))) as {c}_folded")
    return f"select {', '.join(parts)} from {_by_place(table, [column.name for column in columns], first)}"


def measures_of(row: dict[str, Any], columns: Sequence[Column]) -> list[Measures]:
    """Take the one row of both queries apart."""

    def measured(place: int, field: str) -> Any:
        return row.get(f"c{place}_{field}", 0 if field in _LOOKS else None)

    return [
        Measures._make((column.name, column.type, *(measured(place, field) for field in Measures._fields[2:])))
        for place, column in enumerate(columns)
    ]


def frequency_query(table: str, columns: Sequence[str]) -> str:
    """Return the query whose one row holds a map of values to counts for each of ``columns``, by their place."""
    maps = (f"histogram(left(c{place}::varchar, {_LONGEST})) as c{place}" for place in range(len(columns)))
    return f"select {', '.join(maps)} from {_by_place(table, columns)}"


def distinct_query(table: str, combinations: Sequence[Sequence[str]]) -> str:
    """Return the query whose one row counts the distinct values of each combination of columns, by their place."""
    counts = (
        f"(select count(*) from (select distinct {', '.join(map(quoted, columns))} from {quoted(table)})) as k{place}"
        for place, columns in enumerate(combinations)
    )
    return f"select {', '.join(counts)}"


def distinct_rows_query(table: str) -> str:
    """Return the query that counts the rows that differ from each other."""
    return f"select count(*) as n from (select distinct * from {quoted(table)})"


def repeated_query(table: str, column: str, limit: int) -> str:
    """Return the query for values of a column that stand in several rows: ``value, n``, the most frequent first."""
    c = quoted(column)
    return (
        f"select left({c}::varchar, {_LONGEST}) as value, count(*) as n from {quoted(table)} where {c} is not null "
        f"group by {c} having count(*) > 1 order by 2 desc, 1 limit {limit}"
    )


def _by_place(table: str, columns: Sequence[str], first: int | None = None) -> str:
    # Each name stands in the query once, however long it is and however often it is measured.
    named = ", ".join(f"{quoted(name)} as c{place}" for place, name in enumerate(columns))
    return f"(select {named} from {quoted(table)}{'' if first is None else f' limit {first}'})"
