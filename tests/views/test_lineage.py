"""Lineage as a drawing: whatever things are called, the drawing holds only what the graph holds."""

import re

import pytest

from dataops_kernel.types import LineageEdge, LineageGraph, LineageNode
from dataops_kernel.views import lineage_dot, lineage_lines


def graph(label: str = "orders", focus: str = "art") -> LineageGraph:
    """One message that loaded one file into one artifact, which its step read back, and another made from it."""
    return LineageGraph(
        focus=focus,
        nodes=(
            LineageNode(id="msg", kind="message", label="profile /data/orders.csv"),
            LineageNode(id="run", kind="run", label="profile /data/orders.csv"),
            LineageNode(id="stp", kind="step", label="schema_analyzer"),
            LineageNode(id="file", kind="file", label="/data/orders.csv"),
            LineageNode(id="art", kind="artifact", label=label),
            LineageNode(id="other", kind="artifact", label="profile"),
        ),
        edges=(
            LineageEdge(source="msg", target="run", relation="informed"),
            LineageEdge(source="run", target="stp", relation="informed"),
            LineageEdge(source="file", target="stp", relation="used"),
            LineageEdge(source="stp", target="art", relation="generated"),
            LineageEdge(source="art", target="stp", relation="used"),
            LineageEdge(source="file", target="art", relation="derived", evidence="declared"),
            LineageEdge(source="art", target="other", relation="derived"),
        ),
    )


@pytest.mark.parametrize("label", ['a"]; evil [label="x', 'back\\" ]; evil', "line\nbreak", "\\", 'end\\"', "]->n0;//"])
def test_no_name_can_leave_its_string_in_dot(label):
    drawn = lineage_dot(graph(label))

    outside = re.sub(r'"(?:\\.|[^"\\])*"', "", drawn)
    assert '"' not in outside
    assert "evil" not in outside
    assert len(drawn.split("\n")) == len(lineage_dot(graph()).split("\n"))


def test_a_run_is_folded_into_its_message_and_a_step_does_not_read_back_what_it_made():
    drawn = lineage_dot(graph())

    assert drawn.count("orders.csv") == 2  # the message and the file
    assert "run\\n" not in drawn
    assert drawn.count("->") == 5


def test_a_run_that_was_asked_for_stays():
    assert "run\\n" in lineage_dot(graph(focus="run"))


def test_data_only_draws_what_came_from_what():
    drawn = lineage_dot(graph(), data_only=True)

    assert drawn.count("->") == 2
    assert "schema_analyzer" not in drawn
    assert "message" not in drawn
    assert "style=dashed" in drawn


def test_the_text_says_both_ways_and_marks_what_was_there_before():
    lines = lineage_lines(graph())

    assert lines[0] == "artifact orders"
    assert "  comes from:" in lines
    assert "  led to:" in lines
    assert any("(above)" in line for line in lines)
