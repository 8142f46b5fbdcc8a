"""The terminal door, as a person types."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("dataops")


@pytest.fixture
def dataops(tmp_path, data):
    """Run the command in a folder of its own and return what it printed."""

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DATAOPS_WORKSPACE": str(tmp_path / "ws"), "DATAOPS_USER": "ann"}
        done = subprocess.run(
            [COMMAND, *arguments], input=stdin, capture_output=True, text=True, env=environment, cwd=data, timeout=120
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


def test_the_main_job_from_question_to_way_back(dataops):
    profile = dataops("ask", "profile orders.csv")
    assert profile.returncode == 0, profile.stderr
    assert "orders" in profile.stdout
    assert "rules engine" in profile.stdout
    assert "stored orders" in profile.stderr

    top = json.loads(dataops("ask", "total amount by region, top 5", "--json").stdout)
    assert top["engine"] == "rules"
    assert "sum" in top["sql"].lower()
    by_hand = json.loads(
        dataops("sql", "select region, sum(amount) s from orders group by 1 order by 2 desc limit 5", "--json").stdout
    )
    assert [row[1] for row in top["table"]["rows"]] == pytest.approx([row[1] for row in by_hand["rows"]])

    jobs = dataops("ask", "which jobs run after LOAD_ORDERS in nightly.jil?")
    assert jobs.returncode == 0, jobs.stderr

    lineage = dataops("lineage", "orders_profile").stdout
    assert "file" in lineage
    assert "profile orders.csv" in lineage

    assert dataops("checkpoint", "create", "before cleanup").returncode == 0
    assert dataops("ask", "average unit price by region").returncode == 0
    assert "average unit price by region" in dataops("checkpoint", "diff", "before cleanup").stdout
    assert dataops("checkpoint", "restore", "before cleanup").returncode == 0
    assert "average unit price" not in dataops("sessions", "show").stdout


def test_a_missing_parameter_is_asked_for_and_answered_in_the_next_message(dataops):
    question = dataops("ask", "profile a file please")
    assert question.returncode == 3
    assert "?" in question.stdout

    answer = dataops("ask", "customers.csv")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "customers" in answer.stdout


def test_a_message_nobody_can_answer_lists_what_can_be_done(dataops):
    refused = dataops("ask", "what is the weather in Paris tomorrow?")

    assert refused.returncode == 1
    assert "profile" in refused.stdout.lower()


@pytest.mark.parametrize(
    ("arguments", "code", "fix"),
    [
        (("ask", ""), "usage", "profile orders.csv"),
        (("ask", "   "), "usage", "profile orders.csv"),
        (("ask", "hi", "--session", "ses_nope"), "session_not_found", "dataops sessions"),
        (("ask", "hi", "--session", "../../etc"), "session_not_found", "dataops sessions"),
        (("artifacts", "show", "nothing"), "artifact_not_found", ""),
        (("artifacts", "show", "art_" + "0" * 26), "artifact_not_found", ""),
        (("lineage", "../../etc/passwd"), "artifact_not_found", ""),
        (("sql", "drop table orders"), "query", ""),
        (("sql", "select * from '/etc/passwd'"), "query", ""),
        (("sql", "copy (select 1) to 'x.csv'"), "query", ""),
        (("sql", "this is not sql"), "query", ""),
        (("run", "schema_analyser", "source=x"), "workflow_not_found", "schema_analyzer"),
        (("run", "schema_analyzer", "oops"), "parameter", "source=orders.csv"),
        (("checkpoint", "restore", "nowhere"), "checkpoint_not_found", "create"),
        (("checkpoint", "create"), "parameter", "before cleanup"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_input_gets_a_code_and_a_fix(dataops, arguments, code, fix):
    plain = dataops(*arguments)
    machine = json.loads(dataops(*arguments, "--json").stdout)["error"]

    assert plain.returncode in (1, 2)
    assert f"[{code}]" in plain.stderr
    assert machine["code"] == code
    assert fix in machine["hint"]
    assert machine["hint"]


def test_a_mistyped_command_gets_the_closest_one(dataops):
    wrong = dataops("chekpoint", "list")

    assert wrong.returncode == 2
    assert "checkpoint" in wrong.stderr


def test_the_message_may_come_from_standard_input_but_not_a_megabyte(dataops):
    too_long = dataops("ask", "-", stdin="x" * 1_000_000)

    assert too_long.returncode == 2
    assert "[limit_exceeded]" in too_long.stderr


def test_every_command_shows_examples():
    from dataops_kernel.cli.main import COMMANDS

    for name in COMMANDS:
        shown = subprocess.run([COMMAND, name, "--help"], capture_output=True, text=True, check=True).stdout
        assert f"dataops {name}" in shown.split("examples:")[1]


def test_exporting_writes_the_stored_bytes_and_never_overwrites(dataops, tmp_path):
    dataops("ask", "profile orders.csv")
    target = tmp_path / "out.parquet"

    assert dataops("artifacts", "export", "orders", str(target)).returncode == 0
    assert target.read_bytes()[:4] == b"PAR1"
    again = dataops("artifacts", "export", "orders", str(target))
    assert again.returncode == 1
    assert "[conflict]" in again.stderr


def test_common_options_may_stand_before_the_command(dataops, tmp_path):
    found = dataops("--json", "--workspace", str(tmp_path / "other"), "doctor")

    assert json.loads(found.stdout)["workspace"] == str(tmp_path / "other")
