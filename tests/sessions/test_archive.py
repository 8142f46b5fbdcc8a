"""Archived sessions read exactly as before, wake when written to, and nothing is lost on the way."""

from datetime import timedelta

import pytest

from dataops_kernel.errors import ConflictError, IntegrityError
from dataops_kernel.sessionlog import Archive, SessionLog
from dataops_kernel.sessionlog.segments import Segments
from dataops_kernel.sessions import Policy, SessionManager
from dataops_kernel.storage.embedded import FileBlobs
from dataops_kernel.storage.ledger import Put
from dataops_kernel.types import ContextSet, Message, Restored, SessionStatus, session_stream


@pytest.fixture
def blobs(tmp_path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


@pytest.fixture
def make(ledger, blobs, ids, clock):
    """Return a manager as another process would have it: nothing in memory."""

    def made() -> SessionManager:
        archive = Archive(ledger, blobs)
        log = SessionLog(ledger, archive)
        return SessionManager(ledger, log, ids, clock, archive=archive, policy=Policy(expire_after=timedelta(days=90)))

    return made


@pytest.fixture
def sessions(make) -> SessionManager:
    return make()


def _talk(sessions, session_id, count, start=0):
    log = sessions._log
    entries = [
        sessions.message_writes(session_id, Message(role="user", content=f"m{n}"))[1][0]
        for n in range(start, start + count)
    ]
    for first in range(0, count, 100):
        sessions._ledger.commit(entries[first : first + 100])
    return log


def _go_back(sessions, ids, clock, session_id, seq):
    entry = Restored(time=clock(), restore_id=ids.new("rst"), seq=seq)
    index = Put("restore", entry.restore_id, entry.to_json(), parent=session_id, stamp=session_stream(session_id))
    sessions._log.append(session_id, entry, also=[index])


def _everything(sessions, session_id):
    line = sessions._log.line(session_id)
    return (
        sessions.get_session(session_id).model_dump(exclude={"status", "archived_at", "status_since"}),
        [sessions.messages(session_id, limit=n) for n in (1, 7, 300, 5000)],
        [list(sessions._log.read(session_id, line, after, page)) for after, page in ((0, 256), (0, 7), (255, 100))],
        [list(sessions._log.read_back(session_id, line, page)) for page in (1, 3, 256)],
        sessions._log.tail(session_id),
        sessions._log.entries(session_id, 2, 600)[:20],
    )


@pytest.mark.parametrize("count", [0, 1, 5, 256, 257, 700])
def test_an_archived_session_reads_exactly_as_before_in_every_way(make, ledger, clock, ids, count):
    sessions = make()
    session_id = sessions.create_session("ann", title="Old").session_id
    _talk(sessions, session_id, count)
    sessions.set_context(session_id, "region", "EMEA")
    before = _everything(make(), session_id)

    assert sessions.archive_session(session_id) == count + 1

    assert ledger.entries(session_stream(session_id)) == []
    for reader in (sessions, make()):
        assert _everything(reader, session_id) == before
        assert reader.get_session(session_id).status is SessionStatus.EXPIRED


def test_a_line_with_restores_reads_the_same_from_an_archive(make, clock, ids):
    sessions = make()
    session_id = sessions.create_session("ann").session_id
    _talk(sessions, session_id, 300)
    _go_back(sessions, ids, clock, session_id, 260)
    _talk(sessions, session_id, 30, start=300)
    _go_back(sessions, ids, clock, session_id, 10)
    _talk(sessions, session_id, 300, start=400)
    before = _everything(make(), session_id)

    sessions.archive_session(session_id)

    assert _everything(make(), session_id) == before


def test_what_was_written_and_archived_since_the_last_look_is_seen(make, clock, ids):
    reader, writer = make(), make()
    session_id = writer.create_session("ann").session_id
    _talk(writer, session_id, 3)
    reader.get_session(session_id)

    _go_back(writer, ids, clock, session_id, 1)
    writer.archive_session(session_id)

    assert [m.content for m in reader.get_session(session_id).conversation_history] == ["m0"]
    assert _everything(reader, session_id) == _everything(make(), session_id)
    _talk(writer, session_id, 1, start=3)
    _go_back(writer, ids, clock, session_id, 2)
    writer.archive_session(session_id)
    _talk(writer, session_id, 1, start=4)
    assert [m.content for m in reader.get_session(session_id).conversation_history] == ["m0", "m1", "m4"]


def test_writing_to_an_archived_session_wakes_it_and_its_numbers_go_on(make, ledger, clock):
    sessions = make()
    session_id = sessions.create_session("ann").session_id
    _talk(sessions, session_id, 10)
    sessions.archive_session(session_id)
    clock.advance(days=1)

    woken = make()
    woken.add_message(session_id, Message(role="user", content="m10"))

    assert [entry.seq for entry in ledger.entries(session_stream(session_id))] == [11]
    for reader in (woken, make()):
        found = reader.get_session(session_id)
        assert [m.content for m in found.conversation_history] == [f"m{n}" for n in range(11)]
        assert (found.status, found.archived_at) == (SessionStatus.ACTIVE, None)
        assert [m.content for m in reader.messages(session_id, limit=3)] == ["m8", "m9", "m10"]


@pytest.mark.parametrize("rounds", [[10, 3, 300, 256, 1], [256, 256], [255, 1, 1]])
def test_a_session_can_be_archived_again_and_again(make, ledger, blobs, clock, rounds):
    sessions = make()
    session_id = sessions.create_session("ann").session_id
    said = 0
    for count in rounds:
        _talk(sessions, session_id, count, start=said)
        said += count
        assert make().archive_session(session_id) == count
        clock.advance(days=1)

    assert ledger.entries(session_stream(session_id)) == []
    assert [m.content for m in make().messages(session_id, limit=said)] == [f"m{n}" for n in range(said)]
    archive = Archive(ledger, blobs)
    assert set(archive.digests(session_id)) == set(blobs.list())
    assert [s.last for s in Segments(ledger, blobs, archive).seal(session_id)][-1] == said


def test_a_cleanup_archives_what_has_expired_and_says_what_it_did(sessions, make, clock):
    old = sessions.create_session("ann").session_id
    _talk(sessions, old, 20)
    kept = sessions.create_session("bob").session_id
    sessions.update_session(kept, {"user_preferences": {"expire_after": "200d"}})
    clock.advance(days=91)
    fresh = sessions.create_session("ann").session_id

    planned = make().cleanup_expired_sessions(dry_run=True)
    done = make().cleanup_expired_sessions()
    again = make().cleanup_expired_sessions()

    assert (planned.dry_run, planned.expired, planned.archived) == (True, (old,), ())
    assert (done.looked_at, done.idle, done.expired, done.archived, done.entries) == (3, 1, (old,), (old,), 20)
    assert done.errors == {} and 0 < done.archive_bytes < done.raw_bytes
    assert (again.looked_at, again.expired, again.archived) == (2, (), ())
    assert {s.session_id: s.status.value for s in make().list_sessions("ann")} == {old: "expired", fresh: "active"}
    assert make().get_session(old).archived_at == clock()


def test_a_clock_set_back_expires_nothing(sessions, clock):
    sessions.create_session("ann")
    clock.advance(days=-1000)

    assert sessions.cleanup_expired_sessions().expired == ()


def test_one_session_that_cannot_be_archived_is_reported_and_the_others_are(sessions, ledger, make, clock):
    broken, fine = (sessions.create_session("ann").session_id for _ in range(2))
    for session_id in (broken, fine):
        _talk(sessions, session_id, 3)
    ledger.commit([Put("archive", broken, b"not json", parent=broken)])
    clock.advance(days=91)

    report = sessions.cleanup_expired_sessions()

    assert report.archived == (fine,)
    assert list(report.errors) == [broken] and "cannot be read" in report.errors[broken]
    assert len(sessions.messages(broken)) == 3


def test_a_session_used_while_it_is_archived_loses_nothing(make, ledger, blobs, clock):
    sessions = make()
    session_id = sessions.create_session("ann").session_id
    _talk(sessions, session_id, 5)
    clock.advance(days=91)
    seen = next(s for s in sessions.list_sessions("ann"))
    sessions.add_message(session_id, Message(role="user", content="m5"))

    with pytest.raises(ConflictError, match="in use again"):
        make()._cleanup().archive(session_id, seen)

    assert [m.content for m in make().messages(session_id)] == [f"m{n}" for n in range(6)]


def test_an_archive_interrupted_at_any_step_is_finished_by_the_next_cleanup(make, ledger, clock, monkeypatch):
    class Killed(Exception):
        pass

    def kill(*_, **__):
        raise Killed

    for step in ("commit", "erase", "second commit"):
        sessions = make()
        session_id = sessions.create_session("ann").session_id
        _talk(sessions, session_id, 300)
        before = _everything(make(), session_id)
        clock.advance(days=91)
        with monkeypatch.context() as patch:
            if step == "second commit":
                real, left = ledger.commit, [2]

                def commit(writes, real=real, left=left):
                    # Sealing commits the segments first, then the archive with the status, then the end of it.
                    left[0] -= 1
                    return kill() if left[0] < 0 else real(writes)

                patch.setattr(ledger, "commit", commit)
            else:
                patch.setattr(ledger, step, kill)
            with pytest.raises(Killed):
                make().cleanup_expired_sessions()
        assert _everything(make(), session_id) == before

        assert make().cleanup_expired_sessions().archived == (session_id,)
        assert _everything(make(), session_id) == before
        assert ledger.entries(session_stream(session_id)) == []


def test_an_archive_whose_blob_is_gone_is_an_error_that_says_so(make, blobs, ledger):
    sessions = make()
    session_id = sessions.create_session("ann").session_id
    _talk(sessions, session_id, 3)
    sessions.archive_session(session_id)
    for digest in list(blobs.list()):
        blobs.delete(digest)

    with pytest.raises(IntegrityError, match="missing"):
        make().messages(session_id)
    assert isinstance(sessions._log.append(session_id, ContextSet(time=sessions._clock(), key="k", value=1)), list)
