"""One message, four doors, one answer: text, SQL and rows, each in a fresh workspace."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from IPython.core.interactiveshell import InteractiveShell

from dataops_kernel import connect
from dataops_kernel.api.app import create_app

COMMAND = Path(sys.executable).with_name("dataops")
FIRST = "profile {data}/orders.csv"
MESSAGES = [
    "profile {data}/customers.csv",
    "which jobs run after LOAD_ORDERS in {data}/nightly.jil?",
    "total amount by region",
    "what is the weather in Paris tomorrow?",
    "show me",
]
_ROWS = 50


def rows_of(workbench, answer):
    """The rows of the answer's first table, as JSON has them."""
    for artifact_id in answer["artifacts"]:
        artifact = workbench.artifacts.describe(artifact_id)
        if artifact.is_table:
            head = workbench.artifacts.preview(artifact_id, _ROWS)
            return [artifact.name, artifact.row_count, json.loads(json.dumps(head.to_pylist(), default=str))]
    return None


def told(workbench, answer):
    kept = {key: answer[key] for key in ("kind", "text", "engine", "workflow", "sql", "confidence")}
    return {**kept, "rows": rows_of(workbench, answer)}


def by_workbench(folder, messages):
    with connect(folder, user="ann") as workbench:
        session = workbench.sessions.create_session().session_id
        answers = [workbench.ask(session, text).result(timeout=60).model_dump(mode="json") for text in messages]
        return told(workbench, answers[-1])


def by_command(folder, messages):
    environment = {**os.environ, "DATAOPS_WORKSPACE": str(folder), "DATAOPS_USER": "ann"}
    for text in messages:
        command = [COMMAND, "ask", text, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=100)
    answer = json.loads(done.stdout)
    answer["artifacts"] = [artifact["artifact_id"] for artifact in answer["artifacts"]]
    with connect(folder, user="ann") as workbench:
        return told(workbench, answer)


def by_rest(folder, messages):
    with connect(folder, user="ann") as workbench:
        client = TestClient(create_app(workbench))
        session = client.post("/sessions").json()["session_id"]
        for text in messages:
            run_id = client.post(f"/sessions/{session}/query", json={"text": text}).json()["run_id"]
            answer = client.get(f"/runs/{run_id}/result").json()
        return told(workbench, answer)


def by_notebook(folder, messages):
    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "dataops_kernel.notebook")
    shown = [shell.run_line_magic("ask", text) for text in messages]
    shell.run_line_magic("unload_ext", "dataops_kernel.notebook")
    shell.history_manager.end_session()
    with connect(folder, user="ann") as workbench:
        run = workbench.runs.list(workbench.sessions.current().session_id)[0]
        answer = run.answer.model_dump(mode="json")
        assert shown[-1].data == answer["text"]
        return told(workbench, answer)


@pytest.mark.parametrize("message", MESSAGES)
def test_every_door_gives_the_same_answer(tmp_path, data, monkeypatch, message):
    monkeypatch.setenv("DATAOPS_USER", "ann")
    monkeypatch.setenv("DATAOPS_WORKSPACE", str(tmp_path / "notebook"))
    messages = [FIRST.format(data=data), message.format(data=data)]

    expected = by_workbench(tmp_path / "workbench", messages)

    assert expected["text"]
    assert by_command(tmp_path / "command", messages) == expected
    assert by_rest(tmp_path / "rest", messages) == expected
    assert by_notebook(tmp_path / "notebook", messages) == expected


def test_the_command_prints_the_rows_it_stored(tmp_path, data):
    environment = {**os.environ, "DATAOPS_WORKSPACE": str(tmp_path / "ws"), "DATAOPS_USER": "ann"}
    command = [COMMAND, "ask", FIRST.format(data=data), "--json", "--rows", "5"]

    answer = json.loads(subprocess.run(command, capture_output=True, env=environment, timeout=100).stdout)

    with connect(tmp_path / "ws", user="ann") as workbench:
        main = workbench.artifacts.get_artifact(answer["artifacts"][0]["artifact_id"])
    assert answer["table"]["total_rows"] == main.row_count
    assert len(answer["table"]["rows"]) == 5
