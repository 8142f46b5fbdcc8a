"""An uneven delimited file rewritten as an even one: nothing is dropped, and everything that was odd is counted."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dataops_kernel.artifacts.readers.dialect import Dialect
from dataops_kernel.artifacts.readers.records import Record, records
from dataops_kernel.artifacts.readers.report import Watch

_LINES_NAMED = 5
_WATCH_EVERY = 20_000


class Mended(NamedTuple):
    """What the rewritten file holds, and whether any row needed the last field, the one for the surplus."""

    rows: int
    surplus: bool
    notes: list[str]


def mend(
    path: Path, dialect: Dialect, target: Path, *, surplus: str, bom: int, limit: int, watch: Watch | None = None
) -> Mended:
    """Write ``target``: comma-separated, no header, every row ``dialect.width`` + 1 fields, the last for the surplus.

    Short rows end in empty fields, fields beyond the width stand joined in the last one (``surplus`` is its name),
    blank lines are left out (in a file of one column they are missing values). Raises ``LimitExceededError`` for a
    record over ``limit`` characters.
    """
    width, odd, rows, blank = dialect.width, _Oddities(dialect.width, surplus), 0, 0
    encoding = "utf-8-sig" if bom else "utf-8"
    with path.open(encoding=encoding, newline="") as source, target.open("w", encoding="utf-8", newline="") as out:
        # With this line terminator the csv module quotes both kinds of line break inside fields.
        writer = csv.writer(out, lineterminator="\r\n")
        found = records(_bounded(source, limit), dialect.delimiter, width=width, escape=dialect.escape, limit=limit)
        for record in _table(found, dialect):
            if record.blank:
                odd.blank.add(record.line)
                blank += 1
                continue
            if blank and width == 1:
                writer.writerows([("", "")] * blank)
                rows += blank
            blank = 0
            even = len(record.fields) == width and not record.loose_quote
            writer.writerow((*record.fields, "") if even else odd.evened(record, dialect.delimiter))
            rows += 1
            if watch and rows % _WATCH_EVERY == 0:
                watch(f"evening out row {rows:,}")
    return Mended(rows, odd.long.count > 0, odd.notes())


class _Tally:
    """How often something odd was met, and the first lines it was met in."""

    def __init__(self, noun: str = "row") -> None:
        self.noun = noun
        self.count = 0
        self.lines: list[int] = []

    def add(self, line: int) -> None:
        self.count += 1
        if len(self.lines) < _LINES_NAMED:
            self.lines.append(line)

    def __str__(self) -> str:
        """Say "3 rows (lines 4, 9, 12)"."""
        named = ", ".join(f"{line:,}" for line in self.lines) + (", …" if self.count > len(self.lines) else "")
        plural = "s" if self.count > 1 else ""
        return f"{self.count:,} {self.noun}{plural} (line{plural} {named})"


class _Oddities:
    """Everything that was odd about the records of one file."""

    def __init__(self, width: int, surplus: str) -> None:
        self._width = width
        self._surplus = surplus
        self.short, self.long, self.trailing, self.loose = _Tally(), _Tally(), _Tally(), _Tally()
        self.blank = _Tally("blank line")

    def evened(self, record: Record, delimiter: str) -> list[str]:
        """Count what is odd about a record and return it with the right number of fields and the surplus."""
        fields = record.fields[: self._width]
        surplus = delimiter.join(record.fields[self._width :])
        if not surplus.strip(delimiter + " "):
            surplus = ""
        if record.loose_quote:
            self.loose.add(record.line)
        if len(fields) < self._width:
            self.short.add(record.line)
        elif surplus:
            self.long.add(record.line)
        elif len(record.fields) > self._width:
            self.trailing.add(record.line)
        return [*fields, *[""] * (self._width - len(fields)), surplus]

    def notes(self) -> list[str]:
        said = (
            (self.short, f"had fewer than {self._width} fields; the missing ones are NULL."),
            (self.long, f"had more than {self._width} fields; what was too much is kept in {self._surplus!r}."),
            (self.trailing, "ended in delimiters without values; they were ignored."),
            (self.loose, "held a quote that does not pair with another and stands for itself."),
            (self.blank, "gave NULL, or no row at the end." if self._width == 1 else "gave no row."),
        )
        return [f"{tally} {words}" for tally, words in said if tally.count]


def _table(found: Iterator[Record], dialect: Dialect) -> Iterator[Record]:
    """Yield the records of the table itself: what stands before it and the header are passed over."""
    skip = dialect.skip + (dialect.header is not None)
    for record in found:
        if skip and not record.blank:
            skip -= 1
        elif not skip:
            yield record


def _bounded(source: io.TextIOBase, limit: int) -> Iterator[str]:
    # Asking for one character more than allowed keeps a file without line breaks from filling the memory; the
    # records that come of it are over the limit and say so.
    while line := source.readline(limit + 1):
        yield line
