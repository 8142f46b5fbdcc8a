"""What a failure does to a night, on small estates where the answer can be checked by hand."""

import pytest

from workflows.jil_parser.graph import Graph
from workflows.jil_parser.impact import Night, impact_of
from workflows.jil_parser.parse import parse_jil
from workflows.jil_parser.tables import graph_of_estate


def estate(text: str) -> Graph:
    return graph_of_estate(parse_jil(text))


def cmd(name: str, *lines: str) -> str:
    return "\n".join([f"insert_job: {name}   job_type: CMD", *lines, ""])


def box(name: str, *lines: str) -> str:
    return "\n".join([f"insert_job: {name}   job_type: BOX", *lines, ""])


def effects(text: str, failing: str) -> dict[str, str]:
    return {row.job: row.effect for row in impact_of(estate(text), failing)}


def because(text: str, failing: str) -> dict[str, str]:
    return {row.job: row.because for row in impact_of(estate(text), failing)}


def test_success_stops_done_goes_on_and_failure_starts():
    text = cmd("A") + cmd("B", "condition: s(A)") + cmd("C", "condition: d(A)") + cmd("D", "condition: f(A)")

    assert effects(text, "A") == {"A": "fails", "B": "stops", "C": "still runs", "D": "starts"}


def test_who_waits_on_the_end_of_a_job_that_never_runs_stops_as_well():
    text = cmd("A") + cmd("B", "condition: s(A)") + cmd("C", "condition: d(B)")

    assert effects(text, "A") == {"A": "fails", "B": "stops", "C": "stops"}
    assert because(text, "A")["C"] == "waits on the end of `B`, which does not run"


def test_another_way_keeps_a_job_running():
    text = cmd("A") + cmd("M") + cmd("B", "condition: s(A) | s(M)") + cmd("C", "condition: s(B)")

    assert effects(text, "A") == {"A": "fails", "B": "still runs", "C": "still runs"}


def test_jobs_that_only_keep_apart_are_not_affected():
    assert effects(cmd("A") + cmd("B", "condition: n(A)"), "A") == {"A": "fails"}


def test_jobs_that_do_not_depend_on_the_failure_are_left_out():
    assert effects(cmd("A") + cmd("B") + cmd("C", "condition: s(B)"), "A") == {"A": "fails"}


def test_a_box_fails_when_all_its_members_have_run_and_one_failed():
    text = box("X") + cmd("A", "box_name: X") + cmd("B", "box_name: X") + cmd("Z", "condition: f(X)")

    assert effects(text, "A") == {"A": "fails", "X": "fails", "Z": "starts"}


def test_a_box_with_a_member_that_never_starts_stays_running_and_neither_fails_nor_ends():
    text = (
        box("X")
        + cmd("A", "box_name: X")
        + cmd("B", "box_name: X", "condition: s(A)")
        + cmd("F", "condition: f(X)")
        + cmd("D", "condition: d(X)")
        + cmd("N", "condition: n(X)")
    )

    assert effects(text, "A") == {
        **{"A": "fails", "B": "stops", "D": "stops", "N": "stops", "X": "stays running", "F": "idle anyway"}
    }
    assert because(text, "A")["X"] == "its member `B` never starts"


def test_a_box_that_does_not_start_takes_its_members_along():
    text = cmd("A") + box("X", "condition: s(A)") + box("Y", "box_name: X") + cmd("M", "box_name: Y")

    assert effects(text, "A") == {"A": "fails", "X": "stops", "Y": "stops", "M": "stops"}
    assert because(text, "A")["M"] == "its box `Y` does not start"


def test_box_success_lets_a_box_succeed_in_spite_of_a_failed_member():
    text = (
        box("X", "box_success: s(B)") + cmd("A", "box_name: X") + cmd("B", "box_name: X") + cmd("Z", "condition: s(X)")
    )

    assert effects(text, "A") == {"A": "fails", "Z": "still runs"}


def test_box_failure_ends_a_box_that_would_stay_running():
    text = (
        box("X", "box_failure: f(A)")
        + cmd("A", "box_name: X")
        + cmd("B", "box_name: X", "condition: s(A)")
        + cmd("Z", "condition: f(X)")
    )

    assert effects(text, "A") == {"A": "fails", "B": "stops", "X": "fails", "Z": "starts"}


