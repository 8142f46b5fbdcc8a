"""What a Parquet file says of its columns: DuckDB's type names, nulls, least and greatest value."""

import math
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from dataops_kernel.types import Column

_LONGEST_TEXT = 100
"""A least or greatest text above this length is left out: it would only swell the record."""

_NAMES = {
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint8": "UTINYINT",
    "uint16": "USMALLINT",
    "uint32": "UINTEGER",
    "uint64": "UBIGINT",
    "halffloat": "FLOAT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "large_string": "VARCHAR",
    "string_view": "VARCHAR",
    "binary": "BLOB",
    "large_binary": "BLOB",
    "binary_view": "BLOB",
    "date32[day]": "DATE",
    "date64[ms]": "DATE",
    "time64[ns]": "TIME_NS",
    "extension<arrow.uuid>": "UUID",
    "extension<arrow.json>": "JSON",
    "extension<arrow.bool8>": "TINYINT",
    "null": '"NULL"',
}


class TableSummary(NamedTuple):
    """What is known of a table without reading its rows."""

    row_count: int
    columns: tuple[Column, ...]


def summarize(footer: Any, schema: Any) -> TableSummary:
    """Read row count, column types and statistics from a ``pyarrow.parquet.FileMetaData`` and its Arrow schema."""
    leaves = _first_leaves(schema)
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    columns = []
    for field, leaf in zip(schema, leaves, strict=True):
        statistics = None if leaf is None else [group.column(leaf).statistics for group in groups]
        columns.append(Column(name=field.name, type=duckdb_type(field.type), **_bounds(statistics)))
    return TableSummary(footer.num_rows, tuple(columns))


def duckdb_type(kind: Any) -> str:
    """Return the name DuckDB gives a ``pyarrow.DataType`` when it reads it from Parquet."""
    import pyarrow.types as arrow

    name = _NAMES.get(str(kind))
    if name is not None:
        return name
    if arrow.is_dictionary(kind):
        return duckdb_type(kind.value_type)
    if arrow.is_timestamp(kind):
        if kind.tz is not None:
            return "TIMESTAMPTZ_NS" if kind.unit == "ns" else "TIMESTAMP WITH TIME ZONE"
        return "TIMESTAMP_NS" if kind.unit == "ns" else "TIMESTAMP"
    if arrow.is_decimal(kind):
        # DuckDB's decimals end at 38 digits.
        return f"DECIMAL({kind.precision},{kind.scale})" if kind.precision <= 38 else "DOUBLE"
    if arrow.is_map(kind):
        return f"MAP({duckdb_type(kind.key_type)}, {duckdb_type(kind.item_type)})"
    if _is_list(kind):
        return f"{duckdb_type(kind.value_type)}[]"
    if arrow.is_struct(kind):
        inner = ", ".join(f"{_quoted(field.name)} {duckdb_type(field.type)}" for field in kind)
        return f"STRUCT({inner})"
    if arrow.is_time(kind):
        return "TIME"
    if arrow.is_duration(kind):
        return "BIGINT"
    if arrow.is_fixed_size_binary(kind):
        return "BLOB"
    storage = getattr(kind, "storage_type", None)
    return duckdb_type(storage) if storage is not None else str(kind).upper()


def _quoted(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else '"' + name.replace('"', '""') + '"'


def _is_list(kind: Any) -> bool:
    import pyarrow.types as arrow

    return bool(arrow.is_list(kind) or arrow.is_large_list(kind) or arrow.is_fixed_size_list(kind))


def _first_leaves(schema: Any) -> Iterator[int | None]:
    """Yield each column's place among Parquet's leaf columns; None for nested columns, which have several."""
    place = 0
    for field in schema:
        count = _leaf_count(field.type)
        yield place if count == 1 and not _is_nested(field.type) else None
        place += count


def _is_nested(kind: Any) -> bool:
    import pyarrow.types as arrow

    return bool(arrow.is_nested(kind))


def _leaf_count(kind: Any) -> int:
    import pyarrow.types as arrow

    if arrow.is_map(kind):
        return _leaf_count(kind.key_type) + _leaf_count(kind.item_type)
    if _is_list(kind):
        return _leaf_count(kind.value_type)
    if arrow.is_struct(kind):
        return sum(_leaf_count(field.type) for field in kind)
    return 1


def _bounds(statistics: list[Any] | None) -> dict[str, Any]:
    """Fold the statistics of all row groups; a fact that one group lacks is unknown for the column."""
    if not statistics or any(part is None for part in statistics):
        return {}
    nulls = sum(part.null_count for part in statistics) if all(p.has_null_count for p in statistics) else None
    # A group of nulls only has no bounds and takes nothing away from those of the others.
    filled = [part for part in statistics if part.num_values > 0]
    if not filled or not all(part.has_min_max for part in filled):
        return {"nulls": nulls}
    try:
        least, greatest = min(part.min for part in filled), max(part.max for part in filled)
    except (TypeError, ValueError, OverflowError):
        return {"nulls": nulls}  # a date outside of Python's calendar
    return {"nulls": nulls, "min": _plain(least), "max": _plain(greatest)}


def _plain(value: Any) -> Any:
    """Return the value in JSON's shape, or None where it has none or is too long to keep in a record."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else None
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else None
