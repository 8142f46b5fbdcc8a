"""Plans into SQL text (DuckDB). Names are quoted unless they are plain, values are escaped; nothing is ever trusted."""

from __future__ import annotations

import re

from .plan import ColumnRef, Condition, Dimension, Join, Measure, Order, QueryPlan, Related, Scalar, Threshold
from .words import word_list

_RESERVED = frozenset(
    word_list(
        """
    all analyse analyze and anti any array as asc asof asymmetric at authorization between bigint binary bit boolean
    both by case cast char character check coalesce collate collation column columns concurrently constraint create
    cross dec decimal default deferrable desc describe distinct do else end except exists extract false fetch float
    for foreign freeze from full generated glob grant group grouping grouping_id having ilike in initially inner
    inout int integer intersect interval into is isnull join lambda lateral leading left like limit map national
    natural nchar none not notnull null nullif numeric offset on only or order out outer overlaps overlay pivot
    pivot_longer pivot_wider placing position positional precision primary qualify real references returning right
    row select semi session_user setof show similar smallint some struct substring summarize symmetric table
    tablesample then time timestamp to trailing treat trim true try_cast tuple union unique unpivot user using
    values varchar variadic verbose view when where window with xmlattributes xmlconcat xmlelement xmlexists
    xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable current_date current_time current_timestamp
    current_user date day hour minute month quarter second week year rank count sum avg min max median
    """
    )
)
_FUNCTIONS = {"sum": "SUM", "avg": "AVG", "min": "MIN", "max": "MAX", "median": "MEDIAN"}


