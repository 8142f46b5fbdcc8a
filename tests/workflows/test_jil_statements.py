"""What statements do to the estate, in the order in which they stand."""

import pytest

from workflows.jil_parser.parse import parse_jil

TWO_BOXES = """
insert_job: OUTER   job_type: BOX
insert_job: INNER   job_type: BOX
box_name: OUTER
insert_job: A   job_type: CMD
box_name: INNER
insert_job: B   job_type: CMD
box_name: OUTER
insert_job: LONE   job_type: CMD
"""


def boxes(text: str) -> dict[str, str | None]:
    return {job.name: job.box for job in parse_jil(text).jobs.values()}


def codes(text: str) -> list[str]:
    return [doubt.code for doubt in parse_jil(text).diagnostics]


def test_an_update_changes_only_what_it_names_and_keeps_the_jobs_place():
    estate = parse_jil(
        "insert_job: A\nmachine: m1\nenvvars: X=1\nenvvars: Y=2\nowner: o\ninsert_job: B\nupdate_job: A\nmachine: m2\nenvvars: Z=3\n"
    )

    assert list(estate.jobs) == ["A", "B"]
    assert estate.jobs["A"].attributes == (("owner", "o"), ("machine", "m2"), ("envvars", "Z=3"))
    assert estate.jobs["A"].line == 1


@pytest.mark.parametrize("cleared", ["NULL", "null", ""])
def test_an_update_to_null_or_nothing_clears_the_attribute(cleared):
    estate = parse_jil(
        f"insert_job: A\ndescription: x\ncondition: s(B)\nupdate_job: A\ndescription: {cleared}\ncondition: {cleared}\n"
    )

    assert estate.jobs["A"].attributes == ()
    assert estate.jobs["A"].condition is None
    assert estate.edges == []


def test_an_update_can_move_a_job_to_another_box():
    assert boxes(TWO_BOXES + "update_job: A\nbox_name: OUTER\ndelete_box: INNER\n") == {
        "OUTER": None,
        "A": "OUTER",
        "B": "OUTER",
        "LONE": None,
    }


def test_an_override_is_kept_apart_from_the_lasting_definition():
    estate = parse_jil("insert_job: A\nmachine: m1\noverride_job: A\nmachine: m2\n")

    assert estate.jobs["A"].get("machine") == "m1"
    assert estate.overrides == {"A": (("machine", "m2"),)}
    assert [doubt.code for doubt in estate.diagnostics] == ["override"]


def test_an_override_can_be_taken_back():
    assert parse_jil("insert_job: A\noverride_job: A\nmachine: m2\noverride_job: A delete\n").overrides == {}


def test_deleting_a_box_job_sets_its_members_free():
    assert boxes(TWO_BOXES + "delete_job: INNER\n") == {"OUTER": None, "A": None, "B": "OUTER", "LONE": None}


def test_deleting_a_box_deletes_everything_in_it_at_any_depth():
    assert boxes(TWO_BOXES + "delete_box: OUTER\n") == {"LONE": None}


def test_a_deleted_job_can_be_inserted_again_with_nothing_of_the_old_one():
    estate = parse_jil("insert_job: A\nstart_times: 10:00\ndelete_job: A\ninsert_job: A\nmachine: m\n")

    assert estate.jobs["A"].attributes == (("machine", "m"),)
    assert estate.diagnostics == []


def test_a_renamed_box_keeps_its_members():
    text = TWO_BOXES + "rename_job: INNER\nnew_name: INSIDE\ndelete_box: INSIDE\n"

    assert boxes(text) == {"OUTER": None, "B": "OUTER", "LONE": None}
    assert codes(text) == []


def test_references_to_a_renamed_job_are_undefined_afterwards():
    assert codes("insert_job: A\ninsert_job: B\ncondition: s(A)\nrename_job: A\nnew_name: C\n") == ["undefined-job"]


@pytest.mark.parametrize(("new", "code"), [("", "bad-rename"), ("new_name: B\n", "bad-rename")])
def test_a_rename_to_nothing_or_to_an_existing_job_is_refused(new, code):
    text = f"insert_job: A\ninsert_job: B\nrename_job: A\n{new}"

    assert list(parse_jil(text).jobs) == ["A", "B"]
    assert codes(text) == [code]


@pytest.mark.parametrize("statement", ["update_job", "delete_job", "delete_box", "override_job", "rename_job"])
def test_a_statement_about_a_job_that_is_not_there_changes_nothing(statement):
    estate = parse_jil(f"insert_job: A\n{statement}: B\nmachine: m\n")

    assert list(estate.jobs) == ["A"]
    assert [(doubt.line, doubt.code) for doubt in estate.diagnostics] == [(2, "no-such-job")]


