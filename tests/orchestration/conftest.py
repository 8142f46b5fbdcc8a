"""Three workflows that look like the shipped ones and do nothing, and a session with two tables to plan for."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from dataops_kernel.llm.rules import RulesModel
from dataops_kernel.orchestration.catalog import Catalog
from dataops_kernel.orchestration.planner import Planner, SessionView
from dataops_kernel.types import Artifact, Column, Question
from dataops_kernel.workflows import BaseWorkflow, WorkflowRegistry
from dataops_kernel.workflows.parameters import Choice, DataFile, NameIn, TableName, WholeMessage

TODAY = date(2026, 11, 22)


class _Described(BaseWorkflow):
    def build(self) -> Any:
        raise AssertionError("planning builds no graph")


class Profiler(_Described):
    name = "profiler"
    description = "Profile a data file or a table: columns, types, missing values and keys."
    examples = ("profile orders.csv", "what columns does the customers table have?", "are there duplicates in sales?")

    class Parameters(BaseModel):
        source: Annotated[str, DataFile(suffixes=(".csv", ".parquet")), TableName()]
        sample: int = Field(default=1000, ge=1, le=100_000, description="How many rows to look at.")


class Answers(_Described):
    name = "answers"
    description = "Answer a question about the session's tables: totals, averages, counts and rankings by group."
    examples = ("total amount by region, top 5", "average unit price per category", "how many orders per month")

    class Parameters(BaseModel):
        question: Annotated[str, WholeMessage()]


class JobGraph(_Described):
    name = "job_graph"
    description = "Read a JIL file and say which jobs run after or before a job and what stops when it fails."
    examples = ("which jobs run after LOAD_ORDERS in nightly.jil?", "what stops if LOAD_GL fails?", "parse eod.jil")

    class Parameters(BaseModel):
        path: Annotated[str, DataFile(suffixes=(".jil",))]
        job: Annotated[str | None, NameIn()] = None
        relation: Annotated[
            Literal["summary", "downstream", "upstream", "cycles"],
            Choice(synonyms={"downstream": ("after", "stops if … fails"), "upstream": ("before", "wait for")}),
        ] = "summary"


@pytest.fixture(scope="session")
def registry() -> WorkflowRegistry:
    made = WorkflowRegistry([])
    for workflow in (Profiler, Answers, JobGraph):
        made.register(workflow)
    return made


@pytest.fixture(scope="session")
def llm() -> RulesModel:
    return RulesModel()


@pytest.fixture(scope="session")
def planner(registry: WorkflowRegistry, llm: RulesModel) -> Planner:
    return Planner(registry, llm)


def table(name: str, columns: str, workflow: str = "profiler") -> Artifact:
    return Artifact(
        artifact_id=f"art_{name}",
        session_id="ses_1",
        workflow_name=workflow,
        artifact_type="result",
        name=name,
        version=1,
        content_type="parquet",
        form="arrow",
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
        size_bytes=1,
        sha256="0" * 64,
        columns=tuple(Column(name=column, type="VARCHAR") for column in columns.split()),
    )


ORDERS = table("orders", "order_id order_date customer_id region status unit_price amount")
CUSTOMERS = table("customers", "customer_id name segment country")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with a few files to name."""
    for name in ("orders.csv", "data/customers.csv", "data/nightly.jil", "my data/late orders.csv", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x\n")
    return tmp_path


@pytest.fixture
def view(folder: Path) -> Callable[..., SessionView]:
    """Make what a plan may depend on: the folder above, and two tables unless said otherwise."""

    def made(*, pending: Question | None = None, tables: tuple[Artifact, ...] = (ORDERS, CUSTOMERS)) -> SessionView:
        return SessionView(session_id="ses_1", tables=tables, pending=pending, cwd=folder, today=TODAY)

    return made


@pytest.fixture
def catalog(folder: Path) -> Catalog:
    return Catalog((ORDERS, CUSTOMERS), folder)


@pytest.fixture
def one_table(folder: Path) -> Catalog:
    return Catalog((ORDERS,), folder)
