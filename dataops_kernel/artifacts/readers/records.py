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
    source = _Lines(lines, limit)
    while source.begin():
        start = source.number
        line = source.peek()
        if '"' not in line and (escape is None or escape not in line):
            source.take()
            text = line.rstrip("\r\n")
            yield Record(start, text.split(delimiter) if text.strip(" ") else [])
            continue
        try:
            fields = next(csv.reader(source, delimiter=delimiter, escapechar=escape, strict=True), [])
        except csv.Error:  # text after a closing quote, or no closing quote at all
            fields = []
        first = line.rstrip("\r\n").split(delimiter)
        swallows = source.taken > 1 and width and len(fields) != width and len(first) == width
        if fields and not source.starved and not swallows:
            yield Record(start, fields)
            continue
        source.give_back(1)
        lenient = next(csv.reader([line], delimiter=delimiter, escapechar=escape), [])
        yield Record(start, lenient if len(lenient) == width != len(first) else first, loose_quote=True)


class _Lines:
    """Lines for one record at a time, which can be given back."""

    def __init__(self, lines: Iterable[str], limit: int) -> None:
        self._source = iter(lines)
        self._limit = limit
        self._ahead: list[str] = []  # reversed: the next line is the last item
        self._used: list[str] = []
        self._size = 0
        self.number = 1
        self.starved = False

    @property
    def taken(self) -> int:
        return len(self._used)

    def begin(self) -> bool:
        """Start the next record; False at the end."""
        self.number += len(self._used)
        self._used.clear()
        self._size = 0
        self.starved = False
        return self._fill()

    def peek(self) -> str:
        return self._ahead[-1]

    def take(self) -> str:
        line = self._ahead.pop()
        self._used.append(line)
        self._size += len(line)
        if self._size > self._limit:
            raise LimitExceededError(
                f"The record that begins in line {self.number:,} is longer than {self._limit:,} characters.",
                hint="Check that line for a missing line break or quote.",
                line=self.number,
            )
        return line

    def give_back(self, keep: int) -> None:
        self._ahead.extend(reversed(self._used[keep:]))
        del self._used[keep:]

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._used) >= _QUOTED_LINES or not self._fill():
            self.starved = True
            raise StopIteration
        return self.take()

    def _fill(self) -> bool:
        if not self._ahead:
            line = next(self._source, None)
            if line is None:
                return False
            self._ahead.append(line)
        return True
