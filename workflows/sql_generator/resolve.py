"""Mentions into columns: with a base table fixed, what do the words mean, and at which cost?

The cost says how far a reading is from the obvious one: a loose name, a join, a detour over another table. A reading is
taken only when it is clearly cheaper than the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .joins import JoinGraph
from .linking import ColumnMatch, Mention
from .plan import Join
from .schema import Column, Schema, Table
from .synonyms import MONEY

CLEAR = 0.05
"""How much cheaper than the second the best reading must be."""
HOP = 0.1
DETOUR = 0.3

Item = TypeVar("Item")


class Unclear(Exception):
    """The question cannot be read one way only, or not at all; the message is a sentence for the user."""

    def __init__(self, message: str, *, weight: float = 1.0) -> None:
        super().__init__(message)
        self.message = message
        self.weight = weight
        """How far from understood: among several failed readings the lightest one is told."""


@dataclass(frozen=True, slots=True)
class Found:
    """A column with the way to it: joins from the base, or over a table with several rows for each row of the base."""

    column: Column
    cost: float
    joins: tuple[Join, ...] = ()
    over: Join | None = None
    times: Column | None = None


class Scope:
    """The columns and tables that can be reached from one base table."""

    def __init__(self, schema: Schema, graph: JoinGraph, base: Table) -> None:
        self.schema = schema
        self.graph = graph
        self.base = base
        self.dates_named: set[Column] = set()
        """Date columns that a verb of the question points to: "employees *hired* per year"."""

    def ways(self, table: str) -> list[tuple[tuple[Join, ...], Join | None, float]]:
        """Return the ways to a table: (joins, detour, cost)."""
        path = self.graph.path(self.base.name, table)
        if path is not None:
            return [(path, None, HOP * len(path))]
        if self.graph.ambiguous(self.base.name, table):
            return []
        found: list[tuple[tuple[Join, ...], Join | None, float]] = []
        for detour in self.graph.into(self.base.name):
            path = self.graph.path(detour.many.table, table)
            if path is not None and all(join.one.table != self.base.name for join in path):
                found.append((path, detour, DETOUR + HOP * len(path)))
        return found

    def column(
        self, mention: Mention, fits: Callable[[Column], bool], kind: str, *, detour: bool = False, own: bool = False
    ) -> Found:
        """Return the column a mention means here; ``kind`` names what was looked for. Raises ``Unclear``."""
        return self.best(mention.text, self._reachable(mention.columns, fits, detour, own), mention.columns, kind)

    def _reachable(
        self, matches: Iterable[ColumnMatch], fits: Callable[[Column], bool], detour: bool, own: bool
    ) -> list[tuple[float, Found]]:
        found: list[tuple[float, Found]] = []
        for match in matches:
            if not fits(match.column):
                continue
            for joins, over, cost in self.ways(match.column.table):
                if (over is None or detour) and not (own and (joins or over)):
                    total = cost + 1 - match.score
                    found.append((total, Found(match.column, total, joins, over, match.times)))
        return found

    def columns(self, mention: Mention, kind: str) -> list[Found]:
        """Return the column a mention means, or the two that hold first and last name. Raises ``Unclear``."""
        for table in self.schema.tables:
            own = [match for match in mention.columns if match.column.table == table.name]
            best = {match.column for match in own if match.score > max(m.score for m in own) - CLEAR}
            parts = [column for column in table.names if column in best]
            ways = [joins for joins, over, _ in self.ways(table.name) if over is None]
            if len(parts) > 1 and len(parts) == len(best) and ways:
                return [Found(column, 0.1, ways[0]) for column in parts]
        return [self.column(mention, lambda c: True, kind)]

    def best(self, text: str, found: list[tuple[float, Found]], matches: Sequence[ColumnMatch], kind: str) -> Found:
        """Return the clear winner; raises ``Unclear`` with the rivals, or with where the columns would be."""
        if not found:
            names = _listed(f"{m.column.table}.{m.column.name}" for m in matches)
            if matches:
                raise Unclear(f"{text!r} ({names}) cannot be used as {kind} for {self.base.name}", weight=2.0)
            raise Unclear(f"{text!r} is not {kind} I know", weight=3.0)
        found.sort(key=lambda pair: (pair[0], pair[1].column.table, pair[1].column.name))
        first = found[0]
        rivals = [pair for pair in found[1:] if pair[0] - first[0] < CLEAR and pair[1].column != first[1].column]
        if rivals:
            names = _listed(f"{f.column.table}.{f.column.name}" for _, f in (first, *rivals))
            raise Unclear(f"{text!r} could be {names}", weight=0.5)
        return first[1]

    # --------------------------------------------------------------------------------------------- what goes unsaid

    def default_measure(self, text: str) -> Found:
        """Return what "largest" or "over 500" compares when nothing is named: the table's money, or its only number."""
        money = [column for column in self.base.columns if column.is_money]
        if money:
            ranked = sorted(money, key=lambda c: min(MONEY.index(word) for word in c.words if word in MONEY))
            places = [min(MONEY.index(word) for word in column.words if word in MONEY) for column in ranked]
            if len(ranked) > 1 and places[0] == places[1]:
                raise Unclear(f"{text!r} could compare {_listed(c.name for c in ranked)}; please name the column")
            return Found(ranked[0], 0.15)
        numbers = [column for column in self.base.columns if column.is_measure]
        if len(numbers) == 1:
            return Found(numbers[0], 0.2)
        if not numbers:
            raise Unclear(f"{text!r} needs a number, and {self.base.name} has no such column", weight=2.0)
        raise Unclear(f"{text!r} could compare {_listed(c.name for c in numbers)}; please name the column", weight=0.8)

    def default_date(self, text: str, *, detour: bool = False) -> Found:
        """Return the date column meant when only a time is given: the base's own, else the only one a join away."""
        dates = list(self.base.dates)
        if len(dates) > 1:
            dates = [column for column in dates if column in self.dates_named] or dates
        if len(dates) > 1:
            entity = self.base.words
            dates = [c for c in dates if c.event in ((), entity, entity[-1:])] or dates
        if len(dates) == 1:
            return Found(dates[0], 0.05)
        if dates:
            raise Unclear(f"{text!r} could be about {_listed(c.name for c in dates)}; please say which", weight=0.5)
        found: list[tuple[float, Found]] = []
        for table in self.schema.tables:
            for column in table.dates:
                for joins, over, cost in self.ways(table.name) if table is not self.base else []:
                    if over is None or detour:
                        found.append((cost + 0.1, Found(column, cost + 0.1, joins, over)))
        if not found:
            years = [column for column in self.base.columns if column.is_year]
            if len(years) == 1:
                return Found(years[0], 0.1)
            raise Unclear(f"{text!r} needs a date, and {self.base.name} has no date column", weight=2.0)
        return self.best(text, found, (), "a date")

    def hinted(self, hint: str, text: str) -> Found:
        """Return the column behind "newest", "cheapest", "highest paid", "longest"."""
        births = [column for column in self.base.dates if "birth" in column.words]
        if births and (hint == "birth" or (hint == "date" and text.startswith("oldest"))):
            return Found(births[0], 0.05)
        if hint == "date":
            return self.default_date(text)
        if hint == "birth":
            raise Unclear(f"{text!r} needs a date of birth, and {self.base.name} has none", weight=2.0)
        words = {
            "price": ({"price"}, {"cost", "rate", "fee"}),
            "salary": ({"salary", "wage", "pay", "compensation"},),
            "duration": ({"duration", "length"}, {"minute", "hour", "day", "page"}),
        }[hint]
        for wanted in words:
            columns = [c for c in self.base.columns if c.is_measure and wanted & set(c.words)]
            if len(columns) == 1:
                return Found(columns[0], 0.1)
            if columns:
                raise Unclear(f"{text!r} could compare {_listed(c.name for c in columns)}; please name the column")
        raise Unclear(f"{text!r} needs a {hint}, and {self.base.name} has no such column", weight=2.0)


def _listed(names: Iterable[str]) -> str:
    known = list(dict.fromkeys(names))
    return " or ".join([", ".join(known[:-1]), known[-1]]) if len(known) > 1 else "".join(known)
