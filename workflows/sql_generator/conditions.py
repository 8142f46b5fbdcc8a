"""The rules of the grammar that read filters: values, comparisons, times, gaps, thresholds."""

from __future__ import annotations

from dataclasses import replace

from .clauses import Bare, Clause, Compared, Flag, Limit, Part, Presence, Values, Wanted, When
from .dates import Span, year_span
from .linking import Mention, ValueMatch
from .plan import Operator, Scalar
from .reader import Reader
from .words import is_plural

_OPPOSITE: dict[str, Operator] = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "=": "<>", "<>": "="}
_TEXT_TESTS: dict[str, Operator] = {"contains": "contains", "starts": "starts", "ends": "ends"}
_TIMES = ("in", "since", "after", "before", "until", "between", "compare op")


def adjectives(reader: Reader) -> list[Clause]:
    """Read what stands between a word of number and its noun: "how many *cancelled EMEA* orders"."""
    found: list[Clause] = []
    while True:
        start = reader.at
        negated = reader.accept("not") is not None
        clause = _flag(reader, negated) or (_values(reader, None, negated) if reader.values_ahead() else None)
        if clause is None:
            reader.at = start
            return found
        found.append(clause)


def condition(reader: Reader) -> Clause | list[Clause] | None:
    """Read one filter, or none."""
    start = reader.at
    predicate = reader.accept("is") is not None or reader.previous_kind == "is"
    for rule in (_gap, _time, _number, _named, _value, _about):
        here = reader.at
        clause = rule(reader, predicate)
        if clause is not None:
            return clause
        reader.at = here
    reader.at = start
    return None


# --------------------------------------------------------------------------------------------- what stands alone


def _gap(reader: Reader, predicate: bool) -> Clause | None:
    """Read "without a ship date", "no orders", "never ordered"."""
    chunk = reader.accept("without")
    if chunk is None:
        return None
    values = reader.values_ahead()
    if values is not None and replace(values, values=()).score < 0.6:
        return _values(reader, None, negated=True, predicate=predicate)
    flag = _flag(reader, negated=True, predicate=predicate)
    if flag is not None:
        return flag
    noun = reader.noun(verbs=True)
    return None if noun is None else Presence(noun, predicate=predicate, explicit=chunk.low.startswith("missing"))


def _value(reader: Reader, predicate: bool) -> Clause | None:
    """Read "EMEA", "not cancelled", "in EMEA or APAC", "the EMEA region"."""
    start = reader.at
    place = reader.accept("in", "of") is not None or (reader.peek().low == "by" and reader.accept("by") is not None)
    negated = reader.accept("not") is not None
    if negated:
        done = reader.previous.low.startswith(("do", "did"))
        reader.accept("in", "with", "either", "by")
        verb = reader.mention_ahead()
        if verb is not None and not verb.values and (verb.verb or (done and verb.tables)):
            return Presence(reader.take().mention or verb, predicate=predicate)
    flag = _flag(reader, negated, predicate)
    if flag is not None:
        return flag
    if reader.values_ahead() is not None or (place and _is_value(reader)):
        return _values(reader, None, negated, predicate)
    reader.at = start
    return None


def _is_value(reader: Reader) -> bool:
    mention = reader.peek().mention
    return mention is not None and bool(mention.values) and not any(m.score >= 1 for m in mention.tables)


def _flag(reader: Reader, negated: bool, predicate: bool = False) -> Flag | None:
    mention = reader.mention_ahead(verbs=True)
    if mention is None or mention.tables or mention.values:
        return None
    flags = tuple(match for match in mention.columns if match.column.kind == "flag")
    if not flags or len(flags) != len(mention.columns) or reader.peek(1).kind in ("is", "compare op", "null"):
        return None
    reader.take()
    return Flag(mention, all(match.opposite for match in flags) == negated, predicate)


def _values(reader: Reader, column: Mention | None, negated: bool, predicate: bool = False) -> Values | None:
    """Read a value or a list of values that can stand in one column, with the column's name after it if given."""
    found: list[tuple[ValueMatch, ...]] = []
    texts: list[str] = []
    shared: set[tuple[str, str]] | None = None
    while True:
        start = reader.at
        if found:
            while reader.accept("and", "comma", "or", "versus", "either"):
                pass
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
    return Values(tuple(found), column, negated, predicate, " or ".join(texts), noun)


