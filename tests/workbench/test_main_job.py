"""The job a person comes for, from the first file to the way back, with numbers reckoned here by hand."""

import csv
import json
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal, InvalidOperation

import pytest

from dataops_kernel import connect
from dataops_kernel.types import CLOSING_EVENTS

OBSERVE = """
import sys
from dataops_kernel import connect

with connect(sys.argv[1], user="ann") as workbench:
    for event in workbench.runs.attach(sys.argv[2]).events():
        sys.stdout.write(event.model_dump_json() + "\\n")
"""
DELIMITERS = {"orders": ",", "customers": ",", "products": ";"}


def rows_of(path, delimiter=","):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


@pytest.fixture
def session(workbench):
    return workbench.sessions.create_session().session_id


@pytest.fixture
def say(workbench, session):
    """Ask, hold the run to the law of events, and return its answer."""

    def said(text):
        handle = workbench.ask(session, text)
        events = list(handle.events())
        assert_lawful(events)
        assert list(handle.events()) == events
        assert list(workbench.runs.attach(handle.run_id).events()) == events
        return handle.result(timeout=60)

    return said


def assert_lawful(events):
    assert events[0].type == "run_started"
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.type in CLOSING_EVENTS for event in events] == [False] * (len(events) - 1) + [True]
    assert [event.time for event in events] == sorted(event.time for event in events)


def table_of(workbench, answer):
    for artifact_id in answer.artifacts:
        artifact = workbench.artifacts.get_artifact(artifact_id)
        if artifact.is_table:
            return artifact.content.to_pylist()
    raise AssertionError("the answer has no table")


def totals_by_region(path):
    totals = defaultdict(Decimal)
    for row in rows_of(path):
        if row["amount"].strip():
            totals[row["region"]] += Decimal(row["amount"])
    return totals


@pytest.mark.parametrize("name", sorted(DELIMITERS))
def test_every_stored_value_says_what_the_file_says(workbench, session, data, name):
    expected = rows_of(data / f"{name}.csv", DELIMITERS[name])
    workbench.ask(session, f"profile {data / name}.csv").result(timeout=60)

    stored = workbench.artifacts.get_artifact(workbench.artifacts.tables(session)[name].artifact_id).content

    assert stored.column_names == list(expected[0])
    assert stored.num_rows == len(expected)
    for number, (row, text) in enumerate(zip(stored.to_pylist(), expected, strict=True), start=2):
        for column in text:
            assert says_the_same(row[column], text[column]), f"{name}.csv line {number}, {column}: {row[column]!r}"


def says_the_same(value, text):
    """Whether a typed value is the one its text writes; nothing but blanks is a missing value."""
    if value is None:
        return text.strip() == ""
    if isinstance(value, bool):
        return str(value).lower() == text.strip().lower()
    if isinstance(value, str):
        return value == text
    if isinstance(value, int | float | Decimal):
        try:
            return Decimal(str(value)) == Decimal(text.strip())
        except InvalidOperation:
            return False
    return value.isoformat()[: len(text.strip())] == text.strip().replace(" ", "T")


def test_the_main_job_with_numbers_reckoned_by_hand(workbench, session, say, data):
    orders, expected = data / "orders.csv", totals_by_region(data / "orders.csv")

    profile = say(f"profile {orders}")
    assert f"{len(rows_of(orders))} rows" in profile.text

    total = say("total amount by region")
    told = {row["region"]: next(v for k, v in row.items() if k != "region") for row in table_of(workbench, total)}
    assert {name: round(Decimal(str(value)), 2) for name, value in told.items()} == expected

    jobs = say(f"which jobs run after LOAD_ORDERS in {data / 'nightly.jil'}?")
    assert jobs.kind == "answer"
    assert jobs.workflow == "jil_parser"

    at_checkpoint = workbench.sessions.messages(session)
    names = set(workbench.artifacts.tables(session))
    workbench.context.create_checkpoint(session, "before customers")
    say(f"profile {data / 'customers.csv'}")
    assert set(workbench.artifacts.tables(session)) == names | {"customers", "customers_profile"}

    diff = workbench.context.diff_checkpoints(session, "before customers")
    assert "customers" in diff.model_dump_json()

    workbench.context.restore_checkpoint(session, "before customers")
    assert workbench.sessions.messages(session) == at_checkpoint
    assert set(workbench.artifacts.tables(session)) == names

    by_sql = workbench.sql("select region, sum(amount) s from orders group by region", session).to_pylist()
    assert {row["region"]: round(Decimal(str(row["s"])), 2) for row in by_sql} == expected
    count = workbench.sql("select count(*) n, count(distinct customer_id) c from orders", session).to_pylist()[0]
    assert count == {"n": len(rows_of(orders)), "c": len({row["customer_id"] for row in rows_of(orders)})}

    graph = workbench.lineage("orders_profile", "up", session)
    told = " ".join(f"{node.kind} {node.label}" for node in graph.nodes)
    assert "orders.csv" in told
    assert "customers" not in told


def test_a_question_back_is_answered_by_the_next_message(workbench, session, say, data, monkeypatch):
    monkeypatch.chdir(data)

    asked = say("profile a file please")
    answered = say("customers.csv")

    assert asked.kind == "question"
    assert asked.question is not None
    assert answered.kind == "answer"
    assert f"{len(rows_of(data / 'customers.csv'))} rows" in answered.text
    assert workbench.artifacts.tables(session)["customers"].row_count == len(rows_of(data / "customers.csv"))


def test_two_handles_taken_while_the_run_goes_on_see_the_same_events(workbench, session, data):
    first = workbench.ask(session, f"profile {data / 'orders.csv'}")
    second = workbench.runs.attach(first.run_id)
    ahead = [next(events) for events in (first.events(), second.events())]

    seen, also = list(second.events()), list(first.events())

    assert seen == also
    assert ahead == [seen[0], seen[0]]
    assert list(first.events(after=3)) == seen[3:]
    assert first.result() == second.result()


def test_a_run_seen_from_another_process_says_the_same(workbench, session, data, tmp_path):
    handle = workbench.ask(session, f"profile {data / 'orders.csv'}")

    other = subprocess.run(
        [sys.executable, "-c", OBSERVE, tmp_path / "ws", handle.run_id], capture_output=True, text=True, timeout=100
    )

    assert other.returncode == 0, other.stderr
    seen = [json.loads(line) for line in other.stdout.splitlines()]
    assert seen == [event.model_dump(mode="json") for event in handle.events()]
    assert workbench.runs.get(handle.run_id).status == "finished"


def test_everything_is_there_after_closing_and_opening_again(tmp_path, data):
    with connect(tmp_path / "ws", user="ann") as workbench:
        session = workbench.sessions.create_session(title="March").session_id
        run_id = workbench.ask(session, f"profile {data / 'orders.csv'}").run_id
        events = list(workbench.runs.attach(run_id).events())
        before = workbench.sessions.get_session(session)

    with connect(tmp_path / "ws", user="ann") as again:
        assert again.sessions.get_session(session) == before
        assert list(again.runs.attach(run_id).events()) == events
        assert again.sql("select count(*) n from orders", session).to_pylist() == [{"n": 600}]
