"""Which known name a misspelled one means, when there is exactly one it can be."""

import re
from collections.abc import Iterable

# Shorter words are one slip away from too many others ("Paris", "parse").
_SHORTEST, _LONGEST = 5, 30
_LONGEST_NAME = 260
_DIGITS = re.compile(r"\d+")


def allowed_edits(word: str) -> int:
    """Return how many slips of the keyboard a word of this length may hold and still be taken for another."""
    return 0 if len(word) < 4 else 1 if len(word) < 7 else 2


def nearest(word: str, names: Iterable[str]) -> str | None:
    """Return the one name ``word`` is a misspelling of, None when there is none or more than one.

    Names that differ in a number are different names (``orders_2025``, ``orders_2026``), never misspellings.
    """
    limit = allowed_edits(word)
    if not limit or len(word) > _LONGEST_NAME:
        return None
    from rapidfuzz.distance import OSA

    lowered, numbers = word.lower(), _DIGITS.findall(word)
    best: list[tuple[int, str]] = []
    for name in dict.fromkeys(names):
        if not name or abs(len(name) - len(word)) > limit or _DIGITS.findall(name) != numbers:
            continue
        edits = OSA.distance(lowered, name.lower(), score_cutoff=limit)
        # The first letter is seldom wrong; a word that differs there is usually another word.
        if edits <= limit and (lowered[0] == name[0].lower() or lowered[1::-1] == name[:2].lower()):
            best.append((edits, name))
    best.sort()
    if not best or (len(best) > 1 and best[0][0] == best[1][0]):
        return None
    return best[0][1]


class SpellingIndex:
    """Known words, found again from a misspelling of one edit by what is left when one letter is taken away."""

    def __init__(self, words: Iterable[str]) -> None:
        self._known = {word for word in words if len(word) >= _SHORTEST}
        self._shorter: dict[str, list[str]] = {}
        for word in sorted(self._known):
            for left in _one_less(word):
                self._shorter.setdefault(left, []).append(word)

    def correct(self, word: str) -> str | None:
        """Return the known word one edit away, None when ``word`` is known, too short, or nothing is near."""
        if not _SHORTEST <= len(word) <= _LONGEST or word in self._known:
            return None
        found: list[str] = []
        for left in (word, *_one_less(word)):
            if left in self._known:
                found.append(left)
            found += self._shorter.get(left, ())
        same_start = [known for known in found if known[0] == word[0]]
        return min(same_start, key=lambda known: (abs(len(known) - len(word)), known)) if same_start else None


def _one_less(word: str) -> list[str]:
    return [word[:at] + word[at + 1 :] for at in range(len(word))]
