"""Answering from the last result, when a question only filters, sorts, cuts or counts rows that are there already.

Equal to asking the sources, by construction: groups that are left out or cut off change no other group, and a list of
whole rows can be asked anything its table can. Sums are not added up again, because numbers with a fraction would be
rounded in another order.
"""

from __future__ import annotations

from .plan import ColumnRef, Condition, Order, QueryPlan

_SIMPLE = ("base", "joins", "related", "part", "share", "over_groups", "within", "thresholds", "distinct")


def over_result(before: QueryPlan, plan: QueryPlan, result: str) -> QueryPlan | None:
    """Return ``plan`` as a question to the table that holds the whole result of ``before``; None when it is none."""
    if any(getattr(before, name) != getattr(plan, name) for name in _SIMPLE if name not in ("thresholds", "distinct")):
        return None
    if before.limit is not None or before.only_first or before.within or before.part or before.share:
        return None
    if before.over_groups is not None or any(c not in plan.conditions for c in before.conditions):
        return None
    further = tuple(c for c in plan.conditions if c not in before.conditions)
    if before.measures:
        return _of_groups(before, plan, further, result)
    return _of_rows(before, plan, further, result)


def _of_groups(before: QueryPlan, plan: QueryPlan, further: tuple[Condition, ...], result: str) -> QueryPlan | None:
    same = ("dimensions", "measures", "thresholds", "columns")
    if not before.dimensions or any(getattr(before, name) != getattr(plan, name) for name in same):
        return None
    outputs = {d.column: d.alias for d in before.dimensions if d.bucket is None}
    if any(c.column not in outputs or c.times is not None for c in further):
        return None
    conditions = tuple(
        c.model_copy(update={"column": ColumnRef(table=result, column=outputs[c.column])}) for c in further
    )
    order = tuple(
        Order(by=ColumnRef(table=result, column=o.by), descending=o.descending)
        for o in plan.order
        if isinstance(o.by, str)
    )
    if len(order) != len(plan.order):
        return None
    return QueryPlan(base=result, conditions=conditions, order=order, limit=plan.limit, only_first=plan.only_first)


def _of_rows(before: QueryPlan, plan: QueryPlan, further: tuple[Condition, ...], result: str) -> QueryPlan | None:
    if before.columns or before.joins or before.related or before.distinct or plan.tables != (before.base,):
        return None
    told = plan.model_copy(update={"conditions": further, "assumptions": ()}).model_dump()
    return QueryPlan.model_validate(_renamed(told, before.base, result))


def _renamed(value: object, old: str, new: str) -> object:
    """Return a dumped plan with every reference to one table turned to another."""
    if isinstance(value, dict):
        return {
            key: new if key in ("table", "base") and inner == old else _renamed(inner, old, new)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_renamed(inner, old, new) for inner in value]
    return value
