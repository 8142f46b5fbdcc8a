"""An open question: what counts as its answer, what is a new request, and what is asked again."""

import pytest

from dataops_kernel.orchestration.planner import Planner
from dataops_kernel.types import Question
from dataops_kernel.workflows import WorkflowRegistry


@pytest.fixture
def asked(planner, view) -> Question:
    return planner.plan("please profile a table", view()).question


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("orders", "orders"),
        ("the customers table please", "customers"),
        ("2", "customers"),
        ("the second one", "customers"),
        ("the last", "my data/late orders.csv"),
        ("data/customers.csv", "data/customers.csv"),
        ("take orders.csv", "orders.csv"),
        ('"my data/late orders.csv"', "my data/late orders.csv"),
        ("custmers", "customers"),
        ("/tmp/not/there.csv", "/tmp/not/there.csv"),
    ],
)
def test_an_answer_completes_the_request(planner, view, asked, folder, monkeypatch, answer, source):
    monkeypatch.chdir(folder)

    plan = planner.plan(answer, view(pending=asked))

    assert plan.outcome == "run"
    assert plan.steps[0].workflow == "profiler"
    assert plan.steps[0].parameters == {"source": source}


def test_what_was_understood_before_is_kept(planner, view, folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "data" / "eod.jil").touch()
    question = planner.plan("which jobs run after LOAD_GL?", view()).question

    plan = planner.plan("nightly", view(pending=question))

    assert plan.steps[0].parameters == {"job": "LOAD_GL", "relation": "downstream", "path": "data/nightly.jil"}


def test_yes_takes_the_only_choice(planner, view):
    question = Question(workflow="profiler", parameter="source", text="Which?", choices=("orders",))

    assert planner.plan("yes please", view(pending=question)).steps[0].parameters == {"source": "orders"}


def test_an_answer_may_say_more_than_was_asked(planner, view, asked):
    plan = planner.plan("orders, but only with a sample of 50 rows", view(pending=asked))

    assert plan.steps[0].parameters == {"source": "orders", "sample": 50}


@pytest.mark.parametrize(
    ("text", "workflow"),
    [
        ("total amount by region, top 5", "answers"),
        ("which jobs run after LOAD_ORDERS in data/nightly.jil?", "job_graph"),
        ("profile the columns of data/customers.csv", "profiler"),
    ],
)
def test_a_request_of_its_own_is_planned_as_one(planner, view, asked, text, workflow):
    plan = planner.plan(text, view(pending=asked))

    assert plan.outcome == "run"
    assert plan.steps[0].workflow == workflow


@pytest.mark.parametrize("text", ["blue", "what do you mean?", "17", "write me a poem"])
def test_what_is_neither_is_asked_again_with_a_way_out(planner, view, asked, text):
    plan = planner.plan(text, view(pending=asked))

    assert plan.outcome == "ask"
    assert plan.question.parameter == "source"
    assert plan.question.text != asked.text
    assert "orders" in plan.question.text
    assert "never mind" in plan.question.text


def test_a_file_of_the_wrong_kind_is_explained_and_asked_for_again(planner, view, folder):
    (folder / "data" / "eod.jil").touch()
    question = planner.plan("which jobs run after LOAD_GL?", view()).question

    plan = planner.plan("book.xlsx", view(pending=question))

    assert plan.question.parameter == "path"
    assert plan.question.text.startswith("'book.xlsx' is not a .jil file.")


def test_a_long_wrong_answer_is_not_repeated_in_full(planner, view, asked):
    assert len(planner.plan("blue " * 1000, view(pending=asked)).question.text) < 500


@pytest.mark.parametrize("text", ["never mind", "cancel", "forget it", "no", "Stop."])
def test_a_request_can_be_taken_back(planner, view, asked, text):
    plan = planner.plan(text, view(pending=asked))

    assert plan.outcome == "reject"
    assert plan.text.startswith("All right")


def test_a_number_out_of_range_is_explained_and_asked_for_again(planner, view):
    question = planner.plan("profile orders with a sample of 5000000 rows", view()).question

    again = planner.plan("0", view(pending=question))
    plan = planner.plan("500", view(pending=question))

    assert again.outcome == "ask"
    assert "greater than or equal to 1" in again.question.text
    assert plan.steps[0].parameters == {"source": "orders", "sample": 500}


@pytest.mark.parametrize("answer", ["profile_deep", "1", "the first", "profile deep please"])
def test_the_choice_between_workflows_runs_the_message_that_was_kept(registry, llm, view, answer):
    twins = WorkflowRegistry([])
    for name in ("profile_fast", "profile_deep"):
        twin = type(registry.get("profiler"))()
        twin.name = name
        twins.register(twin)
    planner = Planner(twins, llm)
    question = planner.plan("profile orders with a sample of 20", view()).question
    question = question.model_copy(update={"choices": ("profile_deep", "profile_fast")})

    plan = planner.plan(answer, view(pending=question))

    assert plan.steps[0].workflow == "profile_deep"
    assert plan.steps[0].parameters == {"source": "orders", "sample": 20}


def test_an_unclear_choice_between_workflows_is_asked_again(registry, llm, view):
    question = Question(
        workflow="",
        parameter="workflow",
        text="Which?",
        parameters={"message": "orders"},
        choices=("profiler", "answers"),
    )

    plan = Planner(registry, llm).plan("purple", view(pending=question))

    assert plan.outcome == "ask"
    assert plan.question.parameters == {"message": "orders"}
    assert plan.question.choices == ("profiler", "answers")


def test_a_question_of_a_workflow_that_is_gone_is_forgotten(planner, view):
    gone = Question(workflow="gone", parameter="path", text="Which file?")

    assert planner.plan("profile orders", view(pending=gone)).steps[0].workflow == "profiler"
