"""The state that the jil_parser's nodes read and write."""

from typing import Any, TypedDict


class State(TypedDict, total=False):
    """The parameters by name, and at the end the result."""

    path: str | None
    job: str | None
    relation: str
    levels: int | None
    result: dict[str, Any]
