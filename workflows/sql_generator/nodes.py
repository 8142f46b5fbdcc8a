"""The nodes of sql_generator: they reach the world only through ``runtime.context``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from langgraph.runtime import Runtime

from dataops_kernel.errors import QueryError, QueryTimeoutError
from dataops_kernel.workflows import WorkflowContext, WorkflowResult

from . import queries
from .answer import answer as answer_text
from .joins import EdgeFacts, candidate_edges, joins_of
from .plan import Join, QueryPlan
from .refusal import no_tables, refusal, too_long
from .schema import Schema, table_facts
from .settings import settings
from .sql import pretty, write
from .state import Looked, Shown, State
from .understanding import Facts, Refusal, choose, holders, survey
from .understanding import understand as understand_question
from .wording import slug
from .words import normal

if TYPE_CHECKING:
    import pyarrow as pa


def read_tables(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """See which tables there are to ask about."""
    question, limits = state["question"], settings()
    if len(question) > limits.question_length:
        return _refused(too_long(len(question), limits.question_length))
    tables = [table_facts(artifact) for artifact in runtime.context.tables()]
    tables = choose(question, [table for table in tables if table["columns"]])
    if not tables:
        return _refused(no_tables())
    return {"tables": tables[: limits.most_tables]}


def look_up(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """Look up what the words alone do not tell: values, keys that join, the newest day."""
    context, schema = runtime.context, Schema.of(state["tables"])
    needs = survey(state["question"], schema, settings().synonyms)
    names = queries.in_play(schema, needs.tables)
    looked: Looked = {"values": [], "joins": [], "newest": {}}
    named = set(needs.tables)
    try:
        if needs.values:
            query = queries.value_lookup(_tables(schema, names), needs.tokens)
            looked["values"] = _values(context, schema, names, query)
            named |= holders(looked["values"], needs.tokens)
        if len(named) > 1:
            names = queries.in_play(schema, named)
            looked["joins"] = [join.model_dump() for join in _joins(context, schema, names)]
        if needs.today:
            looked["newest"] = _newest(context, schema, names)
    except (QueryError, QueryTimeoutError) as error:
        return _failed(error, state)
    return {"looked": looked}


def understand(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """Turn the question into a plan and the plan into SQL, or say why not."""
    schema, looked = Schema.of(state["tables"]), state["looked"]
    facts = Facts(looked["values"], [Join.model_validate(join) for join in looked["joins"]], looked["newest"])
    plan = understand_question(state["question"], schema, facts, settings().synonyms)
    if isinstance(plan, Refusal):
        return _refused(
            refusal(plan, state["question"], schema), {"unknown": list(plan.unknown), "reason": plan.reason}
        )
    limit = state.get("limit")
    if limit is not None and (plan.limit is None or limit < plan.limit) and not plan.only_first:
        plan = plan.model_copy(update={"limit": limit})
    return {"plan": plan.model_dump(), "sql": pretty(write(plan))}


def run_query(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """Run the SQL and store its rows as a result of the tables it reads."""
    context, plan, most = runtime.context, QueryPlan.model_validate(state["plan"]), settings().most_rows
    try:
        rows = context.sql(state["sql"], row_limit=most + 1)
    except (QueryError, QueryTimeoutError) as error:
        return _failed(error, state)
    cut = rows.num_rows > most
    rows = rows.slice(0, most) if cut else rows
    artifacts = {artifact.name: artifact for artifact in context.tables()}
    taken = [name for name, artifact in artifacts.items() if artifact.workflow_name != "sql_generator"]
    stored = context.store(
        rows,
        name=slug(state["question"], taken),
        description=f"{state['question'][:300]}\n{state['sql']}"[:2000],
        parents=[artifacts[name] for name in plan.tables],
    )
    shown: Shown = {
        "artifact_id": stored.artifact_id,
        "name": stored.name,
        "columns": rows.column_names,
        "rows": rows.slice(0, settings().preview_rows).to_pylist(),
        "row_count": rows.num_rows,
        "cut": cut,
        "doubles": _doubles(rows, [d.alias for d in plan.dimensions if d.bucket is None]),
    }
    return {"shown": shown}


def answer(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """Say what came out and how the question was read."""
    plan, shown = QueryPlan.model_validate(state["plan"]), state["shown"]
    result = WorkflowResult(
        text=answer_text(plan, shown),
        sql=state["sql"],
        artifacts=(shown["artifact_id"],),
        data={
            "columns": shown["columns"],
            "rows": shown["rows"],
            "row_count": shown["row_count"],
            "plan": plan.model_dump(),
        },
    )
    return {"result": result.model_dump()}


def is_answered(state: State) -> bool:
    """Say whether there is nothing left to do."""
    return bool(state.get("result"))


# ------------------------------------------------------------------------------------------------------- looking up


def _tables(schema: Schema, names: Sequence[str]) -> list[Any]:
    return [schema.by_name[name] for name in names]


def _values(
    context: WorkflowContext, schema: Schema, names: Sequence[str], query: str | None
) -> list[tuple[str, str, list[str]]]:
    if query is None:
        return []
    found: dict[tuple[int, int], list[str]] = {}
    for row in context.sql(query, row_limit=_ROWS).to_pylist():
        if row["value"] is not None:
            found.setdefault((row["source"], row["place"]), []).append(row["value"])
    tables = _tables(schema, names)
    return [
        (tables[source].name, tables[source].columns[place].name, sorted(values))
        for (source, place), values in sorted(found.items())
    ]


def _joins(context: WorkflowContext, schema: Schema, names: Sequence[str]) -> list[Join]:
    edges = candidate_edges(schema, names)[:_EDGES] if len(names) > 1 else []
    if not edges:
        return []
    joins: list[Join] = []
    for row in context.sql(queries.edge_check(edges), row_limit=_ROWS).to_pylist():
        place, *counts = row.values()
        joins += joins_of(edges[place], EdgeFacts(*counts))
    return joins


def _newest(context: WorkflowContext, schema: Schema, names: Sequence[str]) -> dict[str, Any]:
    columns = [column for name in names for column in schema.by_name[name].dates]
    if not columns:
        return {}
    return {
        f"{columns[row['place']].table}.{columns[row['place']].name}": {
            "day": row["newest"].isoformat(),
            "oldest": row["oldest"].isoformat(),
            "later": row["later"],
            "last": row["last"].isoformat(),
        }
        for row in context.sql(queries.newest_days(columns), row_limit=_ROWS).to_pylist()
        if row["newest"] is not None
    }


def _doubles(rows: pa.Table, columns: Sequence[str]) -> list[str]:
    """Return the columns in which one thing stands in several spellings."""
    found = []
    for name in columns:
        if name not in rows.column_names:
            continue
        values = [value for value in rows.column(name).slice(0, _ROWS).to_pylist() if isinstance(value, str)]
        if len({normal(value) for value in set(values)}) < len(set(values)):
            found.append(name)
    return found


# ----------------------------------------------------------------------------------------------------------- saying no


def _refused(text: str, data: dict[str, Any] | None = None) -> State:
    return {"result": WorkflowResult(text=text, refused=True, data=data or {}).model_dump()}


def _failed(error: QueryError | QueryTimeoutError, state: State) -> State:
    text = f"I can't answer this: the query did not run. {error.message} {error.hint}".strip()
    result = WorkflowResult(text=text, sql=state.get("sql"), refused=True, data={"error": error.to_dict()})
    return {"result": result.model_dump()}


_ROWS = 50_000
_EDGES = 60
