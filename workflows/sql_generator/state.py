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


class LastResult(TypedDict):
    """What the next message may know of a result: where it is, the query it answers and what that was made from.

    ``sources`` are the ids of the tables by name, ``places`` the columns a row is called by with their buckets.
    """

    artifact_id: str
    name: str
    query: str
    sources: dict[str, str]
    places: list[tuple[str, str | None]]
    row_count: int


class State(TypedDict, total=False):
    """The parameters by name, what each node found out, and at the end the result."""

    question: str
    limit: int | None
    thread: list[str]
    last: LastResult | None
    tables: list[TableFacts]
    looked: Looked
    plan: dict[str, Any]
    sql: str
    query: str
    """The SQL over the session's tables, where ``sql`` may read an earlier result instead."""
    reads: list[str]
    opening: str
    shown: Shown
    result: dict[str, Any]