def _time(reader: Reader, predicate: bool, mention: Mention | None = None) -> When | None:
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
            return When("between", (_with_year(first, second), second), mention, negated)
        reader.at = start
    if kind == "between" or (kind == "in" and negated and chunk is None and first.is_relative):
        return None
    return When(kind, (first, first), mention, negated)  # type: ignore[arg-type]


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


def _number(reader: Reader, predicate: bool) -> Clause | None:
    """Read "over 500", "at least 3 orders", "between 10 and 20 units" and thresholds on totals."""
    chunk = reader.peek()
    negated = reader.accept("not") is not None
    compared = _comparison(reader)
    if compared is None:
        return None
    operator, values = compared
    if negated:
        operator = _OPPOSITE.get(operator, operator)
        if operator == "between":
            return None
    text = f"{chunk.text} {' and '.join(str(value) for value in values)}"
    reader.accept("currency")
    distinct = reader.accept("distinct") is not None
    start = reader.at
    reader.accept("of", "in")
    noun = reader.mention_ahead(verbs=False)
    if noun is not None and not reader.values_ahead():
        numeric = tuple(m for m in noun.columns if m.column.is_measure or m.times)
        if numeric and not noun.tables:
            return Compared(operator, values, reader.noun(), predicate, text)
        if noun.tables or distinct or noun.columns:
            reader.take()
            return Limit(Wanted("count", noun, distinct=distinct), operator, _numbers(values), f"{text} {noun.text}")
    reader.at = start
    if chunk.low in ("longer than", "shorter than"):
        return None
    return None if distinct else Compared(operator, values, None, predicate, text)


def _comparison(reader: Reader) -> tuple[Operator, tuple[float | int, ...]] | None:
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


def _numbers(values: tuple[Scalar, ...]) -> tuple[float | int, ...]:
    return tuple(value for value in values if isinstance(value, int | float))


def _named(reader: Reader, predicate: bool) -> Clause | None:
    """Read "called Ingrid Solberg", "named 'x'": a value of whatever column holds it."""
    if reader.accept("named") is None:
        return None
    return _values(reader, None, False, predicate) if reader.peek().mention is not None else None


# ------------------------------------------------------------------------------------------- what follows a name


def _about(reader: Reader, predicate: bool) -> Clause | None:
    """Read a name and what is said of it: "amount over 500", "status is not cancelled", "orders since May"."""
    after = reader.after_with
    mention = reader.noun(verbs=True)
    if mention is None:
        return None
    start = reader.at
    is_said = reader.accept("is", "of") is not None
    for rule in (_compared, _listed, _tested, _dated):
        here = reader.at
        clause = rule(reader, mention, predicate or bool(after))
        if clause is not None:
            return clause
        reader.at = here
    reader.at = start
    single = _identified(reader, mention, is_said)
    if single is not None:
        return single
    if after and mention.tables and not mention.verb:
        return Bare(Part(mention), after=after)
    return None


def threshold(reader: Reader) -> Clause | None:
    """Read "total amount over 500", "with a number of orders of at least 3": what a group must reach."""
    said_of = reader.previous_kind in ("with", "where", "and")
    chunk = reader.accept("aggregate", "count") if said_of else reader.accept("aggregate")
    if chunk is None:
        return None
    reader.accept("of")
    noun = reader.noun()
    if noun is None:
        return None
    wanted = Wanted("count" if chunk.kind == "count" else chunk.value, noun)
    reader.accept("is", "of")
    negated = reader.accept("not") is not None
    compared = _comparison(reader)
    if compared is None or negated:
        return None
    reader.accept("currency")
    return Limit(wanted, compared[0], compared[1], f"{chunk.text} {noun.text}")


