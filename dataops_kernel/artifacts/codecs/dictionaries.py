"""Categories as they were: Parquet keeps the values of a dictionary column, not its dictionary.

Without this, an ordered category would come back in another order, and one that no row has not at all.
"""

import base64
from typing import Any

_KEY = b"dataops:dictionaries"
_MOST_VALUES = 10_000
"""Longer dictionaries are a way of storing text, not categories somebody chose."""


def remember(table: Any) -> Any:
    """Return the Arrow table with its columns' dictionaries written down beside its schema."""
    import pyarrow as pa

    kept: dict[str, Any] = {}
    for place, column in enumerate(table.columns):
        if pa.types.is_dictionary(column.type) and column.num_chunks:
            dictionary = column.unify_dictionaries().chunk(0).dictionary
            if len(dictionary) <= _MOST_VALUES and not dictionary.null_count:
                kept[str(place)] = pa.ListArray.from_arrays(pa.array([0, len(dictionary)], pa.int32()), dictionary)
    if not kept:
        return table
    sink = pa.BufferOutputStream()
    notes = pa.table(kept)
    with pa.ipc.new_stream(sink, notes.schema) as writer:
        writer.write_table(notes)
    written = base64.b64encode(sink.getvalue())
    return table.replace_schema_metadata({**(table.schema.metadata or {}), _KEY: written})


def recall(table: Any, declared: Any) -> Any:
    """Return a table read from Parquet with the types and dictionaries that its declared Arrow schema names."""
    import pyarrow as pa

    metadata = dict(declared.metadata or {})
    notes = _notes(metadata.pop(_KEY, None))
    columns = [
        _as_declared(column, field.type, notes.get(str(place)))
        for place, (column, field) in enumerate(zip(table.columns, declared, strict=True))
    ]
    fields = [field.with_type(column.type) for column, field in zip(columns, declared, strict=True)]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata or None))


def _notes(written: bytes | None) -> dict[str, Any]:
    import pyarrow as pa

    if written is None:
        return {}
    notes = pa.ipc.open_stream(base64.b64decode(written)).read_all()
    return {name: notes.column(name).chunk(0).values for name in notes.column_names}


def _as_declared(column: Any, kind: Any, dictionary: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.type.equals(kind) and dictionary is None:
        return column
    try:
        if not pa.types.is_dictionary(kind):
            return column.cast(kind)
        plain = column.cast(kind.value_type)
        if dictionary is None:
            return plain.dictionary_encode()
        chunks = [
            pa.DictionaryArray.from_arrays(
                pc.index_in(chunk, value_set=dictionary).cast(kind.index_type), dictionary, ordered=kind.ordered
            )
            for chunk in plain.chunks or [pa.array([], kind.value_type)]
        ]
        return pa.chunked_array(chunks, type=kind)
    except pa.ArrowNotImplementedError:
        return column  # the values are right; only their wrapping is one that Arrow cannot rebuild
