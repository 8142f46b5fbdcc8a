"""A stretch of time moved: "and the quarter before?", "a year later"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from .clauses import Clause, When
from .dates import Span, Unit, add_months
from .plan import QueryPlan
from .resolve import Unclear
from .turns import Turn

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def shifted(clauses: Sequence[Clause], plan: QueryPlan, turn: Turn) -> tuple[Clause, ...]:
    """Return the clauses with their one stretch of time moved by ``turn.count`` of its units.

    The plan says which days were meant so far. Raises ``Unclear`` when there is not exactly one closed stretch.
    """
    times = [clause for clause in clauses if isinstance(clause, When)]
    planned = [c for c in plan.conditions if c.operator == "during" and all(c.values)]
    if not times:
        raise Unclear("the question before names no time that could be moved; please name the days")
    if len(times) != 1 or len(planned) != 1 or times[0].negated:
        raise Unclear("which time should be moved? Please name the days")
    start, end = (_moved(date.fromisoformat(str(day)), turn) for day in planned[0].values)
    span = Span(_said(start, end), _unit(start, end), start, end)
    moved = replace(times[0], direction="in", spans=(span, span))
    return tuple(moved if clause is times[0] else clause for clause in clauses)


def _moved(day: date, turn: Turn) -> date:
    if turn.unit in _MONTHS:
        return add_months(day, turn.count * _MONTHS[turn.unit])
    return day + timedelta(days=turn.count * (7 if turn.unit == "week" else 1))


def _unit(start: date, end: date) -> Unit:
    units: dict[int, Unit] = {1: "month", 3: "quarter", 12: "year"}
    for months, unit in units.items():
        if start.day == 1 and add_months(start, months) == end:
            return unit
    return "week" if (end - start).days == 7 else "day"


def _said(start: date, end: date) -> str:
    last = end - timedelta(days=1)
    match _unit(start, end):
        case "month":
            return f"{start:%B %Y}"
        case "quarter" if start.month % 3 == 1:
            return f"Q{start.month // 3 + 1} {start.year}"
        case "year" if start.month == 1:
            return str(start.year)
        case _:
            return f"{start} to {last}" if start != last else str(start)
