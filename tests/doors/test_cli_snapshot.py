import json

import pytest

from dataops_kernel import connect
from dataops_kernel.cli.main import main
from dataops_kernel.types import ArtifactMetadata, Message


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAOPS_WORKSPACE", str(tmp_path / "ws"))
    return tmp_path / "ws"


@pytest.fixture
def session_id(workspace):
    with connect(workspace) as workbench:
        session_id = workbench.sessions.create_session(title="quarter").session_id
        workbench.sessions.add_message(session_id, Message(role="user", content="hello"))
        workbench.sessions.set_context(session_id, "region", "EMEA")
        workbench.artifacts.store_artifact(
            [{"id": 1}], ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name="orders")
        )
    return session_id


@pytest.fixture
def dataops(capsys):
    def call(*arguments, code=0):
        assert main(["snapshot", *arguments]) == code
        return capsys.readouterr()

    def as_json(*arguments, code=0):
        return json.loads(call(*arguments, "--json", code=code).out)

    call.json = as_json
    return call


def test_a_snapshot_is_dumped_listed_shown_and_loaded(dataops, session_id):
    made = dataops.json("dump", "--session", session_id)["snapshot_id"]

    assert [each["snapshot_id"] for each in dataops.json("list", "--session", session_id)] == [made]
    assert made in dataops("list", "--session", session_id).out
    shown = dataops("show", made).out
    assert "context region = 'EMEA'" in shown
    assert "1 artifacts" in shown
    assert dataops.json("load", made)["messages"] == 1
    assert "reads as the snapshot, on a new branch: 1 messages" in dataops("load", made).out


def test_a_merge_tells_what_differs(dataops, session_id, workspace):
    made = dataops.json("dump", "--session", session_id)["snapshot_id"]
    with connect(workspace) as workbench:
        workbench.sessions.set_context(session_id, "region", "APAC")

    assert "differs: context region: kept 'APAC', not 'EMEA'" in dataops("load", made, "--merge").out
    assert "differs: context region: kept 'EMEA', not 'APAC'" in dataops("load", made, "--key", "region", "--take").out


def test_a_bundle_is_exported_and_imported(dataops, session_id, tmp_path):
    path = tmp_path / "quarter.zip"

    told = dataops("export", str(path), "--session", session_id)
    opened = dataops.json("import", str(path))

    assert "3 entries, 1 artifact" in told.out
    assert "writing" in told.err
    assert opened["title"] == "quarter"
    assert opened["session_id"] != session_id
    assert "Opened as the session ses_" in dataops("import", str(path)).out


def test_a_session_inherits_by_filters(dataops, session_id, workspace):
    with connect(workspace) as workbench:
        target = workbench.sessions.create_session().session_id

    made = dataops.json("inherit", session_id, "--session", target, "--filter", "context:region")

    assert (made["context"], made["messages"], made["artifacts"]) == (["region"], {}, {})
    assert "inherited 1 message, 0 context keys, 1 artifact" in dataops("inherit", session_id, "--session", target).out


def test_no_snapshots_is_said_with_the_way_to_make_one(dataops, session_id):
    assert "dataops snapshot dump" in dataops("list", "--session", session_id).out
    assert dataops.json("list", "--session", session_id) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["load"], 2, "takes a snapshot's id"),
        (["dump", "x"], 2, "takes no name"),
        (["show", "snp_nothing"], 1, "There is no snapshot 'snp_nothing'"),
        (["import", "nothing.zip"], 2, "cannot be opened"),
        (["dump", "--merge"], 2, "--merge belongs to `snapshot load`"),
        (["load", "snp_x", "--merge", "--key", "a"], 2, "exclude each other"),
        (["inherit", "ses_nothing"], 1, "There is no session"),
    ],
)
def test_what_is_wrong_is_said_with_the_fix(dataops, session_id, arguments, code, said):
    err = dataops(*arguments, code=code).err

    assert said in err
    assert "fix:" in err
    assert "Traceback" not in err


def test_a_file_that_is_no_bundle_is_refused(dataops, session_id, tmp_path):
    (tmp_path / "x.zip").write_text("not a zip")

    assert "not a bundle" in dataops("import", str(tmp_path / "x.zip"), code=2).err


def test_help_shows_examples(dataops, capsys):
    with pytest.raises(SystemExit) as left:
        main(["snapshot", "--help"])

    assert left.value.code == 0
    assert "dataops snapshot import quarter.zip" in capsys.readouterr().out
