"""Conversations as test data: what was said, and what must have come back.

    the name of a conversation
    > what the user says
    = SQL over the example files that gives the expected rows, in any order and with at least these columns
    =o the same, in this order
    !  refused or asked back
    ~ undo   the turn before is taken back

The expected rows are computed by DuckDB over the CSV files themselves, not by the workbench.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent


class Turn(NamedTuple):
    """One message and what is expected of its answer; ``sql`` is empty for a refusal and an undo."""

    text: str
    expected: str
    sql: str


class Talk(NamedTuple):
    """One conversation."""

    name: str
    turns: tuple[Turn, ...]


def read_talks(path: Path) -> Iterator[Talk]:
    """Yield the conversations of a file."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        lines = [line for line in block.strip().splitlines() if line and not line.startswith("#")]
        if not lines:
            continue
        name, rest = lines[0], lines[1:]
        turns = []
        for said, wanted in zip(rest[::2], rest[1::2], strict=True):
            sign, _, sql = wanted.partition(" ")
            turns.append(Turn(said.removeprefix("> "), sign, sql if sign.startswith("=") else ""))
        yield Talk(name, tuple(turns))
