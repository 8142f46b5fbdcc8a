"""The nodes of jil_parser: they reach the world only through ``runtime.context``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml
from langgraph.runtime import Runtime

from dataops_kernel.errors import FileInputError
from dataops_kernel.types import Artifact
from dataops_kernel.workflows import WorkflowContext, WorkflowResult

from . import answers, overview
from .graph import Graph
from .model import Estate
from .names import nearest, resolve
from .parse import collector_paused, parse_jil
from .state import State
from .tables import NEEDED, conditions_table, diagnostics_table, edges_table, graph_of, jobs_table, table_of
from .wording import Reply, code, counted, listed

_NO_FILE = (
    "I have no AutoSys estate to look at yet. Name a JIL file, as `autorep -J ALL -q` writes it, for example: "
    "*which jobs run after LOAD_ORDERS in nightly.jil?*"
)


def load(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """Read the file into the tables ``jobs``, ``conditions``, ``edges`` and ``diagnostics``, unless they are there."""
    context, path = runtime.context, state.get("path")
    tables = {table.name: table for table in context.tables()}
    if path is None:
        return {} if _is_estate(tables) else _result(Reply(_NO_FILE, refused=True))
    context.progress(f"Reading {Path(path).name}")
    text = context.read_text(path)
    source = f"{Path(path).name}, content {hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
    if _is_estate(tables) and all(source in tables[name].description for name in NEEDED):
        return {}
    with collector_paused():
        estate = parse_jil(text)
        if not estate.jobs:
            raise _no_jobs(path, estate)
        context.progress(f"{counted(len(estate.jobs), 'job')} in {counted(estate.lines, 'line')}")
        _store_estate(context, estate, source, tables)
    return {}


def is_answered(state: State) -> bool:
    """Say whether there is nothing left to answer."""
    return bool(state.get("result"))


def answer(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """Answer from the session's tables and store the table that holds the whole answer."""
    context = runtime.context
    jobs, edges = context.table("jobs"), context.table("edges")
    rows: pa.Table = context.content(jobs)
    relation = state.get("relation") or "summary"
    if relation in ("summary", "job"):  # one describes a job, the other all of them: what is named decides
        relation = "job" if state.get("job") else "summary"
    with collector_paused():
        graph = graph_of(rows, context.content(edges))
        reply = _reply(context, relation, state, graph, rows)
    stored: list[Artifact] = []
    if reply.table:
        content = table_of(reply.rows, {name: index for index, name in enumerate(reply.columns)})
        description = f"{relation} of {state['job']}" if state.get("job") else f"{relation} of the estate"
        stored = [context.store(content, name=reply.table, description=description, parents=[jobs, edges])]
    return _result(reply, *stored, *([jobs, edges] if relation == "summary" else []))


def _reply(context: WorkflowContext, relation: str, state: State, graph: Graph, rows: pa.Table) -> Reply:
    shown = _shown()
    match relation:
        case "summary":
            return overview.summary(graph, _doubts(context), shown)
        case "cycles":
            return answers.cycles(graph, shown)
        case "undefined":
            return answers.undefined(graph, shown)
    asked = state.get("job")
    if not asked:
        near = nearest(context.text, graph.jobs)
        hint = f" Did you mean {listed(near, 3)}?" if near else ""
        return Reply(f"Which job do you mean? Name it as the JIL file does.{hint}", refused=True)
    job, note = resolve(asked, graph)
    if job is None and (waiting := graph.waiting_on(asked)):
        return answers.missing(asked, waiting, shown)
    if job is None:
        near = nearest(asked, graph.jobs)
        hint = f"Did you mean {listed(near, 3)}?" if near else "Ask *summarize the jobs* to see what there is."
        text = f"There is no job {code(asked)} among the {len(graph.jobs):,} jobs here. {hint}"
        return Reply(text, refused=True, data={"job": asked, "closest": near})
    levels = state.get("levels")
    match relation:
        case "downstream":
            reply = answers.downstream(graph, job, levels, shown)
        case "upstream":
            reply = answers.upstream(graph, job, levels, shown)
        case "impact":
            reply = answers.impact(graph, job, shown)
        case _:
            reply = overview.description(graph, _row(rows, job), shown)
    return reply._replace(text=f"{note}\n\n{reply.text}") if note else reply


def _store_estate(context: WorkflowContext, estate: Estate, source: str, tables: Mapping[str, Artifact]) -> None:
    doubts = estate.diagnostics
    if doubts or "diagnostics" in tables:
        said = f"{counted(len(doubts), 'remark')} of the parser of {source}"
        context.store(diagnostics_table(doubts), name="diagnostics", description=said)
    conditions = conditions_table(estate)
    context.store(conditions, name="conditions", description=f"{counted(conditions.num_rows, 'atom')} of {source}")
    said = counted(len(estate.edges), "edge")
    context.store(edges_table(estate.edges), name="edges", description=f"{said} of {source}")
    context.store(jobs_table(estate), name="jobs", description=f"{counted(len(estate.jobs), 'job')} of {source}")


def _is_estate(tables: Mapping[str, Artifact]) -> bool:
    """Say whether the session holds ``jobs`` and ``edges`` of one and the same file."""
    for name, columns in NEEDED.items():
        if name not in tables or not columns <= {column.name for column in tables[name].columns}:
            return False
    return len({tables[name].description.partition(" of ")[2] for name in NEEDED}) == 1


def _no_jobs(path: str, estate: Estate) -> FileInputError:
    first = next((doubt for doubt in estate.diagnostics if doubt.severity == "error"), None)
    said = f" Line {first.line}: {first.message}" if first else ""
    return FileInputError(
        f"{Path(path).name!r} defines no AutoSys job.{said}",
        hint="Give a file as autorep -J ALL -q writes it, with lines such as: insert_job: NAME   job_type: CMD",
        path=str(path),
    )


def _doubts(context: WorkflowContext) -> list[dict[str, Any]]:
    found = [table for table in context.tables() if table.name == "diagnostics"]
    if not found or not {"line", "severity", "code", "message"} <= {column.name for column in found[0].columns}:
        return []
    rows: list[dict[str, Any]] = context.content(found[0]).to_pylist()
    return rows


def _row(rows: pa.Table, job: str) -> dict[str, Any]:
    found: dict[str, Any] = rows.filter(pc.equal(rows.column("job_name"), job)).slice(0, 1).to_pylist()[0]
    return found


@lru_cache(maxsize=1)
def _shown() -> int:
    settings = yaml.safe_load(Path(__file__).with_name("config.yaml").read_text(encoding="utf-8")) or {}
    return int(settings.get("names_shown", 12))


def _result(reply: Reply, *artifacts: Artifact) -> State:
    result = WorkflowResult(
        text=reply.text,
        artifacts=tuple(artifact.artifact_id for artifact in artifacts),
        refused=reply.refused,
        data=reply.data,
    )
    return {"result": result.model_dump()}
