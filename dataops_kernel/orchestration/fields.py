"""What each field of a workflow's ``Parameters`` wants, read from its type, its default and its markers."""

import re
import types
from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dataops_kernel.llm.base import Slot, SlotType
from dataops_kernel.workflows.parameters import (
    Choice,
    ColumnName,
    DataFile,
    Earlier,
    Marker,
    NameIn,
    TableName,
    WholeMessage,
)

_LONGEST_NAME = 200
_SLOT_TYPES: dict[type, SlotType] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    datetime: "date",
    date: "date",
    timedelta: "duration",
}


class Wanted(NamedTuple):
    """One field: what to look for, and whether the workflow can start without it."""

    name: str
    required: bool
    many: bool
    description: str
    type: SlotType | None
    """None when the type is nothing a sentence can hold (a dict, a model)."""
    choices: tuple[str, ...]
    synonyms: dict[str, tuple[str, ...]]
    lookups: tuple[DataFile | TableName | ColumnName | NameIn | WholeMessage | Earlier, ...]
    """The markers that are looked up, in the order they are tried."""

    @property
    def title(self) -> str:
        """The field's name as words."""
        return self.name.replace("_", " ")

    @property
    def is_left_by_answers(self) -> bool:
        """Whether its value is what the last answer of the workflow left for follow-ups."""
        return any(isinstance(marker, Earlier) for marker in self.lookups)

    def accepts(self, suffix: str) -> bool:
        """Say whether a file with this suffix can be the value."""
        return any(
            not marker.suffixes or suffix.lower() in marker.suffixes
            for marker in self.lookups
            if isinstance(marker, DataFile)
        )

    def slot(self) -> Slot | None:
        """Return what to ask a language model for; None when the value is looked up instead."""
        if self.type is None or (self.lookups and not self.choices):
            return None
        return Slot(
            name=self.name,
            type=self.type,
            description=self.description,
            choices=self.choices,
            synonyms=self.synonyms,
            required=self.required,
        )


@lru_cache(maxsize=256)
def shape_of(pattern: str) -> Callable[[str], bool]:
    """Return the test whether one word has the shape a ``NameIn`` describes.

    A pattern that is none gives way to the usual one: an author's slip must not stop the planning of other workflows.
    """
    try:
        matches = re.compile(pattern).fullmatch
    except re.error:
        matches = re.compile(NameIn.pattern).fullmatch
    return lambda word: len(word) <= _LONGEST_NAME and matches(word) is not None


@lru_cache(maxsize=256)
def wanted(parameters: type[BaseModel]) -> tuple[Wanted, ...]:
    """Return the fields of a ``Parameters`` model in their order."""
    return tuple(_wanted(name, field) for name, field in parameters.model_fields.items())


def _wanted(name: str, field: FieldInfo) -> Wanted:
    kind, many, inner = _plain(field.annotation)
    markers = [item for item in [*field.metadata, *inner] if isinstance(item, Marker)]
    choices = _choices(kind)
    synonyms: dict[str, tuple[str, ...]] = {}
    for marker in markers:
        if isinstance(marker, Choice):
            synonyms |= marker.synonyms
    return Wanted(
        name=name,
        required=field.is_required(),
        many=many,
        description=field.description or "",
        type="string" if choices else _slot_type(kind),
        choices=choices,
        synonyms=synonyms,
        lookups=tuple(marker for marker in markers if not isinstance(marker, Choice)),
    )


def _plain(annotation: Any) -> tuple[Any, bool, list[Any]]:
    """Strip None, ``Annotated`` and a list off a type; return the rest, whether it was a list, and the metadata."""
    many = False
    metadata: list[Any] = []
    while True:
        origin, inner = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            annotation, metadata = inner[0], [*metadata, *inner[1:]]
        elif origin in (Union, types.UnionType):
            annotation = next((kind for kind in inner if kind is not type(None)), str)
        elif origin in (list, tuple, set, frozenset) and inner:
            annotation, many = inner[0], True
        else:
            return annotation, many, metadata


def _choices(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return tuple(value for value in get_args(kind) if isinstance(value, str))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(member.value for member in kind if isinstance(member.value, str))
    return ()


def _slot_type(kind: Any) -> SlotType | None:
    if not isinstance(kind, type):
        return None
    return next((slot for known, slot in _SLOT_TYPES.items() if issubclass(kind, known)), None)
