"""The small questions asked of the data before a question is understood: values, keys, and the newest day."""

from __future__ import annotations

from collections.abc import Sequence

from .joins import Edge
from .schema import Column, Schema, Table
from .sql import identifier, values_of
from .words import Token

FEW = 200
"""A text column with at most so many different values in its first rows has all of them looked at."""
FIRST_ROWS = 100_000
LONGEST_VALUE = 80
MOST_COLUMNS = 40
MOST_WORDS = 6
OUTLIER_YEARS = 3


def value_lookup(table: Table, tokens: Sequence[Token]) -> str | None:
    """Return the query ``(place, value)`` for the values of a table's text columns that the question may name.

    Columns with few different values give all of them; the others only values that stand in the question word by word.
    """
    said = values_of(phrases(tokens))
    queries = []
    for place, column in enumerate(table.columns[:MOST_COLUMNS]):
        if column.kind != "text":
            continue
        name, source = identifier(column.name), identifier(table.name)
        text = f"CAST({name} AS VARCHAR)"
        first = f"SELECT {text} AS value FROM {source} LIMIT {FIRST_ROWS}"
        queries.append(
            f"(SELECT DISTINCT {place} AS place, value FROM ({first}) AS first_rows "
            f"WHERE LENGTH(value) <= {LONGEST_VALUE} LIMIT {FEW + 1})"
        )
        if said:
            queries.append(
                f"(SELECT DISTINCT {place} AS place, {text} AS value FROM {source} WHERE LOWER(TRIM({text})) IN ({said}) LIMIT {FEW})"
            )
    return " UNION ".join(queries) if queries else None


def phrases(tokens: Sequence[Token]) -> list[str]:
    """Return every run of up to six words of a question in lower case, as a value might be written."""
    found: dict[str, None] = {}
    for start in range(len(tokens)):
        for end in range(start, min(start + MOST_WORDS, len(tokens))):
            run = tokens[start : end + 1]
            if len(run) > 1 and any(token.kind == "quoted" for token in run):
                break
            found[" ".join(token.text for token in run).lower()] = None
            if run[-1].text in (".", "?", ";"):
                break
    return [phrase for phrase in found if len(phrase) <= LONGEST_VALUE and any(char.isalnum() for char in phrase)]


def edge_check(edges: Sequence[Edge]) -> str:
    """Return one query with a row per edge: its place and the eight counts of ``EdgeFacts``."""
    return " UNION ALL ".join(
        f"SELECT {place} AS edge, {_side(edge.left, edge.right)}, {_side(edge.right, edge.left)}"
        for place, edge in enumerate(edges)
    )


def _side(one: Column, other: Column) -> str:
    name, source = identifier(one.name), identifier(one.table)
    opposite = (
        f"SELECT {identifier(other.name)} FROM {identifier(other.table)} WHERE {identifier(other.name)} IS NOT NULL"
    )
    return ", ".join(
        (
            f"(SELECT COUNT(*) FROM {source})",
            f"(SELECT COUNT({name}) FROM {source})",
            f"(SELECT COUNT(DISTINCT {name}) FROM {source})",
            f"(SELECT COUNT(*) FROM {source} WHERE {name} IN ({opposite}))",
        )
    )


def newest_day(column: Column) -> str:
    """Return the query ``(newest, later, last)``: the newest credible day, how many rows lie after it, and the last day.

    A mistyped year must not become "today". Days more than three years (or three times the spread of the middle half)
    after the third quartile are taken for mistakes.
    """
    name, source = f"CAST({identifier(column.name)} AS DATE)", identifier(column.table)
    spread = "SELECT QUANTILE_DISC(day, 0.75) AS high, QUANTILE_DISC(day, 0.75) - QUANTILE_DISC(day, 0.25) AS width FROM days"
    credible = f"(SELECT high + CAST(GREATEST(3 * width, {OUTLIER_YEARS * 365}) AS INTEGER) FROM spread)"
    return (
        f"WITH days AS (SELECT {name} AS day FROM {source} WHERE {identifier(column.name)} IS NOT NULL), spread AS ({spread}), "
        f"newest AS (SELECT MAX(day) AS day FROM days WHERE day <= {credible}) "
        "SELECT (SELECT day FROM newest) AS newest, (SELECT COUNT(*) FROM days WHERE day > (SELECT day FROM newest)) AS later, "
        "(SELECT MAX(day) FROM days) AS last"
    )


def in_play(schema: Schema, named: set[str]) -> list[str]:
    """Return the tables a question may read: the named ones and those that share a column name with them."""
    if not named:
        return [table.name for table in schema.tables]
    names = {column.words for table in schema.tables if table.name in named for column in table.columns}
    entities = {table.words[-1] for table in schema.tables if table.name in named}
    return [
        table.name
        for table in schema.tables
        if table.name in named
        or any(column.words in names or (column.is_key and column.words[0] in entities) for column in table.columns)
        or any((table.words[-1], "id") == words for words in names)
    ]
