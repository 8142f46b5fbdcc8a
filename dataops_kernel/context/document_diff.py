"""What differs between two JSON documents or two texts: counted in full, shown in part."""

import math
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from dataops_kernel.types import DocumentDiff, ValueChange

_SHOWN_CHARACTERS = 200
_DEEPEST = 32
_ALIGNED_LINES = 2_000


def compare_json(before: Any, after: Any, examples: int) -> DocumentDiff:
    """Return the places whose values differ; lists are compared place by place."""
    places = []
    changes = 0
    for place in _differences(before, after):
        changes += 1
        if changes <= examples:
            places.append(place)
    return DocumentDiff(changes=changes, places=tuple(places))


def compare_text(before: str, after: str, examples: int) -> DocumentDiff:
    """Return which lines came and went; long texts are compared as bags of lines, for time grows with the square."""
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) <= _ALIGNED_LINES:
        came: list[str] = []
        went: list[str] = []
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag != "equal":
                went += old[i1:i2]
                came += new[j1:j2]
    else:
        had, has = Counter(old), Counter(new)
        came, went = [*(has - had).elements()], [*(had - has).elements()]
    return DocumentDiff(
        lines_added=len(came),
        lines_removed=len(went),
        added=tuple(plain(line) for line in came[:examples]),
        removed=tuple(plain(line) for line in went[:examples]),
    )


def plain(value: Any) -> Any:
    """Return a value as JSON holds it, short enough to show: what JSON has no word for becomes text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    text = value if isinstance(value, str) else value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def _differences(before: Any, after: Any) -> Iterator[ValueChange]:
    waiting: list[tuple[str, Any, Any, int]] = [("$", before, after, 0)]
    while waiting:
        path, old, new, depth = waiting.pop()
        if old == new and type(old) is type(new):
            continue
        if depth < _DEEPEST and isinstance(old, dict) and isinstance(new, dict):
            keys = sorted({*old, *new}, key=str, reverse=True)
            waiting += [(f"{path}.{plain(key)}", old.get(key), new.get(key), depth + 1) for key in keys]
        elif depth < _DEEPEST and isinstance(old, list) and isinstance(new, list):
            both = range(max(len(old), len(new)) - 1, -1, -1)
            waiting += [(f"{path}[{i}]", _item(old, i), _item(new, i), depth + 1) for i in both]
        elif old != new:
            yield ValueChange(path=path, before=plain(old), after=plain(new))


def _item(values: list[Any], place: int) -> Any:
    return values[place] if place < len(values) else None
