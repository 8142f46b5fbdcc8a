"""The rules of the grammar that read a name and what is said of it: "amount over 500", "status is not cancelled"."""

from __future__ import annotations

from dataclasses import replace

from .clauses import Bare, Clause, Compared, Flag, Limit, Part, Presence, Wanted
from .linking import Mention
from .pieces import OPPOSITE, read_comparison, read_time, read_values
from .plan import Operator
from .reader import Reader

_TEXT_TESTS: dict[str, Operator] = {"contains": "contains", "starts": "starts", "ends": "ends"}


def read_about(reader: Reader, predicate: bool) -> Clause | None:
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
    single = _identified(reader, mention, is_said or bool(after))
    if single is not None:
        return single
    if after and mention.tables and not mention.verb:
        return Bare(Part(mention), after=after, before="with")
    return None


def read_threshold(reader: Reader) -> Clause | None:
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
    compared = read_comparison(reader)
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
    compared = read_comparison(reader)
    if compared is not None and any(m.column.kind == "number" or m.times for m in mention.columns):
        operator, values = compared
        if negated:
            operator = OPPOSITE.get(operator, operator)
            if operator == "between":
                return None
        reader.accept("currency")
        text = f"{mention.text} {' '.join(str(v) for v in values)}"
        return Compared(operator, values, mention, True, text)
    reader.at = start
    sign = reader.accept("compare op")
    if sign is not None and sign.value in ("=", "<>") and reader.peek().kind == "quoted":
        operator = OPPOSITE[sign.value] if negated else sign.value
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
            found = read_values(reader, mention, negated, True)
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
    if piece.kind not in ("quoted", "unknown", "mention", "literal"):
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
    return read_time(reader, predicate, Mention(mention.text, columns, verb=mention.verb))


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
