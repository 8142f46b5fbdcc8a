"""Delimited text to Parquet: proven even and read as it stands, or evened out first."""

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from dataops_kernel.artifacts.readers.dialect import ONE_COLUMN, Dialect, dialect_of
from dataops_kernel.artifacts.readers.encoding import TextEncoding
from dataops_kernel.artifacts.readers.evenness import count_even_records
from dataops_kernel.artifacts.readers.lens import Lens
from dataops_kernel.artifacts.readers.mend import mend
from dataops_kernel.artifacts.readers.names import column_names
from dataops_kernel.artifacts.readers.readings import READINGS
from dataops_kernel.artifacts.readers.report import ReadLimits, Watch
from dataops_kernel.artifacts.readers.writing import Raw, Written, literal, write_table
from dataops_kernel.errors import FileInputError, LimitExceededError

# DuckDB reads one buffer per thread; its own choice of 32 times the longest line leaves all but one without work.
_BUFFER = 16 * 2**20


class DelimitedFacts(NamedTuple):
    """What was found out about a delimited file."""

    delimiter: str | None
    header: bool
    notes: list[str]


class _Even(NamedTuple):
    """An even file: DuckDB reads ``width`` columns of it and must find exactly ``rows``."""

    path: Path
    delimiter: str
    newline: str
    header: bool
    width: int
    rows: int

    def sql(self, record_bytes: int) -> str:
        columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(self.width))
        # Left to itself DuckDB takes a line break inside quotes for the file's own and finds no rows at all; told
        # both the line break and strict_mode, it finds none either (2.0.0). The count of rows guards against more.
        newline = {"\n": "\\n", "\r\n": "\\r\\n"}[self.newline]
        return (
            f"read_csv({literal(str(self.path))}, auto_detect = false, columns = {{{columns}}}, "
            f"delim = {literal(self.delimiter)}, quote = '\"', escape = '\"', new_line = {literal(newline)}, "
            f"header = {self.header}, max_line_size = {record_bytes}, buffer_size = {max(2 * record_bytes, _BUFFER)})"
        )


def read_delimited(
    path: Path, name: str, encoding: TextEncoding, target: Path, folder: Path, limits: ReadLimits, watch: Watch | None
) -> DelimitedFacts:
    """Read the UTF-8 file ``path`` into ``target``; ``folder`` takes what is needed only meanwhile.

    Raises ``FileInputError`` when it is no table and ``LimitExceededError`` for too many columns or too long a record.
    """
    dialect = dialect_of(path, name)
    if dialect.width > limits.columns:
        raise LimitExceededError(
            f"{name!r} has {dialect.width:,} columns; {limits.columns:,} are allowed.",
            hint="Check the delimiter, or split the file.",
        )
    names, notes = _names(dialect)
    bom = encoding.bom if encoding.is_utf8 else 0
    readings = tuple(READINGS.values())
    raws = [Raw(text, f"c{number}", readings) for number, text in enumerate(names)]

    def write(even: _Even) -> Written | None:
        with Lens(name, folder, limits, watch) as lens:
            written = write_table(lens, even.sql(limits.record_bytes), raws, target)
        return written if written.rows == even.rows else None

    written = None
    if even := _as_it_stands(path, dialect, bom, limits, watch):
        with suppress(FileInputError):  # what the engine cannot read it can after evening out
            written = write(even)
    if written is None:
        (surplus,), _ = column_names(["surplus_fields"], taken=names)
        copy = folder / "source_even.csv"
        mended = mend(path, dialect, copy, surplus=surplus, bom=bom, limit=limits.record_bytes, watch=watch)
        notes += mended.notes
        if mended.surplus:
            # Fields that were too much are several values in one: text, whatever they look like.
            raws.append(Raw(surplus, f"c{dialect.width}"))
        written = write(_Even(copy, ",", "\r\n", False, dialect.width + 1, mended.rows))
    if written is None:
        raise FileInputError(
            f"{name!r} cannot be read reliably: counting its records and reading them gives different numbers.",
            hint="Write the file again with quotes around values that hold delimiters, quotes or line breaks.",
        )
    if not written.rows:
        notes.append("The file has a header and no rows.")
    delimiter = None if dialect.delimiter == ONE_COLUMN else dialect.delimiter
    return DelimitedFacts(delimiter, dialect.header is not None, [*dialect.notes, *notes, *written.notes])


def _as_it_stands(path: Path, dialect: Dialect, bom: int, limits: ReadLimits, watch: Watch | None) -> _Even | None:
    """Return the file as one DuckDB can be trusted with, or None when something about it is uneven."""
    if not dialect.plain:
        return None
    found = count_even_records(path, dialect.delimiter, dialect.width, bom=bom, limit=limits.record_bytes, watch=watch)
    if found is None:
        return None
    header = dialect.header is not None
    return _Even(path, dialect.delimiter, found[1], header, dialect.width, found[0] - header)


def _names(dialect: Dialect) -> tuple[list[str], list[str]]:
    if dialect.header is None:
        return [f"column{number}" for number in range(1, dialect.width + 1)], []
    missing = dialect.width - len(dialect.header)
    names, notes = column_names([*dialect.header, *[""] * missing])
    if missing:
        notes.insert(0, f"The header names {len(dialect.header)} columns, but most rows have {dialect.width} fields.")
    return names, notes
