"""The largest rows, the groups with the most, the highest value."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

from .aggregate import aggregate
from .clauses import Bare, Rank, Wanted
from .linking import Mention
from .listing import columns
from .plan import Function, Measure, Order
from .resolve import Found, Unclear
from .schema import Table
from .shape import Shape

MANY = 10
"""How many rows "the top regions" or "the most expensive products" means when no number is given."""
UNSAID = 0.3
"""The cost of ranking by a sum nobody named ("top 5 customers")."""


def ranking(shape: Shape) -> None:
    """Fill the draft with the rows or groups that come first. Raises ``Unclear``."""
    rank = shape.parts.rank or _all_of_them(shape)
    key = rank.by or shape.by_measure
    if rank.by is not None and shape.by_measure is not None:
        raise Unclear("it names two things to rank by", weight=0.4)
    if rank.hint == "named":
        if key is None:
            raise Unclear(f"{rank.text!r} by which column?", weight=0.3)
        rank = replace(rank, hint="")
    if key is None and shape.by_date is not None:
        key, shape.by_date = Wanted(None, shape.by_date.mention), None
    if key is not None and rank.hint == "count":
        rank = replace(rank, hint="")
    _check(shape, rank)
    if key is None and not rank.hint and (verb := shape.take_verb()) is not None:
        key = Wanted(None, verb)
    subject = rank.subject
    if subject is None and not (shape.groups and (shape.wanted or rank.count)):
        subject = shape.take_subject()
    if subject is None:
        _without_subject(shape, rank, key)
        return
    mention = subject.mention
    entity = shape.draft.entity(mention) if mention is not None else None
    own_rows = entity is not None and entity.table.name == shape.draft.base.name
    of_rows = (key is None or key.function is None) and not shape.wanted and rank.hint != "count"
    if rank.subject is not None and any(clause.predicate for clause in shape.parts.filters):
        raise Unclear("it says something of the one that comes first, which I cannot check", weight=0.2)
    _within(shape, rank, many=mention is not None and mention.plural)
    if mention is not None and entity is not None and own_rows and of_rows:
        _owner(shape, rank)
        shape.draft.cost += 1 - entity.score
        _rows(shape, rank, key, mention)
        return
    if rank.hint == "count":
        key = Wanted("count")
    elif rank.hint:
        raise Unclear(f"{rank.text!r} needs the rows of one table to compare", weight=1.5)
    if key is None and shape.wanted:
        key = shape.wanted.pop(0)
    if key is None:
        if rank.text.lower() in ("most", "least", "fewest"):
            raise Unclear(f"{rank.text!r} of what?", weight=0.3)
        shape.draft.cost += UNSAID
        key = Wanted("sum")
    _not_itself(shape, key, entity.table if entity else None)
    shape.groups.append(subject)
    shape.wanted.insert(0, key)
    aggregate(shape, ranked=True)
    shape.draft.dimensions = [*shape.draft.within, *(d for d in shape.draft.dimensions if d not in shape.draft.within)]
    _order(shape, rank, many=mention is not None and mention.plural)


def _check(shape: Shape, rank: Rank) -> None:
    """Refuse what a ranking would leave out: another order, a comparison of values."""
    if shape.parts.compare:
        raise Unclear("a comparison together with a ranking is not something I can do", weight=0.3)
    if not rank.text:
        return
    for sort in shape.sorts:
        if sort.by or (sort.descending is not None and sort.descending != rank.descending):
            raise Unclear("it names one order to pick by and another one to show", weight=0.3)


def _within(shape: Shape, rank: Rank, *, many: bool) -> None:
    """Read "the 3 largest orders per region": the groups are those within which the first ones are picked."""
    if not shape.groups:
        return
    draft = shape.draft
    if not shape.each or not rank.text:
        raise Unclear("is it about the first ones of each group? Please say 'in each' or 'per'", weight=0.2)
    if rank.count is None and many:
        raise Unclear("how many of each group should be shown?", weight=0.2)
    for part in shape.groups:
        draft.group(part)
    draft.within, draft.dimensions, shape.groups = draft.dimensions, [], []


def _owner(shape: Shape, rank: Rank) -> None:
    """Show who the row belongs to when that is asked: "which customer placed the largest order"."""
    before = takewhile(lambda clause: not isinstance(clause, Rank), shape.parts.sequence)
    earlier = [clause for clause in before if isinstance(clause, Bare) and clause in shape.bares]
    for bare in earlier:
        entity = shape.draft.entity(bare.part.mention) if bare.part.mention and not bare.part.mention.verb else None
        if entity is None or bare.before in ("in", "of", "to"):
            continue
        path = shape.scope.graph.path(shape.draft.base.name, entity.table.name)
        if not path or rank.subject is None:
            raise Unclear(f"it asks for {bare.part.mention.text if bare.part.mention else ''}", weight=0.5)
        shape.bares.remove(bare)
        key = shape.draft.base.key
        shown = [Found(c, 0.0) for c in (key,) if c is not None] + [Found(c, 0.0, path) for c in entity.table.names]
        shape.draft.columns += [path[0].many, *(shape.draft.use(found) for found in shown)]
        shape.owner = True


def _all_of_them(shape: Shape) -> Rank:
    """Return the ranking of "regions by amount": all of them, the largest first unless said otherwise."""
    ordered = [sort for sort in shape.sorts if sort.by or sort.descending is not None]
    ascending = any(sort.descending is False or (sort.by and sort.descending is None) for sort in ordered)
    shape.draft.note(f"The {'smallest' if ascending else 'largest'} come first.")
    return Rank(not ascending)


def _not_itself(shape: Shape, key: Wanted, table: Table | None) -> None:
    counted = shape.draft.entity(key.mention) if key.function == "count" and key.mention else None
    if counted is not None and table is not None and counted.table.name == table.name:
        raise Unclear(f"each row of {table.name} is one {' '.join(table.words)}; there is nothing to rank", weight=1.0)
    if key.function == "count" and key.mention is None and table is not None and table.name == shape.draft.base.name:
        raise Unclear(f"each row of {table.name} stands for itself; there is nothing to count", weight=1.5)


def _order(shape: Shape, rank: Rank, *, many: bool) -> None:
    draft = shape.draft
    own = [dimension for dimension in draft.dimensions if dimension not in draft.within]
    draft.order = [Order(by=dimension.alias) for dimension in draft.within]
    draft.order.append(Order(by=draft.measures[0].alias, descending=rank.descending))
    draft.order += [Order(by=dimension.alias) for dimension in own[:1]]
    _cut(shape, rank, many=many)


def _cut(shape: Shape, rank: Rank, *, many: bool) -> None:
    if not rank.text:
        return
    draft = shape.draft
    draft.limit = rank.count
    if draft.within:
        draft.note("Rows level with the last one of their group are shown too.")
    elif rank.count is None:
        draft.only_first = not many
        if many:
            draft.limit = MANY
            draft.note(f"No number was given, so at most {MANY} are shown.")


def _rows(shape: Shape, rank: Rank, key: Wanted | None, mention: Mention) -> None:
    draft, scope = shape.draft, shape.scope
    if shape.limits:
        raise Unclear("a threshold on a total together with a ranking of rows is not something I can do", weight=0.3)
    if rank.hint == "row":
        if draft.within:
            raise Unclear(f"{rank.text!r} by which column?", weight=0.3)
        columns(shape)
        draft.limit = rank.count
        draft.note(f"The first rows are taken as they stand in {draft.base.name}.")
        return
    if key is not None and key.mention is not None:
        found = scope.column(key.mention, lambda c: c.is_measure or c.kind == "date", "something to rank by")
    elif rank.hint:
        found = scope.hinted(rank.hint, f"{rank.text} {mention.text}")
    else:
        found = scope.default_measure(f"{rank.text} {mention.text}")
    column = draft.use(found)
    if rank.text:
        draft.note(f"'{rank.text}' compares {column.table}.{column.column}.")
    if found.column.kind == "date" and rank.descending:
        shape.filters.warn_of_outliers(found.column)
    if shape.when and found.column.kind == "date":
        function: Function = "max" if rank.descending else "min"
        draft.measures.append(Measure(function=function, column=column, alias=f"{function}_{found.column.name}"))
        shape.when = False
        shape.finish()
        return
    if shape.owner:
        draft.columns.append(column)
    columns(shape)
    draft.order = [Order(by=dimension.alias) for dimension in draft.within]
    draft.order.append(Order(by=column, descending=rank.descending))
    if draft.base.key is not None:
        draft.order.append(Order(by=draft.base.key.ref))
    if rank.text and (not rank.descending or rank.count is None):
        # Without this, rows with no value at all would count as the smallest.
        draft.conditions.append(shape.filters.known(found))
    _cut(shape, rank, many=mention.plural)


def _without_subject(shape: Shape, rank: Rank, key: Wanted | None) -> None:
    """Read "highest amount by region" and "total amount by region, top 5"."""
    if rank.hint or (rank.count is not None and not shape.groups):
        raise Unclear(f"{rank.text!r} of what?", weight=0.5)
    if key is not None and key.function is None and not shape.wanted and rank.count is None:
        shape.wanted = [Wanted("max" if rank.descending else "min", key.mention)]
        aggregate(shape)
        return
    if key is not None:
        shape.wanted.insert(0, key)
    if not shape.groups:
        raise Unclear(f"{rank.text!r} of what?", weight=0.5)
    aggregate(shape, ranked=True)
    _order(shape, rank if rank.count is not None else replace(rank, text=""), many=True)
