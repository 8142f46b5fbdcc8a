"""The text index seam: which texts hold these terms, best first; rebuildable, so losing it loses nothing.

A *text* is a list of terms under (group, number); groups belong to an *owner*, and nothing is ever found or counted
across owners. Terms come ready made (lower case, stemmed): an index compares them and knows no language.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import NamedTuple

from dataops_kernel.errors import UsageError

MAX_TERM = 64
"""Characters of a term; longer ones are cut, in texts and in searches alike."""
MAX_TERMS = 4_000
"""Terms kept of one text."""
MAX_SEARCH_TERMS = 100
"""Terms of one search."""


class IndexedText(NamedTuple):
    """One text of a group."""

    group: str
    number: int
    terms: tuple[str, ...]


class TextHit(NamedTuple):
    """A text that holds at least one of the terms; ``score`` is its BM25, higher is better."""

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
        self, owner: str, terms: Collection[str], *, group: str | None = None, limit: int = 100
    ) -> list[TextHit]:
        """Return the texts that hold most of the terms, best first, of one group or of all groups of an owner.

        BM25 as SQLite's FTS5 computes it: k1 = 1.2, b = 0.75 and idf = ln((N - n + 0.5) / (n + 0.5)), at least 1e-6,
        where n is of the owner's texts and N, as the average length, of all.
        """
        wanted = dict.fromkeys(_kept(list(terms)))
        if len(wanted) > MAX_SEARCH_TERMS:
            raise UsageError(
                f"A search of {len(wanted):,} terms is over the limit of {MAX_SEARCH_TERMS}.",
                hint="Search for the rarest of them.",
            )
        return self._search(owner, list(wanted), group, limit) if wanted and limit > 0 else []

    def frequencies(self, owner: str, terms: Collection[str]) -> Frequencies:
        """Return how often terms occur among the texts of an owner; a term nobody used is left out."""
        return self._frequencies(owner, list(dict.fromkeys(_kept(list(terms)))))

    def beginning_with(self, owner: str, prefix: str, limit: int = 10) -> list[str]:
        """Return terms of an owner's texts that begin with ``prefix``, in order."""
        kept = _kept([prefix]) if prefix else ()
        return self._beginning_with(owner, kept[0], limit) if kept else []

    @abstractmethod
    def around(self, places: Sequence[tuple[str, int]], reach: int) -> list[list[IndexedText]]:
        """Return for each (group, number) up to ``reach`` texts before and after it, and the one at it, in order."""

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
    def _search(self, owner: str, terms: Sequence[str], group: str | None, limit: int) -> list[TextHit]: ...

    @abstractmethod
    def _frequencies(self, owner: str, terms: Sequence[str]) -> Frequencies: ...

    @abstractmethod
    def _beginning_with(self, owner: str, prefix: str, limit: int) -> list[str]: ...


def _kept(terms: Sequence[str]) -> tuple[str, ...]:
    for term in terms:
        # Nothing else reaches a backend, so no term can ever be read as the syntax of a query.
        if not term.isalnum():
            raise UsageError(f"{term[:80]!r} is not a term of an index.", hint="A term is letters and digits only.")
    return tuple(term[:MAX_TERM].lower() for term in terms[:MAX_TERMS])
