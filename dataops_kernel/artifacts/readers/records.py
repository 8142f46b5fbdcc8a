"""Records out of delimited text: one after the other, with the line they begin in, whatever state the quotes are in."""

import csv
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dataops_kernel.errors import LimitExceededError

# A quote that is still open after this many lines was never meant to be one.
_QUOTED_LINES = 1000


class Record(NamedTuple):
    """One record; ``loose_quote`` when a quote was opened and never closed, so it was taken as it stands."""

    line: int
    fields: list[str]
    loose_quote: bool = False

    @property
    def blank(self) -> bool:
        """Whether it comes from a line of nothing but spaces."""
        return not self.fields


def records(
    lines: Iterable[str], delimiter: str, *, width: int = 0, escape: str | None = None, limit: int = 16 * 2**20
) -> Iterator[Record]:
    """Yield records (RFC 4180 quoting; ``escape`` a character before a quote inside quotes).

    A quote that swallows lines it should not (it never closes, or the record it makes has not ``width`` fields while
    its first line alone has) is taken literally. Raises ``LimitExceededError`` for a record over ``limit`` characters.
    """
    # The csv module's own limit on a field belongs to the whole process and is far below ours.
    csv.field_size_limit(max(csv.field_size_limit(), limit))
    feed = _Feed(lines, limit)
    reader = csv.reader(feed, delimiter=delimiter, escapechar=escape, strict=True)
    while (line := feed.begin()) is not None:
        start = feed.number
        if '"' not in line and (escape is None or escape not in line):
            feed.used.append(line)
            text = line.rstrip("\r\n")
            yield Record(start, text.split(delimiter) if text.strip(" ") else [])
            continue
        feed.ahead.append(line)
        try:
            fields = next(reader, [])
        except csv.Error:  # text after a closing quote, or no closing quote at all
            fields = []
        taken = len(feed.used)
        if fields and (taken == 1 or not width or len(fields) == width or line.count(delimiter) + 1 != width):
            yield Record(start, fields)
            continue
        feed.give_back(1)
        first = line.rstrip("\r\n").split(delimiter)
        lenient = next(csv.reader([line], delimiter=delimiter, escapechar=escape), [])
        yield Record(start, lenient if len(lenient) == width != len(first) else first, loose_quote=True)


class _Feed:
    """Lines for one record at a time, which can be given back."""

    def __init__(self, lines: Iterable[str], limit: int) -> None:
        self._source = iter(lines)
        self._limit = limit
        self._size = 0
        self.ahead: list[str] = []  # reversed: the next line is the last item
        self.used: list[str] = []
        self.number = 1

    def begin(self) -> str | None:
        """Start the next record and return its first line; None at the end."""
        self.number += len(self.used)
        self.used.clear()
        self._size = 0
        line = self.ahead.pop() if self.ahead else next(self._source, None)
        if line is not None and len(line) > self._limit:
            raise self._too_long()
        return line

    def give_back(self, keep: int) -> None:
        """Make all lines of the record but the first ones available again."""
        self.ahead.extend(reversed(self.used[keep:]))
        del self.used[keep:]

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.used) >= _QUOTED_LINES:
            raise StopIteration
        line = self.ahead.pop() if self.ahead else next(self._source)
        self.used.append(line)
        self._size += len(line)
        if self._size > self._limit:
            raise self._too_long()
        return line

    def _too_long(self) -> LimitExceededError:
        return LimitExceededError(
            f"The record that begins in line {self.number:,} is longer than {self._limit:,} characters.",
            hint="Check that line for a missing line break or quote.",
            line=self.number,
        )
