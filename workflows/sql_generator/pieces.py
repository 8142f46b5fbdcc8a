"""The pieces filters are made of: lists of values, yes-or-no words, times, comparisons with numbers."""

from __future__ import annotations

from typing import Literal

from .clauses import Flag, Values, When
from .dates import Span, year_span
from .linking import Mention, ValueMatch
from .plan import Operator
from .reader import Reader
from .words import is_plural

OPPOSITE: dict[str, Operator] = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "=": "<>", "<>": "="}
_TIMES = ("in", "since", "after", "before", "until", "between", "compare op")
_END: dict[str, Literal["", "from", "to"]] = {"from": "from", "to": "to"}
_TIME_OF_SIGN = {">": "after", "<": "before", ">=": "since", "<=": "until", "=": "in"}


def read_flag(reader: Reader, negated: bool, predicate: bool = False) -> Flag | None:
    mention = reader.mention_ahead(verbs=True)
    if mention is None or mention.tables or mention.values:
        return None
    flags = tuple(match for match in mention.columns if match.column.kind == "flag")
    if not flags or len(flags) != len(mention.columns) or reader.peek(1).kind in ("is", "compare op", "null"):
        return None
    reader.take()
    return Flag(mention, all(match.opposite for match in flags) == negated, predicate)


def read_values(reader: Reader, column: Mention | None, negated: bool, predicate: bool = False) -> Values | None:
    """Read a value or a list of values that can stand in one column, with the column's name after it if given."""
    place = reader.previous_kind in ("in", "of", "to")
    end = _END.get(reader.previous.low, "")
    compare = False
    found: list[tuple[ValueMatch, ...]] = []
    texts: list[str] = []
    shared: set[tuple[str, str]] | None = None
    while True:
        start = reader.at
        if found:
            versus = False
            while (joining := reader.accept("and", "comma", "or", "versus", "either")) is not None:
                versus = versus or joining.kind == "versus"
            if reader.at == start:
                break
            reader.accept("in", "either")
        else:
            reader.accept("either")
        mention = reader.peek().mention
        matches = mention.values if mention is not None and reader.peek().kind in ("mention", "quoted") else ()
        columns = {(match.column.table, match.column.name) for match in matches}
        both = columns if shared is None else shared & columns
        if not both or (found and reader.values_ahead() is None):
            reader.at = start
            break
        compare = compare or (bool(found) and versus)
        shared = both
        found.append(matches)
        texts.append(reader.take().text)
    if not found or shared is None:
        return None
    after = reader.mention_ahead(verbs=False)
    if column is None and after is not None:
        named = tuple(m for m in after.columns if (m.column.table, m.column.name) in shared and m.score >= 0.6)
        if named and not (after.tables and any(t.score >= 1 for t in after.tables)):
            reader.take()
            column = Mention(after.text, named)
    noun = is_plural(texts[-1]) and all(not is_plural(match.raw[0]) for match in found[-1])
    return Values(
        values=tuple(found),
        column=column,
        negated=negated,
        predicate=predicate,
        text=" or ".join(texts),
        place=place,
        end=end,
        compare=compare,
        noun=noun,
    )


def read_time(reader: Reader, predicate: bool, mention: Mention | None = None) -> When | None:
    """Read "since 2026-05-01", "in March", "between April and June 2026", "not in May"."""
    negated = reader.accept("not") is not None
    chunk = reader.accept(*_TIMES)
    if chunk is not None and chunk.kind == "compare op" and (chunk.value not in (">", "<", ">=", "<=", "=")):
        return None
    kind = chunk.kind if chunk is not None else "in"
    if kind == "in" and chunk is not None:
        also = reader.accept("between", "since", "after", "before", "until")
        kind = also.kind if also is not None else kind
    elif kind == "since":
        reader.accept("in")
    wide = mention is not None or kind in ("since", "after", "before", "until")
    first = _span(reader, spoken=kind != "compare op" and (chunk is not None or negated), wide=wide)
    if first is None:
        return None
    if kind == "compare op" and chunk is not None:
        relative = first.is_relative and first.unit != "day"
        kind = (
            "in"
            if chunk.low == "over" and relative
            else {">": "after", "<": "before", ">=": "since", "<=": "until", "=": "in"}[chunk.value]
        )
    start = reader.at
    if kind in ("in", "between", "since"):
        joined = reader.accept("and", "to", "until") if kind != "in" else reader.accept("to", "until")
        second = _span(reader, spoken=True, wide=wide) if joined else None
        if second is not None:
            return When("between", (_with_year(first, second), second), mention, negated, predicate)
        reader.at = start
    if kind == "in" and not negated and reader.accept("and", "or", "comma"):
        second = _span(reader, spoken=True, wide=False)
        if second is not None:
            return When("either", (_with_year(first, second), second), mention, predicate=predicate)
        reader.at = start
    if kind == "between" or (kind == "in" and negated and chunk is None and first.is_relative):
        return None
    return When(kind, (first, first), mention, negated, predicate)  # type: ignore[arg-type]


def _span(reader: Reader, *, spoken: bool, wide: bool) -> Span | None:
    chunk = reader.peek()
    if chunk.kind == "date":
        return reader.take().span
    if chunk.kind != "number" or not chunk.is_year or chunk.number is None:
        return None
    if not wide and not 1990 <= chunk.number <= 2035:
        return None  # "between 1900 and 2100" is more likely about amounts
    if spoken or reader.peek(1).kind in ("end", "mention", "by", "comma"):
        return year_span(int(reader.take().text))
    return None


def _with_year(first: Span, second: Span) -> Span:
    """Give "April" in "April to June 2026" the year of June."""
    if first.part is None or second.first is None:
        return first
    start, end = first.resolve(second.first)
    if start > second.first:
        return first
    return Span(f"{first.said} {start.year}", first.unit, start, end)


def read_comparison(reader: Reader) -> tuple[Operator, tuple[float | int, ...]] | None:
    if reader.accept("between"):
        low = reader.accept("number")
        if low is None or not reader.accept("and", "to") or reader.peek().kind != "number":
            return None
        return "between", (low.number or 0, reader.take().number or 0)
    chunk = reader.accept("compare op")
    if chunk is None or reader.peek().kind != "number":
        return None
    value = reader.take().number
    return None if value is None else (chunk.value, (value,))
