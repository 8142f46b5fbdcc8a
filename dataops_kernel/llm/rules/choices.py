"""Which of a few named choices a text means, by their names or by other words for them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dataops_kernel.llm.rules.spelling import nearest
from dataops_kernel.llm.rules.words import FUNCTION_STEMS, Token, tokens

_GAP = "…"
_WIDEST_GAP = 6


class Chosen(NamedTuple):
    """A choice with the tokens ``first`` to ``last`` (inclusive) that said it."""

    choice: str
    first: int
    last: int
    misspelled: str | None = None
    """The word that was taken for another, when the match is by spelling only."""


def choice_in(read: Sequence[Token], choices: Sequence[str], synonyms: Mapping[str, Sequence[str]]) -> Chosen | None:
    """Return the choice a text names: the longest phrase wins, then the earliest.

    Words are compared by stem. A synonym may hold a gap: ``stops if … fails``.
    """
    stems = [token.stem for token in read]
    places: dict[str, list[int]] = {}
    for at, found in enumerate(stems):
        places.setdefault(found, []).append(at)
    best: tuple[int, int, int, Chosen] | None = None
    words: dict[str, str] = {}
    for choice, phrase in _phrases(choices, synonyms):
        if len(phrase) == 1 and len(phrase[0]) >= 5:
            words.setdefault(phrase[0], choice)
        for first in places.get(phrase[0], ()):
            last = _matches(stems, first, phrase)
            if last is not None:
                rank = (-len(phrase), -sum(map(len, phrase)), first)
                if best is None or rank < best[:3]:
                    best = (*rank, Chosen(choice, first, last))
    return best[3] if best else _misspelled(read, words)


def _phrases(choices: Sequence[str], synonyms: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for choice in choices:
        for words in (choice.replace("_", " "), choice, *synonyms.get(choice, ())):
            phrase: list[str] = []
            for number, part in enumerate(words.replace("...", _GAP).split(_GAP)):
                phrase += [_GAP] * (number > 0) + [token.stem for token in tokens(part)]
            if phrase and phrase[0] != _GAP:
                yield choice, tuple(phrase)


def _matches(stems: Sequence[str], at: int, phrase: Sequence[str]) -> int | None:
    """Return where the phrase ends when it stands at ``at``."""
    place, last, gap = at, at, 0
    for word in phrase:
        if word == _GAP:
            gap = _WIDEST_GAP
            continue
        window = range(place, min(place + gap + 1, len(stems)))
        found = next((here for here in window if stems[here] == word), None)
        if found is None:
            return None
        place, last, gap = found + 1, found, 0
    return last


def _misspelled(read: Sequence[Token], words: Mapping[str, str]) -> Chosen | None:
    for at, token in enumerate(read):
        if token.kind == "word" and len(token.stem) >= 5 and token.stem not in FUNCTION_STEMS:
            word = nearest(token.stem, words)
            if word:
                return Chosen(words[word], at, at, misspelled=token.text)
    return None
