"""What `durability` means: how long a commit waits for the disk."""

import pytest

from dataops_kernel import connect
from dataops_kernel.errors import SettingsError
from dataops_kernel.types import Message


@pytest.mark.parametrize(("durability", "level"), [("full", 2), ("relaxed", 1)])
def test_a_workspace_commits_as_its_durability_says(tmp_path, durability, level):
    with connect(tmp_path / "ws", durability=durability) as wb:
        session_id = wb.sessions.create_session().session_id
        wb.sessions.add_message(session_id, Message(role="user", content="kept"))
        writer = wb._services.log._ledger._writer.connection
        assert writer.execute("PRAGMA synchronous").fetchone()[0] == level

    with connect(tmp_path / "ws") as wb:
        assert [m.content for m in wb.sessions.messages(session_id)] == ["kept"]


def test_an_unknown_durability_names_the_setting(tmp_path):
    with pytest.raises(SettingsError, match="DATAOPS_DURABILITY has the value 'none'"):
        connect(tmp_path / "ws", durability="none")
