"""Turning stored record bodies back into values, many at a time."""

from collections.abc import Sequence
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from dataops_kernel.errors import IntegrityError
from dataops_kernel.storage.ledger import Record
from dataops_kernel.types import Artifact

T = TypeVar("T")

_ARTIFACTS: TypeAdapter[list[Artifact]] = TypeAdapter(list[Artifact])


def parse(adapter: TypeAdapter[list[T]], records: Sequence[Record]) -> list[T]:
    """Return the values of record bodies, read in one pass; raises ``IntegrityError`` for a body nobody can read."""
    try:
        return adapter.validate_json(b"[" + b",".join([record.body for record in records]) + b"]")
    except ValidationError as err:
        place = err.errors()[0]["loc"]
        broken = records[place[0]] if place and isinstance(place[0], int) else records[0]
        raise IntegrityError(
            f"The {broken.kind} record {broken.id!r} cannot be read: {err.errors()[0]['msg']}.",
            hint="Run `dataops doctor`; restore ledger.sqlite from a backup if it was edited by hand.",
            kind=broken.kind,
            id=broken.id,
        ) from err


def parse_artifacts(records: Sequence[Record]) -> list[Artifact]:
    """Return artifacts without content."""
    return parse(_ARTIFACTS, records)
