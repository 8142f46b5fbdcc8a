"""`kill -9` at every write of a load, an inheritance and an import: before or after, never between, nothing left over."""

import io
import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dataops_kernel import connect
from dataops_kernel.errors import StorageUnavailableError
from dataops_kernel.storage.embedded import FileBlobs, SqliteLedger
from dataops_kernel.types import ArtifactMetadata, LineageEdge, Message

_WRITES = ((SqliteLedger, "_commit"), (SqliteLedger, "_erase"), (FileBlobs, "_put"), (FileBlobs, "delete"))


def _child(work: Callable[[], object]) -> int:
    """Do ``work`` in a fork and return how it ended: 0, 1 for an error, or minus the signal that killed it."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


def _struck_at(step: int, work: Callable[[], object], strike: Callable[[], None]) -> Callable[[], None]:
    """Return ``work`` with a strike right after its ``step``-th write to ledger or blobs."""

    def struck() -> None:
        done = [0]
        for owner, name in _WRITES:

            def counted(*arguments, real=getattr(owner, name), **options):
                result = real(*arguments, **options)
                done[0] += 1
                if done[0] == step:
                    strike()
                return result

            setattr(owner, name, counted)
        work()

    return struck


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _story(wb, title: str, messages: int = 130) -> str:
    session_id = wb.sessions.create_session(title=title).session_id
    for name, content in (("small", {"a": title}), ("large", title.encode() * 9_000)):
        wb.artifacts.store_artifact(
            content, ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name=f"{title} {name}")
        )
    for number in range(messages):
        wb.sessions.add_message(session_id, Message(role="user", content=f"{title} {number}"))
    wb.sessions.set_context(session_id, "title", title)
    wb.context.pin(session_id, "title")
    return session_id


def _reads(workspace: Path, session_id: str):
    """Return what a session says, knows, has made and pinned."""
    with connect(workspace, user="ann") as wb:
        session = wb.sessions.get_session(session_id)
        artifacts = [(a.name, a.version, a.sha256) for a in wb.artifacts.list_artifacts(session_id)]
        for artifact in wb.artifacts.list_artifacts(session_id):
            wb.artifacts.get_artifact(artifact.artifact_id)
        pins = [block.id for block in wb.context.view(session_id).blocks if block.kind == "pinned"]
        return [m.content for m in session.conversation_history], session.global_context, artifacts, pins


@pytest.mark.parametrize("verb", ["load", "inherit"])
def test_a_long_load_or_inheritance_killed_at_any_write_was_not_begun_or_is_whole(tmp_path, verb):
    workspace = tmp_path / "ws"
    with connect(workspace, user="ann") as wb:
        source = _story(wb, "theirs")
        snapshot_id = wb.context.dump_context(source)
        target = _story(wb, "mine", messages=3)
    before = _reads(workspace, target)

    def work() -> None:
        with connect(workspace, user="ann") as wb:
            if verb == "load":
                wb.context.load_context(snapshot_id, session_id=target)
            else:
                wb.context.inherit_context(source, target)

    killed = 0
    for step in range(1, 30):
        ended = _child(_struck_at(step, work, _kill))
        assert ended in (0, -signal.SIGKILL)
        after = _reads(workspace, target)
        killed += ended != 0
        if after != before:
            break
        assert ended != 0

    told, context, artifacts, pins = after
    assert killed >= 3  # more than one commit was begun and never shown
    assert told[-130:] == [f"theirs {number}" for number in range(130)]
    assert len(told) == (130 if verb == "load" else 133)
    assert context == {"title": "theirs" if verb == "load" else "mine"}
    assert len({(name, version) for name, version, _ in artifacts}) == len(artifacts)
    assert {"theirs small", "theirs large"} <= {name for name, _, _ in artifacts}
    assert pins == ["context:title"]


def _bundle(folder: Path) -> bytes:
    stream = io.BytesIO()
    with connect(folder, user="bob") as wb:
        session_id = _story(wb, "theirs")
        first, second = (artifact.artifact_id for artifact in wb.artifacts.list_artifacts(session_id))
        edge = LineageEdge(source=first, target=second, relation="derived", evidence="declared")
        wb._services.lineage.record([edge])
        wb.context.export_bundle(session_id, stream)
    return stream.getvalue()


def _holdings(workspace: Path) -> tuple[list[tuple[str, int]], int, list[str]]:
    """Return how many records of each kind there are, how many log entries, and the names of all blobs."""
    with closing(sqlite3.connect(workspace / "ledger.sqlite")) as ledger:
        kinds = ledger.execute("SELECT kind, count(*) FROM records GROUP BY kind ORDER BY kind").fetchall()
        ((entries,),) = ledger.execute("SELECT count(*) FROM entries WHERE typeof(body) = 'blob'").fetchall()
    return kinds, entries, sorted(FileBlobs(workspace / "blobs").list())


def _open(workspace: Path) -> list[str]:
    with connect(workspace, user="ann") as wb:
        return [session.session_id for session in wb.sessions.list_sessions()]


def _import(workspace: Path, bundle: bytes) -> None:
    with connect(workspace, user="ann") as wb:
        wb.context.import_bundle(io.BytesIO(bundle))


def test_an_import_killed_at_any_write_leaves_nothing_after_the_next_opening(tmp_path):
    bundle, workspace = _bundle(tmp_path / "theirs"), tmp_path / "ws"
    with connect(workspace, user="ann") as wb:
        mine = _story(wb, "mine", messages=3)
    reads = _reads(workspace, mine)
    _open(workspace)  # the first listing writes down that there is an order
    before = _holdings(workspace)

    for step in range(1, 40):
        ended = _child(_struck_at(step, lambda: _import(workspace, bundle), _kill))
        assert ended in (0, -signal.SIGKILL)
        if ended == 0 or len(_open(workspace)) == 2:
            break
        assert _holdings(workspace) == before

    assert step >= 6  # what is to come, a blob, two groups of the log, lineage, and the session
    assert _reads(workspace, mine) == reads
    (opened,) = set(_open(workspace)) - {mine}
    assert _reads(workspace, opened)[0] == [f"theirs {number}" for number in range(130)]
    with connect(workspace, user="ann") as wb:
        wb.sessions.erase_session(opened)
    assert _holdings(workspace) == before


def test_an_import_that_fails_takes_back_at_once_what_it_wrote(tmp_path):
    bundle, workspace = _bundle(tmp_path / "theirs"), tmp_path / "ws"
    with connect(workspace, user="ann") as wb:
        _story(wb, "mine", messages=3)
    before = _holdings(workspace)

    def full() -> None:
        raise StorageUnavailableError("The disk is full.", hint="Make room.")

    def work() -> None:
        with connect(workspace, user="ann") as wb:
            with pytest.raises(StorageUnavailableError):
                wb.context.import_bundle(io.BytesIO(bundle))
            assert _holdings(workspace) == before  # this process is still there: nobody else took it back

    for step in range(1, 6):
        assert _child(_struck_at(step, work, full)) == 0


def test_an_import_that_is_still_going_on_is_left_alone_by_who_opens_the_workspace(tmp_path):
    bundle, workspace = _bundle(tmp_path / "theirs"), tmp_path / "ws"
    with connect(workspace, user="ann"):
        pass
    counts = []

    def look() -> None:
        if os.getpid() == parent:
            assert _child(lambda: _open(workspace)) == 0
            counts.append(dict(_holdings(workspace)[0]).get("import"))

    parent = os.getpid()
    with connect(workspace, user="ann") as wb, pytest.MonkeyPatch.context() as patch:
        commit = SqliteLedger._commit
        patch.setattr(SqliteLedger, "_commit", lambda *arguments: (commit(*arguments), look())[0])
        opened = wb.context.import_bundle(io.BytesIO(bundle)).session_id

    assert counts[0] == 1 and counts[-1] is None
    assert len(_reads(workspace, opened)[0]) == 130
