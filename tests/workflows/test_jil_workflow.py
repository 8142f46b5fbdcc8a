"""The whole workflow, asked through a workbench as people ask it."""

import pytest

from dataops_kernel.errors import FileInputError, ParameterError


@pytest.fixture
def ask(workbench, data, monkeypatch):
    """Ask in one session, in the folder of the example files."""
    monkeypatch.chdir(data)
    session = workbench.sessions.create_session()

    def ask(text: str):
        return workbench.ask(session.session_id, text).result(timeout=120)

    ask.session_id = session.session_id
    return ask


@pytest.fixture
def run(workbench, data, monkeypatch):
    """Run by name with parameters in one session, in the folder of the example files."""
    monkeypatch.chdir(data)
    session = workbench.sessions.create_session()

    def run(**parameters):
        return workbench.run("jil_parser", parameters, session_id=session.session_id).result(timeout=120)

    run.session_id = session.session_id
    return run


def tables(workbench, session_id: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for artifact in workbench.artifacts.list_artifacts(session_id):
        found[artifact.name] = max(artifact.version, found.get(artifact.name, 0))
    return found


@pytest.mark.parametrize(
    ("text", "relation", "job"),
    [
        ("which jobs run after LOAD_ORDERS?", "downstream", "LOAD_ORDERS"),
        ("which jobs depend on LOAD_CUSTOMERS", "downstream", "LOAD_CUSTOMERS"),
        ("what does LOAD_ORDERS depend on?", "upstream", "LOAD_ORDERS"),
        ("which jobs does EXTRACT_FX trigger", "downstream", "EXTRACT_FX"),
        ("what must finish before REPORT_DAILY_SALES can run?", "upstream", "REPORT_DAILY_SALES"),
        ("what stops if job LOAD_GL fails?", "impact", "LOAD_GL"),
        ("if LOAD_GL fails, which jobs will not run?", "impact", "LOAD_GL"),
        ("are there any cycles?", "cycles", None),
        ("which jobs are referenced but not defined?", "undefined", None),
        ("describe job BACKUP_WAREHOUSE", "job", "BACKUP_WAREHOUSE"),
    ],
)
def test_a_question_without_the_file_is_answered_from_the_tables_of_an_earlier_one(ask, text, relation, job):
    first = ask("parse nightly.jil")
    answer = ask(text)

    assert first.data["relation"] == "summary"
    assert answer.kind == "answer"
    assert answer.workflow == "jil_parser"
    assert answer.data["relation"] == relation
    assert answer.data.get("job", answer.data.get("job_name")) == job


def test_the_first_question_may_name_the_file_and_the_job_at_once(ask, workbench):
    answer = ask("in nightly.jil, which jobs run after LOAD_ORDERS within 1 level?")

    assert answer.text.startswith("**8 jobs run after `LOAD_ORDERS`**, within 1 level.")
    assert set(answer.data["jobs"]) == {
        *("LOAD_ORDER_LINES", "RECONCILE_GL", "BUILD_CUSTOMER_MART", "LOAD_RETURNS", "CHECK_STOCK"),
        *("ALERT_LOAD_BOX", "CLEAN_STAGING", "BACKUP_WAREHOUSE"),
    }
    assert set(tables(workbench, ask.session_id)) == {
        *("jobs", "conditions", "edges", "diagnostics", "downstream_of_load_orders")
    }


def test_the_answers_table_holds_every_row_with_its_way(run, workbench):
    run(path="nightly.jil")
    answer = run(job="LOAD_GL", relation="downstream")
    rows = workbench.artifacts.get_artifact(answer.artifacts[0]).content

    assert rows.column_names == ["job", "job_type", "box", "level", "via", "kind", "lookback"]
    assert rows.num_rows == answer.data["count"] == 13
    assert rows.to_pylist()[2] == {
        "job": "CLOSE_GL_WEEK",
        "job_type": "CMD",
        "box": "WEEKLY_CLOSE",
        "level": 1,
        "via": "LOAD_GL",
        "kind": "s",
        "lookback": "24.00",
    }


def test_what_stops_is_told_with_reasons_boxes_and_what_it_is_not(run, workbench):
    answer = run(path="nightly.jil", job="LOAD_GL", relation="impact")

    assert answer.text.startswith("**If `LOAD_GL` fails, 11 jobs do not run.**")
    assert "- `LOAD_BOX` stays running: its member `RECONCILE_GL` never starts" in answer.text
    assert "- `ALERT_GL_FAILED` waits on failure of `LOAD_GL`, which fails" in answer.text
    assert "not a simulation" in answer.text
    assert len(answer.data["effects"]["stops"]) == 11
    assert workbench.artifacts.get_artifact(answer.artifacts[0]).content.num_rows == 18


def test_the_same_file_again_is_not_stored_again_but_a_changed_one_is(run, workbench, tmp_path):
    path = tmp_path / "small.jil"
    path.write_text("insert_job: A   job_type: CMD\n")
    run(path=str(path))
    run(path=str(path), job="A")
    assert tables(workbench, run.session_id)["jobs"] == 1

    path.write_text("insert_job: A   job_type: CMD\ninsert_job: B   job_type: CMD\ncondition: s(A)\n")
    answer = run(path=str(path), job="A", relation="downstream")

    assert answer.data["jobs"] == ["B"]
    assert tables(workbench, run.session_id)["jobs"] == 2


def test_doubts_of_an_earlier_file_do_not_outlive_it(run, tmp_path):
    good = tmp_path / "good.jil"
    good.write_text("insert_job: A   job_type: CMD\n")

    assert "2 remarks of the parser" in run(path="nightly.jil").text
    assert "Nothing in it looks wrong." in run(path=str(good)).text


def test_the_estate_answers_sql(run, workbench):
    run(path="nightly.jil")
    found = workbench.sql(
        "select j.box_name, count(*) as n from edges e join jobs j on j.job_name = e.target "
        "where e.source = 'LOAD_ORDERS' and e.kind = 's' group by all order by all",
        run.session_id,
    )

    assert found.to_pylist() == [
        {"box_name": "LOAD_BOX", "n": 2},
        {"box_name": "MARTS_BOX", "n": 1},
        {"box_name": None, "n": 2},
    ]


def test_without_a_file_and_without_tables_it_asks_for_a_file(run):
    answer = run(job="LOAD_ORDERS", relation="downstream")

    assert answer.kind == "reject"
    assert "Name a JIL file" in answer.text


def test_tables_that_only_bear_the_same_names_are_no_estate(run, workbench, tmp_path):
    path = tmp_path / "jobs.csv"
    path.write_text("job_name,pay\nbaker,1\n")
    workbench.ask(run.session_id, f"profile {path}").result(timeout=120)

    assert "Name a JIL file" in run(job="baker", relation="downstream").text


def test_a_question_about_one_job_that_names_none_asks_which(run):
    run(path="nightly.jil")
    answer = run(relation="downstream")

    assert answer.kind == "reject"
    assert answer.text.startswith("Which job do you mean?")


def test_a_misspelled_job_is_not_guessed_but_the_nearest_are_named(run):
    answer = run(path="nightly.jil", job="LOAD_ORDRS", relation="downstream")

    assert answer.kind == "reject"
    assert answer.data["closest"][0] == "LOAD_ORDERS"
    assert "Did you mean `LOAD_ORDERS`" in answer.text


def test_a_job_in_another_case_is_found_and_said(run):
    answer = run(path="nightly.jil", job="load_gl", relation="upstream")

    assert answer.text.startswith("I read `load_gl` as `LOAD_GL`.")
    assert answer.data["job"] == "LOAD_GL"


def test_a_job_that_is_only_referred_to_is_told_with_who_waits(run):
    answer = run(path="nightly.jil", job="EXTRACT_RETURNS", relation="downstream")

    assert "**`EXTRACT_RETURNS` is not defined in this estate**" in answer.text
    assert answer.data["waiting"] == ["LOAD_RETURNS"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"Dear team, this is no job at all.\n", "Line 1"),
        (b"insert_jbo: A\n", "insert_jbo: is not a JIL statement"),
        (b" \n\n", "defines no AutoSys job|empty"),
    ],
)
def test_a_file_without_jobs_is_refused_with_the_reason(run, tmp_path, content, told):
    path = tmp_path / "x.jil"
    path.write_bytes(content)

    with pytest.raises(FileInputError, match=told):
        run(path=str(path))


