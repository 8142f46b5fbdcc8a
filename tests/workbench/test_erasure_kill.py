"""`kill -9` at every step of an archiving and of an erasure: whole before, whole after, finished on the next opening."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from dataops_kernel import connect
from dataops_kernel.artifacts.unpacking import readings
from dataops_kernel.clock import system_clock
from dataops_kernel.errors import DataOpsError
from dataops_kernel.storage.embedded import FileBlobs, SqliteLedger
from dataops_kernel.types import ArtifactMetadata, Message

SECRET = "the canary sings a song of nobody's business"
_STEPS = ((SqliteLedger, "_commit"), (SqliteLedger, "_erase"), (SqliteLedger, "purge"), (FileBlobs, "delete"))


def _child(work: Callable[[], None]) -> int:
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


def _killed_at(step: int, work: Callable[[], None]) -> Callable[[], None]:
    """Return ``work`` with a kill of the process right after its ``step``-th write to ledger or blobs."""

    def killed() -> None:
        done = [0]
        for owner, name in _STEPS:

            def counted(*arguments, real=getattr(owner, name), **options):
                result = real(*arguments, **options)
                done[0] += 1
                if done[0] == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return result

            setattr(owner, name, counted)
        work()

    return killed


def _talk(workspace: Path) -> str:
    with connect(workspace, user="ann") as wb:
        session_id = wb.sessions.create_session(title="to be gone").session_id
        for number in range(20):
            wb.sessions.add_message(session_id, Message(role="user", content=f"{SECRET} {number}"))
        for name, content in (("small", {"a": SECRET}), ("large", SECRET.encode() + os.urandom(50_000))):
            metadata = ArtifactMetadata(session_id=session_id, workflow_name="w", name=name)
            wb.artifacts.store_artifact(content, metadata)
        wb.context.create_checkpoint(session_id, "point")
        wb.context.dump_context(session_id)
    return session_id


def _holds(root: Path, text: str) -> list[str]:
    files = [path for path in root.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(text.encode() in reading for reading in readings(path))]


def _erase(workspace: Path, session_id: str) -> None:
    with connect(workspace, user="ann") as wb:
        wb.sessions.erase_session(session_id)


def test_an_erasure_killed_at_any_step_has_not_begun_or_is_finished_on_the_next_opening(tmp_path):
    workspace = tmp_path / "ws"
    with connect(workspace, user="ann") as wb:
        other = wb.sessions.create_session(title="stays").session_id
        wb.sessions.add_message(other, Message(role="user", content="I stay"))
    begun = []
    for step in range(1, 60):
        session_id = _talk(workspace)
        ended = _child(_killed_at(step, lambda session_id=session_id: _erase(workspace, session_id)))
        assert ended in (0, -signal.SIGKILL)

        with connect(workspace, user="ann") as wb:
            try:
                assert len(wb.sessions.messages(session_id)) == 20
                assert len(wb.artifacts.list_artifacts(session_id)) == 2
                wb.sessions.erase_session(session_id)
            except DataOpsError:
                begun.append(step)
            assert [m.content for m in wb.sessions.messages(other)] == ["I stay"]
            assert [s.session_id for s in wb.sessions.list_sessions()] == [other]
        assert _holds(workspace, session_id) == []
        assert _holds(workspace, SECRET) == []
        if ended == 0:
            break

    assert ended == 0 and len(begun) >= 8  # every step of an erasure was the last one once


def test_an_archiving_killed_at_any_step_loses_nothing_and_is_finished_by_the_next_cleanup(tmp_path):
    workspace = tmp_path / "ws"

    def later():
        return system_clock() + timedelta(days=100)

    def clean() -> None:
        with connect(workspace, user="ann", clock=later) as wb:
            wb.sessions.cleanup_expired_sessions()

    for step in range(1, 40):
        session_id = _talk(workspace)
        with connect(workspace, user="ann") as wb:
            before = wb.sessions.messages(session_id)
        ended = _child(_killed_at(step, clean))
        assert ended in (0, -signal.SIGKILL)

        with connect(workspace, user="ann") as wb:
            assert wb.sessions.messages(session_id) == before
        clean()
        with connect(workspace, user="ann") as wb:
            assert wb.sessions.messages(session_id) == before
            assert wb.sessions.get_session(session_id).archived_at is not None
            wb.sessions.add_message(session_id, Message(role="user", content="awake"))
            assert [m.content for m in wb.sessions.messages(session_id)][20:] == ["awake"]
        if ended == 0:
            break

    assert ended == 0 and step >= 3


def _update(workspace: Path, session_id: str, who: str, times: int) -> None:
    with connect(workspace, user="ann") as wb:
        for number in range(times):
            wb.sessions.update_session(session_id, {"metadata": {f"{who}{number}": number}})


def test_two_processes_that_update_different_keys_both_win_every_time(tmp_path):
    workspace = tmp_path / "ws"
    with connect(workspace, user="ann") as wb:
        session_id = wb.sessions.create_session().session_id
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _update(workspace, session_id, "a", 40)
            code = 0
        finally:
            os._exit(code)
    _update(workspace, session_id, "b", 40)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

    with connect(workspace, user="ann") as wb:
        found = wb.sessions.get_session(session_id)
    assert len(found.metadata) == 80
    assert found.revision == 81


def test_two_cleanups_at_once_archive_every_session_once(tmp_path):
    workspace = tmp_path / "ws"
    with connect(workspace, user="ann") as wb:
        ids = [wb.sessions.create_session().session_id for _ in range(12)]
        for session_id in ids:
            for number in range(5):
                wb.sessions.add_message(session_id, Message(role="user", content=f"{number}"))

    def later():
        return system_clock() + timedelta(days=100)

    def clean() -> None:
        with connect(workspace, user="ann", clock=later) as wb:
            assert wb.sessions.cleanup_expired_sessions().errors == {}

    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            clean()
            code = 0
        finally:
            os._exit(code)
    clean()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    clean()

    with connect(workspace, user="ann", clock=later) as wb:
        assert all(s.archived_at for s in wb.sessions.list_sessions())
        for session_id in ids:
            assert [m.content for m in wb.sessions.messages(session_id)] == ["0", "1", "2", "3", "4"]
