"""Whatever text comes in, the parser answers with an estate and says what it doubted, in time linear in the text."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.jil_parser.parse import parse_jil
from workflows.jil_parser.scan import MAX_LINE
from workflows.jil_parser.synthetic import synthetic_estate
from workflows.jil_parser.tables import conditions_table, diagnostics_table, edges_table, graph_of_estate, jobs_table


def codes(text: str) -> list[str]:
    return [doubt.code for doubt in parse_jil(text).diagnostics]


@pytest.mark.parametrize("text", ["", " \n\n\t\n", "\ufeff"])
def test_nothing_gives_an_empty_estate_and_says_so(text):
    estate = parse_jil(text)

    assert estate.jobs == {}
    assert codes(text) == ["no-statements"]


def test_prose_is_told_apart_from_jil_in_one_remark():
    text = "Dear team,\nplease find the plan below.\n\nKind regards\nBob\n"

    assert codes(text) == ["no-statements", "stray-text", "stray-text"]
    assert parse_jil(text).diagnostics[1].message.endswith("(through line 2).")


def test_prose_between_statements_is_skipped_without_harm():
    estate = parse_jil("Report of today\ninsert_job: A\nmachine: m\n")

    assert estate.jobs["A"].get("machine") == "m"
    assert [doubt.code for doubt in estate.diagnostics] == ["stray-text"]


def test_a_comment_that_is_never_closed_costs_its_line_only():
    estate = parse_jil("insert_job: A\n/* oops machine: x\nmachine: m\ninsert_job: B\n")

    assert list(estate.jobs) == ["A", "B"]
    assert estate.jobs["A"].get("machine") == "m"
    assert [(doubt.line, doubt.column, doubt.code) for doubt in estate.diagnostics] == [(2, 1, "unterminated-comment")]


def test_a_comment_that_swallows_statements_up_to_the_next_banner_says_how_many():
    estate = parse_jil("insert_job: A\n/* oops\ninsert_job: B\nmachine: m\n/* --- C --- */\ninsert_job: C\n")
    (doubt,) = estate.diagnostics

    assert list(estate.jobs) == ["A", "C"]
    assert (doubt.line, doubt.code) == (2, "comment-hides-statements")
    assert "to line 5" in doubt.message


def test_binary_text_is_named_as_such():
    (doubt,) = parse_jil("insert_job: A\r\nxy\x00\x01\x02binary" * 3).diagnostics

    assert (doubt.line, doubt.column, doubt.code) == (2, 3, "binary")


@pytest.mark.parametrize("start", ["command: x:y", "command: x", "condition: s(A)", "insert_job:", "owner", "#", "/*"])
def test_a_line_of_a_hundred_megabytes_is_skipped_and_the_rest_is_read(start):
    text = f"insert_job: A\n{start} " + "s(A) & " * 14_000_000 + "\nmachine: m\n"
    started = time.process_time()
    estate = parse_jil(text)

    assert estate.jobs["A"].attributes == (("machine", "m"),)
    assert [doubt.code for doubt in estate.diagnostics] == ["line-too-long"]
    assert time.process_time() - started < 10


def test_a_value_that_goes_on_for_too_long_is_cut_once_and_the_rest_is_read():
    estate = parse_jil("insert_job: A\ncondition: s(A)\n" + "& s(A)\n" * 500_000 + "machine: m\n")

    assert len(estate.jobs["A"].condition) < 1_300_000
    assert estate.jobs["A"].get("machine") == "m"
    assert [doubt.code for doubt in estate.diagnostics].count("value-too-long") == 1


def test_ten_thousand_brackets_are_no_deeper_than_one():
    text = f"insert_job: B\ninsert_job: A\ncondition: {'(' * 10_000}s(B){')' * 10_000}\n"
    estate = parse_jil(text)

    assert [(edge.source, edge.target) for edge in estate.edges] == [("B", "A")]
    assert estate.diagnostics == []
    assert [job.job for job in graph_of_estate(estate).after("B")[0]] == ["A"]


def test_ten_thousand_brackets_that_do_not_close_are_one_mistake():
    assert codes(f"insert_job: B\ninsert_job: A\ncondition: {'(' * 10_000}s(B)\n") == ["condition-syntax"]


def test_ten_thousand_boxes_in_each_other_are_walked_once():
    text = "".join(f"insert_job: B{n}   job_type: BOX\nbox_name: B{(n + 1) % 10_000}\n" for n in range(10_000))

    assert codes(text) == ["box-cycle"]
    assert len(graph_of_estate(parse_jil(text)).cycles()[0]) == 10_000


def test_messages_stay_short_when_names_are_not():
    long = "N" * 500_000
    estate = parse_jil(
        f"insert_job: {long}\ncondition: s({long}X)\nbox_name: {long}Y\nupdate_job: {long}Z\n{long}: 1\n"
    )

    assert estate.diagnostics
    assert max(len(doubt.message) for doubt in estate.diagnostics) < 500


LINES = st.sampled_from(
    [
        *("insert_job: A", "insert_job: B   job_type: b", "insert_job: A job_type: c box_name: B", "insert_job:"),
        *("update_job: A", "delete_job: B", "delete_box: B", "rename_job: A", "new_name: C", "override_job: A delete"),
        *("insert_jobb: X", "calendar: C", "12/25/2026 00:00", "insert_machine: m", "box_name: B", "box_name: A"),
        *('description: "open', 'closed"', '"', "/*", "*/", "/* c */ insert_job: C", "# x", "machine: m /* c */"),
        *("condition: s(A) & (f(B,1.5)", "condition: s(C) | n(D^X)", "  & s(A)", "box_success: v(G)=1", ")", ""),
        *(
            "command: a  owner: b  insert_job: D",
            "C\\:\\x",
            "key: value",
            ":",
            "start_times: 1\\:00",
            "date_conditions: 1",
        ),
    ]
)
JIL = st.lists(st.one_of(LINES, st.text(max_size=12)), max_size=25).map("\n".join)


@settings(max_examples=300, deadline=None)
@given(JIL)
def test_no_text_makes_the_parser_or_its_tables_raise(text):
    estate = parse_jil(text)
    lines = estate.lines

    assert all(1 <= doubt.line <= max(lines, 1) and doubt.column >= 1 for doubt in estate.diagnostics)
    assert all(edge.target in estate.jobs for edge in estate.edges)
    assert all(name == job.name for name, job in estate.jobs.items())
    assert jobs_table(estate).num_rows == len(estate.jobs)
    assert edges_table(estate.edges).num_rows == len(estate.edges)
    assert conditions_table(estate).num_rows == sum(edge.kind != "box" for edge in estate.edges)
    assert diagnostics_table(estate.diagnostics).num_rows == len(estate.diagnostics)
    graph = graph_of_estate(estate)
    assert all(len(set(ring)) == len(ring) for ring in graph.cycles())


@settings(max_examples=100, deadline=None)
@given(JIL)
def test_reading_is_repeatable_and_indifferent_to_line_endings(text):
    first = parse_jil(text)

    assert parse_jil(text) == first
    if "\r" not in text:
        assert parse_jil(text.replace("\n", "\r\n")) == first


def _repeated(piece: str) -> str:
    return piece * (MAX_LINE // 2 // len(piece))


NASTY = {
    "comments on one line": "insert_job: A\n" + _repeated("/**/"),
    "comments after a value": "insert_job: A\ncommand: x " + _repeated("/* a */ "),
    "comment signs": "insert_job: A\ncommand: x " + _repeated("/* ") + "*/",
    "comments never closed": "insert_job: A\n/* x\n" * 30_000,
    "quotes": "insert_job: A\nowner: " + _repeated('"a" : '),
    "open quotes": 'insert_job: A\ndescription: "open\nfree text\n' * 20_000,
    "escaped quotes": 'insert_job: A\ndescription: "' + _repeated('\\"'),
    "pairs on one line": "insert_job: A " + _repeated("owner: x "),
    "statements on one line": _repeated("insert_job: A "),
    "continued lines": "insert_job: A\nstart_times: 1\n" + "x y z\n" * 100_000,
    "continued conditions with mistakes": "insert_job: A\ncondition: s(A,2.5)\n" + "& s(A,2.5)\n" * 50_000,
    "colons": "insert_job: A\nowner: " + _repeated(":"),
    "words before colons": "insert_job: A\nowner: " + _repeated("abcdefgh"),
    "unknown statements": "".join(f"insert_x{n}: A\n" for n in range(30_000)),
    "unknown attributes": "insert_job: A\n" + "".join(f"key_{n}: 1\n" for n in range(50_000)),
    "brackets": "insert_job: A\ncondition: " + "(" * 300_000,
    "statuses": "insert_job: A\ncondition: " + "s(" * 200_000,
    "blanks in a condition": "insert_job: A\ncondition: s(A" + " " * 400_000 + "x",
    "deleted boxes": "".join(
        f"insert_job: B{n}   job_type: b\ninsert_job: J{n}\nbox_name: B{n}\ndelete_box: B{n}\n" for n in range(20_000)
    ),
    "renamed boxes": "insert_job: B0   job_type: b\n"
    + "".join(f"rename_job: B{n}\nnew_name: B{n + 1}\n" for n in range(30_000)),
    "updates": "insert_job: A\n" + "update_job: A\nmachine: m\n" * 30_000,
    "undefined references": "".join(f"insert_job: J{n}\ncondition: s(X{n})\n" for n in range(30_000)),
    "a deep nest of boxes": "".join(f"insert_job: B{n}   job_type: b\nbox_name: B{n - 1}\n" for n in range(1, 30_000)),
}


@pytest.mark.parametrize("shape", NASTY)
def test_a_nasty_shape_costs_no_more_than_a_second_or_two_for_half_a_megabyte(shape):
    text = NASTY[shape]
    started = time.process_time()
    parse_jil(text)

    # Anything quadratic in texts of this size takes minutes.
    assert time.process_time() - started < 8


def test_a_big_estate_is_read_in_linear_time():
    def seconds(jobs: int) -> float:
        text = synthetic_estate(jobs)
        taken = []
        for _ in range(3):
            started = time.process_time()
            parse_jil(text)
            taken.append(time.process_time() - started)
        return min(taken)

    assert seconds(16_000) < 8 * 2.5 * seconds(2_000)
