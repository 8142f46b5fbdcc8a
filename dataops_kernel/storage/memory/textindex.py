"""A text index in memory."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from heapq import nlargest

from dataops_kernel.storage.textindex import LONGEST, Frequencies, IndexedText, TextHit, TextIndex, length_norms


class MemoryTextIndex(TextIndex):
    """Texts in dictionaries; the plain reading of what an index promises."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: dict[str, int] = {}
        self._owners: dict[str, str] = {}
        self._numbers: dict[str, list[int]] = defaultdict(list)
        self._texts: dict[tuple[str, int], tuple[str, ...]] = {}
        self._holding: dict[tuple[str, str], dict[tuple[str, int], None]] = defaultdict(dict)

    def around(self, places: Sequence[tuple[str, int]], reach: int) -> list[list[IndexedText]]:
        """Return texts and those next to them."""
        with self._lock:
            return [self._around(group, at, reach) for group, at in places]

    def remove(self, group: str) -> None:
        """Forget a group."""
        with self._lock:
            owner = self._owners.pop(group, "")
            for at, number in enumerate(self._numbers.pop(group, [])):
                for term in set(self._texts.pop((group, number))):
                    held = self._holding[owner, term]
                    del held[group, at]
                    if not held:
                        del self._holding[owner, term]
            self._read.pop(group, None)

    def _around(self, group: str, at: int, reach: int) -> list[IndexedText]:
        last = len(self._numbers.get(group, []))
        return [self._text(group, near) for near in range(max(0, at - reach), min(last, at + reach + 1))]

    def _text(self, group: str, at: int) -> IndexedText:
        number = self._numbers[group][at]
        return IndexedText(group, number, self._texts[group, number], at)

    def _positions(self, groups: Sequence[str]) -> dict[str, int]:
        return {group: self._read[group] for group in groups if group in self._read}

    def _add(self, owner: str, group: str, texts: Sequence[tuple[int, tuple[str, ...]]], upto: int) -> None:
        with self._lock:
            after = self._read.get(group, 0)
            owner = self._owners.setdefault(group, owner)
            for number, terms in texts:
                if number <= after:
                    continue
                place = (group, len(self._numbers[group]))
                self._numbers[group].append(number)
                self._texts[group, number] = terms
                for term in terms:
                    self._holding[owner, term][place] = None
            self._read[group] = max(after, upto)

    def _search(
        self, owner: str, heaviest: Sequence[tuple[str, float]], group: str | None, limit: int, postings: int
    ) -> list[TextHit]:
        with self._lock:
            weights: dict[tuple[str, int], float] = defaultdict(float)
            for term, weight in heaviest:
                held = [place for place in self._holding.get((owner, term), ()) if group in (None, place[0])]
                newest = held[::-1][:postings]
                postings -= len(newest)
                for place in newest:
                    weights[place] += weight
            texts = {place: self._text(*place) for place in weights}
            norms = length_norms(self._average(owner))
            hits = [TextHit(texts[place], weights[place] * norms[_length(texts[place])]) for place in weights]
            return nlargest(limit, hits, key=lambda hit: (hit.score, hit.text.group, hit.text.at))

    def _average(self, owner: str) -> float:
        lengths = [len(terms) for (group, _), terms in self._texts.items() if self._owners[group] == owner]
        return sum(lengths) / len(lengths) if lengths else 0.0

    def _frequencies(self, owner: str, terms: Sequence[str]) -> Frequencies:
        with self._lock:
            texts = [terms for (group, _), terms in self._texts.items() if self._owners[group] == owner]
            holding = {term: len(held) for term in terms if (held := self._holding.get((owner, term)))}
            return Frequencies(len(texts), sum(map(len, texts)), holding)

    def _beginning_with(self, owner: str, prefix: str, limit: int) -> list[str]:
        with self._lock:
            return sorted(term for whose, term in self._holding if whose == owner and term.startswith(prefix))[:limit]


def _length(text: IndexedText) -> int:
    return min(len(text.terms), LONGEST)
