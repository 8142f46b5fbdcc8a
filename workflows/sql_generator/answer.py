"""The answer in words: the number, the leader or the rows that were asked for, and how the question was read."""

from __future__ import annotations

from typing import Any

from .plan import Dimension, Measure, QueryPlan
from .state import Shown
from .wording import amount, cell, code, condition, counted, escaped, listed, plain, thresholds, where

_VERBS = {"sum": "total", "avg": "average", "min": "lowest", "max": "highest", "median": "median"}


def answer(plan: QueryPlan, shown: Shown, opening: str = "") -> str:
    """Return the answer as Markdown; ``opening`` says first how a follow-up was understood."""
    lines = [*filter(None, [opening]), _sentence(plan, shown)]
    if shown["cut"]:
        lines.append(f"Only the first {shown['row_count']:,} rows were kept.")
    notes = [*plan.assumptions]
    for name in shown["doubles"]:
        notes.append(f"{name} holds values that differ only in case or spaces; each spelling is a row of its own.")
    if notes:
        lines.append("How I read it:\n" + "\n".join(f"- {escaped(note)}" for note in notes))
    lines.append(f"All of it is in {code(shown['name'])}.")
    return "\n\n".join(lines)


def _sentence(plan: QueryPlan, shown: Shown) -> str:
    rows, count = shown["rows"], shown["row_count"]
    if plan.part:
        return _part(plan, rows)
    if plan.over_groups == "count":
        number = amount(next(iter(rows[0].values()))) if rows else "none"
        reached = f"{measure_label(plan.measures[0], plan)} {thresholds(plan)}"
        return f"**{number}** different {_group(plan)}, each with a {reached}{_tail(plan)}."
    if plan.over_groups is not None:
        number = amount(next(iter(rows[0].values()))) if rows else "nothing"
        label = f"{_VERBS[plan.over_groups]} {measure_label(plan.measures[0], plan)}"
        return f"**{number}** is the {label} per {_group(plan)}{_tail(plan)}."
    if not plan.measures:
        return _listing(plan, shown)
    if not plan.dimensions:
        return _totals(plan, rows)
    if count == 0:
        return f"**Nothing** matches{_tail(plan)}."
    return _ranking(plan, rows, count)


def _tail(plan: QueryPlan) -> str:
    said = where(plan)
    return f", {said}" if said else ""


def measure_label(measure: Measure, plan: QueryPlan) -> str:
    """Return what a number is called: "total amount", "number of orders"."""
    if measure.column is None:
        return f"number of {plain(plan.base)}"
    name = plain("amount" if measure.times else measure.column.column.replace("_", " "))
    if measure.function == "count_distinct":
        return f"number of different {name}"
    verb = _VERBS[measure.function]
    return name if name.startswith(verb) else f"{verb} {name}"


def _group(plan: QueryPlan) -> str:
    first = plan.dimensions[0]
    return plain((first.bucket or first.column.column).replace("_", " "))


def _totals(plan: QueryPlan, rows: list[dict[str, Any]]) -> str:
    row = rows[0] if rows else {}
    said = []
    for measure in plan.measures:
        value = row.get(measure.alias)
        if measure.column is None and len(plan.measures) == 1:
            tail = where(plan)
            noun = plain(plan.base)
            return f"There {'is' if value == 1 else 'are'} **{amount(value)}** of {noun}{' ' + tail if tail else ''}."
        said.append(
            f"the {measure_label(measure, plan)} is **{cell(value) if not _is_number(value) else amount(value)}**"
        )
    text = listed(said)
    return f"{text[0].upper()}{text[1:]}{_tail(plan)}."


def _is_number(value: Any) -> bool:
    return value is None or (not isinstance(value, str | bool) and not hasattr(value, "isoformat"))


def _part(plan: QueryPlan, rows: list[dict[str, Any]]) -> str:
    value = next(iter(rows[0].values())) if rows else None
    chosen = listed([condition(c) for c in plan.part])
    whole = measure_label(plan.measures[0], plan)
    if value is None:
        return f"There is nothing to take a share of{_tail(plan)}."
    return f"**{amount(float(value))} %** of the {whole} has {chosen}{_tail(plan)}."