def test_a_box_terminator_kills_its_box_and_nobody_can_say_what_ran_before():
    text = (
        box("X")
        + cmd("FIRST", "box_name: X")
        + cmd("A", "box_name: X", "condition: s(FIRST)", "box_terminator: 1")
        + cmd("B", "box_name: X")
        + cmd("T", "condition: t(X)")
    )

    assert effects(text, "A") == {"A": "fails", "X": "is terminated", "T": "starts", "B": "unsure"}


def test_an_exit_code_of_a_failure_is_not_known_but_it_is_not_zero():
    text = (
        cmd("A") + cmd("B", "condition: e(A) = 4") + cmd("C", "condition: e(A) = 0") + cmd("D", "condition: e(A) != 0")
    )

    assert effects(text, "A") == {"A": "fails", "B": "unsure", "C": "stops", "D": "starts"}


def test_an_earlier_success_may_still_count_for_a_job_outside_boxes_without_lookback():
    start = cmd("A") + cmd("B", "condition: s(A)") + cmd("O")
    latched = start + cmd("C", "condition: s(B) & s(O)")
    limited = start + cmd("C", "condition: s(B,12.00) & s(O)")
    alone = start + cmd("C", "condition: s(B)")

    assert effects(latched, "A")["C"] == "unsure"
    assert because(latched, "A")["C"].endswith("though an earlier night may still count")
    assert effects(limited, "A")["C"] == "stops"
    assert effects(alone, "A")["C"] == "stops"


def test_a_job_that_cannot_start_on_a_good_night_either_is_not_blamed_on_the_failure():
    text = cmd("A") + cmd("B", "condition: s(A) & s(GONE)") + cmd("C", "condition: s(B)") + cmd("F", "condition: f(C)")

    assert effects(text, "A") == {"A": "fails", "B": "idle anyway", "C": "idle anyway", "F": "idle anyway"}


def test_a_job_whose_condition_cannot_be_read_is_unsure_and_never_left_out():
    text = cmd("A") + cmd("B", "condition: s(A) & &")

    assert effects(text, "A") == {"A": "fails", "B": "unsure"}
    assert because(text, "A")["B"] == "its condition cannot be read"


def test_globals_and_other_instances_are_taken_to_be_as_on_a_good_night():
    text = (
        cmd("A") + cmd("B", "condition: v(G) = 1 & s(E^PRD) & s(A)") + cmd("C", "condition: v(G) = 1 & s(E^PRD) & d(A)")
    )

    assert effects(text, "A") == {"A": "fails", "B": "stops", "C": "still runs"}


@pytest.mark.parametrize("failing", ["A", "B", "C"])
def test_jobs_in_a_circle_are_worked_out_in_bounded_time(failing):
    text = cmd("A", "condition: s(C)") + cmd("B", "condition: s(A) | f(C)") + cmd("C", "condition: s(B) | f(A)")

    assert effects(text, failing)[failing] == "fails"


def test_the_failing_job_is_first_and_the_rest_is_nearest_first():
    text = cmd("C", "condition: s(B)") + cmd("B", "condition: s(A)") + cmd("A")

    assert [(row.job, row.level) for row in impact_of(estate(text), "A")] == [("A", 0), ("B", 1), ("C", 2)]


def test_on_a_good_night_every_job_of_the_example_runs_but_the_alarms_and_the_orphan(data):
    night = Night(graph_of_estate(parse_jil(data / "nightly.jil")))

    assert {name for name, outcome in night.outcomes.items() if outcome != "succeeds"} == {
        "ALERT_GL_FAILED",
        "ALERT_LOAD_BOX",
        "LOAD_RETURNS",
    }


def test_a_failed_ledger_load_stops_the_close_and_leaves_the_boxes_open(data):
    rows = {row.job: row.effect for row in impact_of(graph_of_estate(parse_jil(data / "nightly.jil")), "LOAD_GL")}

    assert {job for job, effect in rows.items() if effect == "stops"} == {
        *("RECONCILE_GL", "REPORT_TRIAL_BALANCE", "CLOSE_GL_WEEK", "CLEAN_STAGING", "BACKUP_WAREHOUSE"),
        *("BUILD_FINANCE_MART", "CONSOLIDATE_GROUP", "REPORT_MARGIN", "SEND_REGULATOR_FILE", "SEND_BANK_FILE"),
        "MAIL_REPORTS",
    }
    assert {job for job, effect in rows.items() if effect == "stays running"} == {
        *("NIGHTLY", "LOAD_BOX", "MARTS_BOX", "REPORTS_BOX", "WEEKLY_CLOSE")
    }
    assert rows["ALERT_GL_FAILED"] == "starts"
    assert rows["ALERT_LOAD_BOX"] == "idle anyway"
