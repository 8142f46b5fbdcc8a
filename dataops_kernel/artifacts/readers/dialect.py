"""How a delimited file is laid out: its delimiter, what stands before the table, and whether it names its columns."""

import io
import itertools
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from dataops_kernel.artifacts.readers.records import Record, records
from dataops_kernel.errors import FileInputError

_SAMPLE_CHARS = 512 * 1024
_SAMPLE_RECORDS = 1000
_PREAMBLE = 30
# In the order in which they are believed when two fit equally well.
_DELIMITERS = (",", "\t", ";", "|", "\x01", "^", "~")
# These stand in prose and times of day too, so only a file without a single exception is split by them.
_WEAK_DELIMITERS = (":", " ")
_EVEN_ENOUGH = 0.5
_PROSE_WORDS = 6

# What a file of one column is split by: a character its text does not hold.
ONE_COLUMN = "\x1f"

NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "vertical bar", " ": "space", ":": "colon"}

_NUMBER = re.compile(r"[-+]?[$€£]?\s?(\d{1,3}([,. ]\d{3})+|\d+)?([.,]\d+)?([eE][-+]?\d+)?\s?%?")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}(:\d{2})?")
_WORD = re.compile(r"(?i:true|false|null|nan)")
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n")
_BODY = 200
_YEAR = re.compile(r"(19|20)\d{2}")


class Dialect(NamedTuple):
    """The layout of one file; ``width`` is the number of columns, ``skip`` the records before the table."""

    delimiter: str
    width: int
    skip: int
    header: tuple[str, ...] | None
    escape: str | None
    newline: str
    notes: tuple[str, ...]

    @property
    def plain(self) -> bool:
        """Whether the query engine can read the file as it stands, if all its records prove even."""
        even_header = self.header is None or len(self.header) == self.width
        return not self.skip and even_header and self.escape is None and self.newline in {"\n", "\r\n"}


def dialect_of(path: Path, name: str, *, encoding: str = "utf-8-sig") -> Dialect:
    """Read the beginning of a UTF-8 file and return its layout.

    Raises ``FileInputError`` when it is prose or its lines have nothing in common.
    """
    with path.open(encoding=encoding, newline="") as stream:
        text = stream.read(_SAMPLE_CHARS)
        if stream.read(1):
            cut = max(text.rfind("\n"), text.rfind("\r")) + 1
            text = text[:cut] if cut else text
    best = max((_Split.of(text, *way) for way in _ways(text)), key=lambda split: split.score)
    if best.width < 2 or best.share < _EVEN_ENOUGH or _is_prose(best):
        best = _one_column(text, name, best)
    skip, before = _preamble(best)
    table = best.rows[skip:]
    if best.delimiter == ONE_COLUMN and len(table) > 1:
        before.append("No delimiter splits the lines of the file, so the table has a single column.")
    header, doubts = _header(table, best.width)
    width = _width(best.width, header, table)
    return Dialect(best.delimiter, width, skip, header, best.escape, _newline(text), (*before, *doubts))


class _Split(NamedTuple):
    """A sample split in one way, with how many of its records have the most common number of fields."""

    delimiter: str
    escape: str | None
    rows: list[Record]
    width: int
    share: float
    loose: int

    @classmethod
    def of(cls, text: str, delimiter: str, escape: str | None) -> "_Split":
        found = records(io.StringIO(text, newline=""), delimiter, escape=escape)
        rows = [row for row in itertools.islice(found, _SAMPLE_RECORDS) if not row.blank]
        widths = Counter(len(row.fields) for row in rows)
        wide = [(count, width) for width, count in widths.items() if width > 1]
        count, width = max(wide, default=(0, 1))
        share = count / max(1, len(rows))
        if delimiter in _WEAK_DELIMITERS and (share < 1 or len(rows) < 3):
            share, width = 0.0, 1
        return cls(delimiter, escape, rows, width, share, sum(row.loose_quote for row in rows))

    @property
    def score(self) -> tuple[float, int, int, int]:
        """Evenness first, then the fewest odd quotes, the most columns, the delimiter believed first."""
        order = (_DELIMITERS + _WEAK_DELIMITERS).index(self.delimiter)
        even = round(self.share, 2) if self.width > 1 else 0.0
        weak = self.delimiter in _WEAK_DELIMITERS
        return (even if not weak else even / 2, -self.loose, self.width, -order)


def _ways(text: str) -> list[tuple[str, str | None]]:
    escapes: tuple[str | None, ...] = ("\\", None) if '\\"' in text else (None,)
    if (told := _SEPARATOR_LINE.match(text)) and told[1] in _DELIMITERS + _WEAK_DELIMITERS:
        return [(told[1], escape) for escape in escapes]
    return [(mark, escape) for mark in _DELIMITERS + _WEAK_DELIMITERS if mark in text for escape in escapes] or [
        (",", None)
    ]


def _is_prose(split: _Split) -> bool:
    """Say whether an uneven split went through sentences: long lines and never a number, a date or a truth value."""
    if split.share > 0.9 or any(_typed(field) for row in split.rows for field in row.fields):
        return False
    return _common_words(split.rows) >= _PROSE_WORDS


