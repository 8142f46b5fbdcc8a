"""The state that the nodes of sql_generator read and write; JSON-shaped, so that it survives any checkpoint."""

from typing import Any, TypedDict

from .schema import TableFacts
from .understanding import Newest


class Looked(TypedDict):
    """What was looked up in the data: (table, column, values), joins as dumped, newest days by ``table.column``."""

    values: list[tuple[str, str, list[str]]]
    joins: list[dict[str, Any]]
    newest: dict[str, Newest]


class Shown(TypedDict):
    """The stored result: its artifact, its size, and the first rows for reading."""

    artifact_id: str
    name: str
    columns: list[str]
    rows: list[dict[str, Any]]
    row_count: int
    cut: bool
    doubles: list[str]
    """Columns whose values differ only in case or spaces, so that one thing has several rows."""


class State(TypedDict, total=False):
    """The parameters by name, what each node found out, and at the end the result."""

    question: str
    limit: int | None
    tables: list[TableFacts]
    looked: Looked
    plan: dict[str, Any]
    sql: str
    shown: Shown
    result: dict[str, Any]
