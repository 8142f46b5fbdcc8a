"""A follow-up's clauses put into those of the question before: what it says anew takes the place of what was said.

Filters of another column, groups after "and" and further numbers are added; everything else replaces its like. The
changed clauses are then planned as if they had been asked at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from .clauses import (
    Ask,
    Bare,
    Clause,
    Compare,
    Compared,
    Flag,
    Group,
    Limit,
    Measure,
    Part,
    Presence,
    Rank,
    Share,
    Sort,
    Values,
    Wanted,
    When,
)
from .linking import Mention
from .resolve import Unclear
from .shape import is_measure
from .turns import Turn

Columns = frozenset[tuple[str, str]]
_LOWER, _UPPER = (">", ">="), ("<", "<=")


def merged(before: Sequence[Clause], said: Sequence[Clause], turn: Turn) -> tuple[Clause, ...]:
    """Return the clauses of the changed question; raises ``Unclear`` for what has no place in it."""
    merge = _Merge([*before], turn)
    for clause in said:
        merge.take(clause)
    if not merge.changed:
        raise Unclear("it does not say what to change")
    return tuple(merge.clauses)


def behind(before: Sequence[Clause], rows: Mention) -> tuple[Clause, ...]:
    """Return the clauses that list the rows an aggregate was made of: its filters, and nothing computed."""
    kept = [c for c in before if isinstance(c, Values | Compared | When | Presence | Flag)]
    return (Ask("list"), Bare(Part(rows)), *kept)


def check_dropped(before: Sequence[Clause], dropped: Sequence[Clause], text: str) -> None:
    """Raise ``Unclear`` when what "not EMEA, APAC" takes back was never said."""
    values = {one for c in before if isinstance(c, Values) and not c.negated for one in c.values}
    if any(isinstance(clause, Values) and values.intersection(clause.values) for clause in dropped):
        return
    named = frozenset().union(*(_of(mention) for clause in dropped for mention in _named(clause)))
    known = frozenset().union(*(_of(mention) for clause in before for mention in _named(clause)))
    if not named & known:
        raise Unclear(f"nothing before this said {text!r}")


class _Merge:
    def __init__(self, clauses: list[Clause], turn: Turn) -> None:
        self.clauses = clauses
        self.turn = turn
        self.changed = False
        self._fresh: list[Clause] = []

    def take(self, clause: Clause) -> None:
        """Give one clause its place."""
        match clause:
            case Ask():
                return
            case Values() | Compared() | When() | Presence() | Flag():
                self._filter(clause)
            case Group():
                self._group(clause.parts, each=clause.each)
            case Measure():
                self._measure(clause.wanted)
            case Bare():
                self._bare(clause)
                return
            case Rank():
                self._rank(clause)
            case Sort():
                self._drop(lambda c: isinstance(c, Sort))
                self._put(clause)
            case Limit():
                self._drop(lambda c: isinstance(c, Limit) and _same(c.wanted, clause.wanted))
                self._put(clause)
            case Share() | Compare():
                self._drop(lambda c: type(c) is type(clause))
                self._put(clause)
            case _:
                raise Unclear("I do not see how this changes the question before")
        self.changed = True

    # ------------------------------------------------------------------------------------------------- filters

    def _filter(self, new: Values | Compared | When | Presence | Flag) -> None:
        if isinstance(new, Values):
            self._values(replace(new, place=True, predicate=False, noun=False))
            return
        new = replace(new, predicate=False)
        self._drop(lambda c: c not in self._fresh and _replaced_by(c, new, self.turn))
        self._put(new)

    def _values(self, new: Values) -> None:
        columns = _columns(new)
        for old in [c for c in self.clauses if isinstance(c, Values) and c not in self._fresh]:
            if not _columns(old) & columns:
                continue
            if not new.negated and not old.negated and self.turn.adds and self.turn.is_marked:  # "also APAC"
                texts = f"{old.text} or {new.text}"
                self._swap(old, replace(old, values=(*old.values, *new.values), text=texts))
                return
            if not new.negated or not old.negated:
                left = tuple(value for value in old.values if value not in new.values)
                if new.negated and left and len(left) < len(old.values):  # "EMEA or APAC", then "without APAC"
                    self._swap(old, replace(old, values=left))
                    return
                if new.negated and left:
                    continue  # "only EMEA", then "not APAC": both hold
                if new.negated:
                    raise Unclear(f"nothing would be left without {new.text!r}")
                self.clauses.remove(old)
        self._put(new)

    # -------------------------------------------------------------------------------------------- groups, numbers

    def _group(self, parts: tuple[Part, ...], *, each: bool) -> None:
        groups = [c for c in self.clauses if isinstance(c, Group)]
        wanted = tuple(part for part in parts if part.wanted is None)
        if not wanted:
            self._drop(lambda c: isinstance(c, Sort))
            self._put(Sort(parts, True))
            return
        ranked = next((c for c in self.clauses if isinstance(c, Rank) and c.subject is not None), None)
        if ranked is not None and not groups and not self.turn.adds:
            self._swap(ranked, replace(ranked, subject=wanted[0], hint=""))
            wanted = wanted[1:]
        elif groups and self.turn.adds:
            last = groups[-1]
            self._swap(last, replace(last, parts=(*last.parts, *wanted)))
            return
        else:
            for group in groups:
                self.clauses.remove(group)
        if wanted:
            self._drop(lambda c: isinstance(c, Sort) and any(part.wanted is None for part in c.by))
            self._put(Group(wanted, each=each))

    def _measure(self, wanted: Wanted) -> None:
        self._drop(lambda c: isinstance(c, Ask) and c.how in ("list", "which", "what", "how much"))
        old = [c for c in self.clauses if isinstance(c, Measure)]
        implied = [c for c in self.clauses if isinstance(c, Bare) and is_measure(c.part)]
        ranked = next((c for c in self.clauses if isinstance(c, Rank) and c.by is not None), None)
        bare_function = wanted.mention is None and wanted.function != "count"
        if bare_function:
            known = [c.wanted for c in old] or [Wanted("sum", c.part.mention) for c in implied]
            known += [ranked.by] if ranked is not None and ranked.by is not None and not known else []
            numbers = [want for want in known if want.mention is not None and want.function != "count"]
            if not numbers:
                raise Unclear(f"the {_NAMES.get(wanted.function or '', wanted.function)} of what?")
            new = [replace(want, function=wanted.function) for want in dict.fromkeys(numbers)]
        else:
            new = [wanted]
        if ranked is not None and not old and not self.turn.adds:
            self._swap(ranked, replace(ranked, by=new[0]))
            return
        if self.turn.adds and (old or implied):
            for bare in implied:
                self._swap(bare, Measure(Wanted("sum", bare.part.mention)))
            for want in new:
                self._put(Measure(want))
            return
        place = next((at for at, c in enumerate(self.clauses) if c in old or c in implied), len(self.clauses))
        self.clauses = [c for c in self.clauses if c not in old and c not in implied]
        self.clauses[place:place] = [Measure(want) for want in new]

    # --------------------------------------------------------------------------------------------- names, orders

    def _bare(self, clause: Bare) -> None:
        part, mention = clause.part, clause.part.mention
        if mention is None:
            self._group((part,), each=False)
        elif is_measure(part):
            functions = [c.wanted.function for c in self.clauses if isinstance(c, Measure)]
            ranked = [c.by.function for c in self.clauses if isinstance(c, Rank) and c.by is not None]
            known = [f for f in (*functions, *ranked) if f is not None and f not in ("count", "count_distinct")]
            self._measure(Wanted(known[-1] if known else "sum", mention))
        elif mention.tables and not _is_column(mention):
            if self._names_rows(mention):
                return  # "only EMEA orders", where orders are asked about already
            self._rows(mention)
        elif any(isinstance(c, Group) for c in self.clauses) or any(isinstance(c, Measure) for c in self.clauses):
            self._group((part,), each=False)
        elif self.turn.adds:
            self._put(replace(clause, before="and"))
        else:
            raise Unclear(f"I do not see how {mention.text!r} changes the question before")
        self.changed = True

    def _names_rows(self, mention: Mention) -> bool:
        names = {match.table.name for match in mention.tables}
        for clause in self.clauses:
            known: list[Mention | None] = [
                clause.wanted.mention if isinstance(clause, Measure) else None,
                clause.part.mention if isinstance(clause, Bare) else None,
                clause.subject.mention if isinstance(clause, Rank) and clause.subject else None,
            ]
            known += [want.mention for want in _numbers(clause)]
            for other in known:
                if other is None:
                    continue
                named = {m.table.name for m in other.tables} or {m.column.table for m in other.columns}
                if names & named:
                    return True
        return False

    def _rows(self, mention: Mention) -> None:
        """Ask the same of other rows: "how many customers", then "the same for orders"."""
        for clause in [*self.clauses]:
            if isinstance(clause, Measure) and clause.wanted.function == "count" and clause.wanted.mention is not None:
                wanted = replace(clause.wanted, mention=mention)
                if self.turn.adds and self.turn.is_marked:
                    self._put(Measure(wanted))
                else:
                    self._swap(clause, Measure(wanted))
                return
            if isinstance(clause, Bare) and clause.part.mention is not None and clause.part.mention.tables:
                self._swap(clause, replace(clause, part=Part(mention)))
                return
            if isinstance(clause, Rank) and clause.subject is not None and clause.by is None:
                self._swap(clause, replace(clause, subject=Part(mention)))
                return
        raise Unclear(f"I do not see what to ask of {mention.text!r}")

    def _rank(self, new: Rank) -> None:
        old = next((c for c in self.clauses if isinstance(c, Rank)), None)
        self._drop(lambda c: isinstance(c, Sort))
        if old is None:
            self._put(new)
        elif new.subject is None and new.by is None:
            self._swap(old, replace(old, count=new.count or old.count, descending=new.descending, text=new.text))
        else:
            self._swap(old, replace(new, by=new.by or old.by, subject=new.subject or old.subject))

    # ------------------------------------------------------------------------------------------------- the list

    def _put(self, clause: Clause) -> None:
        self.clauses.append(clause)
        self._fresh.append(clause)

    def _swap(self, old: Clause, new: Clause) -> None:
        self.clauses[self.clauses.index(old)] = new
        self._fresh.append(new)

    def _drop(self, is_dropped: Callable[[Clause], bool]) -> None:
        self.clauses = [c for c in self.clauses if c in self._fresh or not is_dropped(c)]


_NAMES = {"sum": "total", "avg": "average", "min": "minimum", "max": "maximum"}


def _named(clause: Clause) -> list[Mention]:
    """Return the names in a clause."""
    found: list[Mention | None] = [getattr(clause, "mention", None)]
    parts = [clause.part] if isinstance(clause, Bare) else list(clause.parts) if isinstance(clause, Group) else []
    found += [part.mention for part in parts]
    found += [clause.wanted.mention] if isinstance(clause, Measure | Limit) else []
    if isinstance(clause, Rank):
        found += [clause.by.mention if clause.by else None, clause.subject.mention if clause.subject else None]
    return [mention for mention in found if mention is not None]


def _numbers(clause: Clause) -> list[Wanted]:
    if isinstance(clause, Rank):
        return [clause.by] if clause.by is not None else []
    if isinstance(clause, Group):
        return [part.wanted for part in clause.parts if part.wanted is not None]
    return []


def _is_column(mention: Mention) -> bool:
    """Whether a name is a column's at least as clearly as a table's."""
    return bool(mention.columns) and max(m.score for m in mention.columns) > max(m.score for m in mention.tables)


def _same(one: Wanted, other: Wanted) -> bool:
    return one.function == other.function and _of(one.mention) == _of(other.mention)


def _of(mention: Mention | None) -> Columns:
    return frozenset() if mention is None else frozenset((m.column.table, m.column.name) for m in mention.columns)


def _columns(clause: Values) -> Columns:
    """Return the columns in which all the values stand, those named when one is named."""
    shared = [frozenset((m.column.table, m.column.name) for m in matches) for matches in clause.values]
    found = frozenset.intersection(*shared) if shared else frozenset()
    return (found & _of(clause.column)) or found if clause.column is not None else found


def _replaced_by(old: Clause, new: Compared | When | Presence | Flag, turn: Turn) -> bool:
    """Whether a filter takes the place of another: it says something else of the same column."""
    if isinstance(new, When):
        if not isinstance(old, When) or _of(old.mention) != _of(new.mention):
            return False
        if old.negated or new.negated:
            return old.negated == new.negated and old.spans == new.spans
        closed = ("in", "between", "either")
        return not (turn.narrows and (old.direction in closed) != (new.direction in closed))
    if type(old) is not type(new) or _of(old.mention) != _of(new.mention):
        return False
    if isinstance(old, Compared) and isinstance(new, Compared):
        opposite = (old.operator in _LOWER and new.operator in _UPPER) or (
            old.operator in _UPPER and new.operator in _LOWER
        )
        return not opposite and old.operator not in ("<>", "not contains")
    return True
