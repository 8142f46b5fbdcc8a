"""A text index in memory."""

import math
import threading
from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Sequence
from heapq import nlargest

from dataops_kernel.storage.textindex import Frequencies, IndexedText, TextHit, TextIndex

_K1, _B = 1.2, 0.75


class MemoryTextIndex(TextIndex):
    """Texts in dictionaries; the plain reading of what an index promises."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: dict[str, int] = {}
        self._owners: dict[str, str] = {}
        self._numbers: dict[str, list[int]] = defaultdict(list)
        self._texts: dict[tuple[str, int], tuple[str, ...]] = {}
        self._holding: dict[tuple[str, str], dict[tuple[str, int], int]] = defaultdict(dict)

    def around(self, places: Sequence[tuple[str, int]], reach: int) -> list[list[IndexedText]]:
        """Return texts and those next to them."""
        with self._lock:
            return [self._around(group, number, reach) for group, number in places]

    def remove(self, group: str) -> None:
        """Forget a group."""
        with self._lock:
            owner = self._owners.pop(group, "")
            for number in self._numbers.pop(group, []):
                for term in set(self._texts.pop((group, number))):
                    held = self._holding[owner, term]
                    del held[group, number]
                    if not held:
                        del self._holding[owner, term]
            self._read.pop(group, None)

    def _around(self, group: str, number: int, reach: int) -> list[IndexedText]:
        numbers = self._numbers.get(group, [])
        first = max(0, bisect_left(numbers, number) - reach)
        found = numbers[first : bisect_right(numbers, number) + reach]
        return [IndexedText(group, near, self._texts[group, near]) for near in found]

    def _positions(self, groups: Sequence[str]) -> dict[str, int]:
        return {group: self._read[group] for group in groups if group in self._read}

    def _add(self, owner: str, group: str, texts: Sequence[tuple[int, tuple[str, ...]]], upto: int) -> None:
        with self._lock:
            after = self._read.get(group, 0)
            owner = self._owners.setdefault(group, owner)
            for number, terms in texts:
                if number <= after:
                    continue
                insort(self._numbers[group], number)
                self._texts[group, number] = terms
                for term, times in Counter(terms).items():
                    self._holding[owner, term][group, number] = times
            self._read[group] = max(after, upto)

    def _search(self, owner: str, terms: Sequence[str], group: str | None, limit: int) -> list[TextHit]:
        with self._lock:
            size = len(self._texts)
            average = sum(map(len, self._texts.values())) / size if size else 1.0
            scores: dict[tuple[str, int], float] = defaultdict(float)
            for term in terms:
                held = self._holding.get((owner, term), {})
                weight = max(1e-6, math.log((size - len(held) + 0.5) / (len(held) + 0.5)))
                for place, times in held.items():
                    if group in (None, place[0]):
                        length = len(self._texts[place]) / average
                        scores[place] += weight * times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * length))
            best = nlargest(limit, scores.items(), key=lambda item: item[1])
            return [TextHit(IndexedText(*place, self._texts[place]), score) for place, score in best]

    def _frequencies(self, owner: str, terms: Sequence[str]) -> Frequencies:
        with self._lock:
            texts = [terms for (group, _), terms in self._texts.items() if self._owners[group] == owner]
            holding = {term: len(held) for term in terms if (held := self._holding.get((owner, term)))}
            return Frequencies(len(texts), sum(map(len, texts)), holding)

    def _beginning_with(self, owner: str, prefix: str, limit: int) -> list[str]:
        with self._lock:
            return sorted(term for whose, term in self._holding if whose == owner and term.startswith(prefix))[:limit]
