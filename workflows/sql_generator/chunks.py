"""Tokens into chunks: at each place the longest thing that is known there, be it a date, a phrase or a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import dates
from .dates import Span
from .lexicon import FILLER, LONGEST, PHRASES
from .linking import Links, Mention
from .words import Token

# Phrases that give way when a column of the data bears exactly this name.
_YIELDING = frozenset(
    {"bucket", "table", "rows", "list", "rank verb", "of total", "count", "null", "truth", "currency", "first"}
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some tokens with one reading; a phrase that is also a name keeps the name in ``mention``."""

    kind: str
    text: str
    value: Any = None
    mention: Mention | None = None
    span: Span | None = None
    number: float | int | None = None
    is_year: bool = False
    low: str = ""


def chunks(tokens: Sequence[Token], links: Links) -> list[Chunk]:
    """Cut the question; words without content are left out, words nobody knows come back as ``unknown``."""
    result: list[Chunk] = []
    at = 0
    while at < len(tokens):
        compared = bool(result) and result[-1].kind in ("compare op", "between")
        chunk, taken = _chunk(tokens, at, links, compared=compared)
        if chunk.kind == "filler" and result and result[-1].kind in ("contains", "starts", "ends"):
            chunk = Chunk("literal", chunk.text)
        if chunk.kind not in ("filler", "overall"):
            result.append(chunk)
        at += taken
    return result


def _chunk(tokens: Sequence[Token], at: int, links: Links, *, compared: bool) -> tuple[Chunk, int]:
    token = tokens[at]
    date = dates.read(tokens, at) if token.kind != "quoted" else None
    phrase = _phrase(tokens, at) if token.kind != "quoted" else None
    named = links.at(tokens, at)
    length = max(date[1] if date else 0, phrase[1] if phrase else 0, named[1] if named else 0)
    mention = named[0] if named and named[1] == length else None

    def text(taken: int) -> str:
        return " ".join(part.text for part in tokens[at : at + taken])

    if date and date[1] == length and not (mention and mention.score >= 0.95 and length > 1):
        return Chunk("date", text(length), span=date[0], low=token.low), length
    if phrase and phrase[1] == length:
        (kind, value), taken = phrase
        exact = mention is not None and mention.score >= 0.95 and not mention.verb and mention.columns + mention.tables
        a_value = mention is not None and bool(mention.values) and kind == "null"
        if not a_value and not (exact and kind in _YIELDING and not (kind == "list" and at == 0)):
            low = " ".join(part.low for part in tokens[at : at + taken])
            return Chunk(kind, text(taken), value, mention, low=low), taken
    if mention is not None:
        kind = "quoted" if token.kind == "quoted" else "mention"
        return Chunk(kind, text(length), mention=mention, number=token.number, low=token.low), length
    if token.kind == "quoted":
        return Chunk("quoted", token.text, low=token.low), 1
    if token.number is not None and (token.low != "one" or compared):
        year = token.kind == "number" and dates.is_year(token)
        return Chunk("number", token.text, number=token.number, is_year=year, low=token.low), 1
    if token.low in FILLER or token.text in FILLER:
        return Chunk("filler", token.text), 1
    return Chunk("unknown", token.text, low=token.low), 1


def _phrase(tokens: Sequence[Token], at: int) -> tuple[tuple[str, Any], int] | None:
    words: list[str] = []
    best: tuple[tuple[str, Any], int] | None = None
    for end in range(at, min(at + LONGEST, len(tokens))):
        if tokens[end].kind == "quoted":
            break
        words.append(tokens[end].low)
        found = PHRASES.get(tuple(words))
        if found is not None:
            best = (found, end + 1 - at)
    return best
