"""The way of a workflow's author: create, validate, run, ask; and what goes wrong on it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dataops_kernel.errors import ConflictError, DataOpsError, ParameterError, StorageUnavailableError
from dataops_kernel.wdk.scaffold import template
from dataops_kernel.wdk.validate import validate
from dataops_kernel.workflows import WorkflowRegistry

PROGRAMS = Path(sys.executable).parent


@pytest.fixture
def call(tmp_path):
    """Run a program as an author does, in a folder of their own."""

    def called(program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        values = {**os.environ, "DATAOPS_WORKSPACE": str(tmp_path / "ws"), "DATAOPS_USER": "ann", **environment}
        done = subprocess.run(
            [PROGRAMS / program, *arguments], capture_output=True, text=True, env=values, cwd=tmp_path, timeout=120
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done

    return called


def test_a_workflow_from_the_template_is_validated_run_by_name_and_asked_for_in_words(call, tmp_path, data):
    created = call("dataops-workflow", "create", "--name", "late-orders")
    assert created.returncode == 0, created.stderr
    assert (tmp_path / "workflows" / "late_orders" / "workflow.py").is_file()

    valid = call("dataops-workflow", "validate", "late_orders")
    assert valid.returncode == 0, valid.stderr
    assert "count_rows" in valid.stdout
    assert "ok   late_orders" in call("dataops-workflow", "list").stdout

    folder = {"DATAOPS_WORKFLOWS": str(tmp_path / "workflows")}
    assert call("dataops", "ask", f"profile {data / 'orders.csv'}", **folder).returncode == 0
    by_name = call("dataops", "run", "late_orders", "table=orders", "--json", **folder)
    assert by_name.returncode == 0, by_name.stderr
    assert json.loads(by_name.stdout)["data"] == {"rows": 600}
    in_words = call("dataops", "ask", "late orders orders", "--json", **folder)
    answer = json.loads(in_words.stdout)
    assert (answer["workflow"], answer["data"]) == ("late_orders", {"rows": 600})


def test_workflows_are_also_looked_for_where_the_setting_says(call, tmp_path):
    call("dataops-workflow", "create", "--name", "mine", "--folder", "elsewhere")

    found = call("dataops-workflow", "list", DATAOPS_WORKFLOWS=str(tmp_path / "elsewhere"))

    assert "ok   mine" in found.stdout


def test_a_broken_workflow_is_listed_with_its_error_while_the_others_work(call, tmp_path, data):
    call("dataops-workflow", "create", "--name", "sound")
    for name, content in {"no_python": "this is ( not python", "no_class": "x = 1", "raises": "1 / 0"}.items():
        (tmp_path / "workflows" / name).mkdir()
        (tmp_path / "workflows" / name / "workflow.py").write_text(content)
    folder = {"DATAOPS_WORKFLOWS": str(tmp_path / "workflows")}

    listed = call("dataops-workflow", "list")
    assert listed.returncode == 1
    assert "ok   sound" in listed.stdout
    assert "ok   schema_analyzer" in listed.stdout
    for name in ("no_python", "no_class", "raises"):
        line = next(line for line in listed.stdout.splitlines() if name in line)
        assert line.startswith("BAD")
        assert len(line) > len(f"BAD  {name}: ") + 10
        refused = call("dataops", "run", name, "table=orders", **folder)
        assert refused.returncode != 0
        assert "[workflow_contract]" in refused.stderr
        assert "fix:" in refused.stderr

    assert call("dataops", "ask", f"profile {data / 'orders.csv'}", **folder).returncode == 0
    assert call("dataops", "run", "sound", "table=orders", **folder).returncode == 0
    doctor = json.loads(call("dataops", "doctor", "--json", **folder).stdout)
    assert set(doctor["components"]["workflows"]["broken"]) == {"no_python", "no_class", "raises"}


WRONG_NAMES = [
    *("", " ", "../late", "/etc/late", "a/b", "a\\b", ".", "..", "class", "import", "None", "Late", "9lives", "a b"),
    *("a.b", "a\x00b", "\ud800", "größe", "_hidden", "__init__", "x" * 300, "{name}", "$name"),
]


@pytest.mark.parametrize("name", WRONG_NAMES, ids=lambda name: ascii(name[:20]))
def test_a_name_that_is_a_path_a_keyword_or_no_word_is_refused_and_nothing_is_written(tmp_path, name):
    with pytest.raises(ParameterError) as caught:
        template("simple").scaffold(name, tmp_path / "workflows")

    assert "late_orders" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_exists_is_overwritten(tmp_path):
    made = template("simple").scaffold("late", tmp_path)
    (made / "nodes.py").write_text("mine")

    with pytest.raises(ConflictError, match="exists"):
        template("simple").scaffold("late", tmp_path)

    assert (made / "nodes.py").read_text() == "mine"


def test_a_folder_that_is_a_file_is_a_sentence(tmp_path):
    (tmp_path / "workflows").write_text("mine")

    with pytest.raises(StorageUnavailableError) as caught:
        template("simple").scaffold("late", tmp_path / "workflows")

    assert "--folder" in caught.value.hint


def test_an_unknown_template_names_the_closest(tmp_path):
    with pytest.raises(ParameterError) as caught:
        template("simpel")

    assert "'simple'" in caught.value.hint


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("create",), "parameter"),
        (("create", "--name", "../x"), "parameter"),
        (("create", "--name", "x", "--template", "nope"), "parameter"),
        (("validate",), "parameter"),
        (("validate", "schema_analyser"), "workflow_not_found"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_the_command_refuses_with_a_code_and_a_fix(call, arguments, code):
    refused = call("dataops-workflow", *arguments, "--json")

    assert refused.returncode != 0
    error = json.loads(refused.stdout)["error"]
    assert error["code"] == code
    assert error["hint"]


def test_a_workflow_no_message_can_reach_does_not_sign_the_contract(tmp_path):
    made = template("simple").scaffold("silent", tmp_path)
    source = (made / "workflow.py").read_text()
    start, end = source.index("    examples:"), source.index("    class Parameters")
    (made / "workflow.py").write_text(source[:start] + source[end:])

    with pytest.raises(DataOpsError, match="example"):
        validate(WorkflowRegistry([tmp_path]), "silent")
