"""How JIL text is read: one small text per rule of the language's file level."""

import pytest

from workflows.jil_parser.decode import decode
from workflows.jil_parser.parse import parse_jil


def attributes(text: str, job: str = "A") -> list[tuple[str, str]]:
    return list(parse_jil(text).jobs[job].attributes)


def codes(text: str) -> list[str]:
    return [doubt.code for doubt in parse_jil(text).diagnostics]


def test_the_lines_autorep_prints_give_a_job_with_its_attributes_in_order():
    estate = parse_jil(
        "\n/* ----------------- A ----------------- */ \n\n"
        "insert_job: A   job_type: CMD \n"
        "command: /bin/true\n"
        "machine: m1\n"
        "owner: etl@m1\n"
    )
    job = estate.jobs["A"]

    assert (job.name, job.type, job.box, job.condition, job.line) == ("A", "CMD", None, None, 4)
    assert job.attributes == (("job_type", "CMD"), ("command", "/bin/true"), ("machine", "m1"), ("owner", "etl@m1"))
    assert estate.diagnostics == []


def test_members_of_boxes_are_read_through_their_indentation():
    estate = parse_jil(
        " insert_job: B   job_type: BOX \n  /* --- A --- */ \n\n  insert_job: A   job_type: c \n  box_name: B\n"
    )

    assert (estate.jobs["A"].box, estate.jobs["A"].type, estate.jobs["B"].type) == ("B", "CMD", "BOX")


def test_a_file_without_banners_is_read_the_same():
    assert list(parse_jil("insert_job: A\njob_type: c\ninsert_job: B\njob_type: b\n").jobs) == ["A", "B"]


def test_a_comment_may_span_lines_and_what_follows_it_on_its_last_line_counts():
    text = "/* first\nsecond: line\nthird */ insert_job: A   job_type: CMD\nmachine: m\n"

    assert attributes(text) == [("job_type", "CMD"), ("machine", "m")]
    assert codes(text) == []


def test_several_comments_on_one_line_are_all_skipped():
    assert attributes("/* a *//* b */ /* c */ insert_job: A job_type: c\n/* d */ # e\nmachine: m") == [
        ("job_type", "c"),
        ("machine", "m"),
    ]


def test_a_hash_begins_a_comment_only_at_the_start_of_a_line():
    text = "insert_job: A job_type: c\n  # machine: no\ncommand: run.sh # not a comment\n"

    assert attributes(text) == [("job_type", "c"), ("command", "run.sh # not a comment")]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("run.sh /* nightly */", "run.sh"),
        ("run.sh /* a */ /* b */", "run.sh"),
        ("cp /tmp/*/x /data/*/", "cp /tmp/*/x /data/*/"),
        ("cp /tmp/*/x y", "cp /tmp/*/x y"),
        ("rm a/* b/*", "rm a/* b/*"),
        ('echo "has /* inside */"', 'echo "has /* inside */"'),
        ('"has /* inside" /* outside */', '"has /* inside"'),
        ("run.sh /* open", "run.sh /* open"),
        ("x /* a */ y", "x /* a */ y"),
        ("x /*/", "x /*/"),
    ],
)
def test_a_comment_inside_a_value_is_one_only_after_a_blank_and_at_the_end(written, value):
    assert attributes(f"insert_job: A job_type: c\ncommand: {written}\n")[1] == ("command", value)


def test_keys_are_read_in_any_case_and_without_a_blank_after_the_colon():
    assert attributes('Insert_Job: A\nJOB_TYPE:c\nStart_Times:"10:00"\nmachine : m\n') == [
        ("job_type", "c"),
        ("start_times", '"10:00"'),
        ("machine", "m"),
    ]


