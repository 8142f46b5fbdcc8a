"""Chunks into clauses: a left-to-right reading in which every chunk must find its place.

Each rule looks at the chunks from where the reader stands and either takes some and returns a clause, or takes none and
returns None. A chunk no rule takes becomes ``Unknown``, and the question will be refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .about import read_threshold
from .chunks import Chunk
from .clauses import Ask, Bare, Clause, Compare, Measure, Part, Share, Sort, Unknown, Wanted
from .conditions import read_condition
from .measures import is_number, read_aggregate, read_count, read_group, read_total_as_name
from .ranks import read_rank, read_sort
from .reader import Reader

_LINKING = frozenset({"and", "comma", "either", "in", "of", "is", "to", "with", "where", "table", "over time", "by"})
_OPEN = frozenset({"where", "whose", "with", "with a", "with an", "with the", "such that"})
"""Words that must not end a question: what they announce is missing."""


def clauses(chunks: Sequence[Chunk], *, fragment: bool = False) -> list[Clause]:
    """Read all chunks; the result holds every one of them, as a clause or as ``Unknown``.

    In a ``fragment``, which changes an earlier question, a function may stand alone: "the average instead".
    """
    reader = Reader(chunks)
    found: list[Clause] = []
    if reader.peek().kind == "is":  # "is the largest order from EMEA?" wants a yes or a no
        found.append(Unknown(reader.take().text))
    while not reader.done:
        for rule in (*_RULES, _function) if fragment else _RULES:
            start = reader.at
            clause = rule(reader)
            if clause is not None:
                found.extend(clause if isinstance(clause, list) else [clause])
                break
            reader.at = start
        else:
            chunk = reader.take()
            dangling = chunk.kind == "by" or (chunk.low in _OPEN and reader.peek().kind in ("end", "where"))
            if chunk.kind not in _LINKING or dangling:
                found.append(Unknown(chunk.text, is_word=chunk.kind == "unknown"))
    return found


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


def _share(reader: Reader) -> Clause | None:
    if reader.accept("share"):
        return Share()
    if reader.accept("of total"):
        return Share()
    return None


def _compare(reader: Reader) -> Clause | None:
    return Compare() if reader.accept("compare", "versus") else None


def _bare(reader: Reader) -> Clause | list[Clause] | None:
    after, before = reader.after_with, reader.previous_kind
    distinct = reader.accept("distinct") is not None
    bucket = reader.accept("bucket")
    if bucket is not None:
        return Bare(Part(bucket=bucket.value), before=before)
    noun = reader.noun(verbs=True)
    if noun is None:
        return None
    if reader.peek().low == "count" and reader.peek(1).kind not in ("of", "mention"):
        reader.take()
        return Measure(Wanted("count", noun, distinct=distinct))
    if reader.peek().kind == "aggregate" and reader.peek().low == "total" and is_number(noun):
        reader.take()
        return Measure(Wanted("sum", noun))
    return Bare(Part(mention=noun), after=after, before=before, distinct=distinct)


def _function(reader: Reader) -> Clause | None:
    chunk = reader.accept("aggregate")
    return Measure(Wanted(chunk.value)) if chunk is not None else None


_RULES: tuple[Callable[[Reader], Clause | list[Clause] | None], ...] = (
    read_rank,
    read_threshold,
    read_aggregate,
    read_count,
    read_sort,
    _ask,
    read_condition,
    read_group,
    _share,
    _compare,
    _bare,
    read_total_as_name,
)
