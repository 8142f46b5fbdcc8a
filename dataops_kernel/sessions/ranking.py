"""Which texts have to do with a question: BM25, then what stands next to what fits, then how it is asked."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dataops_kernel.sessions.question import Asked, read_question
from dataops_kernel.storage.textindex import MAX_SEARCH_TERMS, Frequencies, IndexedText, TextIndex

_K1, _B = 1.2, 0.4
_MATCHES = 20_000
_CANDIDATES = 300
_MOST_CANDIDATES = 5_000
_SPREADING = 100
_REACH = 2
_BEFORE, _AFTER = 0.25, 0.45
_RECENCY = 0.03

Place = tuple[str, int]
Keep = Callable[[str, int], bool]


@dataclass
class Ranked:
    """A text with its score and the reasons for it."""

    place: Place
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
    scores = {(t.group, t.number): _score(t, asked, frequencies) for t in candidates}
    return _spread(index, asked, scores, keep)


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
    score, matched = 0.0, []
    for term, times in Counter(text.terms).items():
        weight = asked.weights.get(term)
        if weight is None:
            continue
        n = frequencies.holding.get(term, 0)
        idf = math.log(1 + (frequencies.texts - n + 0.5) / (n + 0.5))
        score += weight * idf * times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * length))
        matched.append((weight * idf, term))
    return score * asked.fits(text.terms), [term for _, term in sorted(matched, reverse=True)]


def _spread(index: TextIndex, asked: Asked, scores: dict[Place, tuple[float, list[str]]], keep: Keep) -> list[Ranked]:
    found: dict[Place, Ranked] = defaultdict(lambda: Ranked(("", 0)))
    for place, (score, matched) in scores.items():
        found[place] = Ranked(place, score, matched)
    best = sorted(scores, key=lambda place: scores[place][0], reverse=True)[:_SPREADING]
    for place in best:
        score, matched = scores[place]
        near = [t for t in index.around(*place, _REACH) if keep(t.group, t.number)]
        here = next((at for at, t in enumerate(near) if t.number == place[1]), None)
        if here is None:
            continue
        for at, text in enumerate(near):
            if at == here:
                continue
            share = (_AFTER if at > here else _BEFORE) ** abs(at - here)
            other = found.setdefault((text.group, text.number), Ranked((text.group, text.number)))
            other.score += share * score
            other.beside.extend(matched[:2])
    newest = {place: at for at, place in enumerate(sorted(found))}
    for place, ranked in found.items():
        ranked.score *= 1 + _RECENCY * (newest[place] + 1) / len(found)
    return sorted(found.values(), key=lambda r: (-r.score, r.place))