def _common_words(rows: list[Record]) -> int:
    words = sorted(sum(len(field.split()) for field in row.fields) for row in rows)
    return words[len(words) // 2]


def _one_column(text: str, name: str, best: _Split) -> _Split:
    found = records(io.StringIO(text, newline=""), ONE_COLUMN)
    rows = [row for row in itertools.islice(found, _SAMPLE_RECORDS) if not row.blank]
    words = _common_words(rows)
    if best.width < 2 and text.count('"') >= len(rows):
        return _Split(ONE_COLUMN, None, rows, 1, 1.0, 0)  # values that quote themselves are meant as values
    split = sum(any(mark in row.fields[0] for mark in _DELIMITERS) for row in rows)
    if words >= _PROSE_WORDS:
        raise FileInputError(
            f"{name!r} reads like text, not like a table: half of its lines have "
            f"{words} words or more and no delimiter splits them evenly.",
            hint="Name a file of rows and columns (comma, tab, semicolon or | between the values).",
        )
    if split > len(rows) / 2:
        raise FileInputError(
            f"{name!r} is no table that can be read safely: split by {_named(best.delimiter)}, only "
            f"{best.share:.0%} of its lines have the most common number of fields ({best.width}).",
            hint="Open the file and check its delimiter and quotes, or write it again from its source.",
        )
    return _Split(ONE_COLUMN, None, rows, 1, 1.0, 0)


def _width(common: int, header: tuple[str, ...] | None, table: list[Record]) -> int:
    """Return the number of columns: the most common number of fields, unless the header knows better."""
    if header is None:
        return common
    if len(header) < common and not any("".join(row.fields[len(header) :]).strip() for row in table[1:]):
        return len(header)  # the lines end in delimiters without values
    return max(common, len(header))


def _named(delimiter: str) -> str:
    return NAMES.get(delimiter, repr(delimiter))


def _filled(row: Record) -> int:
    return sum(1 for field in row.fields if field.strip())


def _preamble(split: _Split) -> tuple[int, list[str]]:
    """Count the titles and remarks before the table: records with one value where the table has several columns."""
    if split.width < 2:
        return 0, []
    skip = 0
    for row in split.rows[:_PREAMBLE]:
        if skip == 0 and row.fields[0] == "sep=":
            skip = 1
            continue
        if len(row.fields) == split.width and (_filled(row) > 1 or split.width == 2):
            break
        if _filled(row) > 1 and not row.fields[0].startswith("#"):
            break  # a short or long record of the table itself
        skip += 1
    else:
        return 0, []
    if not skip:
        return 0, []
    first, last = split.rows[0], split.rows[skip - 1]
    lines = f"Line {first.line}" if skip == 1 else f"Lines {first.line} to {last.line}"
    verb = "stands" if skip == 1 else "stand"
    return skip, [
        f"{lines} {verb} before the table and {'is' if skip == 1 else 'are'} not part of it: {_quoted(first)}."
    ]


def _quoted(row: Record) -> str:
    text = " ".join(field.strip() for field in row.fields if field.strip())
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _typed(cell: str) -> bool:
    """Say whether a cell is a value rather than a name: a number, a date, a truth value."""
    text = cell.strip()
    return (any(char.isdigit() for char in text) and bool(_NUMBER.fullmatch(text) or _DATE.fullmatch(text))) or bool(
        _WORD.fullmatch(text)
    )


def _header(table: list[Record], width: int) -> tuple[tuple[str, ...] | None, list[str]]:
    """Decide whether the first record names the columns, with a note where that is a guess."""
    if not table:
        return None, []
    cells, line = table[0].fields, table[0].line
    body = [row.fields for row in table[1 : _BODY + 1]]
    called = "the column is called column1" if width == 1 else f"the columns are called column1 … column{width}"
    generated = f"The file has no header line, so {called}"
    values = [cell for cell in cells if _typed(cell)]
    if values and not _years(cells, body):
        return None, [f"{generated}: line {line} holds values such as {values[0].strip()!r}."]
    if not any(cell.strip() for cell in cells):
        return None, [f"{generated}: line {line} is empty between its delimiters."]
    columns = list(itertools.zip_longest(*body, fillvalue=""))[: len(cells)]
    again = [cell for cell, column in zip(cells, columns, strict=False) if cell.strip() and cell in column]
    if again and len(again) * 2 >= len(cells) and len(body) > 1:
        return None, [f"{generated}: the values of line {line} come again below, such as {again[0]!r}."]
    header = tuple(cells)
    if not body:
        return header, []
    identifiers = any("_" in cell or cell.strip().casefold() == "id" for cell in cells)
    if not identifiers and not any(any(map(_typed, filter(None, column))) for column in columns):
        # All text over all text: only the likelihood speaks for a header.
        return header, [f"Every column is text, so it is a guess that line {line} holds the column names."]
    return header, []


def _years(cells: list[str], body: list[list[str]]) -> bool:
    """Say whether the numbers of a first record are years over columns, as in ``country,2024,2025``."""
    numbers = [cell.strip() for cell in cells if _typed(cell)]
    rising = all(a < b for a, b in itertools.pairwise(numbers))
    named = len(numbers) < len(cells)
    return bool(body) and named and len(numbers) > 1 and rising and all(map(_YEAR.fullmatch, numbers))


def _newline(text: str) -> str:
    pairs, feeds, returns = text.count("\r\n"), text.count("\n"), text.count("\r")
    if feeds and pairs == feeds == returns:
        return "\r\n"
    return "\n" if not returns else "mixed" if feeds else "\r"
