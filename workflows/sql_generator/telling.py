"""A plan in a few words, as a follow-up was understood: "total amount by month, where region is EMEA, the first 3"."""

from __future__ import annotations

from .answer import measure_label
from .plan import Dimension, QueryPlan
from .wording import listed, plain, thresholds, where


def told(plan: QueryPlan) -> str:
    """Return what a plan asks for, as Markdown that shows exactly this text."""
    parts = [_asked(plan)]
    if plan.conditions or plan.related:
        parts.append(where(plan))
    if plan.thresholds:
        parts.append(f"with a {measure_label(plan.thresholds[0].measure, plan)} {thresholds(plan)}")
    if plan.only_first:
        parts.append(f"only the {'highest' if plan.order and plan.order[0].descending else 'lowest'}")
    elif plan.limit is not None:
        parts.append(f"the first {plan.limit:,}" + (" of each" if plan.within else ""))
    if plan.order and not plan.only_first:
        first = plan.order[len(plan.within) : len(plan.within) + 1]
        parts += [_order(plan, order.by, order.descending) for order in first]
    return ", ".join(part for part in parts if part)


def _asked(plan: QueryPlan) -> str:
    groups = listed([_group(dimension) for dimension in (*plan.within, *plan.dimensions)])
    if not plan.measures:
        names = listed([plain(ref.column.replace("_", " ")) for ref in plan.columns])
        rows = f"{names} of {plain(plan.base)}" if names else f"the rows of {plain(plan.base)}"
        return f"{rows} in each {groups}" if groups else rows
    numbers = listed([measure_label(measure, plan) for measure in plan.measures])
    if plan.part:
        numbers = f"the share in the {numbers}"
    if plan.share:
        numbers = f"{numbers} and its share"
    if plan.over_groups is not None:
        numbers = f"{plan.over_groups} of the {numbers}"
    return f"{numbers} by {groups}" if groups else numbers


def _group(dimension: Dimension) -> str:
    return plain((dimension.bucket or dimension.alias).replace("_", " "))


def _order(plan: QueryPlan, by: object, descending: bool) -> str:
    """Tell the order where it is not the usual one."""
    usual = bool(plan.measures) and by == plan.measures[0].alias and descending
    times = [d.alias for d in plan.dimensions if d.bucket is not None]
    if (usual and plan.limit is None) or (by in times and not descending) or (not plan.measures and plan.limit is None):
        return ""
    label = by if isinstance(by, str) else getattr(by, "column", "")
    measure = next((m for m in plan.measures if m.alias == label), None)
    name = measure_label(measure, plan) if measure is not None else plain(str(label).replace("_", " "))
    return f"by {name} from the {'top down' if descending else 'bottom up'}"


def follow_up_line(plan: QueryPlan) -> str:
    """Return the line that stands above the answer to a follow-up."""
    return f"Understood as: {told(plan)}."
