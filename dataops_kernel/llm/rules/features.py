"""What a classifier sees of a text: words, pairs, meanings, the shape of the sentence, and letters inside words."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from dataops_kernel.llm.rules.thesaurus import LONGEST, meanings
from dataops_kernel.llm.rules.words import FUNCTION_STEMS, Token, parts, readable, tokens, word_set

# A request is understood from this many of its tokens at most; what is longer is a paste, not a request.
_READ = 120
_LETTERS = (3, 4, 5)
_FILLERS = word_set("a an and can could i just me my now our please pl some the to you")


class Features(NamedTuple):
    """``terms`` are weighted features.

    Per content word ``subjects`` holds what would explain it: the word itself first, then its meanings.
    """

    terms: dict[str, float]
    subjects: tuple[tuple[str, ...], ...]


def features(text: str, respell: Callable[[str], str] = str) -> Features:
    """Return the features of a text's first 120 tokens, its content words spelled as ``respell`` says."""
    read = [
        token._replace(stem=respell(token.stem)) if token.is_content else token
        for token in tokens(readable(text))[:_READ]
    ]
    stems = [token.stem for token in read]
    terms: dict[str, float] = {}
    subjects: list[tuple[str, ...]] = []
    shape: list[str] = []
    for part, found in _meaningful_parts(read, stems):
        senses = tuple(f"k:{meaning}" for meaning in found)
        for sense in senses:
            _add(terms, sense, 1.0)
        for token in part:
            for term, weight in _terms_of(token):
                _add(terms, term, weight)
            if token.is_content or (senses and token.kind == "word"):
                subjects.append((f"w:{token.stem}", *senses))
        shape += _shape_of(part[0], found)
    for first, second in pairwise(stems):
        if first not in FUNCTION_STEMS or second not in FUNCTION_STEMS:
            _add(terms, f"b:{first} {second}", 0.7)
    for first, second in pairwise(shape):
        if first != "_" or second != "_":
            _add(terms, f"s:{first} {second}", 0.6)
    return Features(terms, tuple(subjects))


def _meaningful_parts(read: Sequence[Token], stems: Sequence[str]) -> Iterator[tuple[Sequence[Token], tuple[str, ...]]]:
    known = meanings()
    at = 0
    while at < len(read):
        length, found = 1, known.get(stems[at], ())
        for longer in range(2, min(LONGEST, len(stems) - at) + 1):
            phrase = known.get(" ".join(stems[at : at + longer]))
            if phrase:
                length, found = longer, phrase
        yield read[at : at + length], found
        at += length


def _terms_of(token: Token) -> Iterator[tuple[str, float]]:
    if token.kind != "word":
        yield f"<{token.kind}>", 0.8
        if token.kind == "file":
            yield f"<{token.stem[token.stem.rfind('.') :]}>", 0.8
        elif token.kind in ("name", "quoted"):
            for part in parts(token.text[:80]):
                yield f"w:{part}", 0.3
    elif token.stem in FUNCTION_STEMS:
        yield f"w:{token.stem}", 0.35
    else:
        yield f"w:{token.stem}", 1.0
        padded = f"^{token.stem[:30]}$"
        for size in _LETTERS:
            for at in range(len(padded) - size + 1):
                yield f"c:{padded[at : at + size]}", 0.15


def _shape_of(token: Token, found: tuple[str, ...]) -> tuple[str, ...]:
    if found:
        return (found[0],)
    if token.kind != "word":
        return (f"<{token.kind}>",)
    if token.stem in _FILLERS:
        return ()
    return (token.stem if token.stem in FUNCTION_STEMS else "_",)


def _add(terms: dict[str, float], term: str, weight: float) -> None:
    terms[term] = terms.get(term, 0.0) + weight
