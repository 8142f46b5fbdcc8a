"""The SQL that measures a table: one row of aggregates for many columns at once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dataops_kernel.types import Column

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")
_NESTED = ("STRUCT", "MAP", "UNION")
_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


class Measures(NamedTuple):
    """What is known of one column; counts of values exclude NULL."""

    column: str
    type: str
    values: int
    distinct: int | None
    least: Any
    greatest: Any
    mean: float | None
    median: float | None
    padded: int
    empty: int
    dates: int
    numbers: int
    emails: int
    early: str | None
    late: str | None


def is_number(type: str) -> bool:
    """Say whether DuckDB's type is one to calculate with."""
    return type.startswith((*_NUMBERS, *_FRACTIONS))


def is_time(type: str) -> bool:
    """Say whether DuckDB's type is a date or a point in time."""
    return type.startswith(("DATE", "TIMESTAMP"))


def is_nested(type: str) -> bool:
    """Say whether values hold values."""
    return type.startswith(_NESTED) or type.endswith("[]")


def quoted(name: str) -> str:
    """Return a name as SQL writes it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def measure_query(table: str, columns: Sequence[Column], *, exact: bool) -> str:
    """Return the query whose one row holds every measure of ``columns``, named by their place."""
    count = "count(distinct {c})" if exact else "approx_count_distinct({c})"
    parts = ["count(*) as n"]
    for place, column in enumerate(columns):
        c = quoted(column.name)
        parts.append(f"count({c}) as v{place}")
        if is_nested(column.type):
            continue
        parts += [
            f"{count.format(c=c)} as d{place}",
            f"min({c})::varchar as l{place}",
            f"max({c})::varchar as g{place}",
        ]
        if is_number(column.type):
            parts += [f"avg({c})::double as a{place}", f"median({c})::double as m{place}"]
        elif is_time(column.type):
            # All but the outermost hundredth on either side.
            parts += [f"quantile_disc({c}, {q})::varchar as {n}{place}" for q, n in ((0.01, "y"), (0.99, "z"))]
        elif column.type == "VARCHAR":
            parts += [
                f"count(*) filter ({c} <> trim({c})) as p{place}",
                f"count(*) filter (trim({c}) = '') as e{place}",
                f"count(try_cast({c} as date)) as t{place}",
                f"count(try_cast({c} as double)) as f{place}",
                f"count(*) filter (regexp_matches({c}, '{_EMAIL}')) as x{place}",
            ]
    return f"select {', '.join(parts)} from {quoted(table)}"


def measures_of(row: dict[str, Any], columns: Sequence[Column]) -> list[Measures]:
    """Take the query's one row apart."""
    return [
        Measures(
            column=column.name,
            type=column.type,
            values=row[f"v{place}"],
            distinct=row.get(f"d{place}"),
            least=row.get(f"l{place}"),
            greatest=row.get(f"g{place}"),
            mean=row.get(f"a{place}"),
            median=row.get(f"m{place}"),
            padded=row.get(f"p{place}") or 0,
            empty=row.get(f"e{place}") or 0,
            dates=row.get(f"t{place}") or 0,
            numbers=row.get(f"f{place}") or 0,
            emails=row.get(f"x{place}") or 0,
            early=row.get(f"y{place}"),
            late=row.get(f"z{place}"),
        )
        for place, column in enumerate(columns)
    ]


def top_values_query(table: str, columns: Sequence[str], limit: int) -> str:
    """Return the query for the most frequent values of several columns: ``place, value, n``."""
    counted = (
        f"(select {place} as place, {c}::varchar as value, count(*) as n from {quoted(table)} "
        f"where {c} is not null group by 2 order by 3 desc, 2 limit {limit})"
        for place, c in enumerate(map(quoted, columns))
    )
    return " union all ".join(counted)


def distinct_rows_query(table: str, combinations: Sequence[Sequence[str]]) -> str:
    """Return the query whose one row counts the distinct rows of each combination of columns, as ``k0``, ``k1``, …"""
    counts = (
        f"(select count(*) from (select distinct {', '.join(map(quoted, columns))} from {quoted(table)}) as d{place}) "
        f"as k{place}"
        for place, columns in enumerate(combinations)
    )
    return f"select {', '.join(counts)}"
