"""Small pieces of Markdown; names come from files, so they stand in code spans that nothing can leave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

_LONGEST = 80


class Reply(NamedTuple):
    """An answer before anything is stored: its text, and the rows of the table that holds all of it.

    ``table`` is empty when there is nothing to store; ``columns`` name what stands in each row.
    """

    text: str
    table: str = ""
    columns: tuple[str, ...] = ()
    rows: Sequence[tuple[Any, ...]] = ()
    data: dict[str, Any] = {}
    refused: bool = False


def code(name: str) -> str:
    """Return a name as a code span."""
    name = " ".join(name.replace("`", "'").split())
    return f"`{name if len(name) <= _LONGEST else name[: _LONGEST - 1] + '…'}`"


def listed(names: Iterable[str], shown: int) -> str:
    """Return the first names as code spans, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - shown:,} more" if len(names) > shown else ""
    return ", ".join(map(code, names[:shown])) + more


def counted(number: int, noun: str, nouns: str = "") -> str:
    """Return ``1 job`` or ``1,200 jobs``."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def slug(name: str) -> str:
    """Return a name as a plain identifier: ``LOAD.ORDERS`` becomes ``load_orders``."""
    kept = "".join(char if char.isascii() and char.isalnum() else "_" for char in name.lower())
    return kept.strip("_")[:_LONGEST] or "job"


def paragraphs(*parts: str) -> str:
    """Join what is not empty with blank lines."""
    return "\n\n".join(part for part in parts if part)


def bullets(lines: Iterable[str]) -> str:
    """Return lines as a list."""
    return "\n".join(f"- {line}" for line in lines)
