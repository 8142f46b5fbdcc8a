"""Sessions by last activity: pages without gap or repeat, by status, also of workspaces that knew no such order."""

from copy import copy, deepcopy

import pytest

from dataops_kernel.errors import ParameterError
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.sessions import SessionManager
from dataops_kernel.storage.ledger import Put
from dataops_kernel.types import Message, Session, SessionRecord


@pytest.fixture
def sessions(ledger, ids, clock) -> SessionManager:
    return SessionManager(ledger, SessionLog(ledger), ids, clock)


def _make(sessions, clock, count, user="ann"):
    made = []
    for number in range(count):
        made.append(sessions.create_session(user, title=f"s{number}").session_id)
        clock.advance(seconds=number % 3)  # some begin in the same moment
    return made


def _pages(sessions, size, **filters):
    seen, before = [], None
    while page := sessions.list_sessions("ann", limit=size, before=before, **filters):
        seen += [session.session_id for session in page]
        before = page[-1].cursor
    return seen


@pytest.mark.parametrize("size", [1, 7, 25, 100])
def test_pages_of_any_size_give_every_session_once_in_order(sessions, clock, size):
    made = _make(sessions, clock, 25)
    _make(sessions, clock, 3, user="bob")

    assert _pages(sessions, size) == made[::-1]


def test_a_session_that_becomes_active_while_somebody_pages_neither_hides_nor_doubles_another(sessions, clock):
    made = _make(sessions, clock, 10)
    first = sessions.list_sessions("ann", limit=4)
    clock.advance(minutes=5)

    sessions.add_message(made[0], Message(role="user", content="hello"))

    rest = sessions.list_sessions("ann", limit=100, before=first[-1].cursor)
    assert [s.session_id for s in (*first, *rest)] == made[:0:-1]
    assert sessions.list_sessions("ann", limit=1)[0].session_id == made[0]


def test_moving_a_session_leaves_it_in_the_list_once_and_its_changes_are_shown(sessions, ledger, clock):
    session_id = sessions.create_session("ann").session_id
    for number in range(5):
        clock.advance(minutes=2)
        sessions.add_message(session_id, Message(role="user", content="hello"))
        sessions.update_session(session_id, {"title": f"t{number}"})

    assert [(s.session_id, s.title) for s in sessions.list_sessions("ann")] == [(session_id, "t4")]
    assert len(ledger.scan("activity")) == 1


def test_a_session_is_created_in_one_commit_with_its_place(sessions, ledger, monkeypatch):
    commits = []
    real = ledger.commit
    monkeypatch.setattr(ledger, "commit", lambda writes: commits.append(len(writes)) or real(writes))

    sessions.create_session("ann")

    assert commits == [2]


def test_sessions_are_listed_by_status(sessions, clock):
    old = _make(sessions, clock, 70)
    clock.advance(days=91)
    idle = _make(sessions, clock, 5)
    clock.advance(hours=1)
    active = _make(sessions, clock, 3)

    for status, made in (("active", active), ("idle", idle), ("expired", old)):
        assert _pages(sessions, 2, status=status) == made[::-1]
        assert len(sessions.list_sessions("ann", limit=1000, status=status)) == len(made)
    with pytest.raises(ParameterError, match="no status 'idl'"):
        sessions.list_sessions("ann", status="idl")


@pytest.mark.parametrize("before", ["", "x", "ses_" + "0" * 26, "x" * 10_000, 5])
def test_what_is_no_cursor_is_refused(sessions, before):
    with pytest.raises(ParameterError, match="no place in a list"):
        sessions.list_sessions("ann", before=before)


def test_the_same_list_drawn_again_later_shows_what_time_has_made_of_it(sessions, clock):
    sessions.create_session("ann")
    first = sessions.list_sessions("ann")[0]
    clock.advance(hours=1)
    second = sessions.list_sessions("ann")[0]
    sessions.update_preferences("ann", {"idle_after": "2h"})

    assert (first.status, second.status, sessions.list_sessions("ann")[0].status) == ("active", "idle", "active")


def test_sessions_made_before_there_was_this_order_are_listed_too(ledger, ids, clock, sessions):
    old = []
    for number in range(150):
        now = clock()
        record = SessionRecord(
            session_id=ids.new("ses"), user_id=f"u{number % 2}", created_at=now, last_active=now, title=f"o{number}"
        )
        ledger.commit([Put("session", record.session_id, record.to_json(), parent=record.user_id)])
        old.append(record.session_id)
        clock.advance(seconds=1)
    new = sessions.create_session("u0").session_id

    for manager in (sessions, SessionManager(ledger, SessionLog(ledger), ids, clock)):
        assert [s.session_id for s in manager.list_sessions("u0", limit=1000)] == [new, *old[::2][::-1]]
        assert [s.session_id for s in manager.list_sessions("u1", limit=1000)] == old[1::2][::-1]
    sessions.add_message(old[0], Message(role="user", content="hello"))
    clock.advance(minutes=5)
    sessions.update_session(old[0], {"title": "renamed"})
    assert {s.session_id: s.title for s in sessions.list_sessions("u0", limit=1000)}[old[0]] == "renamed"


def test_what_a_caller_does_to_a_listed_session_is_no_change_of_what_the_next_one_sees(sessions):
    session_id = sessions.create_session("ann").session_id
    empty = sessions.create_session("ann").session_id
    told = {"ticket": "OPS-12", "steps": [{"done": False}]}
    sessions.update_session(session_id, {"metadata": told})
    listed = {session.session_id: session for session in sessions.list_sessions("ann")}
    metadata = listed[session_id].metadata

    for change in (
        lambda: metadata.update(ticket="none"),
        lambda: metadata.pop("ticket"),
        lambda: metadata["steps"].append("more"),
        lambda: metadata["steps"][0].__setitem__("done", True),
        lambda: listed[empty].metadata.__setitem__("ticket", "none"),
        lambda: listed[empty].global_context.__setitem__("ticket", "none"),
    ):
        with pytest.raises(TypeError, match="shared by its readers"):
            change()
    own = deepcopy(metadata)
    own["steps"][0]["done"] = True

    assert [session.metadata for session in sessions.list_sessions("ann")] == [listed[empty].metadata, told]
    assert listed[session_id].model_dump(mode="json")["metadata"] == told
    assert Session.model_validate_json(listed[session_id].to_json()).metadata == told
    assert copy(metadata) == told
