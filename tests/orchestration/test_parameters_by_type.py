"""What a message says about parameters without a marker: by type, default and description."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from dataops_kernel.llm.rules import RulesModel
from dataops_kernel.orchestration.catalog import Catalog
from dataops_kernel.orchestration.parameters import extract
from dataops_kernel.workflows.parameters import Choice

TODAY = date(2026, 11, 22)


class Grain(StrEnum):
    DAY = "daily"
    MONTH = "monthly"


class Report(BaseModel):
    limit: int = Field(default=10, ge=1, le=1000, description="How many rows to show.")
    share: float | None = Field(default=None, description="The smallest share that counts.")
    since: date | None = None
    until: date | None = None
    title: str = ""
    dry_run: bool = False
    timeout: timedelta | None = None
    grain: Grain = Grain.DAY
    order: Annotated[
        Literal["ascending", "descending"], Choice(synonyms={"descending": ("largest first", "from the top")})
    ] = "ascending"
    extra: dict[str, Any] = {}


def values(text: str, model: type[BaseModel] = Report) -> dict[str, Any]:
    return extract(model, text, Catalog(), {}, RulesModel(), today=TODAY).values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a report", {}),
        ("the first 100 rows", {"limit": 100}),
        ("share over 10%", {"share": 0.1}),
        ("since 2026-03-01", {"since": "2026-03-01"}),
        ("last quarter", {"since": "2026-07-01", "until": "2026-09-30"}),
        ('titled "Sales 2026"', {"title": "Sales 2026"}),
        ("dry run", {"dry_run": True}),
        ("timeout 2 minutes", {"timeout": 120}),
        ("monthly", {"grain": "monthly"}),
        ("largest first", {"order": "descending"}),
        ("limit=5 order=descending title='x'", {"limit": 5, "order": "descending", "title": "x"}),
    ],
)
def test_only_what_the_message_speaks_of_is_a_value(text, expected):
    assert values(text) == expected


def test_values_are_json_shaped_and_the_model_takes_them():
    found = values('dry run "A" monthly, timeout 90s, since yesterday, limit 7')

    made = Report.model_validate(found)

    assert found["since"] == "2026-11-21"
    assert made.since == date(2026, 11, 21)
    assert made.timeout == timedelta(seconds=90)
    assert (made.limit, made.grain, made.dry_run, made.title) == (7, Grain.MONTH, True, "A")


def test_a_value_out_of_range_is_a_problem_and_asked_for():
    found = extract(Report, "limit 5000", Catalog(), {}, RulesModel())

    assert found.values == {}
    assert found.missing == ("limit",)
    assert found.problems == ("The limit cannot be 5000: input should be less than or equal to 1000.",)


def test_a_required_parameter_that_is_not_there_is_missing():
    class Sample(BaseModel):
        size: int
        note: str

    found = extract(Sample, "take a sample", Catalog(), {}, RulesModel())

    assert found.missing == ("size", "note")
    assert values("take 50", Sample) == {"size": 50}


def test_an_annotation_inside_an_optional_type_counts_too():
    class Sorted(BaseModel):
        order: Annotated[Literal["up", "down"], Choice(synonyms={"down": ("falling",)})] | None = None

    assert values("falling", Sorted) == {"order": "down"}