def test_an_escaped_colon_belongs_to_the_value_and_names_compare_without_the_escape():
    estate = parse_jil(
        "insert_job: etl\\:load\njob_type: c\ncommand: C\\:\\apps\\x.exe\ninsert_job: B\ncondition: s(etl\\:load)\n"
    )

    assert estate.jobs["etl:load"].get("command") == "C:\\apps\\x.exe"
    assert [edge.source for edge in estate.edges] == ["etl:load"]
    assert [doubt.code for doubt in estate.diagnostics] == []


@pytest.mark.parametrize("value", ["C:\\logs\\out.txt", "http://h:8080/x", "scp host:/a b:/c", "run --status: ok"])
def test_colons_in_paths_addresses_and_options_are_text(value):
    text = f"insert_job: A\ncommand: {value}\nmachine: m\n"

    assert attributes(text) == [("command", value), ("machine", "m")]
    assert codes(text) == []


def test_quotes_may_hold_colons_escaped_quotes_and_known_keys():
    text = 'insert_job: A\ndescription: "see  machine: m2 and \\"owner: x\\""\nstart_times: "10:00","11:30"\n'

    assert attributes(text) == [
        ("description", '"see  machine: m2 and \\"owner: x\\""'),
        ("start_times", '"10:00","11:30"'),
    ]
    assert parse_jil(text).jobs["A"].get("start_times") == '"10:00","11:30"'


def test_several_pairs_on_one_line_are_split_at_known_keys_and_said():
    text = "insert_job: A job_type: c box_name: B machine: m1, m2 command: /x -a\ninsert_job: B job_type: b\n"
    estate = parse_jil(text)

    assert list(estate.jobs["A"].attributes) == [
        ("job_type", "c"),
        ("box_name", "B"),
        ("machine", "m1, m2"),
        ("command", "/x -a"),
    ]
    assert [(doubt.code, doubt.column) for doubt in estate.diagnostics] == [
        ("several-on-a-line", text.index(key) + 1) for key in ("box_name", "machine", "command")
    ]


def test_the_pair_after_a_quoted_time_is_split():
    assert attributes('insert_job: A\nstart_times: "10:00"   days_of_week: mo\n') == [
        ("start_times", '"10:00"'),
        ("days_of_week", "mo"),
    ]


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("description: see machine: m2", [("description", "see machine: m2")]),
        ("command: run.sh owner: x", [("command", "run.sh owner: x")]),
        ("command: run.sh  owner: x", [("command", "run.sh"), ("owner", "x")]),
        ("notification_msg: call\t\tgroup: ops", [("notification_msg", "call"), ("group", "ops")]),
    ],
)
def test_in_free_text_a_key_begins_only_after_two_blanks_and_both_readings_are_said(line, read):
    text = f"insert_job: A\n{line}\n"
    doubts = parse_jil(text).diagnostics

    assert attributes(text) == read
    assert [doubt.code for doubt in doubts] == ["several-on-a-line"]
    assert "text of" in doubts[0].message
    assert "an attribute of its own" in doubts[0].message


def test_a_value_goes_on_over_lines_that_are_no_attributes():
    text = 'insert_job: A\nstart_times: "10:00",\n  "11:30",\n\n  "12:00"\ncondition: s(B) &\n  s(C)\nmachine: m\n'

    assert attributes(text) == [
        ("start_times", '"10:00", "11:30", "12:00"'),
        ("condition", "s(B) & s(C)"),
        ("machine", "m"),
    ]
    assert parse_jil(text).jobs["A"].condition == "s(B) & s(C)"
    assert "continued-value" not in codes(text)


def test_a_continued_value_may_be_followed_by_a_pair_on_its_last_line():
    assert attributes('insert_job: A\nstart_times: "10:00",\n "11:00"  days_of_week: mo\n') == [
        ("start_times", '"10:00", "11:00"'),
        ("days_of_week", "mo"),
    ]


def test_more_of_a_value_that_is_never_long_is_kept_and_doubted():
    text = "insert_job: A\nowner: etl\ngarbage here\n"

    assert attributes(text) == [("owner", "etl garbage here")]
    assert codes(text) == ["continued-value"]


