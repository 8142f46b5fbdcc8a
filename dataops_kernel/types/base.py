"""The base of every value that crosses a floor, and how many of them are read from stored bodies at once."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

T = TypeVar("T")

_MANY = 512


class Frozen(BaseModel):
    """A value: immutable, with no field nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_json(self) -> bytes:
        """Return the value as a JSON body for storage; a field that is None is left out, and None when read again.

        So no field may both take None and have another default.
        """
        # Without the detour over text and over model_dump_json's many options: every append pays for this.
        return self.__pydantic_serializer__.to_json(self, exclude_none=True)


def read_bodies(adapter: TypeAdapter[list[T]], bodies: Sequence[bytes]) -> list[T]:
    """Return the values of stored JSON bodies, all read in one pass; raises pydantic's ``ValidationError``."""
    joined = b"[" + b",".join(bodies) + b"]"
    if len(bodies) < _MANY:
        return adapter.validate_json(joined)
    with without_collections():
        return adapter.validate_json(joined)


def read_lines(adapter: TypeAdapter[list[T]], lines: bytes) -> list[T]:
    """Return the values of JSON Lines, each with its line end; raises pydantic's ``ValidationError``."""
    return adapter.validate_json(b"[" + lines[:-1].replace(b"\n", b",") + b"]")


@contextmanager
def without_collections() -> Iterator[None]:
    """Keep the garbage collector from walking over a growing list of new values again and again.

    What was made meanwhile counts as old at once: values of stored bodies hold no cycles to look for.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if gc.get_freeze_count() == 0:  # else somebody froze objects of theirs, which is not ours to undo
                gc.freeze()
                gc.unfreeze()
            gc.enable()
