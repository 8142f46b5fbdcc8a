"""The small questions asked of the data before a question is understood: values, keys, and the newest day."""

from __future__ import annotations

from collections.abc import Sequence, Set

from .joins import Edge
from .schema import Column, Schema, Table
from .sql import identifier, literal
from .words import Token

FEW = 200
"""A text column with at most so many different values in its first rows has all of them looked at."""
FIRST_ROWS = 100_000
LONGEST_VALUE = 80
MOST_COLUMNS = 40
MOST_WORDS = 6
OUTLIER_DAYS = 3 * 365


def value_lookup(tables: Sequence[Table], tokens: Sequence[Token]) -> str | None:
    """Return one query ``(source, place, value)`` for the values of text columns that the question may name.

    ``source`` and ``place`` number the table and its column. Columns with few different values give all of them (in
    their first rows); the others only values that stand in the question word by word.
    """
    pieces = []
    for source, table in enumerate(tables):
        texts = [(place, c) for place, c in enumerate(table.columns) if c.kind == "text"][:MOST_COLUMNS]
        if not texts:
            continue
        name, columns = identifier(table.name), ", ".join(identifier(column.name) for _, column in texts)
        pairs = (
            f"UNNEST([{', '.join(str(place) for place, _ in texts)}]) AS place, "
            f"UNNEST([{', '.join(f'CAST({identifier(column.name)} AS VARCHAR)' for _, column in texts)}]) AS value"
        )
        first = f"SELECT {pairs} FROM (SELECT {columns} FROM {name} LIMIT {FIRST_ROWS}) AS first_rows"
        pieces.append(
            f"SELECT {source} AS source, place, value FROM ({first}) AS pairs WHERE LENGTH(value) <= {LONGEST_VALUE} "
            f"GROUP BY place, value QUALIFY COUNT(*) OVER (PARTITION BY place) <= {FEW}"
        )
        pieces.append(
            f"SELECT DISTINCT {source} AS source, place, value FROM (SELECT {pairs} FROM {name}) AS pairs "
            f"WHERE LOWER(TRIM(value)) IN (SELECT phrase FROM said)"
        )
    if not pieces:
        return None
    said = ", ".join(literal(phrase) for phrase in phrases(tokens)) or "''"
    return f"WITH said AS (SELECT UNNEST([{said}]) AS phrase) " + " UNION ".join(pieces)


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
        f"SELECT {place} AS edge, {_counts('l', 'r')}, {_counts('r', 'l')} "
        f"FROM ({_keys(edge.left)}) AS l FULL JOIN ({_keys(edge.right)}) AS r ON l.k = r.k"
        for place, edge in enumerate(edges)
    )


def _keys(column: Column) -> str:
    return f"SELECT {identifier(column.name)} AS k, COUNT(*) AS n FROM {identifier(column.table)} GROUP BY k"


def _counts(one: str, other: str) -> str:
    """Write the rows of one side, those with a key, its different keys, and the rows whose key the other side has."""
    sums = (f"SUM({one}.n)", f"SUM({one}.n) FILTER (WHERE NOT {one}.k IS NULL)", f"COUNT({one}.k)",
            f"SUM({one}.n) FILTER (WHERE NOT {other}.k IS NULL)")  # fmt: skip
    return ", ".join(f"CAST(COALESCE({each}, 0) AS BIGINT) AS {one}{place}" for place, each in enumerate(sums))


def newest_days(columns: Sequence[Column]) -> str:
    """Return one query ``(place, newest, oldest, later, last)`` with a row per date column.

    ``newest`` is the newest credible day, ``later`` the number of rows after it and ``last`` the last day of all: a
    mistyped year must not become "today". Days more than three years (or three times the spread of the middle half)
    after the third quartile are taken for mistakes.
    """
    return " UNION ALL ".join(_newest_day(place, column) for place, column in enumerate(columns))


def _newest_day(place: int, column: Column) -> str:
    name, source = identifier(column.name), identifier(column.table)
    days = f"SELECT CAST({name} AS DATE) AS day FROM {source} WHERE {name} IS NOT NULL"
    high = f"SELECT QUANTILE_DISC(day, 0.75) AS high, QUANTILE_DISC(day, 0.25) AS low FROM ({days}) AS quartiles"
    limit = f"SELECT high + CAST(GREATEST(3 * (high - low), {OUTLIER_DAYS}) AS INTEGER) AS day FROM ({high}) AS spread"
    newest = f"SELECT MAX(day) AS day FROM ({days}) AS all_days WHERE day <= (SELECT day FROM ({limit}) AS credible)"
    return (
        f"SELECT {place} AS place, newest.day AS newest, MIN(days.day) AS oldest, "
        f"COUNT(*) FILTER (WHERE days.day > newest.day) AS later, MAX(days.day) AS last "
        f"FROM ({days}) AS days, ({newest}) AS newest GROUP BY newest.day"
    )


def in_play(schema: Schema, named: Set[str]) -> list[str]:
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
