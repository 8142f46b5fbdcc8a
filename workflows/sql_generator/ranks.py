"""The rules of the grammar that read what comes first: "the 10 largest orders", "most orders", "sorted by amount"."""

from __future__ import annotations

from .chunks import Chunk
from .clauses import Clause, Part, Rank, Sort, Wanted
from .conditions import adjectives
from .measures import is_date, is_number, read_part, read_wanted
from .reader import Reader

_COUNTED = ("most", "fewest", "least")


def read_rank(reader: Reader) -> Clause | list[Clause] | None:
    shown = reader.previous_kind == "list"
    count = _small_number(reader)
    chunk = reader.accept("rank", "first", "last")
    if chunk is None:
        listed = reader.noun() if shown and count is not None else None  # "show 20 orders"
        if listed is None or not listed.tables:
            return None
        return Rank(False, count, subject=Part(listed), hint="row", text=str(count))
    count = count or _small_number(reader)
    if chunk.kind != "rank":
        return _first_or_last(reader, chunk, count)
    direction, _, hint = chunk.value.partition(" ")
    descending = direction == "most"
    found: list[Clause] = []
    wanted = read_wanted(reader)
    if wanted is not None:
        return Rank(descending, count, by=wanted, hint=hint, text=chunk.text)
    found += adjectives(reader)
    if chunk.low in ("most", "least") and reader.peek().kind == "list":
        return None
    bucket = reader.accept("bucket")
    if bucket is not None:
        return [*found, Rank(descending, count, subject=Part(bucket=bucket.value), hint=hint, text=chunk.text)]
    noun = reader.noun()
    if noun is None:
        return [*found, Rank(descending, count, hint=hint, text=chunk.text)]
    if chunk.low in _COUNTED and count is None and (noun.tables or not is_number(noun)):
        return [*found, Rank(descending, by=Wanted("count", noun), text=chunk.text)]
    if not hint and not noun.tables and (is_number(noun) or is_date(noun)):
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
        return Rank(newest, count, by=Wanted(None, noun), text=chunk.text) if is_date(noun) else None
    hint = "row" if count is not None and not newest else "date"
    return Rank(newest, count, subject=Part(noun), hint=hint, text=chunk.text)


def _small_number(reader: Reader) -> int | None:
    chunk = reader.peek()
    if chunk.kind == "number" and isinstance(chunk.number, int) and 0 < chunk.number <= 1_000_000:
        return int(reader.take().number or 0)
    return None


def read_sort(reader: Reader) -> Clause | None:
    if reader.accept("sort") is None:
        return _direction(reader)
    parts: list[Part] = []
    while True:
        part = read_part(reader)
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
