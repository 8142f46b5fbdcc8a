"""What the parser doubts about an estate that is written correctly, and where it says so."""

import re
from pathlib import Path

import pytest

from workflows.jil_parser.parse import parse_jil


def doubts(text: str) -> list[tuple[int, int, str]]:
    return [(doubt.line, doubt.column, doubt.code) for doubt in parse_jil(text).diagnostics]


def test_a_reference_to_a_job_that_is_not_defined_is_placed_at_the_reference():
    assert doubts("insert_job: A\ninsert_job: B\n  condition: s(A) & s(GONE)\n") == [(3, 23, "undefined-job")]


def test_a_job_may_be_defined_after_it_is_referred_to():
    assert doubts("insert_job: B\ncondition: s(A)\ninsert_job: A\n") == []


def test_globals_and_other_instances_are_not_undefined_jobs():
    text = 'insert_xinst: PRD\nxtype: a\ninsert_job: B\ncondition: v(G) = "Y" & s(A^PRD)\n'

    assert doubts(text) == []


def test_an_instance_that_nothing_declares_is_doubted():
    assert doubts("insert_job: B\ncondition: s(A^PRD)\n") == [(2, 14, "undeclared-instance")]


def test_a_job_that_waits_on_itself_is_doubted_unless_it_only_keeps_itself_apart():
    assert doubts("insert_job: A\ncondition: s(A)\ninsert_job: B\ncondition: n(B)\n") == [(2, 14, "self-dependency")]


def test_a_box_that_is_not_defined_is_an_error():
    assert doubts("insert_job: A\nbox_name: GONE\n") == [(2, 11, "undefined-box")]


def test_a_box_name_that_names_another_kind_of_job_is_an_error():
    assert doubts("insert_job: A   job_type: CMD\ninsert_job: B\nbox_name: A\n") == [(3, 11, "not-a-box")]


def test_boxes_that_lie_in_each_other_are_told_once():
    text = "".join(f"insert_job: {a}   job_type: BOX\nbox_name: {b}\n" for a, b in ("AB", "BC", "CA")) + (
        "insert_job: X   job_type: CMD\nbox_name: A\n"
    )
    (doubt,) = parse_jil(text).diagnostics

    assert (doubt.line, doubt.code) == (2, "box-cycle")
    assert doubt.message == "These boxes lie in each other: A in B in C in A."


@pytest.mark.parametrize("off", ["", "date_conditions: 0\n", "date_conditions: n\n"])
def test_times_that_are_ignored_because_their_switch_is_off_are_doubted(off):
    text = f'insert_job: A\n{off}start_times: "10:00"\n'

    assert [code for _, _, code in doubts(text)] == ["times-ignored"]


@pytest.mark.parametrize("on", ["1", "y", "Y", '"1"'])
def test_times_count_when_their_switch_is_on(on):
    assert doubts(f'insert_job: A\ndate_conditions: {on}\nstart_times: "10:00"\ndays_of_week: mo\n') == []


def test_two_attributes_that_exclude_each_other_are_an_error():
    text = 'insert_job: A\ndate_conditions: 1\nstart_times: "10:00"\nstart_mins: 5\ndays_of_week: mo\nrun_calendar: C\n'

    assert [(line, code) for line, _, code in doubts(text)] == [(4, "either-or"), (6, "either-or")]


def test_the_result_conditions_of_a_box_are_checked_too():
    text = "insert_job: B   job_type: BOX\nbox_success: s(GONE)\nbox_failure: f(\ninsert_job: A   job_type: CMD\nbox_name: B\n"

    assert doubts(text) == [(2, 16, "undefined-job"), (3, 14, "condition-syntax")]


def test_edges_say_how_where_and_how_far_back():
    estate = parse_jil(
        "insert_job: B   job_type: BOX\nbox_success: s(A)\ninsert_job: A\nbox_name: B\n"
        "condition: s(X,12.00) & n(Y) & v(G) = 1 & d(Z^PRD) & e(X) > 2\n"
    )

    assert [tuple(edge) for edge in estate.edges] == [
        ("box", "B", "A", "", "", "box_name"),
        ("s", "X", "A", "12.00", "", "condition"),
        ("n", "Y", "A", "", "", "condition"),
        ("v", "G", "A", "", "", "condition"),
        ("d", "Z", "A", "", "PRD", "condition"),
        ("e", "X", "A", "", "", "condition"),
        ("s", "A", "B", "", "", "box_success"),
    ]


def test_the_example_estate_holds_what_its_makers_put_in(data):
    estate = parse_jil(data / "nightly.jil")

    assert len(estate.jobs) == 41
    assert {job.type for job in estate.jobs.values()} == {"CMD", "BOX", "FW"}
    assert {edge.kind for edge in estate.edges} == {"s", "f", "d", "t", "e", "v", "n", "box"}
    assert [(doubt.line, doubt.code) for doubt in estate.diagnostics] == [
        (341, "times-ignored"),
        (608, "undefined-job"),
    ]
    assert list(estate.objects) == ["global", "xinst"]


def test_every_code_the_parser_can_say_is_listed_in_its_readme():
    folder = Path(parse_jil.__code__.co_filename).parent
    sources = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    said = set(re.findall(r'"(?:error|warning|info)",\s*"([a-z-]+)"', sources)) - {"error", "warning", "info"}
    readme = (folder / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`([a-z-]+)`", readme.partition("Codes:")[2].partition("##")[0]))

    assert said
    assert said == listed
