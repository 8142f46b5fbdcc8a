"""A plan in the making over one base table: measures, groups and orders are resolved and their cost added up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .clauses import Part, Wanted
from .linking import Mention, TableMatch
from .plan import (
    Bucket,
    ColumnRef,
    Condition,
    Dimension,
    Join,
    Measure,
    Order,
    QueryPlan,
    Related,
    Threshold,
)
from .resolve import HOP, Found, Scope, Unclear
from .schema import Column, Table
from .synonyms import DATE_WORDS

_PREFIX = {"sum": "total", "avg": "average", "min": "min", "max": "max", "median": "median"}


@dataclass
class Detour:
    """A table with several rows for each row of the base, asked only whether such rows exist."""

    join: Join
    joins: dict[Join, None] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    negated: bool = False


@dataclass
class Draft:
    """What has been decided so far; ``plan`` makes it final."""

    scope: Scope
    cost: float = 0.0
    joins: dict[Join, None] = field(default_factory=dict)
    detours: dict[str, Detour] = field(default_factory=dict)
    columns: list[ColumnRef] = field(default_factory=list)
    distinct: bool = False
    dimensions: list[Dimension] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    thresholds: list[Threshold] = field(default_factory=list)
    part: list[Condition] = field(default_factory=list)
    share: bool = False
    over_groups: str | None = None
    order: list[Order] = field(default_factory=list)
    limit: int | None = None
    only_first: bool = False
    within: list[Dimension] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)

    @property
    def base(self) -> Table:
        """The table whose rows are counted, added up or listed."""
        return self.scope.base

    @property
    def tables(self) -> set[str]:
        """The tables joined so far, the base among them; detours are not."""
        return {self.base.name, *(join.one.table for join in self.joins)}

    def note(self, text: str) -> None:
        """Remember a sentence that tells the user how something was read."""
        self.notes[text] = None

    def use(self, found: Found) -> ColumnRef:
        """Take a resolved column into the plan with the joins that lead to it."""
        assert found.over is None
        self.cost += found.cost
        self.joins.update(dict.fromkeys(found.joins))
        return found.column.ref

    def detour(self, over: Join) -> Detour:
        """Return the detour over a table, made when it is the first time."""
        return self.detours.setdefault(over.many.table, Detour(over))

    # ------------------------------------------------------------------------------------------------- measures

    def measure(self, wanted: Wanted) -> Measure:
        """Resolve a number to compute; raises ``Unclear``."""
        if wanted.function == "count":
            return self._count(wanted)
        mention = wanted.mention
        if mention is None:
            found = self.scope.default_measure("how much")
            self.note(f"The number added up is {self.base.name}.{found.column.name}.")
        elif (
            wanted.function == "sum"
            and mention.tables
            and not any(m.column.is_measure or m.times for m in mention.columns)
        ):
            if wanted.of:
                raise Unclear(f"is 'total of {mention.text}' how many there are, or an amount?", weight=0.2)
            self.note(f"'Total {mention.text}' was read as how many there are.")
            return self._count(Wanted("count", mention))
        else:
            dates = wanted.function in ("min", "max")
            found = self.scope.column(
                mention, lambda c: c.is_measure or (dates and c.kind == "date"), "a number to compute with", own=True
            )
            self._tell_name(mention, found)
        function = wanted.function
        if function is None:
            if not (found.column.is_additive or found.times):
                raise Unclear(
                    f"should {found.column.name!r} be averaged, added up, or its highest or lowest shown?", weight=0.4
                )
            function = "sum"
            self.note(f"{found.column.name} is added up.")
        if wanted.distinct:
            raise Unclear(f"a {function} of distinct values of {found.column.name!r} is not something I compute")
        column = self.use(found)
        stem = "amount" if found.times else _identifier(found.column)
        prefix = _PREFIX[function]
        alias = stem if stem.startswith(prefix) else f"{prefix}_{stem}"
        if found.times is not None:
            self.note(f"No column holds an amount, so it is {found.column.name} times {found.times.name}.")
        times = found.times.ref if found.times is not None else None
        return Measure(function=function, column=column, times=times, alias=self._free(alias))

    def _count(self, wanted: Wanted) -> Measure:
        mention = wanted.mention
        if mention is None:
            return Measure(function="count", alias=self._free(f"{'_'.join(self.base.words)}_count"))
        entity = self.entity(mention)
        if entity is not None and not (
            wanted.distinct and entity.table.name == self.base.name and self._named(mention)
        ):
            self.cost += 1 - entity.score
            return self._count_rows(entity.table, mention)
        if not wanted.distinct and not mention.tables:
            numbers = [m for m in mention.columns if m.column.is_additive]
            if numbers and len(numbers) == len([m for m in mention.columns if not m.column.is_key]):
                return self.measure(Wanted("sum", mention))
        found = self.scope.column(mention, lambda c: c.kind != "other" and not c.is_measure, "something to count")
        column = self.use(found)
        if not wanted.distinct:
            self.note(f"Each {found.column.name} is counted once.")
        return Measure(
            function="count_distinct", column=column, alias=self._free(f"distinct_{_identifier(found.column)}")
        )

    @staticmethod
    def _named(mention: Mention) -> bool:
        return any(match.score >= 0.95 for match in mention.columns)

    def _count_rows(self, table: Table, mention: Mention) -> Measure:
        word = "_".join(table.words)
        if table.name == self.base.name:
            return Measure(function="count", alias=self._free(f"{word}_count"))
        path = self.scope.graph.path(self.base.name, table.name)
        if path is None or len(path) != 1:
            raise Unclear(f"{mention.text!r} cannot be counted over {self.base.name}", weight=2.0)
        self.cost += 0.25
        self.note(f"Each of the {mention.text} is counted once, by {path[0].many.table}.{path[0].many.column}.")
        return Measure(function="count_distinct", column=path[0].many, alias=self._free(f"distinct_{word}_count"))

    # --------------------------------------------------------------------------------------------------- groups

    def group(self, part: Part, *, average_only: bool = False, by_key: bool = False) -> None:
        """Resolve one thing to group by and add it; ``by_key`` leaves the names of things out. Raises ``Unclear``."""
        if part.bucket is not None:
            self._group_by_time(part)
            return
        mention = part.mention
        assert mention is not None
        entity = self.entity(mention)
        column: Found | None = None
        problem: Unclear | None = None
        try:
            column = self.scope.column(mention, _groupable, "something to group by")
        except Unclear as unclear:
            problem = unclear
        if entity is not None:
            path = self.scope.graph.path(self.base.name, entity.table.name)
            cost = 1 - entity.score + HOP * len(path or ())
            if path is not None and (column is None or cost <= column.cost + HOP):
                self.cost += cost
                self._group_by_entity(entity.table, path, average_only=average_only, by_key=by_key)
                return
        if column is None:
            raise problem or Unclear(f"{mention.text!r} is nothing to group by")
        self._tell_name(mention, column)
        ref = self.use(column)
        bucket: Bucket | None = "day" if column.column.kind == "date" and column.column.type.upper() != "DATE" else None
        self._add(Dimension(column=ref, bucket=bucket, alias=self._output(column.column)))

    def _group_by_time(self, part: Part) -> None:
        if part.mention is None:
            found = self.scope.default_date(f"per {part.bucket}")
        elif part.mention.tables and not part.mention.verb:
            found = self.scope.default_date(part.mention.text)
            if all(match.table.name != found.column.table for match in part.mention.tables):
                raise Unclear(f"{part.mention.text!r} has no date I could cut into {part.bucket}s", weight=2.0)
        else:
            found = self.scope.column(part.mention, lambda c: c.kind == "date", "a date")
        if found.column.kind != "date":
            raise Unclear(f"{found.column.name!r} holds no dates to cut into {part.bucket}s", weight=2.0)
        if part.bucket in ("hour", "hour of day") and found.column.type.upper() == "DATE":
            raise Unclear(f"{found.column.name!r} holds days without a time", weight=0.5)
        self.note(f"Time is {found.column.table}.{found.column.name}.")
        assert part.bucket is not None
        self._add(
            Dimension(column=self.use(found), bucket=part.bucket, alias=self._free(part.bucket.replace(" ", "_")))
        )

    def _group_by_entity(self, table: Table, path: tuple[Join, ...], *, average_only: bool, by_key: bool) -> None:
        if not path and average_only:
            self.note(f"Each row of {table.name} is one {' '.join(table.words)}, so the average is over all of them.")
            return
        key = table.key
        if path:
            reference = path[-1].many if len(path) == 1 else path[-1].one
            named = self.scope.schema.by_name[path[-1].one.table]
            key = self.scope.schema.column(reference)
            if named.names and not by_key:
                self.joins.update(dict.fromkeys(path))
            else:
                self.joins.update(dict.fromkeys(path[:-1]))
                key = self.scope.schema.column(path[-1].many)
        if key is None and not table.names:
            raise Unclear(f"{table.name} has no column that says which {' '.join(table.words)} a row is", weight=1.5)
        if key is not None:
            self._add(Dimension(column=key.ref, alias=self._output(key)))
        for name in () if by_key and key is not None else table.names:
            self._add(Dimension(column=name.ref, alias=self._output(name, table)))

    def entity(self, mention: Mention) -> TableMatch | None:
        """Return the table whose rows a mention names ("customers"), if it names one clearly."""
        matches = sorted(mention.tables, key=lambda match: (-match.score, match.table.name != self.base.name))
        if not matches or mention.verb:
            return None
        tied = [m for m in matches if m.score == matches[0].score]
        reachable = [m for m in tied if self.scope.graph.path(self.base.name, m.table.name) is not None]
        return (reachable or tied)[0]

    def _add(self, dimension: Dimension) -> None:
        same = [d for d in self.dimensions if (d.column, d.bucket) == (dimension.column, dimension.bucket)]
        if not same:
            self.dimensions.append(dimension)

    # ---------------------------------------------------------------------------------------------------- names

    def _output(self, column: Column, table: Table | None = None) -> str:
        alias = column.name
        if table is not None and column.words in (("name",), ("title",)) and table.name != self.base.name:
            alias = f"{'_'.join(table.words)}_{column.name}"
        return self._free(alias) if any(d.alias == alias for d in self.dimensions) else alias

    def _free(self, alias: str) -> str:
        """Return an output name that no column of the tables and no other output has."""
        taken = {d.alias for d in self.dimensions} | {m.alias for m in self.measures}
        taken |= {column.name.casefold() for name in self.tables for column in self.scope.schema.by_name[name].columns}
        name, number = alias, 2
        while name.casefold() in taken:
            name, number = (f"{alias}_{number}", number + 1) if number > 2 else (f"{alias}_value", 3)
        return name

    def _tell_name(self, mention: Mention, found: Found) -> None:
        """Say which column stands behind a word that is not its name."""
        said = set(re.findall(r"[a-z0-9]+", mention.text.lower()))
        other = {m.column.ref for m in mention.columns if m.column != found.column}
        synonym = not any(word[:4] == part[:4] for word in said for part in found.column.words)
        if found.times is None and (
            synonym or (other and found.column.words[-1] not in DATE_WORDS and found.cost > 0.14)
        ):
            self.note(f"'{mention.text}' is {found.column.table}.{found.column.name}.")

    def plan(self) -> QueryPlan:
        """Return the finished plan; the joins are told."""
        for join in self.joins:
            one, many = join.one, join.many
            keys = many.column if many.column == one.column else f"{many.column} = {one.column}"
            self.note(f"{many.table} and {one.table} are joined on {keys}.")
            if not join.complete:
                self.note(
                    f"Some rows of {many.table} have no match in {one.table}; "
                    f"they are kept, and what {one.table} says of them is empty."
                )
        return QueryPlan(
            base=self.base.name,
            joins=tuple(self.joins),
            columns=tuple(dict.fromkeys(self.columns)),
            distinct=self.distinct,
            dimensions=tuple(self.dimensions),
            measures=tuple(self.measures),
            conditions=tuple(self.conditions),
            thresholds=tuple(self.thresholds),
            related=tuple(
                Related(join=d.join, joins=tuple(d.joins), negated=d.negated, conditions=tuple(d.conditions))
                for d in self.detours.values()
            ),
            part=tuple(self.part),
            share=self.share,
            over_groups=self.over_groups,  # type: ignore[arg-type]
            order=tuple(self.order),
            limit=self.limit,
            only_first=self.only_first,
            within=tuple(self.within),
            assumptions=tuple(self.notes),
        )


def _groupable(column: Column) -> bool:
    return column.kind != "other" and not column.is_money


def _identifier(column: Column) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.name)
    return "_".join(re.findall(r"\w+", spaced)).lower() or "value"
