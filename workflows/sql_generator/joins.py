"""Which tables belong together: columns that look like a key and its foreign key, checked against the data.

A join is used only when every value stands at most once on its ``one`` side, so that no row is counted twice, and when
at least half of the values of the ``many`` side are found there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .plan import Join
from .schema import Column, Schema, Table

MOST_HOPS = 2
ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Edge:
    """Two columns that may hold the same keys; nothing is known of their values yet."""

    left: Column
    right: Column


@dataclass(frozen=True, slots=True)
class EdgeFacts:
    """What the data says of an edge: rows, those with a value, distinct values, those whose value is found opposite."""

    left_rows: int
    left_known: int
    left_distinct: int
    left_found: int
    right_rows: int
    right_known: int
    right_distinct: int
    right_found: int


def candidate_edges(schema: Schema, names: Iterable[str]) -> list[Edge]:
    """Return the pairs of columns worth checking among some tables: same name, or ``author_id`` and ``authors.id``."""
    tables = [schema.by_name[name] for name in names]
    edges: list[Edge] = []
    for place, left in enumerate(tables):
        for right in tables[place + 1 :]:
            pair = [
                Edge(a, b)
                for a in left.columns
                for b in right.columns
                if _comparable(a, b) and _same(a, left, b, right)
            ]
            keys = [edge for edge in pair if edge.left.is_key and edge.right.is_key]
            edges += keys or pair
    return edges


def _comparable(a: Column, b: Column) -> bool:
    if a.kind != b.kind or a.kind not in ("number", "text"):
        return False
    return a.kind == "text" or not ({"FLOAT", "DOUBLE", "REAL"} & {a.type.upper(), b.type.upper()})


def _same(a: Column, left: Table, b: Column, right: Table) -> bool:
    if a.words == b.words and a.words != ("id",):
        return a.is_key or a.kind == "text"
    return _points_to(a, b, right) or _points_to(b, a, left)


def _points_to(key: Column, target: Column, table: Table) -> bool:
    """Whether ``key`` is ``author_id`` and ``target`` the ``id`` of ``authors``."""
    return target.words == ("id",) and key.words in ((*table.words, "id"), (table.words[-1], "id"))


def joins_of(edge: Edge, facts: EdgeFacts) -> list[Join]:
    """Return the directions in which an edge is a sound join, each with whether every row finds its partner."""
    found: list[Join] = []
    if _sound(facts.right_known, facts.right_distinct, facts.left_known, facts.left_found):
        found.append(Join(many=edge.left.ref, one=edge.right.ref, complete=facts.left_found == facts.left_rows))
    if _sound(facts.left_known, facts.left_distinct, facts.right_known, facts.right_found):
        found.append(Join(many=edge.right.ref, one=edge.left.ref, complete=facts.right_found == facts.right_rows))
    return found


def _sound(one_known: int, one_distinct: int, many_known: int, many_found: int) -> bool:
    return one_known == one_distinct and one_known > 0 and many_found > 0 and many_found >= many_known * ENOUGH


class JoinGraph:
    """The sound joins among the tables in play."""

    def __init__(self, joins: Sequence[Join]) -> None:
        self._from: dict[str, list[Join]] = {}
        for join in joins:
            self._from.setdefault(join.many.table, []).append(join)
        self._all = tuple(joins)

    def path(self, base: str, target: str) -> tuple[Join, ...] | None:
        """Return the joins from a table to another without counting a row twice; None when there is no single way."""
        if base == target:
            return ()
        shortest: list[tuple[Join, ...]] = []
        queue: deque[tuple[str, tuple[Join, ...]]] = deque([(base, ())])
        while queue:
            here, way = queue.popleft()
            if len(way) >= MOST_HOPS or (shortest and len(way) >= len(shortest[0])):
                continue
            for join in self._from.get(here, ()):
                seen = {base, *(step.one.table for step in way)}
                if join.one.table in seen:
                    continue
                if join.one.table == target:
                    shortest.append((*way, join))
                else:
                    queue.append((join.one.table, (*way, join)))
        return shortest[0] if len(shortest) == 1 else None

    def ambiguous(self, base: str, target: str) -> bool:
        """Whether two direct joins lead from a table to another (billing and shipping address)."""
        return sum(join.one.table == target for join in self._from.get(base, ())) > 1

    def into(self, base: str) -> tuple[Join, ...]:
        """Return the joins whose ``one`` side is a table: the tables that hold several rows for each of its rows."""
        return tuple(join for join in self._all if join.one.table == base)
