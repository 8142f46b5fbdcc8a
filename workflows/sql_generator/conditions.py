"""The rules of the grammar that read filters where no column is named first: "EMEA", "over 500", "without orders"."""

from __future__ import annotations

from dataclasses import replace

from .about import read_about
from .clauses import Clause, Compared, Limit, Presence, Wanted
from .pieces import OPPOSITE, read_comparison, read_flag, read_time, read_values
from .plan import Operator, Scalar
from .reader import Reader


def adjectives(reader: Reader) -> list[Clause]:
    """Read what stands between a word of number and its noun: "how many *cancelled EMEA* orders"."""
    found: list[Clause] = []
    while True:
        start = reader.at
        negated = reader.accept("not") is not None
        clause = read_flag(reader, negated) or (read_values(reader, None, negated) if reader.values_ahead() else None)
        if clause is None:
            reader.at = start
            return found
        found.append(clause)


def read_condition(reader: Reader) -> Clause | list[Clause] | None:
    """Read one filter, or none."""
    start = reader.at
    predicate = reader.accept("is") is not None or reader.previous_kind == "is"
    for rule in (_gap, read_time, _number, _named, _value, read_about):
        here = reader.at
        clause = rule(reader, predicate)
        if clause is not None:
            return clause
        reader.at = here
    reader.at = start
    return None


def _gap(reader: Reader, predicate: bool) -> Clause | None:
    """Read "without a ship date", "no orders", "never ordered"."""
    chunk = reader.accept("without")
    if chunk is None:
        return None
    reader.accept("is")
    values = reader.values_ahead()
    if values is not None and replace(values, values=()).score < 0.6:
        return read_values(reader, None, negated=True, predicate=predicate)
    flag = read_flag(reader, negated=True, predicate=predicate)
    if flag is not None:
        return flag
    noun = reader.noun(verbs=True)
    if noun is not None and reader.values_ahead() is not None:
        return read_values(reader, noun, negated=True, predicate=predicate)  # "without region EMEA"
    return None if noun is None else Presence(noun, predicate=predicate, explicit=chunk.low.startswith("missing"))


def _value(reader: Reader, predicate: bool) -> Clause | None:
    """Read "EMEA", "not cancelled", "in EMEA or APAC", "the EMEA region"."""
    start = reader.at
    place = reader.accept("in", "of", "to") is not None
    if not place and (reader.peek().low == "by" or (reader.peek().kind == "between" and reader.comparing)):
        place = reader.take() is not None
    negated = reader.accept("not") is not None
    if negated:
        done = reader.previous.low.startswith(("do", "did"))
        reader.accept("is")
        reader.accept("in", "with", "either", "by")
        verb = reader.mention_ahead()
        if verb is not None and not verb.values and (verb.verb or (done and verb.tables)):
            return Presence(reader.take().mention or verb, predicate=predicate)
    flag = read_flag(reader, negated, predicate)
    if flag is not None:
        return flag
    if reader.values_ahead() is not None or (place and _is_value(reader)):
        return read_values(reader, None, negated, predicate)
    reader.at = start
    return None


def _is_value(reader: Reader) -> bool:
    mention = reader.peek().mention
    return mention is not None and bool(mention.values) and not any(m.score >= 1 for m in mention.tables)


def _number(reader: Reader, predicate: bool) -> Clause | None:
    """Read "over 500", "at least 3 orders", "between 10 and 20 units" and thresholds on totals."""
    chunk = reader.peek()
    negated = reader.accept("not") is not None
    compared = read_comparison(reader) or _exactly(reader)
    if compared is None:
        return None
    operator, values = compared
    if negated:
        operator = OPPOSITE.get(operator, operator)
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


def _exactly(reader: Reader) -> tuple[Operator, tuple[float | int, ...]] | None:
    """Read the number of "with 3 orders"."""
    following = reader.peek(1).mention
    if reader.previous_kind != "with" or reader.peek().kind != "number" or following is None or following.verb:
        return None
    value = reader.take().number
    return None if value is None else ("=", (value,))


def _numbers(values: tuple[Scalar, ...]) -> tuple[float | int, ...]:
    return tuple(value for value in values if isinstance(value, int | float))


def _named(reader: Reader, predicate: bool) -> Clause | None:
    """Read "called Ingrid Solberg", "named 'x'": a value of whatever column holds it."""
    if reader.accept("named") is None:
        return None
    return read_values(reader, None, False, predicate) if reader.peek().mention is not None else None
