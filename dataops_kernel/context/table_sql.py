"""The SQL that compares two tables, called ``before_table`` and ``after_table``.

Columns go by place, not by name: a column may be called anything, also the same as an alias.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Side(NamedTuple):
    """The columns both tables have: those that name a row, and the others."""

    key: tuple[str, ...]
    values: tuple[str, ...]

    def of(self, table: str) -> str:
        """Return the query of one table's columns by place: k0, k1, …, v0, v1, …"""
        keys = [f"{quoted(name)} as k{i}" for i, name in enumerate(self.key)]
        values = [f"{quoted(name)} as v{i}" for i, name in enumerate(self.values)]
        return f"(select {', '.join([*keys, *values])}, true as here from {table})"

    @property
    def same_row(self) -> str:
        """The condition under which rows of ``b`` and ``a`` are the same row."""
        return " and ".join(f"b.k{i} = a.k{i}" for i in range(len(self.key)))

    @property
    def differ(self) -> str:
        """The condition under which the values of ``b`` and ``a`` differ."""
        return " or ".join(f"b.v{i} is distinct from a.v{i}" for i in range(len(self.values))) or "false"


def join_sql(side: Side) -> str:
    """Return the query that counts rows added, removed and changed, and (d0, d1, …) changes by column."""
    by_column = [
        f"count(*) filter (where b.here and a.here and b.v{i} is distinct from a.v{i}) as d{i}"
        for i in range(len(side.values))
    ]
    counts = [
        "count(*) filter (where b.here is null) as added",
        "count(*) filter (where a.here is null) as removed",
        f"count(*) filter (where b.here and a.here and ({side.differ})) as changed",
        *by_column,
    ]
    joined = f"{side.of('before_table')} as b full outer join {side.of('after_table')} as a on {side.same_row}"
    return f"select {', '.join(counts)} from {joined}"


def rows_sql(side: Side, kind: str, limit: int) -> str:
    """Return the query of the first ``limit`` rows added, removed or changed, by key.

    Rows added and removed have k0, …, v0, …; changed rows k0, …, and b0, a0, b1, a1, … for before and after.
    """
    places = range(len(side.values))
    keys = [f"k{i}" for i in range(len(side.key))]
    if kind == "changed":
        columns = [*(f"b.{key}" for key in keys), *(f"b.v{i} as b{i}, a.v{i} as a{i}" for i in places)]
        source = (
            f"{side.of('before_table')} as b join {side.of('after_table')} as a on {side.same_row} where {side.differ}"
        )
        order = [f"b.{key}" for key in keys]
    else:
        one, other = ("a", "b") if kind == "added" else ("b", "a")
        tables = {"a": "after_table", "b": "before_table"}
        columns = [f"{one}.{name}" for name in (*keys, *(f"v{i}" for i in places))]
        left, right = side.of(tables[one]), Side(side.key, ()).of(tables[other])
        source = f"{left} as {one} left join {right} as {other} on {side.same_row} where {other}.here is null"
        order = [f"{one}.{key}" for key in keys]
    return f"select {', '.join(columns)} from {source} order by {', '.join(order)} limit {limit}"


def totals_sql(columns: Sequence[str]) -> str:
    """Return the query of count0, nulls0, sum0, min0, max0, count1, … over the numeric columns of table ``t``."""
    totals = [
        f"count({name}) as count{i}, count(*) - count({name}) as nulls{i}, sum({name})::double as sum{i}, "
        f"min({name})::double as min{i}, max({name})::double as max{i}"
        for i, name in enumerate(map(quoted, columns))
    ]
    return f"select {', '.join(totals)} from t"


def quoted(name: str) -> str:
    """Return a name as SQL takes it, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'
