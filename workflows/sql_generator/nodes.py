"""The nodes of sql_generator: they reach the world only through ``runtime.context``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from langgraph.runtime import Runtime

from dataops_kernel.errors import QueryError, QueryTimeoutError
from dataops_kernel.workflows import WorkflowContext, WorkflowResult

from . import queries
from .answer import answer as answer_text
from .conversation import Conversation, Told, Untold
from .joins import EdgeFacts, candidate_edges, joins_of
from .plan import Join, QueryPlan
from .pointing import pointed_at
from .refusal import no_tables, refusal, too_long
from .resolve import Unclear
from .reuse import over_result
from .schema import Schema, table_facts
from .settings import settings
from .sql import pretty, write
from .state import LastResult, Looked, Shown, State
from .telling import follow_up_line, told
from .understanding import Facts, Understanding, choose, holders, survey_all
from .wording import bare, escaped, slug
from .words import normal

if TYPE_CHECKING:
    import pyarrow as pa


def read_tables(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """See which tables there are to ask about, and which row of the last result is pointed at."""
    question, limits = state["question"], settings()
    if len(question) > limits.question_length:
        return _refused(too_long(len(question), limits.question_length), {"thread": _thread(state)})
    artifacts = {artifact.name: artifact.artifact_id for artifact in runtime.context.tables()}
    last = _still_there(state.get("last"), artifacts)
    try:
        if _thread(state):
            question = pointed_at(question, last, lambda query: _looked_up(runtime.context, query))
    except Unclear as unclear:
        text = f"I can't tell what is meant: {escaped(unclear.message)}."
        return _refused(text, {"thread": _thread(state), "last": last, "reason": unclear.message})
    except (QueryError, QueryTimeoutError) as error:
        return _failed(error, state)
    tables = [table_facts(artifact) for artifact in runtime.context.tables()]
    asked = " ".join([*_thread(state), question])
    tables = choose(asked, [table for table in tables if table["columns"]])
    if not tables:
        return _refused(no_tables())
    return {"tables": tables[: limits.most_tables], "question": question, "last": last}


def look_up(state: State, runtime: Runtime[WorkflowContext]) -> State:
    """Look up what the words alone do not tell: values, keys that join, the newest day."""
    context, schema = runtime.context, Schema.of(state["tables"])
    needs = survey_all([*_thread(state), state["question"]], schema, settings().synonyms)
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
    """Turn the question, or the change of the one before, into a plan and the plan into SQL; or say why not."""
    schema, looked, last = Schema.of(state["tables"]), state["looked"], state.get("last")
    facts = Facts(looked["values"], [Join.model_validate(join) for join in looked["joins"]], looked["newest"])
    conversation = Conversation(Understanding(schema, facts, settings().synonyms))
    thread = _thread(state)
    heard = conversation.tell(thread, state["question"])
    if isinstance(heard, Untold):
        no, data = heard.refusal, {"thread": list(heard.texts), "last": last if heard.is_follow_up else None}
        text = refusal(no, state["question"], schema, of=heard.texts[0] if heard.is_follow_up else "")
        return _refused(text, {"unknown": list(no.unknown), "reason": no.reason, **data})
    plan, limit = heard.plan, state.get("limit")
    # A follow-up's own words say its limit; a number found in them may be "the first one".
    limited = limit is not None and not heard.is_follow_up and not plan.only_first
    if limited and limit is not None and (plan.limit is None or limit < plan.limit):
        plan = plan.model_copy(update={"limit": limit})
    query = pretty(write(plan))
    found: State = {
        "plan": plan.model_dump(),
        "sql": query,
        "query": query,
        "reads": list(plan.tables),
        "thread": list(heard.story.texts[-_LONGEST_THREAD:]),
        "opening": follow_up_line(plan) if heard.is_follow_up else "",
    }
    if heard.is_follow_up and last is not None and thread:
        before = conversation.tell(thread[:-1], thread[-1])
        if isinstance(before, Told) and pretty(write(before.plan)) == last["query"]:
            nearer = over_result(before.plan, plan, last["name"])
            if nearer is not None:
                found |= {"sql": pretty(write(nearer)), "reads": [last["name"]]}
    return found


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
    asked = bare(told(plan)) if state["opening"] else state["question"]
    stored = context.store(
        rows,
        name=slug(asked, taken),
        description=f"{asked[:300]}\n{state['sql']}"[:2000],
        parents=[artifacts[name] for name in state["reads"]],
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
        text=answer_text(plan, shown, state["opening"]),
        sql=state["sql"],
        artifacts=(shown["artifact_id"],),
        data={
            "columns": shown["columns"],
            "rows": shown["rows"],
            "row_count": shown["row_count"],
            "plan": plan.model_dump(),
            "thread": state["thread"],
            "last": _last_result(state, plan),
        },
    )
    return {"result": result.model_dump()}


def is_answered(state: State) -> bool:
    """Say whether there is nothing left to do."""
    return bool(state.get("result"))


# -------------------------------------------------------------------------------------------------- the conversation


def _thread(state: State) -> list[str]:
    """Return the earlier messages, as many of the newest as may be long together."""
    return [text for text in state.get("thread") or [] if len(text) <= settings().question_length][-_LONGEST_THREAD:]


def _still_there(last: LastResult | None, artifacts: Mapping[str, str]) -> LastResult | None:
    """Return the last result if it is on the line and what it was made from is what it was."""
    if last is None or artifacts.get(last["name"]) != last["artifact_id"]:
        return None
    return last if all(artifacts.get(name) == made for name, made in last["sources"].items()) else None


def _last_result(state: State, plan: QueryPlan) -> LastResult | None:
    """Return what the next message may know of this result; nothing of one that was cut."""
    shown = state["shown"]
    if shown["cut"]:
        return None
    ids = {table["name"]: table["artifact_id"] for table in state["tables"]}
    places: list[tuple[str, str | None]] = [(d.alias, d.bucket) for d in plan.dimensions]
    if not plan.measures:
        key = Schema.of(state["tables"]).by_name[plan.base].key
        places = [(key.name, None)] if key is not None and key.name in shown["columns"] else []
    return {
        "artifact_id": shown["artifact_id"],
        "name": shown["name"],
        "query": state["query"],
        "sources": {name: ids[name] for name in plan.tables},
        "places": places,
        "row_count": shown["row_count"],
    }


def _looked_up(context: WorkflowContext, query: str) -> list[dict[str, Any]]:
    return context.sql(query, row_limit=_ROWS, lookup=True).to_pylist()


# ------------------------------------------------------------------------------------------------------- looking up


def _tables(schema: Schema, names: Sequence[str]) -> list[Any]:
    return [schema.by_name[name] for name in names]


def _values(
    context: WorkflowContext, schema: Schema, names: Sequence[str], query: str | None
) -> list[tuple[str, str, list[str]]]:
    if query is None:
        return []
    found: dict[tuple[int, int], list[str]] = {}
    for row in _looked_up(context, query):
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
    for row in _looked_up(context, queries.edge_check(edges)):
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
        for row in _looked_up(context, queries.newest_days(columns))
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
    data = {"error": error.to_dict(), "thread": _thread(state), "last": state.get("last")}
    result = WorkflowResult(text=text, sql=state.get("sql"), refused=True, data=data)
    return {"result": result.model_dump()}


_ROWS = 50_000
_LONGEST_THREAD = 20
_EDGES = 60
