"""What every shape of question shares: the loose names, what the words after "by" mean, filters, context and order."""

from __future__ import annotations

from collections.abc import Sequence

from .clauses import FILTERS, Bare, Compared, Limit, Part, Parts, Presence, Sort, Wanted
from .draft import Draft
from .filters import Filters
from .linking import Mention
from .plan import ColumnRef, Order
from .resolve import HOP, Unclear
from .schema import Table
from .synonyms import PERSONS

ELSEWHERE = 0.4
"""The cost of asking only whether rows of another table exist."""


class Shape:
    """A question on its way into a draft; the shapes take from it what they need and check that nothing is left."""

    def __init__(self, parts: Parts, draft: Draft, filters: Filters) -> None:
        self.parts = parts
        self.draft = draft
        self.filters = filters
        self.scope = draft.scope
        self.wanted = list(parts.wanted)
        self.bares = list(parts.bares)
        self.limits = list(parts.limits)
        self.sorts = list(parts.sorts)
        self.groups: list[Part] = []
        self.each = True
        """Whether all groups were named with "per" or "each"."""
        self.by_measure: Wanted | None = None
        self.by_date: Part | None = None
        self.when = "when" in parts.asks
        """Whether a "when" still waits for a date to show."""
        self.owner = False
        """Whether a ranking of rows shows whom its rows belong to."""
        self._spent: list[object] = []
        for bare in self.bares:
            if bare.part.mention is not None and bare.part.mention.verb:
                self.scope.dates_named |= {m.column for m in bare.part.mention.columns if m.column.kind == "date"}
        self._limits_of_verbs()
        self._split_groups()
        self._sorts_of_groups()

    # ------------------------------------------------------------------------------------------------ preparing

    def _limits_of_verbs(self) -> None:
        """Read "customers who spent more than 1000" as a threshold on what each of them spent in all."""
        subject = next((self.draft.entity(b.part.mention) for b in self.bares if b.part.mention), None)
        for clause in self.parts.filters:
            mention = clause.mention if isinstance(clause, Compared) else None
            if not isinstance(clause, Compared) or mention is None or not mention.verb or subject is None:
                continue
            if all(match.column.table != subject.table.name for match in mention.columns):
                wanted = Wanted("sum", Mention(mention.text, mention.columns))
                values = tuple(value for value in clause.values if isinstance(value, int | float))
                self.limits.append(Limit(wanted, clause.operator, values))
                self._spent.append(clause)

    def _split_groups(self) -> None:
        """Tell what to group by from what to rank by: "by region" and "by amount"."""
        counted = any(want.function == "count" for want in self.wanted)
        for group in self.parts.groups:
            for part in group.parts:
                if part.wanted is not None:
                    self._rank_by(part.wanted)
                elif not group.each and not counted and part.bucket is None and is_measure(part):
                    self._rank_by(Wanted(None, part.mention))
                elif not group.each and self._is_sort_by_date(part):
                    self.by_date = part
                else:
                    self.groups.append(part)
                    self.each = self.each and group.each

    def _rank_by(self, wanted: Wanted) -> None:
        if self.by_measure is not None:
            raise Unclear("it names two things to rank by", weight=0.4)
        self.by_measure = wanted

    def _is_sort_by_date(self, part: Part) -> bool:
        """Read "list orders by date" as an order; without "list" it is a group."""
        mention = part.mention
        if mention is None or part.bucket is not None or self.wanted or "list" not in self.parts.asks:
            return False
        return bool(mention.columns) and not mention.tables and all(m.column.kind == "date" for m in mention.columns)

    def _sorts_of_groups(self) -> None:
        """Read "regions sorted by revenue" as a ranking of regions: a single row of them has no revenue to sort by."""
        if self.wanted or self.groups or self.limits or self.by_measure is not None:
            return
        named = next((b.part.mention for b in self.bares if b.part.mention and not b.part.mention.verb), None)
        entity = self.draft.entity(named) if named is not None else None
        if named is None or (entity is not None and entity.table.name == self.draft.base.name):
            return
        for sort in self.sorts:
            if len(sort.by) == 1 and (sort.by[0].wanted is not None or is_measure(sort.by[0])):
                self.by_measure = sort.by[0].wanted or Wanted(None, sort.by[0].mention)

    def take_subject(self) -> Part | None:
        """Return the first name that rows or groups can be made of, and take it from the loose names."""
        for bare in self.bares:
            mention = bare.part.mention
            if (mention is None or not mention.verb) and not is_measure(bare.part):
                self.bares.remove(bare)
                return bare.part
        return None

    def take_verb(self) -> Mention | None:
        """Return what a verb such as "earns" or "spent" adds up, and take it from the loose names."""
        for bare in self.bares:
            mention = bare.part.mention
            if mention is not None and mention.verb and any(m.column.is_measure for m in mention.columns):
                self.bares.remove(bare)
                return Mention(mention.text, tuple(m for m in mention.columns if m.column.is_measure))
        return None

    # ------------------------------------------------------------------------------------------ filters, context

    def finish(self, *, part: Sequence[object] = (), listing: bool = False) -> None:
        """Add the filters and check the loose names, in the order in which they were said; nothing may be left over."""
        if self.when:
            raise Unclear("'when' of what? I see no single date to show", weight=0.3)
        loose = list(self.bares)
        later: list[tuple[str, Table]] = []
        for clause in self.parts.sequence:
            if isinstance(clause, Bare) and clause in loose:
                loose.remove(clause)
                table = self._context(clause, listing)
                if table is not None and listing:
                    later.append((clause.part.mention.text if clause.part.mention else "", table))
            elif isinstance(clause, FILTERS) and clause not in self._spent:
                self.filters.add(clause, part=clause in part)
        for text, table in later:
            if table.name not in self.draft.tables | self.draft.detours.keys():
                raise Unclear(f"I do not see what {text!r} adds", weight=0.6)

    def _context(self, bare: Bare, listing: bool) -> Table | None:
        """Check that a loose name fits what is computed; returns its table when nothing else speaks for it yet."""
        mention = bare.part.mention
        if mention is None:
            raise Unclear(f"I do not see what {bare.part.bucket!r} is for", weight=0.6)
        if mention.verb:
            self._verb(mention)
            return None
        entity = self.draft.entity(mention)
        if bare.distinct:
            raise Unclear(f"I do not see what 'distinct {mention.text}' is for", weight=0.6)
        if bare.before in ("and", "comma", "or") and not bare.after:
            raise Unclear(f"I do not see what {mention.text!r} adds", weight=0.6)
        if entity is not None and not (bare.after and mention.columns and self._is_own(mention)):
            return self._other_table(entity.table, mention)
        if bare.after and mention.columns:
            self._presence(bare, mention, listing)
            return None
        refs: set[ColumnRef] = {match.column.ref for match in mention.columns}
        used = {d.column for d in self.draft.dimensions} | {m.column for m in self.draft.measures}
        used |= {condition.column for condition in (*self.draft.conditions, *self.draft.part)}
        if not refs & used:
            raise Unclear(f"I do not see what {mention.text!r} is for", weight=0.6)
        return None

    def _is_own(self, mention: Mention) -> bool:
        return any(m.column.table == self.draft.base.name and m.score >= 0.95 for m in mention.columns)

    def _presence(self, bare: Bare, mention: Mention, listing: bool) -> None:
        """Read "customers that have an email": the column is not empty. Numbers and a mere "with" could mean more."""
        if all(match.column.kind == "number" for match in mention.columns):
            raise Unclear(
                f"'with {mention.text}' could mean above zero or just given; please say '{mention.text} over 0'",
                weight=0.3,
            )
        if listing and bare.after == "with":
            raise Unclear(
                f"'with {mention.text}' could be a column to show or a condition; say 'that have a {mention.text}'",
                weight=0.3,
            )
        self.filters.add(Presence(mention, present=True))

    def _other_table(self, table: Table, mention: Mention) -> Table | None:
        if table.name == self.draft.base.name:
            return None
        if self.scope.graph.path(self.draft.base.name, table.name) is not None:
            self.draft.cost += HOP
            return table
        if self.filters.inside(table.name) is not None:
            return None
        over = [join for join in self.scope.graph.into(self.draft.base.name) if join.many.table == table.name]
        if len(over) != 1:
            raise Unclear(f"{mention.text!r} and {self.draft.base.name} share no key I could join them on", weight=1.2)
        self.filters.focus = self.draft.detour(over[0])
        self.filters.focus_named = True
        self.draft.cost += ELSEWHERE
        return None

    def _verb(self, mention: Mention) -> None:
        """Let "sold", "ordered", "returned" say which table the rows must occur in."""
        draft = self.draft
        if self.filters.happened(mention):
            return
        names = {match.table.name for match in mention.tables} | {match.column.table for match in mention.columns}
        self._pieces_or_kinds(names)
        if names & draft.tables or names & draft.detours.keys():
            return
        over = [join for join in self.scope.graph.into(draft.base.name) if join.many.table in names]
        if len(over) != 1:
            raise Unclear(f"I do not see what {mention.text!r} says about {draft.base.name}", weight=1.0)
        self.filters.focus = draft.detour(over[0])
        draft.cost += ELSEWHERE

    def _pieces_or_kinds(self, names: set[str]) -> None:
        """Refuse "how many products were sold", "how many books did she borrow": different ones, pieces or times?"""
        for want in self.wanted:
            entity = self.draft.entity(want.mention) if want.function == "count" and want.mention else None
            if entity is None or want.distinct or entity.table.words[-1] in PERSONS or entity.table.name in names:
                continue
            for name in names:
                for column in self.scope.schema.by_name[name].columns:
                    if column.is_additive and {"quantity", "unit", "piece"} & set(column.words):
                        raise Unclear(
                            f"is it how many different {entity.table.name}, or the total {column.name}? "
                            f"Please say 'different {entity.table.name}' or '{column.name}'",
                            weight=0.1,
                        )
            if self.draft.base.name in names:
                raise Unclear(
                    f"is it how many different {entity.table.name}, or how many {self.draft.base.name}? "
                    f"Please say 'different {entity.table.name}' or '{self.draft.base.name}'",
                    weight=0.1,
                )

    # --------------------------------------------------------------------------------------------------- order

    def sort(self) -> None:
        """Apply "sorted by" and "highest first"; without a direction the smallest comes first."""
        for sort in self.sorts:
            if sort.by:
                down = bool(sort.descending)
                self.draft.order = [Order(by=self._sort_key(part), descending=down) for part in sort.by]
            else:
                self._sort_by_default(sort)
        if self.sorts and self.draft.measures:
            # Groups that are level would come in any order.
            known = {order.by for order in self.draft.order}
            self.draft.order += [Order(by=d.alias) for d in self.draft.dimensions if d.alias not in known]

    def _sort_by_default(self, sort: Sort) -> None:
        draft = self.draft
        if sort.hint == "date" and not draft.measures:
            by: str | ColumnRef = draft.use(self.scope.default_date("newest first"))
        elif draft.measures and draft.dimensions:
            by = draft.measures[0].alias
        elif draft.order:
            by = draft.order[0].by
        elif len(draft.columns) == 1:
            by = draft.columns[0]
        else:
            raise Unclear("it does not say what to sort by", weight=0.4)
        draft.order = [Order(by=by, descending=bool(sort.descending)), *draft.order[1:2]]

    def _sort_key(self, part: Part) -> str | ColumnRef:
        draft = self.draft
        if part.wanted is not None:
            measure = draft.measure(part.wanted)
            same = [m for m in draft.measures if (m.function, m.column) == (measure.function, measure.column)]
            if not same:
                raise Unclear("it sorts by a number that is not shown", weight=0.5)
            return same[0].alias
        if part.bucket is not None:
            alias = next((d.alias for d in draft.dimensions if d.bucket == part.bucket), None)
            if alias is None:
                raise Unclear(f"it sorts by {part.bucket} but does not group by it", weight=0.5)
            return alias
        assert part.mention is not None
        refs = {match.column.ref for match in part.mention.columns}
        outputs = [(m.column, m.alias) for m in draft.measures] + [(d.column, d.alias) for d in draft.dimensions]
        for column, alias in outputs:
            if column in refs:
                return alias
        entity = draft.entity(part.mention)
        for dimension in draft.dimensions:
            if entity is not None and dimension.column.table == entity.table.name:
                return dimension.alias
        if draft.measures:
            raise Unclear(f"it sorts by {part.mention.text!r}, which is not shown", weight=0.5)
        found = self.scope.column(part.mention, lambda c: True, "a column to sort by")
        if draft.distinct and found.column.ref not in draft.columns:
            raise Unclear(f"it sorts by {part.mention.text!r}, which is not shown", weight=0.5)
        return draft.use(found)


def is_measure(part: Part) -> bool:
    """Whether a name can only be a number to compute with."""
    mention = part.mention
    if mention is None or mention.tables or not mention.columns:
        return False
    return all(match.column.is_measure or match.times for match in mention.columns)
