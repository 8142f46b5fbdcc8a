"""Markers that tell the orchestrator what a workflow's parameter stands for, so that it can be found in a sentence.

    class Parameters(BaseModel):
        path: Annotated[str, DataFile(suffixes=(".csv", ".parquet"))]
        limit: int = 10

A field without a marker is found by its type: numbers, dates, booleans, ``Literal`` choices, else quoted text.
"""

from dataclasses import dataclass, field
from typing import Any

# Dataclasses, not models: pydantic would take a model among a field's annotations for the field's own schema.


@dataclass(frozen=True)
class DataFile:
    """A path to a file that exists, with one of these suffixes (empty: any)."""

    suffixes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableName:
    """The name of a table artifact of the session."""


@dataclass(frozen=True)
class ColumnName:
    """The name of a column of one of the session's tables."""


@dataclass(frozen=True)
class WholeMessage:
    """The message itself, as the user wrote it."""


@dataclass(frozen=True)
class NameIn:
    """A value that stands in a column of a table of the session, or of the file named by another parameter.

    ``pattern`` is the shape such a name has in a sentence, tried when nothing can be looked up yet.
    """

    table: str = ""
    column: str = ""
    pattern: str = r"\b[A-Z][A-Z0-9_.#-]{2,}\b"


@dataclass(frozen=True, eq=False)  # hashable in spite of its dict, as members of a union must be
class Choice:
    """Other words for the values of a ``Literal``: ``{"downstream": ("after", "depends on")}``."""

    synonyms: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Earlier:
    """What the last answer of the same workflow left in its ``data`` under the field's own name, for follow-ups.

    Filled when the conversation as it reads now goes on from such an answer; otherwise the default stays.
    """


Marker = DataFile | TableName | ColumnName | WholeMessage | NameIn | Choice | Earlier


def marker_of(metadata: list[Any]) -> Marker | None:
    """Return the first marker among a pydantic field's metadata, or None."""
    return next((item for item in metadata if isinstance(item, Marker)), None)