def test_of_two_inserts_the_first_is_kept():
    estate = parse_jil("insert_job: A\nmachine: m1\ninsert_job: A\nmachine: m2\n")

    assert estate.jobs["A"].get("machine") == "m1"
    assert [(doubt.line, doubt.severity, doubt.code) for doubt in estate.diagnostics] == [(3, "error", "duplicate-job")]


def test_an_unknown_statement_never_becomes_an_attribute_of_the_one_before():
    estate = parse_jil("insert_job: A\nmachine: m\ninsert_jbo: B\nmachine: x\ninsert_job: C\n")
    (doubt,) = estate.diagnostics

    assert list(estate.jobs) == ["A", "C"]
    assert estate.jobs["A"].attributes == (("machine", "m"),)
    assert (doubt.line, doubt.column, doubt.code) == (3, 1, "unknown-statement")
    assert "insert_job" in doubt.message


def test_a_statement_without_a_name_is_skipped_with_its_attributes():
    estate = parse_jil("insert_job: A\ninsert_job:\nmachine: x\n")

    assert estate.jobs["A"].attributes == ()
    assert [(doubt.line, doubt.code) for doubt in estate.diagnostics] == [(2, "missing-name")]


def test_text_after_the_name_is_doubted():
    estate = parse_jil("insert_job: A and more\nmachine: m\n")

    assert list(estate.jobs) == ["A"]
    assert [doubt.code for doubt in estate.diagnostics] == ["text-after-name"]


def test_several_statements_on_one_line_are_applied_in_turn():
    estate = parse_jil("insert_job: A job_type: b insert_job: B job_type: c box_name: A delete_job: A\n")

    assert {job.name: (job.type, job.box) for job in estate.jobs.values()} == {"B": ("CMD", None)}


def test_machines_globals_instances_and_resources_are_kept_by_name():
    estate = parse_jil(
        "insert_machine: m1\ntype: v\nmachine: r1\nmax_load: 10\nmachine: r2\nmax_load: 20\n"
        "insert_global: G\nvalue: 1\ninsert_xinst: PRD\nxtype: a\ninsert_resource: R\nres_type: R\n"
        "update_global_x: G\n"
    )

    assert estate.objects["machine"]["m1"] == (
        ("type", "v"),
        ("machine", "r1"),
        ("max_load", "10"),
        ("machine", "r2"),
        ("max_load", "20"),
    )
    assert {noun: list(names) for noun, names in estate.objects.items()} == {
        "machine": ["m1"],
        "global": ["G"],
        "xinst": ["PRD"],
        "resource": ["R"],
    }
    assert [doubt.code for doubt in estate.diagnostics] == ["unknown-statement"]


def test_objects_are_updated_and_deleted_in_order():
    estate = parse_jil(
        "insert_machine: m\nmax_load: 1\nfactor: 2\nupdate_machine: m\nmax_load: 3\ninsert_machine: n\ndelete_machine: n\n"
    )

    assert estate.objects["machine"] == {"m": (("factor", "2"), ("max_load", "3"))}


def test_calendars_keep_their_dates_as_rows():
    estate = parse_jil(
        "calendar: HOLIDAYS\n12/25/2026\n12/26/2026 00:00\n\nextended_calendar: X\nworkday: mo,tu\ncondition: WORKD#01\n"
    )

    assert estate.objects["calendar"]["HOLIDAYS"] == (("date", "12/25/2026"), ("date", "12/26/2026 00:00"))
    assert estate.objects["extended_calendar"]["X"] == (("workday", "mo,tu"), ("condition", "WORKD#01"))
    assert estate.diagnostics == []


def test_an_attribute_nobody_knows_is_kept_and_said_once():
    estate = parse_jil("insert_job: A\nfrobnicate: 1\ninsert_job: B\nfrobnicate: 2\n")

    assert estate.jobs["B"].attributes == (("frobnicate", "2"),)
    assert [(doubt.line, doubt.code) for doubt in estate.diagnostics] == [(2, "unknown-attribute")]


def test_attributes_before_the_first_statement_are_doubted():
    estate = parse_jil("machine: m\nowner: o\ninsert_job: A\n")

    assert estate.jobs["A"].attributes == ()
    assert [doubt.code for doubt in estate.diagnostics] == ["orphan-attributes"]
