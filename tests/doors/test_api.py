"""The REST door answers like the others."""

import pytest
from fastapi.testclient import TestClient

from dataops_kernel.api.app import create_app


@pytest.fixture
def client(workbench):
    return TestClient(create_app(workbench))


def test_a_question_is_accepted_followed_and_answered(client, data):
    session_id = client.post("/sessions", params={"title": "API"}).json()["session_id"]

    accepted = client.post(f"/sessions/{session_id}/query", json={"text": f"profile {data / 'orders.csv'}"})
    run_id = accepted.json()["run_id"]
    answer = client.get(f"/runs/{run_id}/result").json()
    events = client.get(f"/runs/{run_id}/events").json()

    assert accepted.status_code == 202
    assert (answer["kind"], answer["engine"]) == ("answer", "rules")
    assert (events[0]["type"], events[-1]["type"]) == ("run_started", "run_finished")
    assert [a["name"] for a in client.get(f"/sessions/{session_id}/artifacts").json()] == ["orders_profile", "orders"]
    assert len(client.get(f"/sessions/{session_id}").json()["conversation_history"]) == 2


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/sessions/ses_nope", 404, "session_not_found"),
        ("GET", "/artifacts/art_nope", 404, "artifact_not_found"),
        ("GET", "/runs/run_nope/result", 404, "run_not_found"),
    ],
)
def test_what_does_not_exist_answers_404_with_the_code_and_the_fix(client, method, path, status, code):
    response = client.request(method, path)

    assert response.status_code == status
    assert response.json()["error"]["code"] == code
    assert response.json()["error"]["hint"]


def test_an_empty_message_is_refused_as_wrong_usage(client):
    session_id = client.post("/sessions").json()["session_id"]

    response = client.post(f"/sessions/{session_id}/query", json={"text": " "})

    assert (response.status_code, response.json()["error"]["code"]) == (422, "usage")


def test_health_names_every_part(client):
    assert client.get("/health").json()["status"] == "healthy"


def test_a_failed_run_answers_with_its_code_and_the_next_one_works(client, data):
    session_id = client.post("/sessions").json()["session_id"]
    failed = client.post(f"/sessions/{session_id}/query", json={"text": "profile no_such_file_at_all.csv"}).json()

    response = client.get(f"/runs/{failed['run_id']}/result")
    again = client.post(f"/sessions/{session_id}/query", json={"text": f"profile {data / 'orders.csv'}"}).json()

    assert (response.status_code, response.json()["error"]["code"]) == (422, "file_input")
    assert response.json()["error"]["hint"]
    assert client.get(f"/runs/{again['run_id']}/result").json()["kind"] == "answer"
    history = client.get(f"/sessions/{session_id}").json()["conversation_history"]
    assert [message["role"] for message in history] == ["user", "assistant"] * 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"text": 5}',
        b'{"txt": "hi"}',
        b"\xff\xfe",
        b'{"text": "' + b"x" * 1_000_000 + b'"}',
    ],
    ids=lambda body: ascii(body[:14]),
)
def test_a_body_that_does_not_fit_is_wrong_usage_with_a_code_and_a_fix(client, body):
    session_id = client.post("/sessions").json()["session_id"]

    response = client.post(f"/sessions/{session_id}/query", content=body, headers={"content-type": "application/json"})

    assert response.status_code == 422
    assert response.json()["error"]["code"]
    assert response.json()["error"]["hint"]
    assert client.get(f"/sessions/{session_id}").json()["conversation_history"] == []


@pytest.mark.parametrize("path", ["/sessions?limit=0", "/sessions?limit=many", "/sessions?limit=100000"])
def test_a_query_value_that_does_not_fit_is_wrong_usage(client, path):
    response = client.get(path)

    assert (response.status_code, response.json()["error"]["code"]) == (422, "usage")


def test_an_id_shaped_like_a_path_reaches_no_file(client):
    for path in ("/artifacts/..%2F..%2Fetc%2Fpasswd", "/sessions/%2e%2e", "/runs/%00/result", "/nowhere"):
        response = client.get(path)

        assert response.status_code == 404
        assert response.json()["error"]["hint"]