def test_a_binary_file_is_refused(run, tmp_path):
    path = tmp_path / "x.jil"
    path.write_bytes(bytes(range(256)) * 40)

    with pytest.raises(FileInputError):
        run(path=str(path))


def test_a_powershell_export_is_read(run, tmp_path):
    path = tmp_path / "x.jil"
    path.write_bytes("insert_job: ZÜRI   job_type: CMD\r\nmachine: m\r\n".encode("utf-16-le"))

    assert run(path=str(path)).data["jobs"] == 1


def test_levels_below_one_are_refused_by_name(run):
    with pytest.raises(ParameterError, match="levels"):
        run(path="nightly.jil", job="LOAD_GL", relation="downstream", levels=0)


def test_names_from_a_file_cannot_leave_their_code_spans(run, tmp_path):
    path = tmp_path / "x.jil"
    path.write_text("insert_job: A`$x$`\njob_type: c\ninsert_job: B\ncondition: s(A`$x$`)\n")
    answer = run(path=str(path), job="B", relation="upstream")

    assert "`A'$x$'`" in answer.text
    assert "A`$x$`" not in answer.text


def test_a_condition_that_cannot_be_read_is_said_and_not_taken_for_none(run, tmp_path):
    path = tmp_path / "x.jil"
    path.write_text("insert_job: A\ninsert_job: B\ncondition: and so on\n")

    assert "The condition of `B` cannot be read: `and so on`." in run(path=str(path), job="B", relation="upstream").text