def test_a_quoted_value_may_hold_line_breaks_comment_signs_and_keys_nobody_knows():
    text = 'insert_job: A\ndescription: "one\n# two\n\n/* three\nnote: four"\nmachine: m\n'

    assert attributes(text) == [("description", '"one\n# two\n\n/* three\nnote: four"'), ("machine", "m")]
    assert codes(text) == []


def test_a_quote_that_is_never_closed_costs_its_line_only():
    text = 'insert_job: A\ndescription: "open\nmachine: "m"\ninsert_job: B\ndescription: "open\n'
    estate = parse_jil(text)

    assert list(estate.jobs["A"].attributes) == [("description", '"open'), ("machine", '"m"')]
    assert [(doubt.line, doubt.code) for doubt in estate.diagnostics] == [
        (2, "unterminated-quote"),
        (5, "unterminated-quote"),
    ]


def test_repeated_attributes_are_kept_in_order():
    text = "insert_job: A\nenvvars: A=1\nenvvars: B=2\nenvvars: A=1\n"

    assert attributes(text) == [("envvars", "A=1"), ("envvars", "B=2"), ("envvars", "A=1")]


def test_empty_values_are_kept():
    assert attributes("insert_job: A\npermission:\nn_retrys: \n") == [("permission", ""), ("n_retrys", "")]


@pytest.mark.parametrize("name", ["~{$ENV}~_LOAD", "${ENV}_LOAD", "@@ENV@@_LOAD", "a.b#c-d"])
def test_unresolved_templates_stand_in_names(name):
    estate = parse_jil(f"insert_job: {name}\njob_type: c\ninsert_job: B\ncondition: s({name}) & s({name},12.00)\n")

    assert name in estate.jobs
    assert [edge.source for edge in estate.edges] == [name, name]
    assert estate.diagnostics == []


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_gives_the_same_lines(ending):
    estate = parse_jil(ending.join(["/* x */", "insert_job: A", "machine: m", "insert_job: B", ""]))

    assert [(job.name, job.line) for job in estate.jobs.values()] == [("A", 2), ("B", 4)]
    assert estate.jobs["A"].attributes == (("machine", "m"),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_encoding_jil_files_come_in_is_read(encoding, tmp_path):
    text = 'insert_job: A   job_type: CMD\ndescription: "Zürich, nächtlich"\n' * 1 + "machine: m\n" * 5
    path = tmp_path / "x.jil"
    path.write_bytes(text.encode(encoding))

    assert parse_jil(path).jobs["A"].get("description") == "Zürich, nächtlich"
    assert decode(text.encode(encoding)).removeprefix("\ufeff") == text


def test_text_that_came_from_utf_16_by_the_wrong_decoder_is_still_read():
    wrong = "insert_job: A   job_type: CMD\nmachine: m\n".encode("utf-16").decode("cp1252")

    assert parse_jil(wrong).jobs["A"].get("machine") == "m"


def test_a_missing_file_names_the_closest_existing_one(tmp_path):
    from dataops_kernel.errors import FileInputError

    (tmp_path / "nightly.jil").write_text("insert_job: A\n")

    with pytest.raises(FileInputError, match=r"nightly\.jil"):
        parse_jil(tmp_path / "nightli.jil")


@pytest.mark.parametrize(
    ("written", "type_"),
    [
        ("c", "CMD"),
        ("CMD", "CMD"),
        ("b", "BOX"),
        ("box", "BOX"),
        ("f", "FW"),
        ("FW", "FW"),
        ("ft", "FT"),
        ("SQL", "SQL"),
    ],
)
def test_job_types_have_one_spelling_and_unknown_ones_are_kept(written, type_):
    assert parse_jil(f"insert_job: A   job_type: {written}\n").jobs["A"].type == type_


def test_a_job_without_a_type_is_a_command():
    assert parse_jil("insert_job: A\n").jobs["A"].type == "CMD"
