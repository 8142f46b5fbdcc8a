"""Tables as Parquet: Arrow tables, DataFrames and lists of dicts, each coming back as what it was."""

import base64
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from numbers import Number
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataops_kernel.artifacts.codecs.columns import TableSummary, summarize
from dataops_kernel.artifacts.codecs.dictionaries import recall, remember
from dataops_kernel.errors import ParameterError
from dataops_kernel.types import ContentForm

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ROW_GROUP_ROWS = 122_880
"""Rows in a row group: DuckDB's own number, so that every one of its threads gets whole groups to read."""

_ROW_GROUP_BYTES = 128 * 1024 * 1024
_SMALLEST_GROUP = 8_192
_SAMPLES, _SAMPLE_ROWS = 3, 2_048
_REPEATS = 0.25
"""A text column is dictionary-encoded when a sample of it has at most this share of different values."""

_DEEPEST = 32
"""Dicts and lists inside each other in one cell."""

# The first that fits names a value's family; values of two families do not share a column.
_FAMILIES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "bool"),
    (Number, "number"),
    (str, "text"),
    ((bytes, bytearray, memoryview), "bytes"),
    (datetime, "datetime"),
    (date, "date"),
    (time, "time"),
    (timedelta, "timedelta"),
    (dict, "dict"),
    ((list, tuple), "list"),
)


