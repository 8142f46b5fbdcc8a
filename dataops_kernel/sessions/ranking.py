"""Which texts have to do with a question: BM25, then what stands next to what fits, then how it is asked."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import nlargest
from typing import NamedTuple

from dataops_kernel.sessions.question import Asked, read_question
from dataops_kernel.sessions.terms import ASKS, ONLY_ASKS, marks_of
from dataops_kernel.storage.textindex import K1, MAX_POSTINGS, MAX_SEARCH_TERMS, B, Frequencies, IndexedText, TextIndex

_MOST_CANDIDATES = 5_000
_REACH = 2
_BEFORE, _AFTER, _REPLY, _ANSWER = 0.2, 0.4, 0.6, 0.85
_RECENCY = 0.03


class Effort(NamedTuple):
    """How much one ranking looks at: postings read, texts weighed, and texts whose neighbours are weighed too."""

    postings: int
    candidates: int
    spreading: int


THOROUGH = Effort(MAX_POSTINGS, 100, 40)
"""For somebody who searches."""
QUICK = Effort(3_000, 60, 20)
"""For what is looked up on the way to something else; it finds about a hundredth less of what it should."""

Place = tuple[str, int]
Keep = Callable[[str, int], bool]


@dataclass
class Ranked:
    """A text with its score and the reasons for it."""

    text: IndexedText
    score: float = 0.0
    matched: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)

    @property
    def place(self) -> Place:
        """The text's group and number."""
        return self.text.group, self.text.number


def rank(
    index: TextIndex,
    owner: str,
    text: str,
    *,
    group: str | None,
    keep: Keep,
    enough: int,
    effort: Effort = THOROUGH,
) -> list[Ranked]:
    """Return what has to do with the text, best first; ``keep`` says which places may be found at all.

    About ``enough`` places are returned when so many fit. Nothing when the text has no word that tells.
    """
    asked = read_question(text, index, owner)
    if not asked.weights:
        return []
    worths = _worths(asked, index.frequencies(owner, asked.weights))
    found = {}
    for candidate in _candidates(index, owner, worths, group, keep, enough, effort):
        ranked = found[candidate.group, candidate.number] = Ranked(candidate)
        _score(ranked, asked, worths)
    return _spread(index, asked, found, keep, effort.spreading)


@dataclass
class _Worths:
    """What each term that somebody used tells (its idf times its weight), and the average length of a text."""

    idf: dict[str, float]
    weighed: dict[str, float]
    length: float


def _worths(asked: Asked, frequencies: Frequencies) -> _Worths:
    texts = frequencies.texts
    idf = {term: math.log(1 + (texts - n + 0.5) / (n + 0.5)) for term, n in frequencies.holding.items()}
    weighed = {term: telling * max(asked.weights[term].values()) for term, telling in idf.items()}
    most = nlargest(MAX_SEARCH_TERMS, weighed, key=lambda term: weighed[term])
    return _Worths(idf, {term: weighed[term] for term in most}, frequencies.terms / (texts or 1) or 1.0)


def _candidates(
    index: TextIndex, owner: str, worths: _Worths, group: str | None, keep: Keep, enough: int, effort: Effort
) -> list[IndexedText]:
    limit = max(effort.candidates, enough)
    while True:
        hits = index.search(owner, worths.weighed, group=group, limit=limit, postings=effort.postings)
        kept = [hit.text for hit in hits if keep(hit.text.group, hit.text.number)]
        if len(hits) < limit or len(kept) >= min(enough, effort.candidates) or limit >= _MOST_CANDIDATES:
            return kept
        limit *= 4  # most of them are on lines that were left


def _score(ranked: Ranked, asked: Asked, worths: _Worths) -> None:
    """Weigh a text by BM25 over the words of the question."""
    terms = ranked.text.terms
    said: dict[str, int] = {}
    for term in terms:
        if term in worths.weighed:
            said[term] = said.get(term, 0) + 1
    norm = K1 * (1 - B + B * len(terms) / worths.length)
    parts: dict[str, float] = {}
    matched = []
    for term, times in said.items():
        often = times * (K1 + 1) / (times + norm)
        worth = worths.idf[term] * often
        for word, weight in asked.weights[term].items():
            # Of all that stands for one word of the question the best counts, or a long list would win by its length.
            parts[word] = max(weight * worth, parts.get(word, 0.0))
        matched.append((worths.weighed[term] * often, term))
    ranked.score = sum(parts.values())
    ranked.matched = [term for _, term in sorted(matched, reverse=True)]


def _spread(index: TextIndex, asked: Asked, found: dict[Place, Ranked], keep: Keep, spreading: int) -> list[Ranked]:
    """Give the texts next to those that fit a share of their score, then weigh how each is said."""
    best = nlargest(spreading, found.values(), key=lambda ranked: ranked.score)
    scores = [source.score for source in best]
    places = [(source.text.group, source.text.at) for source in best]
    for source, score, around in zip(best, scores, index.around(places, _REACH), strict=True):
        near = [text for text in around if keep(text.group, text.number)]
        here = next((at for at, text in enumerate(near) if text.number == source.text.number), None)
        if here is None:
            continue
        marks = marks_of(source.text.terms)
        answered = _ANSWER if ONLY_ASKS in marks else _REPLY if ASKS in marks else _AFTER
        for at, text in enumerate(near):
            if at != here:
                other = found.setdefault((text.group, text.number), Ranked(text))
                other.score += score * (_BEFORE ** (here - at) if at < here else answered * _AFTER ** (at - here - 1))
                other.beside.extend(source.matched[:2])
    for at, place in enumerate(sorted(found), 1):
        ranked = found[place]
        ranked.score *= asked.fits(marks_of(ranked.text.terms)) * (1 + _RECENCY * at / len(found))
    return sorted(found.values(), key=lambda ranked: (-ranked.score, ranked.place))
