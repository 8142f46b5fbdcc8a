"""Markers that tell the orchestrator what a workflow's parameter stands for, so that it can be found in a sentence.

    class Parameters(BaseModel):
        path: Annotated[str, DataFile(suffixes=(".csv", ".parquet"))]
        limit: int = 10

A field without a marker is found by its type: numbers, dates, booleans, ``Literal`` choices, else quoted text.
"""

from typing import Any

from dataops_kernel.types import Frozen


class DataFile(Frozen):
    """A path to a file that exists, with one of these suffixes (empty: any)."""

    suffixes: tuple[str, ...] = ()


class TableName(Frozen):
    """The name of a table artifact of the session."""


class ColumnName(Frozen):
    """The name of a column of one of the session's tables."""


class WholeMessage(Frozen):
    """The message itself, as the user wrote it."""


class NameIn(Frozen):
    """A value that stands in a column of a table of the session, or of the file named by another parameter.

    ``pattern`` is the shape such a name has in a sentence, tried when nothing can be looked up yet.
    """

    table: str = ""
    column: str = ""
    pattern: str = r"\b[A-Z][A-Z0-9_.#-]{2,}\b"


class Choice(Frozen):
    """Other words for the values of a ``Literal``: ``{"downstream": ("after", "depends on")}``."""

    synonyms: dict[str, tuple[str, ...]] = {}


Marker = DataFile | TableName | ColumnName | WholeMessage | NameIn | Choice


def marker_of(metadata: list[Any]) -> Marker | None:
    """Return the first marker among a pydantic field's metadata, or None."""
    return next((item for item in metadata if isinstance(item, Marker)), None)
