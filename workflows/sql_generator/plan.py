"""What a question asks for, as a frozen value: the meaning between English and SQL, and the part people can check."""

from __future__ import annotations

from typing import Literal

from dataops_kernel.types import Frozen

Scalar = str | int | float | bool
Function = Literal["count", "count_distinct", "sum", "avg", "min", "max", "median"]
Bucket = Literal["day", "week", "month", "quarter", "year", "weekday", "hour", "hour of day"]
Operator = Literal[
    "=", "<>", ">", ">=", "<", "<=", "between", "in", "not in", "contains", "not contains", "starts", "ends",
    "null", "not null", "during", "not during",
]  # fmt: skip


class ColumnRef(Frozen):
    """A column of one of the plan's tables."""

    table: str
    column: str


class Measure(Frozen):
    """A number computed over rows: ``function(column)``, or ``function(column * times)``; no column counts rows."""

    function: Function
    column: ColumnRef | None = None
    times: ColumnRef | None = None
    alias: str


class Dimension(Frozen):
    """What rows are grouped by; a date column may be cut into buckets."""

    column: ColumnRef
    bucket: Bucket | None = None
    alias: str


class Condition(Frozen):
    """What a row must fulfil. ``during`` holds ISO days ``(from, before)``, either of which may be empty."""

    column: ColumnRef
    operator: Operator
    values: tuple[Scalar, ...] = ()
    times: ColumnRef | None = None


class Threshold(Frozen):
    """What a group must fulfil."""

    measure: Measure
    operator: Operator
    values: tuple[float | int, ...]


class Join(Frozen):
    """``many.column = one.column`` where every value stands at most once on the ``one`` side.

    ``complete`` is False when some rows of the many side have no partner; they are kept, their columns empty.
    """

    many: ColumnRef
    one: ColumnRef
    complete: bool = True


class Related(Frozen):
    """Rows of the base table that have (or lack) partners in another table, which may be joined further."""

    join: Join
    joins: tuple[Join, ...] = ()
    negated: bool = False
    conditions: tuple[Condition, ...] = ()


class Order(Frozen):
    """Sort by an output name, or by a column in a listing."""

    by: str | ColumnRef
    descending: bool = False


class QueryPlan(Frozen):
    """One query.

    With ``measures`` it groups (``dimensions`` may be empty); without, it lists ``columns`` (all when empty).
    ``only_first`` keeps the first row and those level with it; ``within`` keeps the first ``limit`` (one, when there is
    no limit) of each of these groups instead. ``share`` adds each group's percentage of the total;
    ``part`` turns the single measure into the percentage that fulfils these conditions. ``over_groups`` applies a
    function to the groups' measure ("average number of orders per customer"), or counts the groups.
    """

    base: str
    joins: tuple[Join, ...] = ()
    columns: tuple[ColumnRef, ...] = ()
    distinct: bool = False
    dimensions: tuple[Dimension, ...] = ()
    measures: tuple[Measure, ...] = ()
    conditions: tuple[Condition, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    related: tuple[Related, ...] = ()
    part: tuple[Condition, ...] = ()
    share: bool = False
    over_groups: Literal["avg", "min", "max", "median", "count"] | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    only_first: bool = False
    within: tuple[Dimension, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables the query reads, the base first."""
        names = [self.base]
        for join in (*self.joins, *(join for part in self.related for join in (part.join, *part.joins))):
            names += [join.many.table, join.one.table]
        return tuple(dict.fromkeys(names))
