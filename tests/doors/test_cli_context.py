"""``dataops context``, as a person types it."""

import json

import pytest

from dataops_kernel import connect
from dataops_kernel.cli.main import main
from dataops_kernel.types import Message


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAOPS_WORKSPACE", str(tmp_path / "ws"))
    monkeypatch.setenv("DATAOPS_USER", "ann")
    with connect() as workbench:
        session_id = workbench.sessions.create_session(title="March revenue").session_id
        workbench.sessions.set_context(session_id, "region", "EMEA")
        workbench.sessions.add_message(session_id, Message(role="user", content="total amount by region"))
    return session_id


def test_show_prints_what_a_model_would_read(place, capsys):
    assert main(["context"]) == 0

    printed = capsys.readouterr().out
    assert 'region = "EMEA"' in printed
    assert "user: total amount by region" in printed


def test_why_says_of_each_block_its_tokens_and_its_reason(place, capsys):
    assert main(["context", "why"]) == 0

    printed = capsys.readouterr().out
    assert "of 8,000 tokens, 3 blocks" in printed
    assert "context:region" in printed
    assert "A value of the session's context." in printed


def test_pin_and_unpin_tell_what_they_did_and_why_shows_it(place, capsys):
    assert main(["context", "pin", "region"]) == 0
    assert "Pinned: context:region" in capsys.readouterr().out
    main(["context", "why"])
    assert "context:region (pinned)" in capsys.readouterr().out

    assert main(["context", "unpin", "region", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"session_id": place, "target": "context:region", "pinned": False}


def test_summary_keeps_to_its_tokens(place, capsys):
    assert main(["context", "summary", "--tokens", "50"]) == 0
    assert capsys.readouterr().out.strip() == "user: total amount by region"

    assert main(["context", "summary", "--tokens", "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"] == ""


def test_json_is_the_whole_view(place, capsys):
    assert main(["context", "why", "--json", "--about", "only for EMEA", "--tokens", "100"]) == 0

    view = json.loads(capsys.readouterr().out)
    assert view["max_tokens"] == 100
    assert [block["kind"] for block in view["blocks"]] == ["system", "context", "recent"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pin"], "needs to know what"),
        (["pin", "regoin"], "region"),
        (["unpin", "region"], "not pinned"),
        (["show", "region"], "takes no name"),
        (["summary", "--tokens", "-5"], "0 or more"),
        (["show", "--session", "ses_nope"], "no session"),
        (["sumary"], "summary"),
    ],
)
def test_a_wrong_use_is_told_with_its_fix_and_without_a_traceback(place, capsys, arguments, words):
    try:
        code = main(["context", *arguments])
    except SystemExit as ended:
        code = ended.code

    told = capsys.readouterr().err
    assert code in (1, 2)
    assert words in told
    assert "Traceback" not in told


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit):
        main(["context", "--help"])

    assert "dataops context pin region" in capsys.readouterr().out
