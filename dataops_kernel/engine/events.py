"""Events as bytes: an entry of a run's stream holds everything but the number, which is the entry's own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from dataops_kernel.errors import IntegrityError
from dataops_kernel.storage.ledger import Entry
from dataops_kernel.types import Event, EventType


def encode(type: EventType, time: datetime, step: str | None, data: Mapping[str, Any]) -> bytes:
    """Return an event's body; what JSON has no word for is said as text: chatter never breaks a run."""
    body = {"type": type, "time": time, "step": step, "data": dict(data)}
    try:
        return to_json(body, fallback=str, inf_nan_mode="null")
    except (PydanticSerializationError, UnicodeEncodeError):
        # File names may hold bytes that are no text; they arrive as lone surrogates.
        return to_json(_encodable(body), fallback=str, inf_nan_mode="null")


def decode(entry: Entry) -> Event:
    """Return the event that an entry of a run's stream holds."""
    try:
        return Event(seq=entry.seq, **from_json(entry.body))
    except (ValueError, TypeError, ValidationError) as err:
        raise IntegrityError(
            f"Event {entry.seq} of a run cannot be read by this version.",
            hint="Run `dataops doctor`; restore ledger.sqlite from a backup if it was edited by hand.",
        ) from err


def jsonable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as JSON would hold them, as ``encode`` does."""
    shaped: dict[str, Any] = from_json(to_json(_encodable(values), fallback=str, inf_nan_mode="null"))
    return shaped


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_encodable(item) for item in value]
    return value
