"""The estate as tables, so that SQL can ask anything of it, and back from tables to what the analyses need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from .apply import expression
from .condition import ConditionReader
from .graph import Graph, Task
from .model import Diagnostic, Edge, Estate, Job, plain
from .vocabulary import CONDITIONS, TRUE_WORDS

if TYPE_CHECKING:
    import pyarrow as pa

TEXTS: Final = (
    "description", "command", "machine", "owner", "start_times", "start_mins", "days_of_week", "run_calendar",
    "exclude_calendar", "timezone", "run_window", "watch_file",
)  # fmt: skip
"""Attributes that are columns of ``jobs`` as plain text."""
NUMBERS: Final = ("n_retrys", "term_run_time", "max_run_alarm", "avg_runtime")
"""Attributes that are columns of ``jobs`` as whole numbers; NULL where they are no number."""
NUMBERED: Final = frozenset({"line", "column", "position", "level", "cycle"})
_TASK: Final = ("job_name", "job_type", "box_name", "condition", *CONDITIONS[1:], "box_terminator", "scheduled")
NEEDED: Final = {"jobs": {*_TASK, "definition", "line"}, "edges": set(Edge._fields)}
"""The columns by which a session's tables are known to be an estate."""


def jobs_table(estate: Estate) -> pa.Table:
    """Return one row per job, in file order."""
    import pyarrow as pa

    jobs = list(estate.jobs.values())
    fields = [dict(job.attributes) for job in jobs]
    text, number, flag = pa.string(), pa.int64(), pa.bool_()
    columns: dict[str, pa.Array] = {
        "job_name": pa.array((job.name for job in jobs), text),
        "job_type": pa.array((job.type for job in jobs), text),
        "box_name": pa.array((job.box for job in jobs), text),
        "condition": pa.array((job.condition for job in jobs), text),
    }
    for key in CONDITIONS[1:]:
        columns[key] = pa.array((expression(of, key) if key in of else None for of in fields), text)
    columns["scheduled"] = pa.array((_flag(of, "date_conditions") for of in fields), flag)
    columns["box_terminator"] = pa.array((_flag(of, "box_terminator") for of in fields), flag)
    for key in TEXTS:
        columns[key] = pa.array((plain(of[key]) or None if key in of else None for of in fields), text)
    for key in NUMBERS:
        columns[key] = pa.array((_number(of.get(key)) for of in fields), number)
    columns["override"] = pa.array((_lines(estate.overrides.get(job.name, ())) or None for job in jobs), text)
    columns["definition"] = pa.array((_lines(job.attributes) for job in jobs), text)
    columns["line"] = pa.array((job.line for job in jobs), number)
    return pa.table(columns)


def edges_table(edges: Sequence[Edge]) -> pa.Table:
    """Return one row per edge: ``target`` looks at ``source``."""
    return table_of(
        edges, {"source": 1, "target": 2, "kind": 0, "lookback": 3, "instance": 4, "via": 5}, empty_is_null=True
    )


def conditions_table(estate: Estate) -> pa.Table:
    """Return one row per status a condition asks for, in the order in which it stands there."""
    read = ConditionReader().read
    rows: list[tuple[Any, ...]] = []
    for job in estate.jobs.values():
        for attribute, text in _expressions(job):
            for position, atom in enumerate(read(text).atoms, 1):
                rows.append((job.name, attribute, position, atom.kind, STATUS_WORDS[atom.kind], *atom[1:], text))
    names = (
        "job_name", "attribute", "position", "kind", "status", "source", "instance", "lookback", "comparison", "value",
        "expression",
    )  # fmt: skip
    return table_of(rows, {name: index for index, name in enumerate(names)}, empty_is_null=True)


def diagnostics_table(diagnostics: Sequence[Diagnostic]) -> pa.Table:
    """Return one row per doubt."""
    return table_of(diagnostics, {"line": 0, "column": 1, "severity": 2, "code": 3, "message": 4})


def graph_of(jobs: pa.Table, edges: pa.Table) -> Graph:
    """Return the graph of stored ``jobs`` and ``edges`` tables."""
    wanted = (
        "job_name",
        "job_type",
        "box_name",
        "condition",
        "box_success",
        "box_failure",
        "box_terminator",
        "scheduled",
    )
    tasks = zip(*(jobs.column(name).to_pylist() for name in wanted), strict=True)
    order = ("kind", "source", "target", "lookback", "instance", "via")
    rows = zip(*(_full(edges.column(name).to_pylist()) for name in order), strict=True)
    return Graph((Task(*task) for task in tasks), (Edge(*row) for row in rows))


def graph_of_estate(estate: Estate) -> Graph:
    """Return the graph of a parsed estate."""
    return Graph((_task(job) for job in estate.jobs.values()), estate.edges)


STATUS_WORDS: Final = {
    "s": "success", "f": "failure", "d": "done", "t": "terminated", "n": "notrunning", "e": "exitcode", "v": "value",
}  # fmt: skip


def _task(job: Job) -> Task:
    fields = dict(job.attributes)
    return Task(
        job.name,
        job.type,
        job.box,
        job.condition,
        expression(fields, "box_success"),
        expression(fields, "box_failure"),
        _flag(fields, "box_terminator"),
        _flag(fields, "date_conditions"),
    )


def _expressions(job: Job) -> Iterable[tuple[str, str]]:
    if job.condition:
        yield "condition", job.condition
    if job.type == "BOX":
        fields = dict(job.attributes)
        for key in CONDITIONS[1:]:
            if text := expression(fields, key):
                yield key, text


def table_of(rows: Sequence[tuple[Any, ...]], order: dict[str, int], *, empty_is_null: bool = False) -> pa.Table:
    """Return rows as a table: column name to place in a row; names of ``NUMBERED`` are whole numbers, else text."""
    import pyarrow as pa

    columns = {}
    for name, index in order.items():
        kind = pa.int64() if name in NUMBERED else pa.string()
        values = (row[index] for row in rows)
        if empty_is_null and name not in NUMBERED:
            values = (value or None for value in values)
        columns[name] = pa.array(values, kind)
    return pa.table(columns)


def _full(values: list[str | None]) -> list[str]:
    return [value or "" for value in values]


def _flag(fields: dict[str, str], key: str) -> bool:
    return fields.get(key, "").strip('"').lower() in TRUE_WORDS


def _number(value: str | None) -> int | None:
    text = plain(value or "").strip()
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 18 else None


def _lines(attributes: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{key}: {value}" for key, value in attributes)
