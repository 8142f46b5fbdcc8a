"""A message that goes on from an answer before it keeps what that was about; a request of its own does not."""

import pytest

from dataops_kernel.orchestration.followup import EarlierTurn, is_changing_sql, manner, pointed_table
from tests.orchestration.conftest import table

JOBS = EarlierTurn(workflow="job_graph", parameters={"path": "eod.jil", "job": "LOAD_ORDERS", "relation": "downstream"})
PROFILE = EarlierTurn(workflow="profiler", parameters={"source": "orders", "sample": 50})


@pytest.fixture
def said(planner, view):
    def plan(text, *turns, shown="", **about):
        return planner.plan(text, view(**about).model_copy(update={"turns": turns, "shown": shown}))

    return plan


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("and upstream?", {"relation": "upstream"}),
        ("what about LOAD_GL?", {"job": "LOAD_GL"}),
        ("the same for LOAD_GL", {"job": "LOAD_GL"}),
        ("and what runs before it?", {"relation": "upstream"}),
        ("no, LOAD_FX", {"job": "LOAD_FX"}),
        ("again", {}),
    ],
)
def test_a_follow_up_about_a_job_changes_only_what_it_says(said, text, changed):
    plan = said(text, JOBS)

    assert plan.outcome == "run"
    assert plan.steps[0].workflow == "job_graph"
    assert plan.steps[0].parameters == {**JOBS.parameters, **changed}
    assert plan.steps[0].corrections[-1].startswith("Understood as: ")


def test_a_follow_up_about_another_file_profiles_that_one(said):
    plan = said("and the customers file?", PROFILE)

    assert plan.steps[0].parameters == {"source": "customers", "sample": 50}


def test_a_request_of_its_own_forgets_the_answer_before(said, folder):
    plan = said("profile orders.csv", JOBS)

    assert plan.steps[0].workflow == "profiler"
    assert plan.steps[0].parameters == {"source": str(folder / "orders.csv")}
    assert plan.steps[0].corrections == ()


def test_without_an_answer_before_nothing_is_carried_on(said):
    assert "job" not in said("and upstream?").steps[0].parameters


def test_small_talk_is_no_follow_up(said):
    assert said("thanks a lot", JOBS).outcome == "reject"


def test_the_second_table_is_the_second_that_the_answer_names(said):
    plan = said("use the second table", PROFILE, shown="There are `customers` and then **orders**.")

    assert plan.steps[0].parameters["source"] == "orders"
    assert plan.steps[0].corrections[0] == "Read 'the second table' as the table 'orders'."


def test_a_table_is_not_guessed_when_the_answer_lists_none_or_too_few(said):
    nothing = said("use the second table", PROFILE, shown="Done.")
    beyond = said("use the third table", PROFILE, shown="`orders`, `customers`")

    assert (nothing.outcome, beyond.outcome) == ("reject", "reject")
    assert "'orders', 'customers'" in nothing.text
    assert "lists 2 tables" in beyond.text


def test_names_in_an_answer_are_read_whole():
    assert pointed_table("use the first table", "`orders_old` `orders`", ("orders", "orders_old")).text == (
        "use the table orders_old"
    )


@pytest.mark.parametrize(
    "text",
    [
        "'; drop table orders; --",
        "DELETE FROM orders",
        "update orders set amount = 0",
        "insert into orders values (1)",
        "create table x as select 1",
        "truncate table orders",
    ],
)
def test_sql_that_would_change_data_is_refused_with_what_can_be_done(said, text):
    plan = said(text, PROFILE)

    assert plan.outcome == "reject"
    assert "only ever read" in plan.text
    assert "profiler" in plan.text


@pytest.mark.parametrize("text", ["orders that were updated", "drop in revenue by month", "created orders per table"])
def test_words_that_sql_knows_too_are_no_statement(text):
    assert not is_changing_sql(text)


@pytest.mark.parametrize("text", ["notes by region", "users per country", "nothing", "android", "onlyness", ""])
def test_a_word_that_begins_like_a_follow_up_is_none(text):
    assert not manner(text).goes_on


def test_a_file_of_a_kind_nobody_reads_is_named_as_the_reason(said, folder):
    (folder / "weird.xyz").write_text("x")

    plan = said("profile weird.xyz", tables=(table("orders", "a"), table("customers", "b")))

    assert plan.outcome == "ask"
    assert "'weird.xyz' is there, but it is no .csv or .parquet file." in plan.question.text
