"""Clauses into one plan: every table is tried as the base, and the cheapest reading that is clearly so is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from .aggregate import aggregate, share
from .clauses import (
    FILTERS,
    Ask,
    Bare,
    Clause,
    Compare,
    Group,
    Limit,
    Measure,
    Part,
    Parts,
    Rank,
    Share,
    Sort,
    Values,
)
from .draft import Draft
from .filters import Filters, Today
from .joins import JoinGraph
from .linking import Mention, TableMatch
from .listing import listing
from .plan import QueryPlan
from .ranking import ranking
from .resolve import CLEAR, Scope, Unclear
from .schema import Schema, Table
from .shape import Shape
from .synonyms import PERSONS

Kind = TypeVar("Kind")


def plan(
    clauses: Sequence[Clause], schema: Schema, graph: JoinGraph, today: Today, base: str | None = None
) -> QueryPlan:
    """Return the plan of a question; raises ``Unclear`` with the reason that came nearest to being understood.

    ``base`` names the one table to ask of; without it every table that can be meant is tried.
    """
    parts = _with_person(_parts(clauses), schema)
    readings: list[tuple[float, QueryPlan]] = []
    problems: list[Unclear] = []
    for table in _bases(parts, schema) if base is None else [schema.by_name[base]]:
        draft = Draft(Scope(schema, graph, table))
        try:
            _fill(Shape(parts, draft, Filters(draft, today)))
            readings.append((draft.cost, draft.plan()))
        except Unclear as problem:
            problems.append(problem)
    if not readings:
        raise min(
            problems, key=lambda problem: problem.weight, default=Unclear("it names none of the tables or columns")
        )
    readings.sort(key=lambda reading: (reading[0], reading[1].base))
    first = readings[0]
    if len(readings) > 1 and readings[1][0] - first[0] < CLEAR:
        raise Unclear(f"it could be about {first[1].base} or about {readings[1][1].base}", weight=0.4)
    return first[1]


def _fill(shape: Shape) -> None:
    """Give a question to the one shape that fits it."""
    asked = shape.parts.asks
    if shape.parts.share:
        share(shape)
    elif shape.parts.rank is not None or shape.by_measure is not None:
        ranking(shape)
    elif shape.wanted or shape.groups or shape.limits or shape.parts.compare or asked & {"how much", "any"}:
        aggregate(shape)
    else:
        listing(shape)


def _parts(clauses: Sequence[Clause]) -> Parts:
    ranks = _of(clauses, Rank)
    if len(ranks) > 1:
        ranks = _merged(ranks)
    compare = bool(_of(clauses, Compare)) or any(clause.compare for clause in _of(clauses, Values))
    if compare:
        clauses = _merged_values(clauses)
    return Parts(
        wanted=tuple(dict.fromkeys(clause.wanted for clause in _of(clauses, Measure))),
        groups=tuple(_of(clauses, Group)),
        rank=ranks[0] if ranks else None,
        sorts=tuple(_of(clauses, Sort)),
        filters=tuple(clause for clause in clauses if isinstance(clause, FILTERS)),
        limits=tuple(_of(clauses, Limit)),
        bares=tuple(_of(clauses, Bare)),
        asks=frozenset(clause.how for clause in _of(clauses, Ask)),
        share=bool(_of(clauses, Share)),
        compare=compare,
        sequence=tuple(clauses),
    )


def _of(clauses: Sequence[Clause], kind: type[Kind]) -> list[Kind]:
    return [clause for clause in clauses if isinstance(clause, kind)]


def _merged(ranks: list[Rank]) -> list[Rank]:
    """Join "top 5 regions" with "by highest amount"; anything else is two questions."""
    first, second = ranks[0], ranks[1]
    if (
        len(ranks) == 2
        and first.by is None
        and second.subject is None
        and second.by
        and first.descending == second.descending
    ):
        return [replace(first, by=second.by)]
    if len(ranks) == 2 and first.descending == second.descending:
        if first.by is None and first.subject is None:  # "top 3 highest paid employees"
            return [replace(second, count=first.count or second.count)]
        if second.by is None and second.subject is None and second.count:
            return [replace(first, count=first.count or second.count)]
    raise Unclear("it asks for two different rankings at once", weight=0.3)


def _merged_values(clauses: Sequence[Clause]) -> list[Clause]:
    """Make "compare EMEA with APAC" one list of values."""
    merged: list[Clause] = []
    for clause in clauses:
        before = next((c for c in merged if isinstance(c, Values) and not c.negated), None)
        if isinstance(clause, Values) and before is not None and not clause.negated:
            place = merged.index(before)
            merged[place] = replace(
                before, values=before.values + clause.values, text=f"{before.text} or {clause.text}"
            )
        else:
            merged.append(clause)
    return merged


def _bases(parts: Parts, schema: Schema) -> list[Table]:
    """Return the tables that are named, or hold something that is named."""
    names: set[str] = set()
    for mention in _mentions(parts):
        names |= {match.table.name for match in mention.tables} | {match.column.table for match in mention.columns}
        names |= {match.column.table for match in mention.values}
    for clause in parts.filters:
        if isinstance(clause, Values):
            names |= {match.column.table for matches in clause.values for match in matches}
    if not names and len(schema.tables) == 1:
        return list(schema.tables)
    return [table for table in schema.tables if table.name in names]


def _mentions(parts: Parts) -> list[Mention]:
    found: list[Mention | None] = []
    pieces: list[Part | None] = [part for group in parts.groups for part in group.parts]
    pieces += [bare.part for bare in parts.bares] + [part for sort in parts.sorts for part in sort.by]
    wanted = [*parts.wanted, *(limit.wanted for limit in parts.limits)]
    if parts.rank is not None:
        pieces.append(parts.rank.subject)
        wanted += [parts.rank.by] if parts.rank.by else []
    for piece in pieces:
        if piece is not None:
            found += [piece.mention, piece.wanted.mention if piece.wanted else None]
    found += [want.mention for want in wanted]
    found += [clause.mention if not isinstance(clause, Values) else clause.column for clause in parts.filters]
    return [mention for mention in found if mention is not None]


def _with_person(parts: Parts, schema: Schema) -> Parts:
    """Let "who" stand for the one table of people."""
    if "who" not in parts.asks:
        return parts
    subject = parts.rank.subject if parts.rank else None
    named = {match.table for bare in parts.bares if bare.part.mention for match in bare.part.mention.tables}
    people = [table for table in schema.tables if table.words[-1] in PERSONS]
    named |= {match.table for match in subject.mention.tables} if subject is not None and subject.mention else set()
    if any(table in named for table in people):
        return parts
    if len(people) != 1:
        raise Unclear("'who' could be anybody here; please name the table or column", weight=0.5)
    who = Mention("who", tables=(TableMatch(people[0], 1.0),))
    bare = Bare(Part(who))
    return replace(parts, bares=(bare, *parts.bares), sequence=(bare, *parts.sequence))