def _ranking(plan: QueryPlan, rows: list[dict[str, Any]], count: int) -> str:
    measure = plan.measures[0]
    label = measure_label(measure, plan)
    if plan.only_first:
        names = [_row_name(plan, row) for row in rows[:3]]
        more = f" and {count - 3:,} more" if count > 3 else ""
        value = amount(rows[0].get(measure.alias))
        end = "" if count == 1 else " each"
        extreme = "highest" if plan.order[0].descending else "lowest"
        shared = "has" if count == 1 else "share"
        return f"**{listed(names)}**{more} {shared} the {extreme} {label}: **{value}**{end}{_tail(plan)}."
    times = [d for d in plan.dimensions if d.bucket not in (None, "weekday", "hour of day")]
    noun = _noun(plan.dimensions[0]) if len(plan.dimensions) == 1 else "group"
    if times and len(plan.dimensions) == 1 and (not plan.order or plan.order[0].by == times[0].alias):
        return _course(plan, rows, count, label, times[0])
    size = counted(count, plain(noun))
    by_measure = bool(plan.order) and plan.order[0].by == measure.alias
    if not by_measure or len(rows) == 1:
        first = f"{_row_name(plan, rows[0])} has {amount(rows[0].get(measure.alias))}"
        return f"{size}, by {label}: **{first}**{' comes first' if count > 1 else ''}{_tail(plan)}."
    lead = "leads with" if plan.order[0].descending else "comes first with"
    first = f"**{_row_name(plan, rows[0])}** {lead} **{amount(rows[0].get(measure.alias))}** ({label})"
    share = f", {amount(rows[0]['percent_of_total'])} % of the total" if plan.share else ""
    second = f", then {_row_name(plan, rows[1])} with {amount(rows[1].get(measure.alias))}"
    return f"{first}{share}{second}; {size} in all{_tail(plan)}."


def _course(plan: QueryPlan, rows: list[dict[str, Any]], count: int, label: str, time: Dimension) -> str:
    alias = plan.measures[0].alias
    known = [row for row in rows if row.get(alias) is not None]
    size = counted(count, str(time.bucket))
    if count > len(rows) or not known:
        return f"{label[0].upper()}{label[1:]} over {size}{_tail(plan)}."
    best = max(known, key=lambda row: row[alias])
    first, last = cell(rows[0][time.alias], time.bucket), cell(rows[-1][time.alias], time.bucket)
    span = f" from {first} to {last}" if count > 1 else ""
    top = f"**{cell(best[time.alias], time.bucket)}** is highest with **{amount(best[alias])}**"
    return f"{size}{span}; {top} ({label}){_tail(plan)}."


def _noun(dimension: Dimension) -> str:
    return dimension.bucket or dimension.column.column.replace("_", " ")


def _row_name(plan: QueryPlan, row: dict[str, Any]) -> str:
    """Return what a group is called: its name where a key and a name stand side by side, else all of it."""
    dimensions = list(plan.dimensions)
    if len(dimensions) == 2 and plan.joins and dimensions[1].column.table != plan.base and dimensions[1].bucket is None:
        key, name = row.get(dimensions[0].alias), row.get(dimensions[1].alias)
        if key is not None and name is not None and any(join.many == dimensions[0].column for join in plan.joins):
            return f"{cell(name)} ({cell(key)})"
    return ", ".join(cell(row.get(d.alias), d.bucket) for d in dimensions)


def _listing(plan: QueryPlan, shown: Shown) -> str:
    count, rows = shown["row_count"], shown["rows"]
    if count == 0:
        return f"No {plain(plan.base)} match{_tail(plan)}."
    if plan.distinct and len(plan.columns) == 1:
        name = plan.columns[0].column
        values = [cell(row[name]) for row in rows[:8] if name in row]
        more = f" and {count - len(values):,} more" if count > len(values) else ""
        return f"**{count:,}** different {plain(name)}: {', '.join(values)}{more}{_tail(plan)}."
    if plan.only_first and plan.order:
        level = "" if count == 1 else f" and {count - 1:,} more level with it"
        return f"**{_first_row(plan, rows[0])}**{level}{_tail(plan)}."
    if count == 1:
        return f"One of {plain(plan.base)} matches: **{_first_row(plan, rows[0])}**{_tail(plan)}."
    of = f"the first {count:,} of" if plan.limit is not None and count == plan.limit else f"{count:,} of"
    by = _order(plan)
    return f"**{of} {plain(plan.base)}**{by}{_tail(plan)}."


def _order(plan: QueryPlan) -> str:
    if not plan.order or isinstance(plan.order[0].by, str):
        return ""
    first = plan.order[0]
    name = plain(first.by.column.replace("_", " ")) if not isinstance(first.by, str) else ""
    return f", by {name}{' from the top down' if first.descending else ''}"


def _first_row(plan: QueryPlan, row: dict[str, Any]) -> str:
    """Return a row in few words: its first columns, and the one it was ranked by."""
    names = list(row)[:3]
    ranked = plan.order[0].by.column if plan.order and not isinstance(plan.order[0].by, str) else None
    if ranked in row and ranked not in names and ranked is not None:
        names.append(ranked)
    return ", ".join(f"{plain(name)} {cell(row[name])}" for name in names)
