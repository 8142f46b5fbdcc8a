"""The rules of the grammar that read what to compute and what to group by: "total amount", "per region and month"."""

from __future__ import annotations

from .clauses import Bare, Clause, Group, Measure, Part, Wanted
from .conditions import adjectives
from .linking import Mention
from .plan import Function
from .reader import Reader


def read_count(reader: Reader) -> Clause | list[Clause] | None:
    if reader.accept("count") is None:
        return None
    found: list[Clause] = []
    distinct = reader.accept("distinct") is not None
    reader.accept("of")
    found += adjectives(reader)
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


def read_aggregate(reader: Reader) -> Clause | list[Clause] | None:
    functions = _functions(reader)
    if not functions:
        return None
    of = reader.accept("of") is not None or reader.previous.low.endswith(" of")
    counted = reader.accept("count")
    if counted is not None:
        distinct = reader.accept("distinct") is not None
        noun = reader.noun()
        if noun is None:
            return None
        if not noun.tables and is_number(noun):  # "average number of pages"
            return [Measure(Wanted(function, noun)) for function in functions]
        return [Measure(Wanted("count", noun, distinct=distinct, per_group=functions[0]))]
    found: list[Clause] = adjectives(reader)
    distinct = reader.accept("distinct") is not None
    target = reader.noun()
    if target is None:
        return None
    found += [Measure(Wanted(function, target, distinct=distinct, of=of)) for function in functions]
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


def read_total_as_name(reader: Reader) -> Clause | None:
    """Read "total" as the name of a column ("total by region"), or as the "in total" that ends a count."""
    chunk = reader.peek()
    if chunk.kind != "aggregate":
        return None
    if chunk.mention is not None and chunk.mention.columns:
        reader.take()
        return Bare(Part(mention=chunk.mention))
    return None


def read_wanted(reader: Reader) -> Wanted | None:
    """Read a number to compute where one is expected: after "by", "with the highest", "sorted by"."""
    start = reader.at
    for rule in (read_count, read_aggregate):
        found = rule(reader)
        if isinstance(found, list) and len(found) == 1 and isinstance(found[0], Measure):
            return found[0].wanted
        reader.at = start
    return None


def read_group(reader: Reader) -> Clause | None:
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
        part = read_part(reader)
        if part is None:
            if parts:
                reader.back()
                break
            return None
        parts.append(part)
        start = reader.at
        if not reader.accept("and", "comma") or reader.group_ends():
            reader.at = start
            break
    return Group(tuple(parts), each=chunk.low not in ("by", "aggregated by"))


def read_part(reader: Reader) -> Part | None:
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
    wanted = read_wanted(reader)
    if wanted is not None:
        return Part(wanted=wanted)
    mention = reader.noun()
    if mention is None:
        return None
    if reader.peek().kind == "bucket" and (mention.tables or any(m.column.kind == "date" for m in mention.columns)):
        return Part(mention, reader.take().value)
    return Part(mention)


def is_number(noun: Mention) -> bool:
    return any(match.column.is_measure or match.times for match in noun.columns)


def is_date(noun: Mention) -> bool:
    return any(match.column.kind == "date" for match in noun.columns)
