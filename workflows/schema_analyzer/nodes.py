"""The nodes of schema_analyzer: they reach the world only through ``runtime.context``."""

from __future__ import annotations

import io
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.json as pajson
import yaml
from langgraph.runtime import Runtime

from dataops_kernel.types import Artifact
from dataops_kernel.workflows import WorkflowContext, WorkflowResult

from .findings import counted_rows, doubts, is_unique, meaning
from .queries import Measures, distinct_rows_query, is_nested, measure_query, measures_of, top_values_query
from .state import State

_PAIRED = 8
_FREQUENT = 3
_FEW = 50
_SAMPLE = 5


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
    settings, found = _settings(), []
    exact = (table.row_count or 0) <= settings["exact_rows"]
    step = settings["columns_at_once"]
    for start in range(0, len(table.columns), step):
        columns = table.columns[start : start + step]
        context.progress(f"Measuring {table.name}", min(start + step, len(table.columns)), len(table.columns))
        row = context.sql(measure_query(table.name, columns, exact=exact)).to_pylist()[0]
        found += measures_of(row, columns)
    return {"measures": [m._asdict() for m in found]}


def find_keys(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """Find the columns, or failing those the pairs, that identify a row, and count rows that stand twice."""
    context, table, measures = runtime.context, _table(state), _measures(state)
    rows = table.row_count or 0
    keys = [[m.column] for m in measures if is_unique(m, rows)]
    flat = [m for m in measures if not is_nested(m.type)]
    if rows > _settings()["exact_rows"] or not flat:
        return {"keys": keys, "duplicates": None}
    pairs = [] if keys else _likely_pairs(flat, rows)
    every = [m.column for m in flat] if not keys and len(flat) == len(measures) else []
    wanted = [*pairs, *([every] if every else [])]
    counted = context.sql(distinct_rows_query(table.name, wanted)).to_pylist()[0] if wanted and rows else {}
    keys += [pair for place, pair in enumerate(pairs) if counted.get(f"k{place}") == rows]
    duplicates = rows - counted[f"k{len(pairs)}"] if every and counted else 0
    return {"keys": keys, "duplicates": duplicates}


def _likely_pairs(measures: list[Measures], rows: int) -> list[list[str]]:
    complete = [m for m in measures if m.values == rows and (m.distinct or 0) > 1]
    likely = sorted(complete, key=lambda m: -(m.distinct or 0))[:_PAIRED]
    return [
        [one.column, other.column]
        for one, other in combinations(likely, 2)
        if (one.distinct or 0) * (other.distinct or 0) >= rows
    ]


def report(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """Store the profile, one row a column, and say what an analyst should know."""
    context, table, measures = runtime.context, _table(state), _measures(state)
    rows = table.row_count or 0
    frequent = _frequent(measures, table, context)
    profile = _rows([_profiled(m, rows, frequent.get(m.column, "")) for m in measures])
    stored = context.store(
        profile, name=f"{table.name}_profile"[:200], description=f"Profile of {table.name}.", parents=[table]
    )
    wrong = [doubt for m in measures for doubt in doubts(m, rows)]
    if state.get("duplicates"):
        wrong.insert(0, f"{counted_rows(state['duplicates'])} too many: alike in every column to one that is there.")
    sample = context.sql(f"select * from {_name(table)} limit {_SAMPLE}").to_pylist()
    result = WorkflowResult(
        text=_text(table, measures, state, wrong),
        artifacts=(stored.artifact_id, table.artifact_id),
        data={
            "table": table.name,
            "rows": rows,
            "columns": [{"name": m.column, "type": m.type, "missing": rows - m.values} for m in measures],
            "keys": state["keys"],
            "duplicate_rows": state.get("duplicates"),
            "doubts": wrong,
            "reader_notes": state["notes"],
            "sample": [{name: _plain(value) for name, value in row.items()} for row in sample],
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


def _frequent(measures: list[Measures], table: Artifact, context: WorkflowContext) -> dict[str, str]:
    columns = [m.column for m in measures if m.distinct and m.distinct <= _FEW][:_FEW]
    if not columns:
        return {}
    told: dict[str, list[str]] = {}
    for row in context.sql(top_values_query(table.name, columns, _FREQUENT)).to_pylist():
        told.setdefault(columns[row["place"]], []).append(f"{row['value']} ({row['n']:,})")
    return {column: ", ".join(values) for column, values in told.items()}


def _profiled(m: Measures, rows: int, frequent: str) -> dict[str, Any]:
    return {
        "column": m.column,
        "type": m.type,
        "missing": rows - m.values,
        "missing_share": (rows - m.values) / rows if rows else None,
        "distinct": m.distinct,
        "unique": is_unique(m, rows),
        "min": m.least,
        "max": m.greatest,
        "mean": m.mean,
        "median": m.median,
        "frequent": frequent,
        "holds": meaning(m),
    }


def _text(table: Artifact, measures: list[Measures], state: State, wrong: list[str]) -> str:
    rows, shown = table.row_count or 0, _settings()["names_shown"]
    parts = [
        f"**{table.name}** has {rows:,} row{'s' * (rows != 1)} and "
        f"{len(measures)} column{'s' * (len(measures) != 1)}: {_names([m.column for m in measures], shown)}."
    ]
    keys = state["keys"]
    if keys:
        told = " or ".join(" with ".join(f"`{name}`" for name in key) for key in keys[:3])
        parts.append(f"Each row is identified by {told}.")
    elif rows > 1:
        parts.append("No column, and no pair of columns, identifies each row.")
    meanings = [f"`{m.column}` holds {what}" for m in measures if (what := meaning(m))]
    if meanings:
        parts.append(_sentence(meanings[:shown]))
    if wrong:
        listed = [f"- {doubt}" for doubt in wrong[: 2 * shown]]
        if len(wrong) > 2 * shown:
            listed.append(f"- … and {len(wrong) - 2 * shown:,} more.")
        parts.append("What looks wrong:\n\n" + "\n".join(listed))
    elif rows:
        parts.append("Nothing looks wrong: no missing values, no blanks around values, no repeated keys.")
    if state["notes"]:
        parts.append("What the reader noticed:\n\n" + "\n".join(f"- {note}" for note in state["notes"]))
    parts.append(f"The table is `{table.name}`, its profile `{table.name}_profile`.")
    return "\n\n".join(parts)


def _names(names: list[str], shown: int) -> str:
    told = ", ".join(f"`{' '.join(name.split())}`" for name in names[:shown])
    return told + (f" and {len(names) - shown} more" if len(names) > shown else "")


def _sentence(parts: list[str]) -> str:
    return ", ".join(parts) + "."


def _name(table: Artifact) -> str:
    return '"' + table.name.replace('"', '""') + '"'


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _table(state: State) -> Artifact:
    return Artifact.model_validate(state["table"])


def _measures(state: State) -> list[Measures]:
    return [Measures(**measures) for measures in state["measures"]]


@lru_cache(maxsize=1)
def _settings() -> dict[str, int]:
    settings: dict[str, int] = yaml.safe_load(Path(__file__).with_name("config.yaml").read_text())
    return settings
