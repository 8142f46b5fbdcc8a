"""Artifact records: what may stand in one, how it is written, and reading many at a time."""

import threading
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from dataops_kernel.errors import IntegrityError, LimitExceededError, ParameterError
from dataops_kernel.storage.ledger import MAX_RECORD_BYTES, Put, Record
from dataops_kernel.types import Artifact, ArtifactMetadata, read_bodies, session_stream

T = TypeVar("T")

_KEPT = 2_048
_UNSHOWABLE = ("Cc", "Cs", "Zl", "Zp")
_ARTIFACTS: TypeAdapter[list[Artifact]] = TypeAdapter(list[Artifact])


def parse(adapter: TypeAdapter[list[T]], records: Sequence[Record]) -> list[T]:
    """Return the values of record bodies, read in one pass; raises ``IntegrityError`` for a body nobody can read."""
    try:
        return read_bodies(adapter, [record.body for record in records])
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
        if len(records) == 1 and (kept := self._kept.get((records[0].id, records[0].revision))):
            return [kept]
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


def artifact_parent(session_id: str, name: str) -> str:
    """Return the ledger parent under which the versions of a name lie; a session id has no slash in it."""
    return f"{session_id}/{name}"


def artifact_write(artifact: Artifact, data: bytes | None) -> Put:
    """Return the write that creates an artifact's record, stamped by the log entry of the same commit."""
    body = _body(artifact)
    room = MAX_RECORD_BYTES - len(data or b"")
    if len(body) > room:
        # A very wide table: its least and greatest values are a convenience, its columns are not.
        plain = tuple(column.model_copy(update={"min": None, "max": None}) for column in artifact.columns)
        body = _body(artifact.model_copy(update={"columns": plain}))
    if len(body) > room:
        raise LimitExceededError(
            f"The description of {artifact.name!r} takes {len(body):,} bytes, over the limit of {room:,}: "
            f"it has {len(artifact.columns):,} columns and {len(artifact.parent_artifacts):,} parents.",
            hint="Store fewer columns in one table (turn columns into rows), or name fewer parents.",
        )
    return Put(
        "artifact",
        artifact.artifact_id,
        body,
        parent=artifact_parent(artifact.session_id, artifact.name),
        order=f"{artifact.version:08d}",
        session=artifact.session_id,
        workflow=artifact.workflow_name,
        stamp=session_stream(artifact.session_id),
        data=data,
    )


def _body(artifact: Artifact) -> bytes:
    return artifact.__pydantic_serializer__.to_json(artifact, exclude_defaults=True)


def check_metadata(metadata: ArtifactMetadata) -> None:
    """Refuse text that cannot be shown on one line or cannot be written at all."""
    if not isinstance(metadata, ArtifactMetadata):
        raise ParameterError(f"The metadata is a {type(metadata).__qualname__}.", hint="Pass an ArtifactMetadata.")
    needed = {"session_id": metadata.session_id, "workflow_name": metadata.workflow_name, "name": metadata.name}
    everything = "".join((*needed.values(), metadata.created_by, metadata.run_id or "", *metadata.tags))
    if not (everything.isascii() and everything.isprintable()):  # which it nearly always is: one look for all
        tags = {f"tags[{place}]": tag for place, tag in enumerate(metadata.tags)}
        others = {"created_by": metadata.created_by, "run_id": metadata.run_id or "", **tags}
        for field, text in {**needed, **others}.items():
            _check_text(field, text)
    for field, text in needed.items():
        if not text or text.isspace():
            raise ParameterError(f"The {field} is {text!r}.", hint="Give it at least one printable character.")
    if "/" in metadata.session_id:
        raise ParameterError(f"The session_id is {metadata.session_id!r}.", hint="Session ids look like ses_01k9….")


def _check_text(field: str, text: str) -> None:
    bad = next((char for char in text if unicodedata.category(char) in _UNSHOWABLE), None)
    if bad is not None:
        raise ParameterError(
            f"The {field} holds the character {bad!r}, which cannot be shown.",
            hint="Use printable text on one line: no control characters, no half characters.",
        )
