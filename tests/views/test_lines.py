"""Events and differences as lines of text."""

from datetime import UTC, datetime

import pytest

from dataops_kernel.types import (
    AggregateDrift,
    ArtifactChange,
    CheckpointDiff,
    Column,
    ContextChange,
    Event,
    Message,
    RowDiff,
)
from dataops_kernel.views import diff_lines, event_line


def event(type: str, **data: object) -> Event:
    return Event.model_validate({"seq": 1, "type": type, "time": datetime(2026, 1, 1, tzinfo=UTC), "data": data})


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (event("step_started", workflow="jil_parser"), "running jil_parser"),
        (event("progress", text="Measuring", done=1000, total=2000), "Measuring (1,000/2,000)"),
        (event("progress", text="Reading"), "Reading"),
        (event("artifact_stored", name="jobs", version=2, rows=1200), "stored jobs v2 (1,200 rows)"),
        (event("artifact_stored", name="notes", version=1), "stored notes v1"),
        (event("sql", query="select\n  1"), "asked SQL: select 1"),
        (event("run_failed", error={"message": "No file."}), "failed: No file."),
        (event("run_cancelled"), "cancelled; what was stored stays"),
        (event("planned", plan={"outcome": "ask"}), "needs to know more"),
        (event("run_started"), ""),
    ],
)
def test_an_event_is_one_line(said, line):
    assert event_line(said) == line


@pytest.mark.parametrize("type", ["progress", "sql", "run_failed", "artifact_stored", "step_started"])
def test_a_hostile_value_cannot_make_a_second_line_or_steer_the_terminal(type):
    bad = "x\n\x1b[2J\u202ey"

    line = event_line(event(type, text=bad, query=bad, error={"message": bad}, name=bad, version=1, workflow=bad))

    assert line.isprintable()


def diff(**parts: object) -> CheckpointDiff:
    return CheckpointDiff.model_validate(
        {"session_id": "ses_1", "before": "a", "after": "now", "common_seq": 1, **parts}
    )


def test_no_difference_is_one_sentence():
    assert diff_lines(diff()) == ["Nothing differs between 'a' and 'now'."]


def test_a_difference_names_messages_keys_tables_columns_and_drift():
    change = ArtifactChange(
        name="orders",
        change="changed",
        rows_before=10,
        rows_after=1200,
        rows=RowDiff(key=("id",), columns=2, added=1190, removed=0),
        columns_added=(Column(name="tax", type="DOUBLE"),),
        drift=(AggregateDrift(column="amount", before=1.0, after=None),),
    )

    lines = diff_lines(
        diff(
            messages_added=[Message(role="user", content="two\nlines")],
            context=[ContextChange(key="limit", after=5)],
            artifacts=[change, ArtifactChange(name="old", change="removed", rows_before=3)],
        )
    )

    assert lines == [
        "messages since 'a': 1",
        "  user: two lines",
        "context keys: 1",
        "  limit: None → 5",
        "artifacts: 2",
        "  ~ orders (10 → 1,200 rows)",
        "      + column tax DOUBLE",
        "      rows by id: 1,190 new, 0 gone, 0 changed",
        "      sum of amount: 1 → –",
        "  - old (3 rows)",
    ]


def test_a_long_difference_is_capped_and_counted():
    messages = [Message(role="user", content="x" * 500)] * 1500

    lines = diff_lines(diff(messages_added=messages))

    assert lines[0] == "messages since 'a': 1,500"
    assert lines[-1] == "  … 1,480 more"
    assert max(map(len, lines)) < 120


def test_a_hostile_name_stays_on_its_line():
    lines = diff_lines(diff(artifacts=[ArtifactChange(name="x\n\x1b[2Jy", change="added")]))

    assert all(line.isprintable() for line in lines)
