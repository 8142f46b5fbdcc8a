"""Filter clauses into conditions of a draft: on the base, on a joined table, or on a detour over another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from .clauses import Compared, Filter, Flag, Presence, Values, When
from .dates import Span
from .draft import Detour, Draft
from .linking import ColumnMatch, Mention
from .plan import Condition, Operator, Scalar
from .resolve import Found, Scope, Unclear
from .schema import Column
from .synonyms import ENDS
from .words import stem


@dataclass(frozen=True, slots=True)
class NewestDay:
    """The newest credible day of a column; ``outliers`` is a sentence about rows with later ones, or empty."""

    day: date
    outliers: str = ""
    oldest: date | None = None


Today = Callable[[Column], NewestDay | None]
"""Returns the newest day in a date column, None when the column holds none or nobody looked."""


class Filters:
    """Adds filters to one draft. ``focus`` is the detour that was mentioned last, which a filter belongs to first."""

    def __init__(self, draft: Draft, today: Today) -> None:
        self.draft = draft
        self.scope = draft.scope
        self.today = today
        self.focus: Detour | None = None
        self.focus_named = False
        """Whether the focus was mentioned by its name ("orders over 500"), not by a verb ("who ordered")."""

    def add(self, clause: Filter, *, part: bool = False) -> None:
        """Add one filter; ``part`` puts it into the share that is asked for. Raises ``Unclear``."""
        match clause:
            case Values():
                self._values(clause, part)
            case Compared():
                self._compared(clause, part)
            case When():
                self._when(clause, part)
            case Presence():
                self._presence(clause, part)
            case Flag():
                found = self._column(clause.mention, lambda c: c.kind == "flag", "a yes-or-no column")
                self._put(found, "=", (clause.value,), part)

    # ------------------------------------------------------------------------------------------------ the kinds

    def _values(self, clause: Values, part: bool) -> None:
        shared = None
        for matches in clause.values:
            refs = {match.column.ref for match in matches}
            shared = refs if shared is None else shared & refs
        columns = {
            m.column.ref: m.column for matches in clause.values for m in matches if m.column.ref in (shared or ())
        }
        if clause.column is not None:
            named = {match.column.ref for match in clause.column.columns}
            columns = {ref: column for ref, column in columns.items() if ref in named}
        elif len(columns) > 1 and clause.end:
            ends = {ref: column for ref, column in columns.items() if ENDS[clause.end] & set(column.words)}
            columns = ends or columns
        found = self._column(
            Mention(clause.text, tuple(ColumnMatch(column, 1.0) for column in columns.values())),
            lambda c: True,
            "a value",
        )
        raw = [spelling for matches in clause.values for m in matches if m.column == found.column for spelling in m.raw]
        if any(len(m.raw) > 1 for matches in clause.values for m in matches if m.column == found.column):
            spellings = ", ".join(f"'{value}'" for value in raw)
            self.draft.note(f"{found.column.name} spells it in several ways, and all count: {spellings}.")
        elif clause.column is None and found.column.table != self.draft.base.name:
            self.draft.note(f"'{clause.text}' is looked for in {found.column.table}.{found.column.name}.")
        operator: Operator = (
            ("<>" if clause.negated else "=") if len(raw) == 1 else ("not in" if clause.negated else "in")
        )
        self._put(found, operator, tuple(dict.fromkeys(raw)), part)
        if clause.negated and found.column.nulls:
            self.draft.note(f"Rows without a {found.column.name} are left out.")

    def _compared(self, clause: Compared, part: bool) -> None:
        numeric = all(isinstance(value, int | float) for value in clause.values)
        if clause.mention is None and self.focus is not None:
            inner = Scope(self.scope.schema, self.scope.graph, self.scope.schema.by_name[self.focus.join.many.table])
            found = replace(inner.default_measure(clause.text), over=self.focus.join)
            self.draft.note(f"'{clause.text}' is about {found.column.table}.{found.column.name}.")
        elif clause.mention is None:
            found = self.scope.default_measure(clause.text)
            self.draft.note(f"'{clause.text}' is about {found.column.table}.{found.column.name}.")
        else:
            kind = "number" if numeric else "text"
            found = self._column(clause.mention, lambda c: c.kind == kind, f"a {kind} to compare")
        if found.over is not None and found.column.is_additive and not self.focus_named:
            raise Unclear(
                f"is {clause.text!r} about one row of {found.over.many.table}, or about all of them together?",
                weight=0.2,
            )
        self._put(found, clause.operator, clause.values, part)

    def _when(self, clause: When, part: bool) -> None:
        said = clause.spans[0].said
        if clause.mention is not None:
            found = self._column(clause.mention, lambda c: c.kind == "date" or c.is_year, "a date")
        else:
            found = self._date(said)
        if found.column.is_year:
            self._year(clause, found, part)
            return
        start, end = self._range(clause, found)
        self.draft.note(f"{_range_text(clause, start, end)} is counted by {found.column.table}.{found.column.name}.")
        operator: Operator = "not during" if clause.negated else "during"
        self._put(found, operator, (start.isoformat() if start else "", end.isoformat() if end else ""), part)

    def _range(self, clause: When, found: Found) -> tuple[date | None, date | None]:
        today: date | None = None
        if any(span.is_relative for span in clause.spans):
            known = self.today(found.column)
            if known is None:
                raise Unclear(
                    f"{clause.spans[0].said!r} needs a newest day to count from, and {found.column.name} holds none"
                )
            today = known.day
            column = f"{found.column.table}.{found.column.name}"
            self.draft.note(f"Time is counted back from {today}, the newest {column}.")
            self.warn_of_outliers(found.column)
        for span in clause.spans:
            self._one_of_several(span, found.column)
        first, after = clause.spans[0].resolve(today)
        last_first, last_after = clause.spans[1].resolve(today)
        match clause.direction:
            case "in":
                return first, after
            case "since":
                return first, None
            case "after":
                return after, None
            case "before":
                return None, first
            case "until":
                return None, after
            case "either":
                if last_first != after:
                    raise Unclear(
                        f"{clause.spans[0].said!r} and {clause.spans[1].said!r} are two stretches of time", weight=0.2
                    )
        if last_first < first:
            raise Unclear(f"{clause.spans[0].said!r} to {clause.spans[1].said!r} runs backwards", weight=0.3)
        return first, last_after

    def _one_of_several(self, span: Span, column: Column) -> None:
        """Refuse "in June" where the data has several Junes."""
        known = self.today(column)
        if span.part is None or known is None or known.oldest is None:
            return
        start, _ = span.resolve(known.day)
        if start.replace(year=start.year - 1) >= known.oldest.replace(day=1):
            raise Unclear(f"{column.name} has several years with {span.said!r}; please say which one", weight=0.1)

    def _year(self, clause: When, found: Found, part: bool) -> None:
        if any(span.unit != "year" or span.first is None for span in clause.spans):
            raise Unclear(f"{found.column.name!r} holds only years", weight=0.5)
        years = [span.first.year for span in clause.spans if span.first is not None]
        operators: dict[str, Operator] = {
            "in": "=",
            "since": ">=",
            "after": ">",
            "before": "<",
            "until": "<=",
            "between": "between",
        }
        operator = operators[clause.direction]
        if clause.negated:
            if operator != "=":
                raise Unclear("a time that is not meant must be a single one")
            operator = "<>"
        self._put(found, operator, tuple(years) if operator == "between" else (years[0],), part)

    def _presence(self, clause: Presence, part: bool) -> None:
        mention = clause.mention
        entity = mention.tables
        own_event = mention.verb and any(
            m.column.table == self.draft.base.name and m.column.kind == "date" for m in mention.columns
        )
        if not clause.present and not own_event:
            names = {match.table.name for match in entity}
            names |= {match.column.table for match in mention.columns} if mention.verb else set()
            over = [join for join in self.scope.graph.into(self.draft.base.name) if join.many.table in names]
            if len(over) == 1 and not part:
                self.focus = self.draft.detour(over[0])
                self.focus.negated = True
                self.focus_named = not mention.verb
                return
        if not clause.present and not clause.explicit and all(m.column.is_measure for m in mention.columns):
            raise Unclear(
                f"'without {mention.text}' could mean zero or missing; please say '= 0' or 'is missing'", weight=0.3
            )
        found = self._column(mention, lambda c: True, "something that can be missing")
        self._put(found, "not null" if clause.present else "null", (), part)
        if not clause.present and (mention.verb or entity):
            self.draft.note(f"'{mention.text}' is looked up in {found.column.table}.{found.column.name}: it is empty.")

    def happened(self, mention: Mention) -> bool:
        """Read a lone verb such as "returned" as "has a return date"; False when it is no such verb here."""
        own = [m for m in mention.columns if m.column.table == self.draft.base.name and m.column.kind == "date"]
        if len(own) != 1:
            return False
        column = own[0].column
        entity = {stem(word) for word in self.draft.base.words}
        if not {stem(word) for word in column.event} & entity:
            self._put(Found(column, 0.1), "not null", (), False)
            self.draft.note(f"'{mention.text}' means that {column.name} is given.")
        return True

    @staticmethod
    def known(found: Found) -> Condition:
        """Return the condition that a column has a value."""
        return Condition(column=found.column.ref, operator="not null")

    def warn_of_outliers(self, column: Column) -> None:
        """Say so when the newest rows have a date nobody can believe."""
        known = self.today(column)
        if known is not None and known.outliers:
            self.draft.note(known.outliers)

    # --------------------------------------------------------------------------------------------------- places

    def _column(self, mention: Mention, fits: Callable[[Column], bool], kind: str) -> Found:
        """Resolve a column where the focus is first, then on the base and its joins, then over a detour."""
        if self.focus is not None:
            name = self.focus.join.many.table
            inside = [m for m in mention.columns if fits(m.column) and self.inside(m.column.table) is not None]
            own = [m for m in inside if m.column.table == name] or inside
            best = [m for m in own if m.score >= max(o.score for o in own) - 0.04]
            if len(best) == 1:
                column = best[0].column
                if any(m.column.table == self.draft.base.name and m.score >= best[0].score for m in mention.columns):
                    raise Unclear(f"{mention.text!r} could be about {self.draft.base.name} or about {name}", weight=0.3)
                return Found(column, 1 - best[0].score, self.inside(column.table) or (), self.focus.join)
        return self.scope.column(mention, fits, kind, detour=True)

    def inside(self, table: str):  # type: ignore[no-untyped-def]
        if self.focus is None:
            return None
        path = self.scope.graph.path(self.focus.join.many.table, table)
        return None if path is None or any(j.one.table == self.draft.base.name for j in path) else path

    def _date(self, said: str) -> Found:
        if self.focus is not None:
            dates = self.scope.schema.by_name[self.focus.join.many.table].dates
            if len(dates) == 1:
                return Found(dates[0], 0.05, (), self.focus.join)
        return self.scope.default_date(said, detour=True)

    def _put(self, found: Found, operator: Operator, values: tuple[Scalar, ...], part: bool) -> None:
        times = found.times.ref if found.times is not None else None
        condition = Condition(column=found.column.ref, operator=operator, values=values, times=times)
        if found.over is not None:
            if part:
                raise Unclear(
                    f"a share by {found.column.name!r} would count rows of {self.draft.base.name} more than once"
                )
            detour = self.draft.detour(found.over)
            self.draft.cost += found.cost
            detour.joins.update(dict.fromkeys(found.joins))
            detour.conditions.append(condition)
            return
        self.draft.use(found)
        target = self.draft.part if part else self.draft.conditions
        if operator == "during" and any(_clash(c, condition) for c in target):
            raise Unclear(
                "it names two different times; join them with 'to' if everything between is meant", weight=0.2
            )
        if operator in ("=", "in") and any(c.column == condition.column and c.operator in ("=", "in") for c in target):
            if condition not in target:
                raise Unclear(
                    f"{found.column.name!r} cannot be two different things at once; join them with 'or'", weight=0.3
                )
            return
        target.append(condition)


def _clash(one: Condition, other: Condition) -> bool:
    """Whether two times of one column are both closed, as in "in 2025 ... in 2026"."""
    return one.column == other.column and one.operator == "during" and all((*one.values, *other.values))


def _range_text(clause: When, start: date | None, end: date | None) -> str:
    said = (
        clause.spans[0].said
        if clause.spans[0] == clause.spans[1]
        else f"{clause.spans[0].said} to {clause.spans[1].said}"
    )
    word = {
        "in": "",
        "between": "",
        "either": "",
        "since": "since ",
        "after": "after ",
        "before": "before ",
        "until": "until ",
    }[clause.direction]
    last = date.fromordinal(end.toordinal() - 1) if end else None
    if start and last:
        days = f"{start} to {last}" if start != last else f"{start}"
    else:
        days = f"from {start} on" if start else f"up to {last}"
    named = f"'{word}{said}' ({days})" if said != days else f"'{word}{said}'"
    return f"Not {named}" if clause.negated else named
