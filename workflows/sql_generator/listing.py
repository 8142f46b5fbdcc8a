"""Plain lists of rows, of some columns, or of the different values of a column."""

from __future__ import annotations

from .aggregate import aggregate
from .clauses import Values
from .linking import Mention, TableMatch
from .plan import Order
from .resolve import Unclear
from .shape import Shape, is_measure
from .words import normal


def listing(shape: Shape) -> None:
    """Fill the draft with rows to show. Raises ``Unclear``."""
    if _is_total(shape):
        aggregate(shape)
        return
    draft = shape.draft
    _subject(shape)
    columns(shape, listing=True)
    if shape.by_date is not None and shape.by_date.mention is not None:
        found = shape.scope.column(shape.by_date.mention, lambda c: c.kind == "date", "a date")
        draft.order = [Order(by=draft.use(found))]
    shown = [shape.scope.schema.column(ref) for ref in draft.columns]
    names = {name for table in shape.scope.schema.tables for name in table.names}
    if shown and all(c.kind in ("text", "flag") and not c.is_key and c not in names for c in shown):
        draft.distinct = True
    shape.sort()
    key = draft.base.key
    if draft.order and key is not None and not draft.distinct and all(order.by != key.ref for order in draft.order):
        draft.order.append(Order(by=key.ref))  # rows that are level would come in any order
    if draft.distinct:
        draft.note("Each one is shown once.")
        draft.order = draft.order or [Order(by=ref) for ref in draft.columns]


def _is_total(shape: Shape) -> bool:
    """Whether "revenue from Germany" asks for one number: it names an amount first and nothing else to show."""
    named = [bare for bare in shape.bares if bare.part.mention and not bare.part.mention.verb and not bare.after]
    if not named or not is_measure(named[0].part):
        return False
    first = named[0].part.mention
    assert first is not None
    others = [b for b in named[1:] if b.part.mention and not b.part.mention.tables]
    amounts = all(match.column.is_additive or match.times for match in first.columns)
    # "Department budgets" are many numbers, "sales" is one.
    several = first.plural and any(normal(first.text)[-1] in match.column.words for match in first.columns)
    return amounts and not others and not several


def _subject(shape: Shape) -> None:
    """Check that the rows to show are those of the base table."""
    draft = shape.draft
    for bare in shape.bares:
        mention = bare.part.mention
        entity = draft.entity(mention) if mention is not None and not bare.after else None
        if mention is None or entity is None:
            continue
        if entity.table.name == draft.base.name:
            draft.cost += 1 - entity.score
            draft.distinct = bare.distinct
            shape.bares.remove(bare)
        elif not any(b.part.mention and b.part.mention.columns and not b.part.mention.tables for b in shape.bares):
            raise Unclear(f"it asks for {mention.text}", weight=2.0)
        return
    if any(b.part.mention and not b.part.mention.verb and not b.after for b in shape.bares):
        return
    identified = _identified(shape)
    if identified is None or identified.table.name != draft.base.name:
        raise Unclear("it does not say what to show", weight=0.5)


def _identified(shape: Shape) -> TableMatch | None:
    """Return the table of "order 10004", "employee salary over 500" or "engineers": a filter that names rows too."""
    base = shape.draft.base
    for clause in shape.parts.filters:
        for mention in (getattr(clause, "mention", None), getattr(clause, "column", None)):
            if not isinstance(mention, Mention) or mention.verb:
                continue
            if mention.tables:
                return shape.draft.entity(mention)
            if normal(mention.text)[:1] == base.words[-1:]:
                return TableMatch(base, 0.9)
            if mention.plural and any(m.column.table == base.name and m.column.is_measure for m in mention.columns):
                shape.draft.note(f"'{mention.text}' are rows of {base.name}.")
                return TableMatch(base, 0.8)
        own = isinstance(clause, Values) and any(m.column.table == base.name for m in clause.values[0])
        if isinstance(clause, Values) and clause.noun and own and not clause.negated:
            shape.draft.note(f"'{clause.text}' are the rows of {base.name} with that value.")
            return TableMatch(base, 0.9)
    return None


def columns(shape: Shape, *, listing: bool = False) -> None:
    """Take loose column names as the columns to show, and everything else as filter and context."""
    draft = shape.draft
    for bare in [*shape.bares]:
        mention = bare.part.mention
        if mention is None or not mention.columns or mention.verb or bare.after or draft.entity(mention):
            continue
        shape.bares.remove(bare)
        if bare.before in ("in", "of", "to") and bare is not shape.parts.bares[0]:
            raise Unclear(f"it does not say what about {mention.text!r}", weight=0.3)
        if bare.before in ("and", "comma") and not draft.columns:
            # "Products and their categories": the products are to be shown as well.
            draft.columns += [c.ref for c in (draft.base.key, *draft.base.names) if c is not None]
        draft.columns += [draft.use(found) for found in shape.scope.columns(mention, "a column to show")]
        draft.distinct = draft.distinct or bare.distinct
    if shape.when and not draft.columns:
        shape.when = False
        draft.columns.append(draft.use(shape.scope.default_date("when")))
    shape.finish(listing=listing)