def _compared(reader: Reader, mention: Mention, predicate: bool) -> Clause | None:
    """Read "> 500", "is between 1 and 5", "= 'x'" after a name."""
    negated = reader.accept("not") is not None
    clear = max((m.score for m in mention.tables), default=0.0)
    named = tuple(m for m in mention.columns if m.score > clear and (m.score >= 0.9 or not m.column.is_key))
    if not any(m.column.kind in ("number", "text") or m.times for m in named):
        return None
    mention = replace(mention, columns=named)
    start = reader.at
    compared = _comparison(reader)
    if compared is not None and any(m.column.kind == "number" or m.times for m in mention.columns):
        operator, values = compared
        if negated:
            operator = _OPPOSITE.get(operator, operator)
            if operator == "between":
                return None
        reader.accept("currency")
        text = f"{mention.text} {' '.join(str(v) for v in values)}"
        return Compared(operator, values, mention, True, text)
    reader.at = start
    sign = reader.accept("compare op")
    if sign is not None and sign.value in ("=", "<>") and reader.peek().kind == "quoted":
        operator = _OPPOSITE[sign.value] if negated else sign.value
        return Compared(operator, (reader.take().text,), mention, True, mention.text)
    return None


def _listed(reader: Reader, mention: Mention, predicate: bool) -> Clause | None:
    """Read the values a column must have: "status cancelled or returned", "region is not EMEA", "active is true"."""
    sign = reader.accept("compare op")
    if sign is not None and sign.value not in ("=", "<>"):
        return None
    negated = (reader.accept("not") is not None) != (sign is not None and sign.value == "<>")
    reader.accept("in", "either")
    truth = reader.accept("truth", "without")
    flags = tuple(m for m in mention.columns if m.column.kind == "flag")
    if truth is not None and truth.low in ("true", "yes", "false", "no"):
        if not flags:
            return None
        return Flag(Mention(mention.text, flags), (truth.low in ("true", "yes")) != negated, True)
    candidate = reader.peek().mention
    if reader.peek().kind in ("mention", "quoted") and candidate is not None and candidate.values:
        own = {(m.column.table, m.column.name) for m in mention.columns}
        if any((v.column.table, v.column.name) in own for v in candidate.values):
            found = _values(reader, mention, negated, True)
            if found is not None:
                return found
    if reader.peek().kind == "quoted" and any(m.column.kind == "text" for m in mention.columns):
        return Compared("<>" if negated else "=", (reader.take().text,), mention, True, mention.text)
    return None


def _tested(reader: Reader, mention: Mention, predicate: bool) -> Clause | None:
    """Read "is missing", "is not null", "contains 'x'"."""
    if not mention.columns:
        return None
    if reader.accept("not null"):
        return Presence(Mention(mention.text, mention.columns), present=True, predicate=True)
    if reader.accept("null") or (reader.peek().low == "missing" and reader.take()):
        return Presence(Mention(mention.text, mention.columns), predicate=True)
    negated = reader.accept("not") is not None
    test = reader.accept("contains", "starts", "ends")
    if test is None or not any(m.column.kind == "text" for m in mention.columns):
        return None
    piece = reader.take()
    if piece.kind not in ("quoted", "unknown", "mention"):
        return None
    operator = _TEXT_TESTS[test.kind]
    if negated:
        if operator != "contains":
            return None
        operator = "not contains"
    return Compared(operator, (piece.text,), mention, True, mention.text)


def _dated(reader: Reader, mention: Mention, predicate: bool) -> Clause | None:
    """Read a time said of a date column: "hired in 2020", "order date after May 2026"."""
    columns = tuple(m for m in mention.columns if m.column.kind == "date" or m.column.is_year)
    if not columns or (mention.tables and not mention.verb):
        return None
    return _time(reader, predicate, Mention(mention.text, columns, verb=mention.verb))


def _identified(reader: Reader, mention: Mention, is_said: bool) -> Clause | None:
    """Read "customer 42", "quantity is 3"."""
    chunk = reader.peek()
    if is_said and reader.peek().kind in ("is", "of"):
        reader.take()
        chunk = reader.peek()
    if chunk.kind != "number" or chunk.number is None or mention.plural or reader.peek(1).kind in ("rank", "bucket"):
        return None
    numbers = tuple(m for m in mention.columns if m.column.kind == "number")
    if not numbers:
        return None
    keys = tuple(m for m in numbers if m.column.is_key)
    if not is_said and not keys:
        return None
    reader.take()
    return Compared(
        "=", (chunk.number,), replace(mention, columns=keys or numbers), True, f"{mention.text} {chunk.text}"
    )
