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
    """What the rewritten file holds: ``width`` columns plus one for surplus fields when ``surplus`` is true."""

    rows: int
    surplus: bool
    notes: list[str]


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


def mend(
    path: Path, dialect: Dialect, target: Path, *, surplus: str, bom: int, limit: int, watch: Watch | None = None
) -> Mended:
    """Write ``target``: comma-separated, no header, every row ``dialect.width`` + 1 fields, the last for the surplus.

    Short rows end in empty fields, fields beyond the width stand joined in the last one, blank lines are left out
    (in a file of one column they are missing values). ``surplus`` is what the notes call the last field. Raises ``LimitExceededError`` for a record over ``limit``.
    """
    width, one_column = dialect.width, dialect.width == 1
    short, long, loose, trailing, blank = _Tally(), _Tally(), _Tally(), _Tally(), _Tally("blank line")
    rows = waiting = 0
    encoding = "utf-8-sig" if bom else "utf-8"
    with path.open(encoding=encoding, newline="") as source, target.open("w", encoding="utf-8", newline="") as out:
        # With this line terminator the csv module quotes both kinds of line break inside fields.
        writer = csv.writer(out, lineterminator="\r\n")
        lines = _bounded(source, limit)
        found = records(lines, dialect.delimiter, width=width, escape=dialect.escape, limit=limit)
        for record in _table(found, dialect, blanks=one_column):
            if record.blank:
                blank.add(record.line)
                waiting += 1
                continue
            for _ in range(waiting if one_column else 0):
                writer.writerow(("", ""))
                rows += 1
            waiting = 0
            fields = record.fields
            if record.loose_quote:
                loose.add(record.line)
            beyond = ""
            if len(fields) < width:
                short.add(record.line)
                fields = fields + [""] * (width - len(fields))
            elif len(fields) > width:
                beyond = dialect.delimiter.join(fields[width:])
                (long if beyond.strip(dialect.delimiter + " ") else trailing).add(record.line)
                fields = fields[:width]
            writer.writerow((*fields, beyond if beyond.strip(dialect.delimiter + " ") else ""))
            rows += 1
            if watch and rows % _WATCH_EVERY == 0:
                watch(f"evening out {path.name}: {rows:,} rows")
    return Mended(rows, long.count > 0, _notes(width, short, long, trailing, loose, blank, one_column))


def _notes(
    width: int, short: _Tally, long: _Tally, trailing: _Tally, loose: _Tally, blank: _Tally, one_column: bool
) -> list[str]:
    notes = []
    if short.count:
        notes.append(f"{short} had fewer than {width} fields; the missing ones are NULL.")
    if long.count:
        notes.append(f"{long} had more than {width} fields; what was too much is kept in the last column.")
    if trailing.count:
        notes.append(f"{trailing} ended in delimiters without values; they were ignored.")
    if loose.count:
        notes.append(f"{loose} held a quote that does not pair with another; those lines were taken as they stand.")
    if blank.count and not one_column:
        notes.append(f"{blank} gave no row.")
    elif blank.count:
        notes.append(f"{blank}: inside the column they are NULL, at its end they gave no row.")
    return notes


def _table(found: Iterator[Record], dialect: Dialect, *, blanks: bool) -> Iterator[Record]:
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
