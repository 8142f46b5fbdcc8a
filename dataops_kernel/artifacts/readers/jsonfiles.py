"""JSON to Parquet: one pass to learn every value's kind, one in DuckDB to write the columns."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dataops_kernel.artifacts.readers.json_records import Item, json_array, json_document, json_lines, layout_of
from dataops_kernel.artifacts.readers.json_tables import rows_of
from dataops_kernel.artifacts.readers.lens import Lens
from dataops_kernel.artifacts.readers.names import column_names
from dataops_kernel.artifacts.readers.readings import CALENDAR, READINGS, Reading
from dataops_kernel.artifacts.readers.report import FileFormat, ReadLimits, Watch
from dataops_kernel.artifacts.readers.writing import Raw, literal, write_table
from dataops_kernel.errors import FileInputError, LimitExceededError

_DEPTH = 4
_WATCH_EVERY = 5_000
_NUMBERS = (READINGS["integer"], READINGS["number"])
_WORDS: dict[type, str] = {
    str: "text", int: "number", float: "number", bool: "truth value", dict: "object", list: "list"
}  # fmt: skip


class _Node:
    """What stood at one place in the records: how often each kind of value, and the places inside objects."""

    __slots__ = ("inside", "kinds")

    def __init__(self) -> None:
        self.kinds: dict[type, int] = {}
        self.inside: dict[str, _Node] = {}

    def look(self, value: Any, depth: int) -> None:
        kind = type(value)
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if kind is dict and depth:
            inside = self.inside
            for key, inner in value.items():
                node = inside.get(key)
                if node is None:
                    node = inside[key] = _Node()
                node.look(inner, depth - 1)

    def spoken(self) -> dict[str, int]:
        """Return the counts by the words people use; null is no kind."""
        counts: dict[str, int] = {}
        for kind, count in self.kinds.items():
            if kind in _WORDS:
                counts[_WORDS[kind]] = counts.get(_WORDS[kind], 0) + count
        return counts


class _Column(NamedTuple):
    path: tuple[str, ...]
    node: _Node


def read_json(
    path: Path, name: str, target: Path, folder: Path, limits: ReadLimits, watch: Watch | None, *, lines: bool
) -> tuple[FileFormat, list[str]]:
    """Read the UTF-8 file ``path`` into ``target``; return its format and the notes.

    ``lines`` says that its suffix promises JSON Lines.
    Nested objects become columns named by their path (``address_city``), lists are kept as JSON text.
    """
    layout = layout_of(path, name, lines=lines)
    format: FileFormat = "jsonl" if layout == "lines" else "json"
    notes: list[str] = []
    if layout == "document":
        found = rows_of(json_document(path, name, limits.document_bytes), name)
        notes += found.notes
        path, layout = folder / "source_rows.jsonl", "lines"
        _write_lines(found.rows, path)
    items = json_array if layout == "array" else json_lines
    root, rows, longest = _look(items(path, name, limits.record_bytes), name, watch, _DEPTH, limits.columns)
    if root is None:
        # More places than columns are allowed: objects used as dictionaries. Keep them whole.
        root, rows, longest = _look(items(path, name, limits.record_bytes), name, watch, 1, limits.columns)
        notes.append(f"Nested objects have more than {limits.columns:,} different keys and are kept as JSON text.")
    if root is None:
        raise LimitExceededError(
            f"The objects of {name!r} have more than {limits.columns:,} different keys.",
            hint="Turn the keys into values of a column before writing the file.",
        )
    columns = list(_columns(root))
    if not columns:
        raise FileInputError(
            f"{name!r} holds no table: {'an empty array' if not rows else 'objects without any key'}.",
            hint="Check the export that wrote it; a CSV file with a header can say which columns there are.",
        )
    names, renamed = column_names([_name(column, root) for column in columns])
    notes += [*renamed, *_shape_notes(columns, names, root)]
    raws = [
        Raw(text, f"v[{number}]", *_readings(column.node))
        for number, (text, column) in enumerate(zip(names, columns, strict=True), start=1)
    ]
    with Lens(name, folder, limits, watch) as lens:
        written = write_table(lens, _source(path, layout, columns, longest), raws, target)
    if written.rows != rows:
        raise FileInputError(
            f"{name!r} cannot be read reliably: it holds {rows:,} records and {written.rows:,} were read.",
            hint="Write it again as JSON Lines, one object per line.",
        )
    return format, [*notes, *written.notes]


def _look(
    items: Iterable[Item], name: str, watch: Watch | None, depth: int, most: int
) -> tuple[_Node | None, int, int]:
    """Return what the records hold, how many there are and how long the longest is; no node over ``most`` columns."""
    root, rows, longest = _Node(), 0, 0
    for line, value, size in items:
        rows += 1
        longest = max(longest, size)
        if type(value) is list:
            value = {str(place): inner for place, inner in enumerate(value)}
            root.kinds[list] = root.kinds.get(list, 0) + 1
        root.look(value, depth)
        if rows == 1 or rows % _WATCH_EVERY == 0:
            if watch:
                watch(f"looking at record {rows:,}")
            if sum(1 for _ in _columns(root)) > most:
                return None, rows, longest
        lists = root.kinds.get(list, 0)
        if len(root.kinds.keys() - {list, type(None)}) > 1 or (lists and lists != root.kinds.get(dict)):
            raise FileInputError(
                f"{name!r} mixes objects with other values: record {rows:,} in line {line:,} is "
                f"{json.dumps(value)[:40]}.",
                hint="Give every record the same form, one object each.",
                line=line,
            )
    return (None if sum(1 for _ in _columns(root)) > most else root), rows, longest


def _columns(node: _Node, path: tuple[str, ...] = ()) -> Iterator[_Column]:
    """Yield the places that become columns: an object is opened when nothing but objects and nulls stand there."""
    kinds = node.kinds.keys() - {type(None)}
    if node.inside and (kinds == {dict} or not path):
        for key, inner in node.inside.items():
            yield from _columns(inner, (*path, key))
    elif path or kinds - {dict, list}:
        yield _Column(path, node)


def _name(column: _Column, root: _Node) -> str:
    if not column.path:
        return "value"
    if list in root.kinds:
        return f"column{int(column.path[0]) + 1}" + "".join(f"_{key}" for key in column.path[1:])
    return "_".join(column.path)


def _readings(node: _Node) -> tuple[tuple[Reading, ...], str]:
    """Return what a column may be read as, and what it is known to hold."""
    kinds = node.kinds.keys() - {type(None)}
    if kinds and kinds <= {int, float}:
        return _NUMBERS, "numbers"
    if kinds == {bool}:
        return (READINGS["boolean"],), ""
    return (CALENDAR, "") if kinds <= {str} else ((), "")


def _source(path: Path, layout: str, columns: list[_Column], longest: int) -> str:
    pointers = ", ".join(literal("".join(f"/{_escaped(key)}" for key in column.path)) for column in columns)
    form = "array" if layout == "array" else "newline_delimited"
    # Read as text by JSON pointer, every value keeps the digits it was written with.
    return (
        f"(SELECT json_extract_string(json, [{pointers}]) AS v FROM read_json_objects({literal(str(path))}, "
        f"format = '{form}', maximum_object_size = {max(2 * longest, 1024 * 1024)}))"
    )


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _shape_notes(columns: list[_Column], names: list[str], root: _Node) -> list[str]:
    notes = []
    if list in root.kinds:
        notes.append("The records are lists without names, so the columns are called by their place.")
    opened = list(dict.fromkeys(column.path[0] for column in columns if len(column.path) > 1))
    if opened and list not in root.kinds:
        notes.append(f"Nested objects became columns named by their path: {_some(opened)}.")
    kept = [
        name for name, column in zip(names, columns, strict=True) if column.node.spoken().keys() & {"list", "object"}
    ]
    if kept:
        notes.append(f"Lists and deeper objects are kept as JSON text in {_some(kept)}.")
    for name, column in zip(names, columns, strict=True):
        counts = column.node.spoken()
        if len(counts) > 1:
            said = ", ".join(f"{count:,} {word}{'s' if count > 1 else ''}" for word, count in counts.items())
            notes.append(f"The column {name!r} stays text: it holds {said}.")
    return notes


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(map(repr, names[:5])) + more


def _write_lines(rows: list[Any], path: Path) -> None:
    with path.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row) + "\n")
