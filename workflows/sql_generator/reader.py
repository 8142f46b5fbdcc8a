"""A cursor over chunks that rules can move forth and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from .chunks import Chunk
from .linking import Mention

_END = Chunk("end", "")
_NAMES = ("mention", "quoted")


class Reader:
    """Where the grammar stands in the question."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks = chunks
        self.at = 0

    @property
    def done(self) -> bool:
        """Whether everything has been taken."""
        return self.at >= len(self._chunks)

    @property
    def previous_kind(self) -> str:
        """The kind of the chunk before the cursor."""
        return self._chunks[self.at - 1].kind if self.at else ""

    @property
    def previous(self) -> Chunk:
        """The chunk before the cursor."""
        return self._chunks[self.at - 1] if self.at else _END

    @property
    def after_with(self) -> Literal["", "with", "has"]:
        """Whether a "with", or a clear "that have a", stands right before the cursor."""
        if self.previous.kind != "with":
            return ""
        return "with" if self.previous.low in ("with", "with the") else "has"

    @property
    def comparing(self) -> bool:
        """Whether a "compare" came before the cursor: then "between" joins values."""
        return any(chunk.kind == "compare" for chunk in self._chunks[: self.at])

    def peek(self, ahead: int = 0) -> Chunk:
        """Return a chunk without taking it; past the end one of kind ``end``."""
        place = self.at + ahead
        return self._chunks[place] if place < len(self._chunks) else _END

    def take(self) -> Chunk:
        """Take the next chunk."""
        chunk = self.peek()
        self.at += 1
        return chunk

    def back(self) -> None:
        """Give the last chunk back."""
        self.at -= 1

    def accept(self, *kinds: str) -> Chunk | None:
        """Take the next chunk if it is of one of these kinds."""
        return self.take() if self.peek().kind in kinds else None

    def mention_ahead(self, *, verbs: bool = True) -> Mention | None:
        """Return the name of a column or table that comes next, without taking it."""
        mention = self.peek().mention
        if self.peek().kind not in _NAMES or mention is None or not (mention.columns or mention.tables):
            return None
        return None if mention.verb and not verbs else mention

    def measure_ahead(self) -> Mention | None:
        """Return the name that comes next if it is one of numbers and of nothing else."""
        mention = self.mention_ahead(verbs=False)
        if mention is None or mention.tables or not any(m.column.is_measure or m.times for m in mention.columns):
            return None
        return mention

    def values_ahead(self) -> Mention | None:
        """Return the value that comes next, unless the words name a column or table at least as clearly."""
        mention = self.peek().mention
        if self.peek().kind not in _NAMES or mention is None or not mention.values:
            return None
        if mention.verb or not (mention.columns or mention.tables) or self.peek().kind == "quoted":
            return mention
        by_name = replace(mention, values=()).score
        return mention if by_name < 0.95 else None

    def noun(self, *, verbs: bool = False) -> Mention | None:
        """Take a name; "name of the customer" comes back as the one column of that table."""
        mention = self.mention_ahead(verbs=verbs)
        if mention is None:
            return None
        self.take()
        while mention.columns and self.peek().kind == "of":
            owner, after = self.peek(1).mention, self.peek(2)
            if after.kind in ("number", "quoted") or (after.mention is not None and after.mention.values):
                break  # "status of order 10001": the owner is one certain row
            narrowed = self._of(mention, owner) if owner is not None and self.peek(1).kind == "mention" else None
            if narrowed is None or owner is None:
                break
            self.at += 2
            mention = replace(narrowed, text=f"{mention.text} of {owner.text}")
        return mention

    @staticmethod
    def _of(mention: Mention, owner: Mention) -> Mention | None:
        for match in owner.tables:
            narrowed = mention.within(match.table)
            if narrowed is not None and match.score >= 0.8:
                return narrowed
        return None

    def group_ends(self) -> bool:
        """Whether what follows an "and" or a comma cannot be another thing to group by."""
        chunk = self.peek()
        if chunk.kind == "bucket":
            return False
        if chunk.kind not in ("mention", "aggregate", "count"):
            return True
        if chunk.kind == "mention":
            names = chunk.mention is not None and (chunk.mention.columns or chunk.mention.tables)
            return not names or self.peek(1).kind in ("compare op", "between", "is", "null", "contains")
        return True
