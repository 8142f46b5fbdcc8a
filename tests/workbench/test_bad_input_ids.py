"""Ids and names that do not exist, and SQL that is not a question: a code, a fix, and nothing changes."""

from pathlib import Path

import pytest

from dataops_kernel import connect
from dataops_kernel.errors import DataOpsError, LimitExceededError, NotFoundError, QueryError, UsageError

DATA = Path(__file__).parents[2] / "notebooks" / "data"
WRONG = ["ses_nope", "../../etc/passwd", "", "a/b\x00c", "ses_" + "0" * 26, "\ud800", "x" * 100_000, "%2e%2e%2f", "~"]


@pytest.fixture(scope="module")
def workbench(tmp_path_factory):
    """One workspace for all: a refusal leaves nothing behind that the next test could meet."""
    with connect(tmp_path_factory.mktemp("ids") / "ws", user="ann") as made:
        yield made


@pytest.fixture(scope="module")
def session(workbench):
    made = workbench.sessions.create_session().session_id
    workbench.ask(made, f"profile {DATA / 'orders.csv'}").result(timeout=60)
    return made


def test_an_id_or_name_that_does_not_exist_is_not_found_by_any_verb(workbench, session):
    verbs = {
        "ask": lambda id: workbench.ask(id, "hi"),
        "plan": lambda id: workbench.plan(id, "hi"),
        "session": workbench.sessions.get_session,
        "messages": workbench.sessions.messages,
        "rename": lambda id: workbench.sessions.rename(id, "x"),
        "describe": workbench.artifacts.describe,
        "get": workbench.artifacts.get_artifact,
        "open": workbench.artifacts.open_artifact,
        "preview": lambda id: workbench.artifacts.preview(id, 5),
        "latest": lambda id: workbench.artifacts.latest(session, id),
        "list": workbench.artifacts.list_artifacts,
        "run": workbench.runs.get,
        "attach": workbench.runs.attach,
        "cancel": workbench.runs.cancel,
        "runs": workbench.runs.list,
        "lineage": workbench.lineage,
        "restore": lambda id: workbench.context.restore_checkpoint(session, id),
        "diff": lambda id: workbench.context.diff_checkpoints(session, id),
        "workflow": lambda id: workbench.run(id, {}, session),
        "describe workflow": workbench.workflows.describe,
    }

    for verb, call in verbs.items():
        for wrong in WRONG:
            with pytest.raises(DataOpsError) as caught:
                call(wrong)
            assert isinstance(caught.value, (NotFoundError, UsageError)), (verb, wrong[:20], caught.value)
            assert caught.value.hint, (verb, wrong[:20])
            assert len(str(caught.value)) < 2_000, (verb, wrong[:20])


def test_the_error_names_the_closest_existing_name(workbench, session):
    with pytest.raises(NotFoundError) as artifact:
        workbench.artifacts.latest(session, "order")
    with pytest.raises(NotFoundError) as workflow:
        workbench.run("schema_analyser", {}, session)

    assert "'orders'" in artifact.value.hint
    assert "'schema_analyzer'" in workflow.value.hint


@pytest.mark.parametrize(
    "query",
    [
        "",
        "  ;",
        "-- only a remark",
        "this is not sql",
        "drop table orders",
        "delete from orders",
        "update orders set amount = 0",
        "insert into orders values (1)",
        "create table copied as from orders",
        "alter table orders drop column amount",
        "select 1; drop table orders",
        "select 1; select 2",
        "select * from '/etc/passwd'",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from glob('/*')",
        "select * from parquet_scan('*.parquet')",
        "copy orders to 'stolen.csv'",
        "export database 'stolen'",
        "attach 'other.db'",
        "install httpfs",
        "load httpfs",
        "set memory_limit = '1GB'",
        "pragma database_list",
        "call pragma_version()",
        "select getenv('HOME')",
        "select * from duckdb_settings()",
        "select * from information_schema.tables",
        "select * from nowhere",
        "select nothing from orders",
        "select '\ud800'",
        "select cast('x' as int)",
        "select " + "(" * 5000 + "1" + ")" * 5000,
        "explain analyze delete from orders",
        "with gone as (delete from orders returning *) from gone",
    ],
    ids=lambda query: ascii(query[:40]),
)
def test_sql_that_is_no_question_to_these_tables_is_refused(workbench, session, query, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(QueryError) as caught:
        workbench.sql(query, session)

    assert caught.value.hint
    assert "root:" not in str(caught.value)
    assert workbench.sql("select count(*) n from orders", session).to_pylist() == [{"n": 600}]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "query", ["x" * 1_000_000, "from orders a, orders b, orders c, orders d"], ids=["text", "rows"]
)
def test_sql_over_a_limit_is_refused_and_the_next_query_answers(workbench, session, query):
    with pytest.raises(LimitExceededError) as caught:
        workbench.sql(query, session)

    assert caught.value.hint
    assert workbench.sql("select count(*) n from orders", session).to_pylist() == [{"n": 600}]
