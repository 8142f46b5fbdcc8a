"""The terminal door under input no one planned: a code, a fix, an exit code, and no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("dataops")


@pytest.fixture
def dataops(tmp_path, data):
    """Run the command in a folder of its own, with bytes in and bytes out."""

    def run(*arguments: str | bytes, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
        values = {**os.environ, "DATAOPS_WORKSPACE": str(tmp_path / "ws"), "DATAOPS_USER": "ann", **environment}
        done = subprocess.run(
            [COMMAND, *arguments], input=stdin, capture_output=True, env=values, cwd=data, timeout=120
        )
        assert b"Traceback" not in done.stdout + done.stderr, done.stderr
        assert b"unexpected" not in done.stderr, done.stderr
        return done

    return run


@pytest.mark.parametrize("command", ["ask", "sql"])
def test_standard_input_that_is_not_utf8_is_refused_and_not_guessed(dataops, command):
    done = dataops(command, "-", stdin="profile Größe.csv".encode("cp1252"))

    assert done.returncode == 2
    assert b"[usage]" in done.stderr
    assert b"iconv" in done.stderr


def test_an_argument_that_is_not_utf8_is_answered(dataops):
    done = dataops("ask", b"what is \xff\xfe?", "--quiet")

    assert done.returncode in (1, 3)


def test_a_terminal_that_knows_only_ascii_still_gets_every_row(dataops):
    dataops("ask", "profile orders.csv", "--quiet")

    done = dataops("sql", "select distinct sales_rep from orders", PYTHONIOENCODING="ascii")

    assert done.returncode == 0
    assert b"W\\xf3jcik" in done.stdout


def test_output_that_cannot_be_written_is_a_sentence(tmp_path, dataops):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no device that is always full")
    values = {**os.environ, "DATAOPS_WORKSPACE": str(tmp_path / "ws")}

    with full.open("wb") as sink:
        done = subprocess.run([COMMAND, "workflows"], stdout=sink, stderr=subprocess.PIPE, env=values, timeout=60)

    assert done.returncode == 1
    assert b"[storage_unavailable]" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("sql", "select 1", "--rows", "-1"),
        ("sql", "select 1", "--rows", "many"),
        ("ask", "hi", "--rows", "-5"),
        ("artifacts", "--limit", "0"),
        ("sessions", "--limit", "-2"),
        ("lineage", "x", "--direction", "sideways"),
        ("ask",),
        ("ask", "a", "b"),
        ("doctor", "extra"),
        ("ask", "hi", "--new", "--session", "ses_x"),
        ("nothing",),
    ],
    ids=" ".join,
)
def test_a_command_line_that_does_not_parse_points_to_the_help(dataops, arguments):
    done = dataops(*arguments)

    assert done.returncode == 2
    assert b"fix: " in done.stderr
    assert b"--help" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATAOPS_WORKFLOWS", "/no/such/folder"),
        ("DATAOPS_QUERY_SECONDS", "soon"),
        ("DATAOPS_LOG_LEVEL", "loud"),
        ("DATAOPS_MESSAGE_BYTES", "0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(dataops, name, value):
    done = dataops("workflows", "--json", **{name: value})

    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["code"]) == (2, "settings")
    assert value in error["message"]
    assert error["hint"]


def test_versions_of_a_name_that_does_not_exist_are_not_an_empty_list(dataops):
    dataops("ask", "profile orders.csv", "--quiet")

    done = dataops("artifacts", "versions", "order")

    assert done.returncode == 1
    assert b"'orders'" in done.stderr


def test_a_failed_turn_is_in_the_history_with_its_fix_and_the_next_question_is_answered(dataops):
    failed = dataops("ask", "profile nightly_orders_of_march.csv")
    answered = dataops("ask", "profile orders.csv", "--quiet")
    history = dataops("sessions", "show").stdout

    assert failed.returncode == 2
    assert b"[file_input]" in failed.stderr
    assert answered.returncode == 0
    assert b"user: profile nightly_orders_of_march.csv" in history
    assert b"assistant: There is no file 'nightly_orders_of_march.csv'" in history
