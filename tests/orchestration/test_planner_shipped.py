"""Plans over the shipped workflows and the example files: workflow and parameters, end to end but for the running."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dataops_kernel.llm.rules import RulesModel
from dataops_kernel.orchestration.planner import Planner, SessionView
from dataops_kernel.types import Plan, Question
from dataops_kernel.workflows import WorkflowRegistry

ROOT = Path(__file__).parents[2]
NIGHTLY = "notebooks/data/nightly.jil"


@pytest.fixture(scope="module")
def planner() -> Planner:
    return Planner(WorkflowRegistry([ROOT / "workflows"]), RulesModel())


@pytest.fixture
def plan(planner: Planner, view: Callable[..., SessionView], monkeypatch) -> Callable[..., Plan]:
    monkeypatch.chdir(ROOT)

    def planned(text: str, pending: Question | None = None, **shown: Any) -> Plan:
        here = view(pending=pending, **shown).model_copy(update={"cwd": ROOT, "today": date(2026, 11, 22)})
        return planner.plan(text, here)

    return planned


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("profile orders.csv", "notebooks/data/orders.csv"),
        ("whats in data/orders.csv", "notebooks/data/orders.csv"),
        ("profle notebooks/data/custmers.csv", "notebooks/data/customers.csv"),
        ("which columns of customers have missing values?", "customers"),
        ("describe the orders table", "orders"),
        ("describe it", "orders"),
        ("profile /no/such/place/sales.parquet", "/no/such/place/sales.parquet"),
    ],
)
def test_what_to_profile_is_a_file_or_a_table(plan, text, source):
    (step,) = plan(text).steps

    assert (step.workflow, step.parameters) == ("schema_analyzer", {"source": source})


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("total amount by region, top 5", 5),
        ("average unit price per segment", None),
        ("how many orders per month in 2026", None),
        ("regions with more than 100 orders", None),
        ("newest 5 orders", 5),
    ],
)
def test_a_question_is_passed_on_to_the_letter(plan, text, limit):
    (step,) = plan(text).steps

    assert step.workflow == "sql_generator"
    assert step.parameters == {"question": text} | ({"limit": limit} if limit else {})


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        (f"which jobs run after LOAD_ORDERS in {NIGHTLY}?", {"job": "LOAD_ORDERS", "relation": "downstream"}),
        (f"in {NIGHTLY}, what must finish before REPORT_MARGIN?", {"job": "REPORT_MARGIN", "relation": "upstream"}),
        (f"what stops if job LOAD_GL fails? see {NIGHTLY}", {"job": "LOAD_GL", "relation": "impact"}),
        (f"are there circular dependencies in {NIGHTLY}", {"relation": "cycles"}),
        (f"which jobs are not defined in {NIGHTLY}", {"relation": "undefined"}),
        (f"parse {NIGHTLY}", {"relation": "summary"}),
        (
            f"what is downstream of LOAD_ORDERS within 2 levels in {NIGHTLY}",
            {"job": "LOAD_ORDERS", "relation": "downstream", "levels": 2},
        ),
    ],
)
def test_a_question_about_jobs_is_taken_apart(plan, text, parameters):
    (step,) = plan(text).steps

    assert step.workflow == "jil_parser"
    assert step.parameters == {"path": NIGHTLY} | parameters


def test_a_table_that_is_not_named_is_asked_for_and_the_answer_runs(plan):
    asked = plan("which columns have missing values?").question

    (step,) = plan("the first one", pending=asked).steps

    assert asked.choices[:2] == ("orders", "customers")
    assert (step.workflow, step.parameters) == ("schema_analyzer", {"source": "orders"})
