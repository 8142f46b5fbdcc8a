"""From a message to a plan: run it, ask one question back, or say no with what can be done."""

import subprocess
import sys
from pathlib import Path

import pytest

from dataops_kernel.orchestration.planner import Planner
from dataops_kernel.types import Plan
from dataops_kernel.workflows import WorkflowRegistry


def test_a_clear_request_runs_with_its_parameters(planner, view, folder, monkeypatch):
    monkeypatch.chdir(folder)

    plan = planner.plan("which jobs run after LOAD_GL in data/nightly.jil?", view())

    assert plan.outcome == "run"
    (step,) = plan.steps
    assert step.workflow == "job_graph"
    assert step.parameters == {"path": "data/nightly.jil", "job": "LOAD_GL", "relation": "downstream"}
    assert step.corrections == ()


def test_a_plan_says_its_engine_its_confidence_and_who_else_was_considered(planner, view):
    plan = planner.plan("total amount by region, top 5", view())

    assert plan.engine == "rules"
    assert plan.candidates[0].workflow == "answers"
    assert plan.confidence == plan.candidates[0].confidence > 0.9
    assert [c.confidence for c in plan.candidates] == sorted((c.confidence for c in plan.candidates), reverse=True)


def test_the_same_message_gets_the_same_plan(planner, view):
    assert planner.plan("how many orders per month", view()) == planner.plan("how many orders per month", view())


def test_what_was_read_as_something_else_is_said(planner, view, folder, monkeypatch):
    monkeypatch.chdir(folder)

    plan = planner.plan("profile ordrs.csv", view())

    assert plan.steps[0].parameters == {"source": "orders.csv"}
    assert plan.steps[0].corrections == ("Read 'ordrs.csv' as 'orders.csv'.",)


def test_a_path_that_does_not_exist_is_left_to_its_reader(planner, view):
    assert planner.plan("profile invoices.csv", view()).steps[0].parameters == {"source": "invoices.csv"}


def test_a_missing_parameter_is_asked_for_with_what_there_is_to_choose_from(planner, view):
    plan = planner.plan("please profile a table", view())

    assert plan.outcome == "ask"
    assert plan.question.workflow == "profiler"
    assert plan.question.parameter == "source"
    assert plan.question.choices == (
        "orders",
        "customers",
        "orders.csv",
        "data/customers.csv",
        "my data/late orders.csv",
    )
    assert "orders, customers" in plan.question.text
    assert plan.question.text.endswith("?")


def test_tables_that_were_loaded_are_offered_before_those_made_of_them(planner, view):
    orders, customers = view().tables
    made = orders.model_copy(update={"name": "totals", "parent_artifacts": (orders.artifact_id,)})

    plan = planner.plan("please profile a table", view(tables=(made, orders, customers)))

    assert plan.question.choices[:3] == ("orders", "customers", "totals")


def test_what_was_understood_already_rides_in_the_question(planner, view, folder):
    (folder / "data" / "eod.jil").touch()

    plan = planner.plan("which jobs run after LOAD_GL?", view())

    assert plan.question.parameter == "path"
    assert plan.question.parameters == {"job": "LOAD_GL", "relation": "downstream"}
    assert plan.question.choices == ("data/eod.jil", "data/nightly.jil")


def test_when_there_is_nothing_to_choose_from_the_question_says_what_to_type(planner, view, folder):
    (folder / "data" / "nightly.jil").unlink()

    plan = planner.plan("which jobs run after LOAD_GL?", view(tables=()))

    assert plan.question.choices == ()
    assert ".jil" in plan.question.text


def test_a_value_out_of_range_is_asked_for_again_with_the_reason(planner, view):
    plan = planner.plan("profile orders with a sample of 5000000 rows", view())

    assert plan.question.parameter == "sample"
    assert "5000000" in plan.question.text
    assert plan.question.parameters == {"source": "orders"}


@pytest.mark.parametrize("text", ["what is the weather in Paris", "write me a poem", "book a flight to Rome"])
def test_a_request_nobody_can_meet_is_refused_with_what_can_be_done(planner, view, text):
    plan = planner.plan(text, view())

    assert plan.outcome == "reject"
    assert plan.steps == ()
    assert plan.text.startswith("That is nothing I can help with.")
    for known in ("**profiler**", "“profile orders.csv”", "**answers**", "**job_graph**"):
        assert known in plan.text


@pytest.mark.parametrize("text", ["hello", "help", "what can you do?", "thanks!", "good morning"])
def test_a_greeting_is_answered_with_what_can_be_done(planner, view, text):
    plan = planner.plan(text, view())

    assert plan.outcome == "reject"
    assert plan.text.startswith("Here is what I can do:")


def test_a_request_that_fits_two_workflows_is_asked_back_and_the_message_kept(planner, registry, llm, view):
    twins = WorkflowRegistry([])
    for name in ("profile_fast", "profile_deep"):
        twin = type(registry.get("profiler"))()
        twin.name = name
        twins.register(twin)

    plan = Planner(twins, llm).plan("profile orders.csv", view())

    assert plan.outcome == "ask"
    assert plan.question.choices == ("profile_deep", "profile_fast")
    assert plan.question.parameters == {"message": "profile orders.csv"}


def test_without_workflows_the_refusal_says_so(llm, view):
    plan = Planner(WorkflowRegistry([]), llm).plan("profile orders.csv", view())

    assert plan.outcome == "reject"
    assert "No workflow is installed" in plan.text


def test_a_broken_workflow_cannot_be_meant(llm, view, tmp_path: Path):
    (tmp_path / "flows" / "broken").mkdir(parents=True)
    (tmp_path / "flows" / "broken" / "workflow.py").write_text("import nothing_of_that_name\n")

    plan = Planner(WorkflowRegistry([tmp_path / "flows"]), llm).plan("run broken", view())

    assert plan.outcome == "reject"


def test_a_plan_can_be_kept_as_json(planner, view):
    for text in ("profile orders", "please profile a table", "hello"):
        plan = planner.plan(text, view())

        assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_planning_loads_no_engine_of_data_or_graphs():
    script = """
import sys
from datetime import date
from pathlib import Path
from dataops_kernel.llm.rules import RulesModel
from dataops_kernel.orchestration import Planner, SessionView
from dataops_kernel.workflows import WorkflowRegistry

def profile(source: str) -> str:
    '''Profile a data file or a table.'''

registry = WorkflowRegistry([])
registry.register(profile)
view = SessionView(cwd=Path.cwd(), today=date(2026, 11, 22))
planner = Planner(registry, RulesModel())
for text in ("profile 'orders'", "profile since last monday", "write me a poem"):
    planner.plan(text, view)
print(*({"langgraph", "duckdb", "pyarrow", "pandas", "numpy", "sqlglot", "dateparser", "sqlite3"} & set(sys.modules)))
"""

    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == ""
