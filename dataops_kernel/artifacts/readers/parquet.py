"""Somebody's Parquet file to ours: flat columns under names SQL can tell apart."""

from collections.abc import Iterator
from pathlib import Path

from dataops_kernel.artifacts.readers.lens import Lens
from dataops_kernel.artifacts.readers.names import column_names
from dataops_kernel.artifacts.readers.report import ReadLimits, Watch
from dataops_kernel.artifacts.readers.writing import Raw, literal, quoted, write_table
from dataops_kernel.errors import FileInputError, LimitExceededError

_DEPTH = 4


def read_parquet(
    path: Path, name: str, target: Path, folder: Path, limits: ReadLimits, watch: Watch | None
) -> list[str]:
    """Read the Parquet file ``path`` into ``target`` and return the notes.

    Nested structs become columns named by their path, lists and maps are kept as JSON text.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise FileInputError(
            f"{name!r} is a damaged or unfinished Parquet file: {str(error).splitlines()[0].rstrip('.')}.",
            hint="Write it again from its source.",
            file=name,
        ) from None
    if not len(schema):
        raise FileInputError(f"{name!r} has no columns.", hint="Write it again with at least one column.", file=name)
    source = f"read_parquet({literal(str(path))}, hive_partitioning = false, filename = false)"
    with Lens(name, folder, limits, watch) as lens:
        # DuckDB gives doubled names a number; by position its names are the file's.
        found = lens.rows(
            f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {source})", "looking at the columns"
        )
        flat, opened, kept = [], [], []
        for (inner, type), field in zip(found, schema, strict=True):
            # Arrow has no reader for Parquet's intervals.
            expression = f"CAST({quoted(inner)} AS VARCHAR)" if type == "INTERVAL" else quoted(inner)
            leaves = list(_leaves(field.type, (field.name,), expression))
            if len(leaves) > 1 or len(leaves[0][0]) > 1:
                opened.append(field.name)
            flat += leaves
        if len(flat) > limits.columns:
            raise LimitExceededError(
                f"{name!r} has {len(flat):,} columns; {limits.columns:,} are allowed.", hint="Split the file."
            )
        names, notes = column_names(["_".join(path) for path, _, _ in flat])
        raws = []
        for text, (_, expression, as_json) in zip(names, flat, strict=True):
            raws.append(Raw(text, f"CAST(to_json({expression}) AS VARCHAR)" if as_json else expression))
            if as_json:
                kept.append(text)
        written = write_table(lens, source, raws, target)
    if written.rows != rows:
        raise FileInputError(
            f"{name!r} cannot be read reliably: its footer promises {rows:,} rows and {written.rows:,} were read.",
            hint="Write it again from its source.",
            file=name,
        )
    if opened:
        notes.append(f"Nested columns became columns named by their path: {', '.join(map(repr, opened[:5]))}.")
    if kept:
        notes.append(f"Lists and maps are kept as JSON text in {', '.join(map(repr, kept[:5]))}.")
    if not rows:
        notes.append("The file has columns and no rows.")
    return notes


def _leaves(kind: object, path: tuple[str, ...], expression: str) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    """Yield (path, SQL, whether it has to become JSON text) for every flat column inside a column."""
    import pyarrow.types as arrow

    if arrow.is_struct(kind) and len(path) <= _DEPTH and kind.num_fields:  # type: ignore[attr-defined]
        for field in kind:  # type: ignore[attr-defined]
            yield from _leaves(field.type, (*path, field.name), f"struct_extract({expression}, {literal(field.name)})")
        return
    nested = arrow.is_nested(kind) and not arrow.is_dictionary(kind)
    yield path, expression, nested
