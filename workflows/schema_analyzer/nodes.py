"""The nodes of schema_analyzer: they reach the world only through ``runtime.context``."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.json as pajson
import yaml
from langgraph.runtime import Runtime

from dataops_kernel.errors import QueryTimeoutError
from dataops_kernel.types import Artifact
from dataops_kernel.workflows import WorkflowContext, WorkflowResult

from .answers import Frequent, answer, frequent_values
from .findings import doubled_rows, doubts, is_unique, likely_keys, likely_pairs, meaning, nearly_keys, single_keys
from .queries import (
    Measures,
    distinct_query,
    distinct_rows_query,
    frequency_query,
    is_fraction,
    is_nested,
    measure_query,
    measures_of,
    quoted,
    repeated_query,
    text_query,
)
from .state import State

_CHECKED = 3
_FEW = 50
_SAMPLE = 5
_LONGEST = 200
_TOLD = 200
"""Columns, keys and doubts told to programs; the profile holds them all, and an answer has a limit."""


def load(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """Take the table that is there under this name, else read the file."""
    context, source = runtime.context, state["source"]
    known = {table.name.lower(): table for table in context.tables()}
    if source.lower() in known:
        table = known[source.lower()]
    elif Path(source).suffix or "/" in source or not known or _unfit_for_a_name(source) or Path(source).exists():
        context.progress(f"Reading {Path(source).name}")
        table = context.load_file(source)
    else:
        table = context.table(source)
    return {"table": table.model_dump(mode="json"), "notes": context.reader_notes(table)}


def _unfit_for_a_name(source: str) -> bool:
    # The disk refuses to look for such a name; reading it as a file says why.
    return not source.isprintable() or len(source.encode()) > 255


def measure(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """Measure every column: values, distinct, range, mean, what its text holds."""
    context, table = runtime.context, _table(state)
    found: list[Measures] = []
    step, exact = _columns_at_once(table), _is_small(table)
    for start in range(0, len(table.columns), step):
        columns = table.columns[start : start + step]
        context.progress(f"Measuring {table.name}", min(start + step, len(table.columns)), len(table.columns))
        row = context.sql(measure_query(table.name, columns, exact=exact)).to_pylist()[0]
        if any(column.type == "VARCHAR" for column in columns):
            first = None if exact else _settings()["exact_rows"]
            row |= context.sql(text_query(table.name, columns, first=first)).to_pylist()[0]
        found += measures_of(row, columns)
    return {"measures": [m._asdict() for m in found]}


def find_keys(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """Find the columns, or failing those the pairs, that identify a row, and count rows that stand twice.

    Where rows stand twice, the keys are those of the table without the second ones.
    """
    context, table, measures = runtime.context, _table(state), _measures(state)
    rows = table.row_count or 0
    flat = [m for m in measures if not is_nested(m.type)]
    if not _is_small(table):
        return _key_of_many_rows(context, table, flat)
    if not rows or (keys := single_keys(flat, rows)):
        return {"keys": [[name] for name in keys] if rows else [], "duplicates": 0}
    if rows * len(table.columns) > _settings()["duplicate_cells"]:
        return {"keys": [], "duplicates": None}
    different = context.sql(distinct_rows_query(table.name)).column("n")[0].as_py()
    wanted = [[m.column] for m in flat if m.values == rows and m.distinct == different and not is_fraction(m.type)]
    if not wanted:
        pairs = likely_pairs([m for m in flat if m.values == rows], different)
        counts = _distinct(context, table, pairs)
        wanted = [pair for pair, count in zip(pairs, counts, strict=True) if count == different]
    return {"keys": wanted if different > 1 else [], "duplicates": rows - different}


def _key_of_many_rows(context: WorkflowContext, table: Artifact, measures: list[Measures]) -> State:
    """Count what is close to unique by its estimate, one column at a time, until one is a key."""
    rows = table.row_count or 0
    for name in likely_keys(measures, rows)[:_CHECKED]:
        # A column too large to be counted in the time and memory of a query is not known to be a key.
        with suppress(QueryTimeoutError):
            if _distinct(context, table, [[name]]) == [rows]:
                return {"keys": [[name]], "duplicates": 0}
    return {"keys": [], "duplicates": None}


def report(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """Store the profile, one row a column, and say what an analyst should know."""
    context, table, measures = runtime.context, _table(state), _measures(state)
    rows = table.row_count or 0
    keys, duplicates, notes = state["keys"], state["duplicates"], state["notes"]
    frequent = _frequent(measures, table, context)
    near = [m.column for m in nearly_keys(measures, rows)] if _is_small(table) else []
    if duplicates:
        near = [key[0] for key in keys if len(key) == 1] + near
    repeated = {
        name: context.sql(repeated_query(table.name, name, _CHECKED)).column("value").to_pylist()
        for name in dict.fromkeys(near[:_CHECKED])
    }
    wrong = [doubled_rows(duplicates, keys, repeated)] if duplicates else []
    wrong += [doubt for m in measures for doubt in doubts(m, rows, {} if [m.column] in keys else repeated)]
    profile = _rows([_profiled(m, rows, frequent.get(m.column, ()), exact=_is_small(table)) for m in measures])
    stored = context.store(
        profile, name=f"{table.name}_profile"[:200], description=f"Profile of {table.name}.", parents=[table]
    )
    result = WorkflowResult(
        text=answer(
            table.name,
            rows,
            measures,
            keys=keys,
            duplicates=duplicates,
            wrong=wrong,
            notes=notes,
            frequent=frequent,
            shown=_settings()["columns_shown"],
            estimated=not _is_small(table),
        ),
        artifacts=(stored.artifact_id, table.artifact_id),
        data={
            "table": table.name,
            "rows": rows,
            "column_count": len(measures),
            "columns": [
                {"name": m.column, "type": m.type, "missing": rows - m.values, "distinct": m.distinct}
                for m in measures[:_TOLD]
            ],
            "keys": [] if duplicates else keys[:_TOLD],
            "keys_without_duplicates": keys[:_TOLD],
            "duplicate_rows": duplicates,
            "doubts": wrong[:_TOLD],
            "reader_notes": notes,
            "sample": _sample(context, table),
        },
    )
    return {"result": result.model_dump()}


_PROFILE = pa.schema(
    [
        ("column", pa.string()),
        ("type", pa.string()),
        ("missing", pa.int64()),
        ("missing_share", pa.float64()),
        ("distinct", pa.int64()),
        ("unique", pa.bool_()),
        ("min", pa.string()),
        ("max", pa.string()),
        ("mean", pa.float64()),
        ("median", pa.float64()),
        ("frequent", pa.string()),
        ("holds", pa.string()),
    ]
)


def _rows(rows: list[dict[str, Any]]) -> pa.Table:
    # pa.Table.from_pylist would import pandas, which takes longer than all the rest of a small profile.
    lines = io.BytesIO(b"\n".join(orjson.dumps(row) for row in rows) or b"{}")
    return pajson.read_json(lines, parse_options=pajson.ParseOptions(explicit_schema=_PROFILE)).slice(0, len(rows))


def _frequent(measures: list[Measures], table: Artifact, context: WorkflowContext) -> Frequent:
    """Return the values of the columns that have only a few, with their counts."""
    few = [m.column for m in measures if m.distinct and m.distinct <= _FEW and not _is_all_different(m)]
    found: dict[str, list[tuple[str, int]]] = {}
    step = _columns_at_once(table)
    for start in range(0, len(few), step):
        columns = few[start : start + step]
        row = context.sql(frequency_query(table.name, columns)).to_pylist()[0]
        for place, column in enumerate(columns):
            found[column] = sorted(row[f"c{place}"] or (), key=lambda counted: (-counted[1], counted[0]))
    return found


def _is_all_different(m: Measures) -> bool:
    return m.distinct == m.values and m.values > 1


def _distinct(context: WorkflowContext, table: Artifact, combinations: list[list[str]]) -> list[int]:
    if not combinations:
        return []
    row = context.sql(distinct_query(table.name, combinations)).to_pylist()[0]
    return [row[f"k{place}"] for place in range(len(combinations))]


def _is_small(table: Artifact) -> bool:
    return (table.row_count or 0) <= _settings()["exact_rows"]


def _columns_at_once(table: Artifact) -> int:
    """Return how many columns one query may measure in its time and memory."""
    settings = _settings()
    return max(1, min(settings["columns_at_once"], settings["cells_at_once"] // max(1, table.row_count or 0)))


def _profiled(m: Measures, rows: int, frequent: Sequence[tuple[str, int]], *, exact: bool) -> dict[str, Any]:
    return {
        "column": m.column,
        "type": m.type,
        "missing": rows - m.values,
        "missing_share": (rows - m.values) / rows if rows else None,
        "distinct": m.distinct,
        "unique": is_unique(m, rows) if exact else None,
        "min": m.least,
        "max": m.greatest,
        "mean": m.mean,
        "median": m.median,
        "frequent": frequent_values(frequent),
        "holds": meaning(m),
    }


def _sample(context: WorkflowContext, table: Artifact) -> list[dict[str, Any]]:
    """Return the first rows, short enough to ride in an answer."""
    columns = ", ".join(quoted(column.name) for column in table.columns[: _settings()["columns_shown"]])
    found = context.sql(f"select {columns} from {quoted(table.name)} limit {_SAMPLE}").to_pylist()
    return [{name: _plain(value) for name, value in row.items()} for row in found]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, int | float | bool):
        return value
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _table(state: State) -> Artifact:
    return Artifact.model_validate(state["table"])


def _measures(state: State) -> list[Measures]:
    return [Measures(**measures) for measures in state["measures"]]


@lru_cache(maxsize=1)
def _settings() -> dict[str, int]:
    settings: dict[str, int] = yaml.safe_load(Path(__file__).with_name("config.yaml").read_text())
    return settings