class Table:
    """A table ready to be written, remembering in what form it came."""

    def __init__(self, form: ContentForm, table: "pa.Table") -> None:
        if not table.num_columns:
            raise ParameterError("A table needs at least one column.", hint="Store an empty list as [].")
        self.form = form
        self.table = table

    @classmethod
    def from_arrow(cls, content: "pa.Table") -> "Table":
        """Take an Arrow table."""
        return cls("arrow", content)

    @classmethod
    def from_pandas(cls, content: "pd.DataFrame") -> "Table":
        """Take a DataFrame with its index; raises ``ParameterError`` for columns of mixed or foreign types."""
        import pyarrow as pa

        if content.columns.nlevels == 1 and content.columns.inferred_type.startswith("mixed"):
            # pyarrow would make text of all of them.
            raise _unfit(f"The DataFrame has column names of several types: {content.columns.tolist()!r:.80}")
        try:
            table = pa.Table.from_pandas(content)
        except (pa.ArrowException, TypeError, ValueError, OverflowError, NotImplementedError) as err:
            raise _unfit(" ".join(str(part) for part in err.args)) from err
        return cls("pandas", table)

    @classmethod
    def from_records(cls, content: Sequence[dict[str, Any]]) -> "Table":
        """Take rows as dicts; columns are all their keys in order of appearance, a missing key reads as None."""
        import pyarrow as pa

        names: dict[Any, None] = {}
        for row in content:
            names.update(dict.fromkeys(row))
        foreign = next((name for name in names if not isinstance(name, str)), None)
        if foreign is not None:
            raise ParameterError(f"The rows have the key {foreign!r}, which is not text.", hint="Name columns by text.")
        fields, arrays = [], []
        for name in names:
            values = [row.get(name) for row in content]
            _same_family(values, f"Column {name!r}")
            try:
                arrays.append(pa.array(values))
                fields.append(pa.field(name, arrays[-1].type))
            except (pa.ArrowException, TypeError, ValueError, OverflowError) as err:
                raise _unfit(f"Column {name!r}: {err}") from err
        return cls("records", pa.table(arrays, schema=pa.schema(fields)))

    def write(self, target: "Path | pa.NativeFile") -> TableSummary:
        """Write Parquet to a path or an Arrow stream and return what the footer says."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        footers: list[Any] = []
        try:
            pq.write_table(
                remember(self.table),
                str(target) if isinstance(target, Path) else target,
                row_group_size=self._rows_per_group(),
                compression="zstd",
                compression_level=1,
                use_dictionary=self._repetitive_columns(),
                write_page_checksum=True,
                metadata_collector=footers,
            )
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid, pa.ArrowTypeError) as err:
            raise _unfit(str(err)) from err
        return summarize(footers[0], self.table.schema)

    def to_bytes(self) -> "tuple[bytes, TableSummary]":
        """Write Parquet in memory."""
        import pyarrow as pa

        sink = pa.BufferOutputStream()
        summary = self.write(sink)
        return sink.getvalue().to_pybytes(), summary

    def _rows_per_group(self) -> int:
        """Keep the groups of wide tables in memory's measure."""
        bytes_per_row = self.table.nbytes / max(self.table.num_rows, 1)
        fitting = int(_ROW_GROUP_BYTES / max(bytes_per_row, 1))
        return max(_SMALLEST_GROUP, min(ROW_GROUP_ROWS, fitting))

    def _repetitive_columns(self) -> list[str]:
        """Name the columns whose values repeat; for all others a dictionary costs time and saves nothing."""
        import pyarrow.compute as pc
        import pyarrow.types as arrow

        names = []
        for field, column in zip(self.table.schema, self.table.columns, strict=True):
            if arrow.is_dictionary(field.type):
                names.append(field.name)
            elif arrow.is_string(field.type) or arrow.is_large_string(field.type):
                step = max((len(column) - _SAMPLE_ROWS) // (_SAMPLES - 1), _SAMPLE_ROWS)
                parts = [column.slice(start, _SAMPLE_ROWS) for start in range(0, len(column), step)]
                seen = sum(len(part) for part in parts)
                if sum(pc.count_distinct(part).as_py() for part in parts) <= seen * _REPEATS:
                    names.append(field.name)
        return names


def rebuild(form: ContentForm, data: Any) -> Any:
    """Read Parquet from a buffer into the form it was stored in."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.BufferReader(data))
    table = _declared(file.read(), file)
    if form == "pandas":
        return table.to_pandas()
    return table.to_pylist() if form == "records" else table


def first_rows(content: Path | bytes, rows: int) -> "pa.Table":
    """Read the first rows of a Parquet file or of its bytes, and no more of it than they take."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(pa.BufferReader(content) if isinstance(content, bytes) else content) as file:
        batch = next(file.iter_batches(batch_size=max(rows, 1)), None)
        table = file.schema_arrow.empty_table() if batch is None else pa.Table.from_batches([batch])
        return _declared(table.slice(0, max(rows, 0)), file)


def read_summary(path: Path) -> TableSummary:
    """Summarize a Parquet file somebody else wrote; raises ``ParameterError`` when it is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            return summarize(file.metadata, file.schema_arrow)
    except (pa.ArrowException, OSError) as err:
        raise ParameterError(
            f"The writer left no Parquet file: {err}.", hint="Write one Parquet file at the path given."
        ) from err


def _declared(table: Any, file: Any) -> Any:
    """Give a table the types it was written with, where the file says them."""
    import pyarrow as pa

    written = (file.metadata.metadata or {}).get(b"ARROW:schema")
    if written is None:
        return table
    # Parquet has no seconds, no date64 and no categories: the Arrow schema it carries says what the columns were.
    return recall(table, pa.ipc.read_schema(pa.py_buffer(base64.b64decode(written))))


def _unfit(reason: str) -> ParameterError:
    return ParameterError(
        f"This cannot be stored as a table. {reason.rstrip('.')}.",
        hint="Give every column values of one type, or wrap the rows in a dict to store them as JSON.",
    )


def _same_family(values: Iterable[Any], place: str, depth: int = 0) -> None:
    """Refuse what Arrow would change in silence, such as a datetime cut to a date because a date came first."""
    if depth > _DEEPEST:
        raise _unfit(f"{place:.80}… is nested more than {_DEEPEST} levels deep, or contains itself")
    values = [value for value in values if value is not None]
    families = {kind: _family(kind) for kind in {type(value) for value in values}}
    if len(set(families.values())) > 1:
        first = values[0]
        other = next(value for value in values if families[type(value)] != families[type(first)])
        kinds = [f"{families[type(value)]} ({repr(value)[:40]})" for value in (first, other)]
        raise _unfit(f"{place} mixes {' and '.join(kinds)}")
    family = next(iter(families.values()), "")
    if family == "datetime" and len({value.tzinfo is None for value in values if value == value}) > 1:
        raise _unfit(f"{place} mixes times with and without a time zone")
    if family == "list":
        _same_family((item for value in values for item in value), f"{place}, items", depth + 1)
    if family == "dict":
        for name in dict.fromkeys(name for value in values for name in value):
            _same_family((value.get(name) for value in values), f"{place}, key {name!r}", depth + 1)


def _family(kind: type) -> str:
    return next((name for bases, name in _FAMILIES if issubclass(kind, bases)), kind.__name__)
