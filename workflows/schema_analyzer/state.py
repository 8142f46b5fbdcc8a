"""The state that the schema_analyzer's nodes read and write."""

from typing import Any, TypedDict


class State(TypedDict, total=False):
    """The parameters by name, what the nodes hand on, and at the end the result."""

    source: str
    table: dict[str, Any]
    notes: list[str]
    measures: list[dict[str, Any]]
    keys: list[list[str]]
    duplicates: int | None
    result: dict[str, Any]
