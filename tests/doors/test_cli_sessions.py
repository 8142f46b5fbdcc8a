"""The life of a session in the terminal."""

import json

import pytest

from dataops_kernel.cli.main import main


@pytest.fixture
def dataops(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DATAOPS_WORKSPACE", str(tmp_path / "ws"))
    monkeypatch.setenv("DATAOPS_USER", "ann")

    def run(*arguments: str):
        code = main(["sessions", *arguments])
        out, err = capsys.readouterr()
        return code, json.loads(out) if "--json" in arguments and out else out, err

    return run


def test_a_session_is_made_listed_in_pages_updated_archived_and_erased(dataops, monkeypatch):
    ids = [dataops("new", "--title", f"s{n}", "--json")[1]["session_id"] for n in range(3)]

    _, page, _ = dataops("--limit", "2", "--json")
    _, rest, _ = dataops("--limit", "2", "--before", page[-1]["cursor"], "--json")
    assert [s["session_id"] for s in page + rest] == ids[::-1]
    assert "The next page" in dataops("--limit", "2")[1]

    code, shown, _ = dataops(
        "update", "--session", ids[0], "--set", "row_limit=50", "--set", "expire_after=30d", "--json"
    )
    assert (code, shown["user_preferences"]["row_limit"], shown["user_preferences"]["expire_after"]) == (0, 50, "P30D")
    assert "row_limit = 7" in dataops("update", "--everywhere", "--set", "row_limit=7")[1]
    assert dataops("show", "--session", ids[1], "--json")[1]["user_preferences"]["row_limit"] == 7

    assert "0 expired" in dataops("cleanup", "--dry-run")[1]
    assert dataops("archive", "--session", ids[0], "--json")[1]["entries"] == 0
    assert [s["session_id"] for s in dataops("--status", "expired", "--json")[1]] == [ids[0]]

    code, report, _ = dataops("erase", "--session", ids[0], "--yes", "--json")
    assert (code, report["proved"], report["found"]) == (0, True, [])
    assert "Nothing of it is left." in dataops("erase", "--session", ids[1], "--yes")[1]
    assert [s["session_id"] for s in dataops("--json")[1]] == [ids[2]]


@pytest.mark.parametrize(("answer", "left"), [("n\n", 1), ("", 1), ("what\n", 1), ("y\n", 0)])
def test_an_erasure_is_asked_about_first(dataops, monkeypatch, answer, left):
    import io

    session_id = dataops("new", "--json")[1]["session_id"]
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))

    code, _, err = dataops("erase", "--session", session_id)

    assert "no undo" in err
    assert (code, len(dataops("--json")[1])) == (left, left)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("erase",), "has to be said"),
        (("update",), "names preferences"),
        (("update", "--set", "row_limit"), "names preferences"),
        (("update", "--set", "row_limt=5"), "Did you mean 'row_limit'"),
        (("--status", "idel"), "Did you mean 'idle'"),
        (("--before", "yesterday"), "no place in a list"),
        (("rename", "--title", "x" * 201), "over the limit"),
        (("erase", "--session", "ses_nope", "--yes"), "no session"),
    ],
)
def test_what_was_typed_wrongly_is_said_with_the_fix(dataops, arguments, said):
    code, _, err = dataops(*arguments)

    assert code in (1, 2)
    assert said in err and "fix:" in err and "Traceback" not in err
