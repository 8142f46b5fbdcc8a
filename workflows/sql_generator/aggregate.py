"""Totals, counts, averages and shares, alone or per group."""

from __future__ import annotations

from itertools import takewhile

from .clauses import Bare, Flag, Group, Part, Rank, Values, Wanted, When
from .clauses import Measure as Measured
from .linking import Mention
from .plan import Dimension, Order, Threshold
from .resolve import Unclear
from .shape import Shape, is_measure


def aggregate(shape: Shape, *, ranked: bool = False) -> None:
    """Fill the draft with measures per group; a ranking sets the order itself. Raises ``Unclear``."""
    draft = shape.draft
    if shape.by_date is not None:
        shape.groups.append(shape.by_date)
    _imply(shape)
    nested = [want for want in shape.wanted if want.per_group is not None]
    if _counts_groups(shape):
        return
    _each(shape)
    averages = bool(shape.wanted) and all(want.function == "avg" for want in shape.wanted)
    if shape.limits and not shape.groups:
        subject = shape.take_subject()
        if subject is None:
            raise Unclear("a threshold on a total needs to say for each of what", weight=0.5)
        shape.groups.append(subject)
    for part in shape.groups:
        draft.group(part, average_only=averages, by_key=bool(nested))
    draft.measures += [draft.measure(want) for want in shape.wanted]
    _thresholds(shape)
    shape.finish()
    _compare(shape)
    if nested:
        if len(shape.wanted) > 1 or len(draft.dimensions) != 1 or ranked:
            raise Unclear("an average of counts needs one count and what to count it per", weight=0.5)
        draft.over_groups = nested[0].per_group
        draft.note(f"Only a {draft.dimensions[0].alias} that occurs in {draft.base.name} is counted.")
    if not ranked:
        default_order(shape)
        shape.sort()


def _each(shape: Shape) -> None:
    """Read "customers and their total amount" as one row for each of them: they are named before the number."""
    first = next((c for c in shape.parts.sequence if isinstance(c, Bare | Measured | Rank)), None)
    asked = shape.parts.wanted and not shape.groups and not shape.limits
    if not asked or not isinstance(first, Bare) or first not in shape.bares:
        return
    mention = first.part.mention
    if first.after or first.before in ("in", "of", "to") or mention is None or mention.verb or is_measure(first.part):
        return
    entity = shape.draft.entity(mention)
    if entity is None or entity.table.name != shape.draft.base.name:
        shape.bares.remove(first)
        shape.groups.append(first.part)


def _counts_groups(shape: Shape) -> bool:
    """Read "how many customers have more than 3 orders": the groups that reach the threshold are counted."""
    one = shape.wanted[0] if len(shape.wanted) == 1 else None
    if one is None or one.function != "count" or one.mention is None or not shape.limits or shape.groups:
        return False
    draft = shape.draft
    draft.group(Part(one.mention), by_key=True)
    _thresholds(shape)
    shape.finish()
    if len(draft.dimensions) != 1 or shape.sorts:
        raise Unclear("it counts what reaches a threshold, and I cannot tell what", weight=0.5)
    draft.over_groups = "count"
    return True


def share(shape: Shape) -> None:
    """Fill the draft with a percentage: each group's of the total, or that of the rows that fulfil something."""
    draft = shape.draft
    if shape.parts.rank is not None or shape.by_measure is not None or shape.limits or len(shape.wanted) > 1:
        raise Unclear("a share together with a ranking or a threshold is not something I compute", weight=0.5)
    _imply(shape)
    if shape.wanted[0].per_group or shape.wanted[0].function not in (None, "sum", "count"):
        raise Unclear("a share needs a sum or a count", weight=0.5)
    for part in shape.groups:
        draft.group(part)
    draft.measures.append(draft.measure(shape.wanted[0]))
    if draft.dimensions:
        _one_way(shape)
        draft.share = True
        shape.finish()
        default_order(shape)
        shape.sort()
        return
    # "What share of EMEA orders are cancelled": what follows the verb is compared with the rest of the question.
    told = [clause for clause in shape.parts.filters if not isinstance(clause, When) and clause.predicate]
    chosen = told or [clause for clause in shape.parts.filters if not isinstance(clause, When)]
    shape.finish(part=chosen)
    if not draft.part or shape.sorts:
        raise Unclear("a share needs what to compare with the total", weight=0.3)


