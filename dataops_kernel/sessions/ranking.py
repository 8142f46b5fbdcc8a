"""Which texts have to do with a question: BM25, then what stands next to what fits, then how it is asked."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dataops_kernel.sessions.question import Asked, read_question
from dataops_kernel.sessions.terms import ASKS, ONLY_ASKS
from dataops_kernel.storage.textindex import MAX_SEARCH_TERMS, Frequencies, IndexedText, TextIndex

_K1, _B = 1.2, 0.4
_MATCHES = 10_000  # what the index scores for one search at most, beyond its rarest term
_CANDIDATES = 200
_MOST_CANDIDATES = 5_000
_SPREADING = 100
_REACH = 2
_BEFORE, _AFTER, _REPLY, _ANSWER = 0.2, 0.4, 0.6, 0.85
_RECENCY = 0.03

Place = tuple[str, int]
Keep = Callable[[str, int], bool]


@dataclass
class Ranked:
    """A text with its score and the reasons for it."""

    place: Place
    terms: tuple[str, ...]
    score: float = 0.0
    matched: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)


def rank(index: TextIndex, owner: str, text: str, *, group: str | None, keep: Keep, enough: int) -> list[Ranked]:
    """Return what has to do with the text, best first; ``keep`` says which places may be found at all.

    About ``enough`` places are returned when so many fit. Nothing when the text has no word that tells.
    """
    asked = read_question(text, index, owner)
    if not asked.weights:
        return []
    frequencies = index.frequencies(owner, asked.weights)
    chosen = _rarest(asked, frequencies)
    candidates = _candidates(index, owner, chosen, group, keep, enough)
    found: dict[Place, Ranked] = {}
    for text_found in candidates:
        place = (text_found.group, text_found.number)
        found[place] = Ranked(place, text_found.terms, *_score(text_found, asked, frequencies))
    return _spread(index, asked, found, keep)


def _rarest(asked: Asked, frequencies: Frequencies) -> list[str]:
    """Choose the terms to look for so that the work is bounded however many texts there are."""
    known = sorted((n, term) for term, n in frequencies.holding.items())
    chosen: list[str] = []
    matches = 0
    for n, term in known[:MAX_SEARCH_TERMS]:
        if chosen and matches + n > _MATCHES:
            break
        chosen.append(term)
        matches += n
    return chosen


def _candidates(
    index: TextIndex, owner: str, chosen: Sequence[str], group: str | None, keep: Keep, enough: int
) -> list[IndexedText]:
    limit = max(_CANDIDATES, enough)
    while True:
        hits = index.search(owner, chosen, group=group, limit=limit)
        kept = [hit.text for hit in hits if keep(hit.text.group, hit.text.number)]
        if len(hits) < limit or len(kept) >= min(enough, _CANDIDATES) or limit >= _MOST_CANDIDATES:
            return kept
        limit *= 4  # most of them are on lines that were left


def _score(text: IndexedText, asked: Asked, frequencies: Frequencies) -> tuple[float, list[str]]:
    average = frequencies.terms / frequencies.texts or 1.0
    length = len(text.terms) / average
    parts: dict[str, float] = {}
    matched = []
    for term in sorted(asked.weights.keys() & set(text.terms)):
        stands_for, times = asked.weights[term], text.terms.count(term)
        n = frequencies.holding.get(term, 0)
        idf = math.log(1 + (frequencies.texts - n + 0.5) / (n + 0.5))
        worth = idf * times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * length))
        for word, weight in stands_for.items():
            # Of all that stands for one word of the question the best counts, or a long list would win by its length.
            parts[word] = max(weight * worth, parts.get(word, 0.0))
        matched.append((max(stands_for.values()) * worth, term))
    return sum(parts.values()), [term for _, term in sorted(matched, reverse=True)]


def _spread(index: TextIndex, asked: Asked, found: dict[Place, Ranked], keep: Keep) -> list[Ranked]:
    """Give the texts next to those that fit a share of their score, then weigh how each is said."""
    best = sorted(found.values(), key=lambda r: -r.score)[:_SPREADING]
    gains: list[tuple[IndexedText, float, Ranked]] = []
    for source, around in zip(best, index.around([source.place for source in best], _REACH), strict=True):
        near = [text for text in around if keep(text.group, text.number)]
        here = next((at for at, text in enumerate(near) if text.number == source.place[1]), None)
        if here is None:
            continue
        answered = _ANSWER if ONLY_ASKS in source.terms else _REPLY if ASKS in source.terms else _AFTER
        for at, text in enumerate(near):
            if at < here:
                gains.append((text, _BEFORE ** (here - at), source))
            elif at > here:
                gains.append((text, answered * _AFTER ** (at - here - 1), source))
    scores = {source.place: source.score for source in best}
    for text, share, source in gains:
        place = (text.group, text.number)
        other = found.setdefault(place, Ranked(place, text.terms))
        other.score += share * scores[source.place]
        other.beside.extend(source.matched[:2])
    for at, place in enumerate(sorted(found), 1):
        ranked = found[place]
        ranked.score *= asked.fits(ranked.terms) * (1 + _RECENCY * at / len(found))
    return sorted(found.values(), key=lambda r: (-r.score, r.place))
