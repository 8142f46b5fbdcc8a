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
