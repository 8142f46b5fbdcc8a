"""Checkpoints and retention at the terminal door."""

import json

import pytest

import dataops_kernel.cli.main as cli
from dataops_kernel import connect
from dataops_kernel.types import ArtifactMetadata, Message


@pytest.fixture
def dataops(tmp_path, monkeypatch, capsys):
    """Run the command in this process and return (exit code, what it printed, what it complained)."""
    monkeypatch.setenv("DATAOPS_WORKSPACE", str(tmp_path / "ws"))
    monkeypatch.setenv("DATAOPS_USER", "ann")

    def run(*arguments):
        code = cli.main(arguments)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def story(dataops, tmp_path):
    """A session with two versions of a table and a checkpoint between them."""
    with connect(tmp_path / "ws", user="ann") as workbench:
        session_id = workbench.sessions.create_session().session_id
        metadata = ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name="orders")
        workbench.artifacts.store_artifact([{"id": 1, "v": 1}, {"id": 2, "v": 2}], metadata)
        workbench.context.create_checkpoint(session_id, "before cleanup")
        workbench.sessions.add_message(session_id, Message(role="user", content="clean it"))
        workbench.artifacts.store_artifact([{"id": 1, "v": 9}, {"id": 2, "v": 2}], metadata)
    return session_id


def test_the_tree_a_restore_and_its_undo(dataops, story):
    assert dataops("checkpoint", "restore", "before cleanup")[0] == 0

    code, tree, _ = dataops("checkpoint", "tree")
    assert code == 0
    assert "○ @4  left for before cleanup  1 message  last asked: clean it" in tree
    assert dataops("checkpoint", "undo")[0] == 0
    nodes = json.loads(dataops("checkpoint", "tree", "--json")[1])["nodes"]
    assert [(node["name"], node["on_current_line"]) for node in nodes] == [
        ("@0", True),
        ("before cleanup", True),
        ("@4", True),
        ("now", True),
    ]
    assert dataops("checkpoint", "restore", "@1")[0] == 0


def test_the_difference_by_key_with_examples_and_kept(dataops, story):
    code, text, _ = dataops("checkpoint", "diff", "before cleanup", "--key", "id", "--rows", "1")
    assert code == 0
    assert "rows by id: 0 new, 0 gone, 1 changed" in text
    assert "~ id 1: v 1 → 9" in text

    told = json.loads(dataops("checkpoint", "diff", "before cleanup", "--store", "--json")[1])
    assert told["artifact_id"].startswith("art_")


def test_mistakes_are_told_with_their_fix(dataops, story):
    code, _, error = dataops("checkpoint", "diff", "before cleanup", "--key", "idd")
    assert (code, "'id'" in error) == (2, True)
    code, _, error = dataops("checkpoint", "undo")
    assert (code, "nothing to undo" in error) == (1, True)
    code, _, error = dataops("artifacts", "restore", "orders")
    assert (code, "Nothing is deleted here" in error) == (2, True)
    code, _, error = dataops("artifacts", "delete", "orders", "--despite", "chekpoint")
    assert (code, "'checkpoint'" in error) == (2, True)
    assert dataops("artifacts", "why")[0] == 2


def test_why_kept_dry_run_delete_restore_and_purge(dataops, story):
    assert "the session shows it now" in dataops("artifacts", "why", "orders")[1]
    dry = json.loads(dataops("artifacts", "delete", "orders", "--dry-run", "--json")[1])
    assert [why["version"] for why in dry["deleted"]] == [2]
    assert [why["reasons"][1]["kind"] for why in dry["refused"]] == ["checkpoint"]
    code, _, error = dataops("artifacts", "delete", "orders")
    assert (code, "--despite checkpoint" in error) == (1, True)

    code, told, _ = dataops("artifacts", "delete", "orders", "--despite", "checkpoint")
    assert (code, "Deleted orders v1, orders v2" in told) == (0, True)
    assert "Nothing stored" in dataops("artifacts")[1]
    assert "orders v1" in dataops("artifacts", "deleted")[1]

    assert "Brought back orders v1, orders v2" in dataops("artifacts", "restore", "orders")[1]
    assert "orders v2" in dataops("artifacts")[1]

    dataops("artifacts", "delete", "orders", "--despite", "checkpoint")
    assert "Nothing is due" in dataops("artifacts", "purge")[1]
    code, _, error = dataops("artifacts", "purge", "orders")
    assert (code, "--now" in error) == (1, True)
    assert "for good" in dataops("artifacts", "purge", "orders", "--now")[1]
    assert "Nothing is deleted." in dataops("artifacts", "deleted")[1]
