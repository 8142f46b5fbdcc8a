"""Chunks into clauses: a left-to-right reading in which every chunk must find its place.

Each rule looks at the chunks from where the reader stands and either takes some and returns a clause, or takes none and
returns None. A chunk no rule takes becomes ``Unknown``, and the question will be refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import conditions
from .chunks import Chunk
from .clauses import (
    Ask,
    Bare,
    Clause,
    Compare,
    Group,
    Measure,
    Part,
    Rank,
    Share,
    Sort,
    Unknown,
    Wanted,
)
from .linking import Mention
from .plan import Function
from .reader import Reader

_LINKING = frozenset({"and", "comma", "either", "in", "of", "is", "to", "with", "where", "table", "over time", "by"})
_COUNTED = ("most", "fewest", "least")


def clauses(chunks: Sequence[Chunk]) -> list[Clause]:
    """Read all chunks; the result holds every one of them, as a clause or as ``Unknown``."""
    reader = Reader(chunks)
    found: list[Clause] = []
    while not reader.done:
        for rule in _RULES:
            start = reader.at
            clause = rule(reader)
            if clause is not None:
                found.extend(clause if isinstance(clause, list) else [clause])
                break
            reader.at = start
        else:
            chunk = reader.take()
            if chunk.kind not in _LINKING or (chunk.kind == "by" and not reader.done):
                found.append(Unknown(chunk.text, is_word=chunk.kind == "unknown"))
    return found


# ---------------------------------------------------------------------------------------------------- what is asked


def _ask(reader: Reader) -> Clause | list[Clause] | None:
    chunk = reader.accept("list", "any", "when", "how much", "rank verb")
    if chunk is None:
        return None
    match chunk.kind:
        case "any":
            return Ask("any")
        case "when":
            return Ask("when")
        case "rank verb":
            return Sort(descending=True)
        case "how much":
            return _how_much(reader)
    how = chunk.low if chunk.low in ("which", "what", "who") else "list"
    return Ask(how)  # type: ignore[arg-type]


def _how_much(reader: Reader) -> list[Clause]:
    mention = reader.measure_ahead()
    if mention is not None:
        reader.take()
        return [Measure(Wanted("sum", mention))]
    return [Ask("how much")]


def _count(reader: Reader) -> Clause | list[Clause] | None:
    if reader.accept("count") is None:
        return None
    found: list[Clause] = []
    distinct = reader.accept("distinct") is not None
    reader.accept("of")
    found += conditions.adjectives(reader)
    distinct = distinct or reader.accept("distinct") is not None
    if reader.accept("rows"):
        return [*found, Measure(Wanted("count", None))]
    noun = reader.mention_ahead(verbs=False)
    if noun is None:
        if reader.done or reader.peek().kind in (
            "is",
            "any",
            "in",
            "not",
            "without",
            "compare op",
            "date",
            "with",
            "by",
        ):
            return [*found, Measure(Wanted("count", None))]
        return None
    noun = reader.noun()
    return [*found, Measure(Wanted("count", noun, distinct=distinct))]


def _aggregate(reader: Reader) -> Clause | list[Clause] | None:
    functions = _functions(reader)
    if not functions:
        return None
    reader.accept("of")
    counted = reader.accept("count")
    if counted is not None:
        distinct = reader.accept("distinct") is not None
        noun = reader.noun()
        if noun is None:
            return None
        if not noun.tables and _is_number(noun):  # "average number of pages"
            return [Measure(Wanted(function, noun)) for function in functions]
        return [Measure(Wanted("count", noun, distinct=distinct, per_group=functions[0]))]
    found: list[Clause] = conditions.adjectives(reader)
    distinct = reader.accept("distinct") is not None
    target = reader.noun()
    if target is None:
        return None
    found += [Measure(Wanted(function, target, distinct=distinct)) for function in functions]
    while reader.accept("and", "comma"):
        more = reader.measure_ahead()
        if more is None or reader.peek(1).kind in ("compare op", "between", "is"):
            reader.back()
            break
        reader.take()
        found += [Measure(Wanted(function, more)) for function in functions]
    return found


def _functions(reader: Reader) -> list[Function]:
    """Read "total", "min and max", "average, minimum and maximum"."""
    functions: list[Function] = []
    while (chunk := reader.accept("aggregate")) is not None:
        functions.append(chunk.value)
        start = reader.at
        while reader.accept("and", "comma"):
            pass
        if reader.peek().kind != "aggregate":
            reader.at = start
            break
    return functions


def _total_as_name(reader: Reader) -> Clause | None:
    """Read "total" as the name of a column ("total by region"), or as the "in total" that ends a count."""
    chunk = reader.peek()
    if chunk.kind != "aggregate":
        return None
    if chunk.mention is not None and chunk.mention.columns:
        reader.take()
        return Bare(Part(mention=chunk.mention))
    return None


def _wanted(reader: Reader) -> Wanted | None:
    """Read a number to compute where one is expected: after "by", "with the highest", "sorted by"."""
    start = reader.at
    for rule in (_count, _aggregate):
        found = rule(reader)
        if isinstance(found, list) and len(found) == 1 and isinstance(found[0], Measure):
            return found[0].wanted
        reader.at = start
    return None


# ------------------------------------------------------------------------------------------------ groups and orders


def _group(reader: Reader) -> Clause | None:
    chunk = reader.accept("by")
    if chunk is None:
        if reader.peek().kind == "over time":
            reader.take()
            return Group((Part(bucket="month"),), each=True)
        adverb = reader.peek()
        if adverb.kind == "bucket" and (adverb.low.endswith("ly") or " by " in adverb.low or adverb.low == "annual"):
            reader.take()
            return Group((Part(bucket=adverb.value),), each=True)
        return None
    parts: list[Part] = []
    while True:
        reader.accept("distinct")
        part = _part(reader)
        if part is None:
            if parts:
                reader.back()
                break
            return None
        parts.append(part)
        start = reader.at
        if not reader.accept("and", "comma", "by") or reader.group_ends():
            reader.at = start
            break
    return Group(tuple(parts), each=chunk.low not in ("by", "aggregated by"))


def _part(reader: Reader) -> Part | None:
    bucket = reader.accept("bucket")
    if bucket is not None:
        start = reader.at
        reader.accept("of", "in")
        named = reader.mention_ahead()
        if named is not None and any(match.column.kind == "date" for match in named.columns) and not named.tables:
            reader.take()
            return Part(named, bucket.value)
        reader.at = start
        return Part(bucket=bucket.value)
    wanted = _wanted(reader)
    if wanted is not None:
        return Part(wanted=wanted)
    mention = reader.noun()
    if mention is None:
        return None
    if reader.peek().kind == "bucket" and (mention.tables or any(m.column.kind == "date" for m in mention.columns)):
        return Part(mention, reader.take().value)
    return Part(mention)


def _rank(reader: Reader) -> Clause | list[Clause] | None:
    count = _small_number(reader)
    chunk = reader.accept("rank", "first", "last")
    if chunk is None:
        return None
    count = count or _small_number(reader)
    if chunk.kind != "rank":
        return _first_or_last(reader, chunk, count)
    direction, _, hint = chunk.value.partition(" ")
    descending = direction == "most"
    found: list[Clause] = []
    wanted = _wanted(reader)
    if wanted is not None:
        return Rank(descending, count, by=wanted, hint=hint, text=chunk.text)
    found += conditions.adjectives(reader)
    if chunk.low in ("most", "least") and reader.peek().kind == "list":
        return None
    bucket = reader.accept("bucket")
    if bucket is not None:
        return [*found, Rank(descending, count, subject=Part(bucket=bucket.value), hint=hint, text=chunk.text)]
    noun = reader.noun()
    if noun is None:
        return [*found, Rank(descending, count, hint=hint, text=chunk.text)]
    if chunk.low in _COUNTED and count is None and (noun.tables or not _is_number(noun)):
        return [*found, Rank(descending, by=Wanted("count", noun), text=chunk.text)]
    if not hint and not noun.tables and (_is_number(noun) or _is_date(noun)):
        return [*found, Rank(descending, count, by=Wanted(None, noun), text=chunk.text)]
    return [*found, Rank(descending, count, subject=Part(noun), hint=hint, text=chunk.text)]


def _first_or_last(reader: Reader, chunk: Chunk, count: int | None) -> Clause | None:
    newest = chunk.kind == "last"
    if reader.accept("rows"):
        return None if newest else Rank(False, count or 1, hint="row", text=chunk.text)
    noun = reader.noun()
    if noun is None or (noun.values and not noun.tables):
        return None
    if not noun.tables:
        return Rank(newest, count, by=Wanted(None, noun), text=chunk.text) if _is_date(noun) else None
    hint = "row" if count is not None and not newest else "date"
    return Rank(newest, count, subject=Part(noun), hint=hint, text=chunk.text)


def _small_number(reader: Reader) -> int | None:
    chunk = reader.peek()
    if chunk.kind == "number" and isinstance(chunk.number, int) and 0 < chunk.number <= 1_000_000:
        return int(reader.take().number or 0)
    return None


def _is_number(noun: Mention) -> bool:
    return any(match.column.is_measure or match.times for match in noun.columns)


def _is_date(noun: Mention) -> bool:
    return any(match.column.kind == "date" for match in noun.columns)


def _sort(reader: Reader) -> Clause | None:
    if reader.accept("sort") is None:
        return _direction(reader)
    parts: list[Part] = []
    while True:
        part = _part(reader)
        if part is None:
            return None
        parts.append(part)
        start = reader.at
        if not reader.accept("and", "comma") or reader.group_ends():
            reader.at = start
            break
    start = reader.at
    reader.accept("comma", "in")
    direction = _direction(reader)
    if direction is None:
        reader.at = start
        return Sort(tuple(parts))
    return Sort(tuple(parts), direction.descending, direction.hint)


def _direction(reader: Reader) -> Sort | None:
    chunk = reader.accept("descending", "ascending", "newest first", "oldest first")
    if chunk is None:
        return None
    hint = "date" if "first" in chunk.kind or chunk.low.startswith("chrono") or "chrono" in chunk.low else ""
    return Sort(descending=chunk.kind in ("descending", "newest first"), hint=hint)


# -------------------------------------------------------------------------------------------------- shares, names


def _share(reader: Reader) -> Clause | None:
    if reader.accept("share"):
        return Share()
    if reader.accept("of total"):
        return Share()
    return None


def _compare(reader: Reader) -> Clause | None:
    return Compare() if reader.accept("compare", "versus") else None


def _bare(reader: Reader) -> Clause | list[Clause] | None:
    after = reader.after_with
    distinct = reader.accept("distinct") is not None
    bucket = reader.accept("bucket")
    if bucket is not None:
        return Bare(Part(bucket=bucket.value))
    noun = reader.noun(verbs=True)
    if noun is None:
        return None
    if reader.peek().low == "count" and reader.peek(1).kind not in ("of", "mention"):
        reader.take()
        return Measure(Wanted("count", noun, distinct=distinct))
    if reader.peek().kind == "aggregate" and reader.peek().low == "total" and _is_number(noun):
        reader.take()
        return Measure(Wanted("sum", noun))
    return Bare(Part(mention=noun), after=after, distinct=distinct)


_RULES: tuple[Callable[[Reader], Clause | list[Clause] | None], ...] = (
    _rank,
    conditions.threshold,
    _aggregate,
    _count,
    _sort,
    _ask,
    conditions.condition,
    _group,
    _share,
    _compare,
    _bare,
    _total_as_name,
)