def identifier(name: str) -> str:
    """Return a name as SQL may read it: plain lower-case names as they are, all others in double quotes."""
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def literal(value: Scalar) -> str:
    """Return a value as an SQL constant; a quote inside text is doubled, which is all that standard SQL text needs."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    return "'" + value.replace("'", "''") + "'"


def write(plan: QueryPlan) -> str:
    """Return the query a plan stands for, on one line; ``pretty`` lays it out."""
    return _Writer(plan).query()


def pretty(sql: str) -> str:
    """Lay a query out over lines."""
    import sqlglot

    laid_out: str = sqlglot.transpile(sql, read="duckdb", write="duckdb", pretty=True)[0]
    return laid_out


class _Writer:
    def __init__(self, plan: QueryPlan) -> None:
        self.plan = plan
        self.qualify = len(plan.tables) > 1

    def query(self) -> str:
        plan = self.plan
        if plan.over_groups is not None:
            return self._over_groups()
        parts = [self._select(), self._from()]
        if plan.conditions or plan.related:
            parts.append(
                "WHERE " + " AND ".join([*map(self.condition, plan.conditions), *map(self._related, plan.related)])
            )
        if plan.measures and plan.dimensions:
            parts.append("GROUP BY " + ", ".join(self._dimension(d) for d in plan.dimensions))
        if plan.thresholds:
            parts.append("HAVING " + " AND ".join(self._threshold(t) for t in plan.thresholds))
        if (plan.only_first or plan.within) and plan.order:
            parts.append(self._first_ones())
        if plan.order:
            parts.append("ORDER BY " + ", ".join(self._order(order) for order in plan.order))
        if plan.limit is not None and not plan.within:
            parts.append(f"LIMIT {plan.limit}")
        return " ".join(parts)

    def _first_ones(self) -> str:
        plan = self.plan
        order = plan.order[len(plan.within)]
        window = f"ORDER BY {self._order_expression(order)}{' DESC' if order.descending else ''} NULLS LAST"
        if plan.within:
            window = f"PARTITION BY {', '.join(map(self._dimension, plan.within))} {window}"
        most = plan.limit or 1
        return f"QUALIFY RANK() OVER ({window}) {'=' if most == 1 else '<='} {most}"

    def _over_groups(self) -> str:
        plan = self.plan
        measure = plan.measures[0]
        if plan.over_groups == "count":
            counted = plan.model_copy(update={"over_groups": None, "order": ()})
            name = identifier(f"{plan.dimensions[0].alias}_count")
            return f"SELECT COUNT(*) AS {name} FROM ({write(counted)}) AS per_group"
        inner = plan.model_copy(update={"over_groups": None, "order": (), "limit": None, "only_first": False})
        function = _FUNCTIONS[plan.over_groups or "avg"]
        name = identifier(f"{plan.over_groups}_{measure.alias}".replace("avg_", "average_"))
        return f"SELECT {function}({identifier(measure.alias)}) AS {name} FROM ({write(inner)}) AS per_group"

    def _select(self) -> str:
        plan = self.plan
        if not plan.measures:
            word_list = ", ".join(self.column(ref) for ref in plan.columns)
            everything = f"{identifier(plan.base)}.*" if plan.joins else "*"
            within = [self._output(d) for d in plan.within if d.column.table != plan.base or d.bucket is not None]
            return f"SELECT {'DISTINCT ' if plan.distinct else ''}{', '.join([word_list or everything, *within])}"
        items = [self._output(dimension) for dimension in plan.dimensions]
        if plan.part:
            items += self._part()
        else:
            items += [f"{self.measure(m)} AS {identifier(m.alias)}" for m in plan.measures]
        if plan.share:
            total = self.measure(plan.measures[0])
            items.append(f"ROUND(100.0 * {total} / SUM({total}) OVER (), 2) AS percent_of_total")
        return "SELECT " + ", ".join(items)

    def _part(self) -> list[str]:
        """Write the share of rows (or of a sum) that fulfils some conditions."""
        total = self.measure(self.plan.measures[0])
        within = f"{total} FILTER (WHERE {' AND '.join(map(self.condition, self.plan.part))})"
        return [f"ROUND(100.0 * COALESCE({within}, 0) / {total}, 2) AS percentage"]

    def _output(self, dimension: Dimension) -> str:
        named = dimension.bucket is not None or dimension.alias != dimension.column.column
        return self._dimension(dimension) + (f" AS {identifier(dimension.alias)}" if named else "")

    def _from(self) -> str:
        return f"FROM {identifier(self.plan.base)}" + "".join(map(self._join, self.plan.joins))

    def _join(self, join: Join) -> str:
        kind = "JOIN" if join.complete else "LEFT JOIN"
        return f" {kind} {identifier(join.one.table)} ON {self._full(join.many)} = {self._full(join.one)}"

    def _related(self, related: Related) -> str:
        join = related.join
        inside = "".join(self._join(further) for further in related.joins)
        conditions = [f"{self._full(join.many)} = {self._full(join.one)}", *map(self.condition, related.conditions)]
        found = f"EXISTS (SELECT 1 FROM {identifier(join.many.table)}{inside} WHERE {' AND '.join(conditions)})"
        return f"NOT {found}" if related.negated else found

    def _full(self, ref: ColumnRef) -> str:
        return f"{identifier(ref.table)}.{identifier(ref.column)}"

    def column(self, ref: ColumnRef) -> str:
        """Return a column's name, with its table's where the query reads several."""
        return self._full(ref) if self.qualify else identifier(ref.column)

    def measure(self, measure: Measure) -> str:
        """Return the expression of a measure."""
        if measure.column is None:
            return "COUNT(*)"
        column = self.column(measure.column)
        if measure.times is not None:
            column = f"{column} * {self.column(measure.times)}"
        if measure.function == "count_distinct":
            return f"COUNT(DISTINCT {column})"
        if measure.function == "count":
            return "COUNT(*)"
        return f"{_FUNCTIONS[measure.function]}({column})"

    def _dimension(self, dimension: Dimension) -> str:
        column = self.column(dimension.column)
        match dimension.bucket:
            case None:
                return column
            case "day":
                return f"CAST({column} AS DATE)"
            case "weekday":
                return f"DAYNAME({column})"
            case "year":
                return f"YEAR({column})"
            case "hour of day":
                return f"HOUR({column})"
            case "hour":
                return f"DATE_TRUNC('hour', {column})"
            case bucket:
                return f"CAST(DATE_TRUNC('{bucket}', {column}) AS DATE)"

    def condition(self, condition: Condition) -> str:
        """Return the expression of a filter."""
        column = self.column(condition.column)
        if condition.times is not None:
            column = f"{column} * {self.column(condition.times)}"
        values = [literal(value) for value in condition.values]
        match condition.operator:
            case "null":
                return f"{column} IS NULL"
            case "not null":
                return f"{column} IS NOT NULL"
            case "in" | "not in":
                return f"{column} {condition.operator.upper()} ({', '.join(values)})"
            case "between":
                return f"{column} BETWEEN {values[0]} AND {values[1]}"
            case "contains" | "not contains" | "starts" | "ends":
                return self._pattern(column, condition)
            case "during" | "not during":
                return self._during(column, condition)
            case operator:
                return f"{column} {operator} {values[0]}"

    @staticmethod
    def _pattern(column: str, condition: Condition) -> str:
        text = str(condition.values[0])
        escaped = re.sub(r"([%_!])", r"!\1", text)
        before = "" if condition.operator == "starts" else "%"
        after = "" if condition.operator == "ends" else "%"
        negation = "NOT " if condition.operator == "not contains" else ""
        escape = " ESCAPE '!'" if escaped != text else ""
        return f"{column} {negation}ILIKE {literal(before + escaped + after)}{escape}"

    @staticmethod
    def _during(column: str, condition: Condition) -> str:
        start, end = (str(value) for value in condition.values)
        tests = [f"{column} >= CAST('{start}' AS DATE)"] if start else []
        tests += [f"{column} < CAST('{end}' AS DATE)"] if end else []
        inside = " AND ".join(tests)
        return f"NOT ({inside})" if condition.operator == "not during" else inside

    def _threshold(self, threshold: Threshold) -> str:
        expression = self.measure(threshold.measure)
        values = [literal(value) for value in threshold.values]
        if threshold.operator == "between":
            return f"{expression} BETWEEN {values[0]} AND {values[1]}"
        return f"{expression} {threshold.operator} {values[0]}"

    def _order_expression(self, order: Order) -> str:
        if isinstance(order.by, ColumnRef):
            return self.column(order.by)
        for measure in self.plan.measures:
            if measure.alias == order.by:
                return self.measure(measure)
        known = (*self.plan.dimensions, *self.plan.within)
        return next(self._dimension(dimension) for dimension in known if dimension.alias == order.by)

    def _order(self, order: Order) -> str:
        by = self.column(order.by) if isinstance(order.by, ColumnRef) else identifier(order.by)
        return f"{by}{' DESC NULLS LAST' if order.descending else ''}"
