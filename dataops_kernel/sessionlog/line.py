"""Lines: which entries of a log belong to the story as it reads now."""

from collections.abc import Iterable
from dataclasses import dataclass

OPEN_END = (1 << 32) - 1
"""The last entry any log can have: where a line ends that goes on with every entry to come."""


@dataclass(frozen=True, slots=True)
class Line:
    """The ranges of sequence numbers, first to last inclusive, that one point of a log can look back on.

    A log is never rewritten. A ``restored`` entry at number r that continues from n makes the line from r on:
    everything on the line at n, then r, r+1, …. Ranges are in rising order and do not touch.
    """

    ranges: tuple[tuple[int, int], ...]

    @property
    def head(self) -> int:
        """The last entry of the line; 0 on an empty log."""
        return self.ranges[-1][1] if self.ranges else 0

    def __contains__(self, seq: object) -> bool:
        if isinstance(seq, int):
            for first, last in self.ranges:  # asked for every text a search looks at: no generator
                if first <= seq <= last:
                    return True
        return False

    def upto(self, seq: int) -> "Line":
        """Cut the line off after ``seq``."""
        return Line(tuple((first, min(last, seq)) for first, last in self.ranges if first <= seq))

    def common(self, other: "Line") -> int:
        """Return the last entry both lines share from the start; 0 when they share none."""
        shared = 0
        for mine, theirs in zip(self.ranges, other.ranges, strict=False):
            if mine[0] != theirs[0]:
                break
            shared = min(mine[1], theirs[1])
            if mine[1] != theirs[1]:
                break
        return shared


def trace(point: int, restores: Iterable[tuple[int, int]]) -> Line:
    """Return the line that ends at entry ``point``, given (entry number, continues from) of each restore, rising."""
    ranges: list[tuple[int, int]] = []
    last = point
    for entry, origin in reversed(list(restores)):
        if entry > last:
            continue  # a restore made later, or on a branch this line left
        ranges.append((entry, last))
        last = origin
    if last > 0:
        ranges.append((1, last))
    return Line(tuple(reversed(ranges)))
