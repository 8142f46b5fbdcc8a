"""Turning stored record bodies back into values, many at a time."""

import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from dataops_kernel.errors import IntegrityError
from dataops_kernel.storage.ledger import Record
from dataops_kernel.types import Artifact

T = TypeVar("T")

_KEPT = 2_048
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


class ArtifactReader:
    """Reads artifact records and keeps what it read: lists are drawn again and again, and a revision never changes."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], Artifact] = {}
        self._lock = threading.Lock()

    def read(self, records: Sequence[Record]) -> list[Artifact]:
        """Return the artifacts of the records, in their order, without content."""
        keys = [(record.id, record.revision) for record in records]
        known = {key: artifact for key in keys if (artifact := self._kept.get(key))}
        unknown = [record for record, key in zip(records, keys, strict=True) if key not in known]
        if unknown:
            fresh = {(record.id, record.revision): artifact for record, artifact in _paired(unknown)}
            known |= fresh
            with self._lock:
                self._kept |= fresh
                for key in list(islice(self._kept, max(0, len(self._kept) - _KEPT))):
                    del self._kept[key]
        return [known[key] for key in keys]


def _paired(records: Sequence[Record]) -> Iterator[tuple[Record, Artifact]]:
    return zip(records, parse(_ARTIFACTS, records), strict=True)
