"""The text index seam: which texts hold these terms, best first; rebuildable, so losing it loses nothing.

A *text* is a list of terms under (group, number); groups belong to an *owner*, and nothing is ever found or counted
across owners. Terms come ready made (lower case, stemmed): an index compares them and knows no language.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from dataops_kernel.errors import UsageError

MAX_TERM = 64
"""Characters of a term; longer ones are cut, in texts and in searches alike."""
MAX_TERMS = 4_000
"""Terms kept of one text."""
MAX_SEARCH_TERMS = 100
"""Terms of one search."""
MAX_POSTINGS = 10_000
"""Postings (a text that holds a term is one) that one search reads: its work is bounded however much was said."""
LONGEST = 255
"""Terms of a text that count for its length in a search; a longer text weighs as one of this length."""
K1, B = 1.2, 0.4
"""BM25's constants: how soon a term said again adds nothing, and how much a long text is held back."""


class IndexedText(NamedTuple):
    """One text of a group; ``at`` counts the group's texts from 0, so those beside it are at ``at - 1``, ``at + 1``."""

    group: str
    number: int
    terms: tuple[str, ...]
    at: int


class TextHit(NamedTuple):
    """A text that holds at least one of the terms; ``score`` orders the texts of one search, higher is better."""

    text: IndexedText
    score: float


class Frequencies(NamedTuple):
    """How an owner's texts are made: how many, how many terms in all, and how many texts hold each term."""

    texts: int
    terms: int
    holding: dict[str, int]


class TextIndex(ABC):
    """Texts by their terms; safe for threads and, where it is shared, for processes.

    Any method may raise ``StorageUnavailableError``.
    """

    def positions(self, groups: Sequence[str]) -> dict[str, int]:
        """Return up to which number each group was read; groups never read are left out."""
        return self._positions(groups) if groups else {}

    def add(self, owner: str, group: str, texts: Sequence[tuple[int, Sequence[str]]], upto: int) -> None:
        """Take in texts of a group, numbers rising, and note that it was read up to ``upto``, all or nothing.

        What another process added first is not added again. Raises ``UsageError`` for a term that is not made of
        letters and digits.
        """
        self._add(owner, group, [(number, _kept(terms)) for number, terms in texts], upto)

    def search(
        self,
        owner: str,
        weights: Mapping[str, float],
        *,
        group: str | None = None,
        limit: int = 100,
        postings: int = MAX_POSTINGS,
    ) -> list[TextHit]:
        """Return the texts that hold what weighs most, best first, of one group or of all groups of an owner.

        A text's score is the sum of the weights of the terms it holds, times BM25's norm of its length for a term said
        once, (k1 + 1) / (1 + k1 (1 - b + b length / average)); of two alike the newer is first. It chooses candidates:
        how often a text holds a term is counted by whoever weighs them. ``postings`` are read at most, the heaviest
        terms first, of each the newest texts.
        """
        kept = dict(zip(_kept(list(weights)), weights.values(), strict=True))
        if len(kept) > MAX_SEARCH_TERMS:
            raise UsageError(
                f"A search of {len(kept):,} terms is over the limit of {MAX_SEARCH_TERMS}.",
                hint="Search for the rarest of them.",
            )
        heaviest = sorted(kept.items(), key=lambda item: (-item[1], item[0]))
        return self._search(owner, heaviest, group, limit, postings) if kept and limit > 0 and postings > 0 else []

    def frequencies(self, owner: str, terms: Collection[str]) -> Frequencies:
        """Return how often terms occur among the texts of an owner; a term nobody used is left out."""
        return self._frequencies(owner, list(dict.fromkeys(_kept(list(terms)))))

    def beginning_with(self, owner: str, prefix: str, limit: int = 10) -> list[str]:
        """Return terms of an owner's texts that begin with ``prefix``, in order."""
        kept = _kept([prefix]) if prefix else ()
        return self._beginning_with(owner, kept[0], limit) if kept else []

    @abstractmethod
    def around(self, places: Sequence[tuple[str, int]], reach: int) -> list[list[IndexedText]]:
        """Return for each (group, at) up to ``reach`` texts before and after it, and the one at it, in order."""

    @abstractmethod
    def remove(self, group: str) -> None:
        """Forget a group; forgetting what is absent does nothing."""

    def purge(self) -> None:  # noqa: B027  a backend without files has nothing to do
        """Leave no byte of what was removed in the index's files."""

    def close(self) -> None:  # noqa: B027  a backend without files has nothing to do
        """Let go of files; closing twice does nothing."""

    @abstractmethod
    def _positions(self, groups: Sequence[str]) -> dict[str, int]: ...

    @abstractmethod
    def _add(self, owner: str, group: str, texts: Sequence[tuple[int, tuple[str, ...]]], upto: int) -> None: ...

    @abstractmethod
    def _search(
        self, owner: str, heaviest: Sequence[tuple[str, float]], group: str | None, limit: int, postings: int
    ) -> list[TextHit]: ...

    @abstractmethod
    def _frequencies(self, owner: str, terms: Sequence[str]) -> Frequencies: ...

    @abstractmethod
    def _beginning_with(self, owner: str, prefix: str, limit: int) -> list[str]: ...


def length_norms(average: float) -> list[float]:
    """Return BM25's norm of a term said once for texts of 0 to ``LONGEST`` terms."""
    average = average or 1.0
    return [(K1 + 1) / (1 + K1 * (1 - B + B * length / average)) for length in range(LONGEST + 1)]


def _kept(terms: Sequence[str]) -> tuple[str, ...]:
    # Nothing else reaches a backend, so no term can ever be read as the syntax of a query.
    if terms and not ("".join(terms).isalnum() and all(terms)):
        bad = next(term for term in terms if not term.isalnum())
        raise UsageError(f"{bad[:80]!r} is not a term of an index.", hint="A term is letters and digits only.")
    return tuple([term[:MAX_TERM].lower() for term in terms[:MAX_TERMS]])