def _one_way(shape: Shape) -> None:
    """Refuse "share of cancelled orders by region": of the cancelled ones, or of each region's orders?"""
    before = takewhile(lambda clause: not isinstance(clause, Group), shape.parts.sequence)
    if any(isinstance(clause, Values | Flag) and not getattr(clause, "place", False) for clause in before):
        raise Unclear("is it each group's part of these, or how much of each group they are?", weight=0.2)


def default_order(shape: Shape) -> None:
    """Put times in their order, and everything else by size."""
    draft = shape.draft
    times = [d for d in draft.dimensions if d.bucket not in (None, "weekday", "hour of day") or _is_date(shape, d)]
    if times:
        draft.order = [Order(by=d.alias) for d in draft.dimensions]
    elif draft.dimensions and draft.measures and draft.over_groups is None:
        draft.order = [Order(by=draft.measures[0].alias, descending=True), Order(by=draft.dimensions[0].alias)]


def _is_date(shape: Shape, dimension: Dimension) -> bool:
    return dimension.bucket is None and shape.scope.schema.column(dimension.column).kind == "date"


def _imply(shape: Shape) -> None:
    """Find what is computed when no word such as "total" says so: "amount by region", "orders per month"."""
    if shape.wanted or shape.limits:
        return
    if "how much" in shape.parts.asks:
        bare = next((b for b in shape.bares if is_measure(b.part) or (b.part.mention and b.part.mention.verb)), None)
        if bare is None or bare.part.mention is None or not bare.part.mention.columns:
            raise Unclear("'how much' of what?", weight=0.3)
        shape.bares.remove(bare)
        shape.wanted.append(Wanted("sum", Mention(bare.part.mention.text, bare.part.mention.columns)))
        return
    for bare in shape.bares:
        if is_measure(bare.part) and not bare.after:
            shape.bares.remove(bare)
            shape.wanted.append(Wanted(None, bare.part.mention))
            return
    for bare in shape.bares:
        mention = bare.part.mention
        if mention is not None and mention.tables and not mention.verb:
            shape.bares.remove(bare)
            shape.wanted.append(Wanted("count", mention))
            return
    raise Unclear("it does not say what to count or add up", weight=0.5)


def _thresholds(shape: Shape) -> None:
    draft = shape.draft
    for limit in shape.limits:
        measure = draft.measure(limit.wanted)
        same = [m for m in draft.measures if (m.function, m.column) == (measure.function, measure.column)]
        if not same:
            draft.measures.append(measure)
        measure = same[0] if same else measure
        if limit.wanted.function == "sum" and measure.function == "count":
            raise Unclear(f"is {limit.text!r} about how many there are, or about an amount?", weight=0.3)
        zero_counts = limit.operator in ("<", "<=") or 0 in limit.values
        if zero_counts and measure.function in ("count", "count_distinct"):
            draft.note(f"Only what occurs in {draft.base.name} at all is counted.")
        draft.thresholds.append(Threshold(measure=measure, operator=limit.operator, values=limit.values))


def _compare(shape: Shape) -> None:
    """Give each of the compared values its own row."""
    if not shape.parts.compare:
        return
    draft = shape.draft
    several = [clause for clause in shape.parts.filters if isinstance(clause, Values) and len(clause.values) > 1]
    if not several and not draft.dimensions:
        raise Unclear("'compare' needs two values of one column", weight=0.3)
    for condition in draft.conditions:
        if condition.operator == "in" and all(d.column != condition.column for d in draft.dimensions):
            draft.dimensions.append(Dimension(column=condition.column, alias=condition.column.column))
            return


__all__ = ["Part", "aggregate", "default_order", "share"]
