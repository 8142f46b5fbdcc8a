"""The table inside one JSON document: which part of it is the rows, decided openly."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dataops_kernel.errors import FileInputError

_DEPTH = 4


class Found(NamedTuple):
    """Rows found in a document, and what was decided on the way."""

    rows: list[Any]
    notes: list[str]


def rows_of(document: Any, name: str) -> Found:
    """Return the rows of a document; raises ``FileInputError`` when there is nothing like a table in it."""
    if isinstance(document, list):
        return Found(document, [])
    if not isinstance(document, dict) or not document:
        raise FileInputError(
            f"{name!r} holds no table: the whole document is {_what(document)}.",
            hint="A table is an array of objects, an object of arrays, or one object per line.",
        )
    return (
        _split_form(document)
        or _columns(document)
        or _inner_list(document)
        or _by_key(document)
        or Found([document], ["The document is a single object, so the table has one row."])
    )


def _split_form(document: Mapping[str, Any]) -> Found | None:
    """``{"columns": […], "data": [[…], …]}``, as pandas and many services write it."""
    columns, data = document.get("columns"), document.get("data")
    if not isinstance(columns, list) or not isinstance(data, list) or not all(isinstance(row, list) for row in data):
        return None
    if not all(isinstance(column, str) for column in columns) or len(set(columns)) < len(columns):
        return None
    if any(len(row) != len(columns) for row in data):
        return None
    left = sorted(set(document) - {"columns", "data"})
    rows = [dict(zip(columns, row, strict=True)) for row in data]
    return Found(rows, _left_out(left))


def _columns(document: Mapping[str, Any]) -> Found | None:
    """``{"a": [1, 2], "b": [3, 4]}`` or, with row numbers for keys, ``{"a": {"0": 1, "1": 2}, …}``."""
    values = list(document.values())
    if all(isinstance(value, list) for value in values):
        lengths = {len(value) for value in values}
        flat = not any(isinstance(item, dict | list) for value in values for item in value)
        if len(lengths) == 1 and flat and lengths != {0}:
            return Found([dict(zip(document, row, strict=True)) for row in zip(*values, strict=True)], [])
        return None
    if all(isinstance(value, dict) for value in values) and values[0]:
        numbers = [str(number) for number in range(len(values[0]))]
        if all(list(value) == numbers for value in values):
            return Found([{key: document[key][number] for key in document} for number in numbers], [])
    return None


def _inner_list(document: Mapping[str, Any]) -> Found | None:
    """The longest list of objects anywhere near the top."""
    lists = list(_lists(document, ()))
    if not lists:
        return None
    path, rows = max(lists, key=lambda found: len(found[1]))
    notes = [f"The rows are the {len(rows):,} objects under {'.'.join(path)!r}."]
    others = [".".join(other) for other, _ in lists if other != path]
    beside = [key for key in document if key != path[0] and key not in others]
    return Found(rows, notes + _left_out(others + beside))


def _lists(value: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    for key, inner in value.items():
        if isinstance(inner, list) and inner and all(isinstance(item, dict) for item in inner):
            yield (*path, key), inner
        elif isinstance(inner, dict) and len(path) < _DEPTH:
            yield from _lists(inner, (*path, key))


def _by_key(document: Mapping[str, Any]) -> Found | None:
    """``{"C-1": {…}, "C-2": {…}}``: the keys become a column."""
    if len(document) < 2 or not all(isinstance(value, dict) for value in document.values()):
        return None
    column = "key"
    while any(column in value for value in document.values()):
        column = "_" + column
    rows = [{column: key, **value} for key, value in document.items()]
    return Found(rows, [f"The {len(rows):,} entries of the document became rows, their keys the column {column!r}."])


def _left_out(keys: list[str]) -> list[str]:
    if not keys:
        return []
    named = ", ".join(map(repr, keys[:5])) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")
    return [f"Not part of the table: {named}."]


def _what(document: Any) -> str:
    if document is None:
        return "null"
    if isinstance(document, bool):
        return "a truth value"
    return {int: "a number", float: "a number", str: "a text", dict: "an empty object"}.get(type(document), "a value")
