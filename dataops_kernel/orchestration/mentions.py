"""Where a text names something that exists: by its exact name, by its words in any form, or misspelled."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from dataops_kernel.llm.rules.spelling import nearest
from dataops_kernel.llm.rules.thesaurus import meanings
from dataops_kernel.llm.rules.words import FUNCTION_STEMS, Token, stem

_PIECES = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
IT = frozenset({"it", "its", "this", "that"})
"""Words that mean what was spoken of last: among tables, the newest."""

# A misspelled name is looked for among this many words; more is a paste, where a near miss says nothing.
_SPELLED = 60
_LONGEST = 260  # characters of a name that are looked at


class Mention(NamedTuple):
    """A name that stands in a text over the tokens ``first`` to ``last`` inclusive."""

    name: str
    first: int
    last: int
    misspelled: str | None = None
    """What was written, when only the spelling says what is meant."""
    is_to_the_letter: bool = False
    """Whether it stands there as it is, capitals aside, and not in another form."""


@lru_cache(maxsize=2048)
def pieces(name: str) -> tuple[str, ...]:
    """Return the stems of the words in a name: ``unit_price``, ``UnitPrice`` and ``unit prices`` are the same."""
    return tuple(stem(piece.lower()) for piece in _PIECES.findall(_HUMP.sub(" ", name[:_LONGEST])))


def mentions(read: Sequence[Token], names: Iterable[str], taken: frozenset[int] = frozenset()) -> list[Mention]:
    """Return the names a text holds, longest first where they overlap, in order; misspelled ones when there is none."""
    names = list(dict.fromkeys(names))
    known: dict[tuple[str, ...], str] = {}
    for name in reversed(names):
        if pieces(name):
            known[pieces(name)] = name
    exact = {name.lower(): name for name in reversed(names)}
    flat = [(piece, at) for at, token in enumerate(read) if _is_open(token, at, taken) for piece in pieces(token.text)]
    found: list[Mention] = []
    at, longest = 0, max(map(len, known), default=0)
    while at < len(flat):
        mention = _longest_at(flat, at, longest, known)
        if mention is None:
            at += 1
            continue
        name, first, last, length = mention
        written = exact.get(read[first].text.lower()) if first == last else None
        found.append(Mention(written or name, first, last, is_to_the_letter=written is not None))
        at += length
    return found or _misspelled(read, names, taken)


def _is_open(token: Token, at: int, taken: frozenset[int]) -> bool:
    return at not in taken and token.kind in ("word", "name", "quoted", "number")


def _longest_at(
    flat: Sequence[tuple[str, int]], at: int, longest: int, known: dict[tuple[str, ...], str]
) -> tuple[str, int, int, int] | None:
    for length in range(min(longest, len(flat) - at), 0, -1):
        window = flat[at : at + length]
        name = known.get(tuple(piece for piece, _ in window))
        if name and not (length == 1 and window[0][0] in FUNCTION_STEMS):
            return name, window[0][1], window[-1][1], length
    return None


def _misspelled(read: Sequence[Token], names: Sequence[str], taken: frozenset[int]) -> list[Mention]:
    ordinary = meanings()
    for at, token in enumerate(read[:_SPELLED]):
        if not _is_open(token, at, taken) or token.kind == "number" or token.stem in FUNCTION_STEMS:
            continue
        if token.stem in ordinary:
            continue  # an ordinary word of requests is not a slip of the keyboard
        name = nearest(token.text, names)
        if name:
            return [Mention(name, at, at, misspelled=token.text)]
    return []
