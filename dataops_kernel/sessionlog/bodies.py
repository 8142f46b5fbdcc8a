"""Reading stored log bodies."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from dataops_kernel.errors import IntegrityError
from dataops_kernel.types import LogEntry, Restored, read_bodies, read_lines

S = TypeVar("S")
T = TypeVar("T")

_ENTRIES: TypeAdapter[list[LogEntry]] = TypeAdapter(list[LogEntry])
_RESTORES: TypeAdapter[list[Restored]] = TypeAdapter(list[Restored])


def parse_entries(bodies: Sequence[bytes]) -> list[LogEntry]:
    """Return the entries of stored bodies; raises ``IntegrityError`` for a body this version cannot read."""
    return _parse(read_bodies, _ENTRIES, bodies)


def parse_lines(lines: bytes) -> list[LogEntry]:
    """Return the entries of stored JSON Lines; raises ``IntegrityError`` for one this version cannot read."""
    return _parse(read_lines, _ENTRIES, lines)


def parse_restores(bodies: Sequence[bytes]) -> list[Restored]:
    """Return the restores of stored bodies; raises ``IntegrityError`` for a body this version cannot read."""
    return _parse(read_bodies, _RESTORES, bodies)


def _parse(read: Callable[[TypeAdapter[list[T]], S], list[T]], adapter: TypeAdapter[list[T]], stored: S) -> list[T]:
    try:
        return read(adapter, stored)
    except ValidationError as err:
        raise IntegrityError(
            f"A session log holds an entry this version cannot read: {err.errors()[0]['msg']}.",
            hint="Run `dataops doctor`; restore ledger.sqlite from a backup if it was edited by hand.",
        ) from err
