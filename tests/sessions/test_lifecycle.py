"""What callers may change of a session, how two of them meet, and what time makes of it."""

import math

import pytest

from dataops_kernel.errors import ConflictError, LimitExceededError, ParameterError, SessionNotFoundError
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.sessions import SessionManager
from dataops_kernel.types import Message, SessionRecord, SessionStatus, UserPreferences, session_stream


@pytest.fixture
def sessions(ledger, ids, clock) -> SessionManager:
    return SessionManager(ledger, SessionLog(ledger), ids, clock)


@pytest.fixture
def session_id(sessions) -> str:
    return sessions.create_session("ann", title="March load").session_id


def test_every_changeable_field_is_changed_and_read_back(sessions, session_id):
    changed = sessions.update_session(
        session_id,
        {"title": "April load", "metadata": {"ticket": "OPS-12"}, "user_preferences": {"row_limit": 50}},
    )

    for found in (changed, sessions.get_session(session_id), sessions.list_sessions("ann")[0]):
        assert (found.title, found.metadata, found.user_preferences.row_limit) == (
            "April load",
            {"ticket": "OPS-12"},
            50,
        )
        assert found.revision == 2


@pytest.mark.parametrize(
    ("field", "said", "hint"),
    [
        ("titel", "no field 'titel'", "Did you mean 'title'"),
        ("user_id", "'user_id' is not for callers", "Fields that can be changed: title"),
        ("session_id", "not for callers", "Fields that can be changed"),
        ("created_at", "not for callers", "Fields"),
        ("revision", "not for callers", "Fields"),
        ("global_context", "not for callers", "set_context"),
        ("conversation_history", "not for callers", "add_message"),
        ("archived_at", "not for callers", "archive_session"),
        ("__class__", "no field '__class__'", "Fields"),
        (7, "no field 7", "Fields"),
    ],
)
def test_a_field_that_is_unknown_or_protected_is_refused_by_name_and_nothing_changes(
    sessions, session_id, field, said, hint
):
    before = sessions.record(session_id)

    with pytest.raises(ParameterError, match=said) as caught:
        sessions.update_session(session_id, {"title": "never", field: "bob"})

    assert hint in caught.value.hint
    assert sessions.record(session_id) == before


@pytest.mark.parametrize("updates", [{}, None, [], "title", 5])
def test_an_update_of_nothing_is_refused(sessions, session_id, updates):
    with pytest.raises(ParameterError, match="names the fields"):
        sessions.update_session(session_id, updates)


def test_an_unknown_session_cannot_be_updated(sessions):
    with pytest.raises(SessionNotFoundError):
        sessions.update_session("ses_" + "0" * 26, {"title": "x"})


def test_an_expected_revision_that_has_passed_is_a_conflict_and_the_error_says_both(sessions, session_id):
    sessions.update_session(session_id, {"title": "first"}, expect=1)

    with pytest.raises(ConflictError, match="is at revision 2, not at 1") as caught:
        sessions.update_session(session_id, {"metadata": {"a": 1}}, expect=1)

    assert caught.value.facts == {"session_id": session_id, "found": 2, "expected": 1}
    assert sessions.record(session_id).metadata == {}


def test_talking_in_a_session_does_not_change_the_revision_an_update_expects(sessions, session_id, clock):
    clock.advance(minutes=5)
    sessions.add_message(session_id, Message(role="user", content="hello"))

    assert sessions.update_session(session_id, {"title": "x"}, expect=1).revision == 2


class Meanwhile:
    """A ledger that lets somebody else write just before the first commit of an update."""

    def __init__(self, ledger, act):
        self._ledger, self._act = ledger, act

    def commit(self, writes):
        act, self._act = self._act, None
        if act:
            act()
        return self._ledger.commit(writes)

    def __getattr__(self, name):
        return getattr(self._ledger, name)


def _racing(sessions, ledger, ids, clock, session_id, updates):
    def act():
        sessions.update_session(session_id, updates)

    return SessionManager(Meanwhile(ledger, act), SessionLog(ledger), ids, clock)


@pytest.mark.parametrize(
    ("theirs", "mine"),
    [
        ({"title": "theirs"}, {"metadata": {"mine": 1}}),
        ({"metadata": {"theirs": 1}}, {"metadata": {"mine": 1}}),
        ({"user_preferences": {"row_limit": 5}}, {"user_preferences": {"timezone": "Europe/Zurich"}}),
    ],
)
def test_two_writers_of_different_fields_or_keys_in_one_moment_both_win(
    sessions, ledger, ids, clock, session_id, theirs, mine
):
    _racing(sessions, ledger, ids, clock, session_id, theirs).update_session(session_id, mine)

    found = sessions.record(session_id)
    for updates in (theirs, mine):
        for field, value in updates.items():
            held = getattr(found, field)
            assert held == value if field == "title" else value.items() <= dict(held).items()
    assert found.revision == 3


@pytest.mark.parametrize(
    ("theirs", "mine", "field"),
    [
        ({"title": "theirs"}, {"title": "mine", "metadata": {"mine": 1}}, "title"),
        ({"metadata": {"k": 1}}, {"metadata": {"k": 2}}, "metadata.k"),
        ({"user_preferences": {"row_limit": 5}}, {"user_preferences": {"row_limit": 6}}, "user_preferences.row_limit"),
    ],
)
def test_of_two_writers_of_the_same_field_in_one_moment_the_later_is_told(
    sessions, ledger, ids, clock, session_id, theirs, mine, field
):
    racing = _racing(sessions, ledger, ids, clock, session_id, theirs)

    with pytest.raises(ConflictError, match=f"got another {field} in the same moment"):
        racing.update_session(session_id, mine)

    assert sessions.record(session_id).revision == 2


def test_metadata_changes_key_by_key_and_none_removes_one(sessions, session_id):
    sessions.update_session(session_id, {"metadata": {"a": 1, "b": (1, "x"), "c": {"d": None}}})
    sessions.update_session(session_id, {"metadata": {"a": None, "e": True}})

    assert sessions.record(session_id).metadata == {"b": [1, "x"], "c": {"d": None}, "e": True}


def _deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


def _cycle():
    value = {}
    value["self"] = value
    return value


@pytest.mark.parametrize(
    ("metadata", "error", "said"),
    [
        ({"a": math.nan}, ParameterError, r"metadata\.a is nan"),
        ({"a": [1, math.inf]}, ParameterError, r"metadata\.a\[1\] is inf"),
        ({"a": "\ud800"}, ParameterError, "half a character"),
        ({"\ud800": 1}, ParameterError, "half a character"),
        ({"a": b"bytes"}, ParameterError, "is a bytes"),
        ({"a": {1, 2}}, ParameterError, "is a set"),
        ({"a": object()}, ParameterError, "is a object"),
        ({1: "a"}, ParameterError, "the key 1"),
        ({"": "a"}, ParameterError, "the key ''"),
        ({"k" * 201: "a"}, ParameterError, "the key"),
        ({"a": _deep(1000)}, LimitExceededError, "16 levels deep"),
        (_cycle(), LimitExceededError, "or holds itself"),
        ({"a": "x" * 100_000_000}, LimitExceededError, "more than 64,000 bytes"),
        ({"a": ["x" * 1000] * 1_000_000}, LimitExceededError, "more than 64,000 bytes"),
        ({"a": 10**400}, LimitExceededError, "too many digits"),
        ({str(n): n for n in range(201)}, LimitExceededError, "201 keys"),
        ("text", ParameterError, "not names with values"),
        (None, ParameterError, "not names with values"),
    ],
    ids=lambda value: None if isinstance(value, type) else repr(type(value)),
)
def test_metadata_that_json_cannot_hold_or_that_is_too_large_is_refused_with_the_place(
    sessions, session_id, metadata, error, said
):
    with pytest.raises(error, match=said):
        sessions.update_session(session_id, {"metadata": metadata})
    assert sessions.record(session_id).metadata == {}


def test_metadata_cannot_grow_over_the_limit_by_many_small_updates(sessions, session_id):
    sessions.update_session(session_id, {"metadata": {"a": "x" * 40_000}})

    with pytest.raises(LimitExceededError, match="64,000"):
        sessions.update_session(session_id, {"metadata": {"b": "x" * 40_000}})


@pytest.mark.parametrize("title", ["x" * 201, "x" * 10_000_000, "two\nlines", "a\x00b", "half \ud800", None, 5])
def test_a_title_that_is_too_long_or_cannot_be_shown_is_refused_not_cut(sessions, session_id, title):
    for call in (
        lambda: sessions.update_session(session_id, {"title": title}),
        lambda: sessions.rename(session_id, title),
        lambda: sessions.create_session("ann", title=title),
    ):
        with pytest.raises(ParameterError):
            call()
    assert sessions.record(session_id).title == "March load"


def test_a_session_is_active_then_idle_then_expired_as_time_passes(sessions, session_id, clock):
    seen = []
    for minutes in (0, 29, 1, 60 * 24 * 90 - 31, 1):
        clock.advance(minutes=minutes)
        found, listed = sessions.get_session(session_id), sessions.list_sessions("ann")[0]
        assert found.status is listed.status
        seen.append(found.status.value)

    assert seen == ["active", "active", "idle", "idle", "expired"]
    sessions.add_message(session_id, Message(role="user", content="I am back"))
    assert sessions.get_session(session_id).status is sessions.list_sessions("ann")[0].status is SessionStatus.ACTIVE


def test_a_clock_that_jumps_back_makes_nothing_older_and_loses_nothing(sessions, session_id, clock):
    clock.advance(days=-400)
    sessions.add_message(session_id, Message(role="user", content="in the past"))

    assert sessions.get_session(session_id).status is SessionStatus.ACTIVE
    assert sessions.list_sessions("ann")[0].session_id == session_id
    sessions.update_session(session_id, {"title": "still here", "status": "active"})
    assert sessions.list_sessions("ann")[0].title == "still here"


def test_a_user_may_park_a_session_and_it_wakes_when_somebody_writes(sessions, session_id, clock):
    assert sessions.update_session(session_id, {"status": "idle"}).status is SessionStatus.IDLE
    assert sessions.list_sessions("ann")[0].status is SessionStatus.IDLE

    clock.advance(seconds=1)
    sessions.add_message(session_id, Message(role="user", content="hello"))

    assert sessions.get_session(session_id).status is sessions.list_sessions("ann")[0].status is SessionStatus.ACTIVE
    clock.advance(hours=1)
    assert sessions.update_session(session_id, {"status": "active"}).status is SessionStatus.ACTIVE


def test_a_status_that_does_not_exist_or_comes_with_time_is_refused(sessions, session_id):
    with pytest.raises(ParameterError, match="expires with time"):
        sessions.update_session(session_id, {"status": "expired"})
    with pytest.raises(ParameterError, match="no status 'idel'") as caught:
        sessions.update_session(session_id, {"status": "idel"})
    assert "Did you mean 'idle'" in caught.value.hint


def test_preferences_of_the_session_lie_over_the_users_and_those_over_the_defaults(sessions, session_id):
    sessions.update_preferences("ann", {"row_limit": 10, "timezone": "Europe/Zurich"})
    sessions.update_session(session_id, {"user_preferences": {"row_limit": 1000}})
    other = sessions.create_session("bob")

    mine, listed = sessions.get_session(session_id).user_preferences, sessions.list_sessions("ann")[0].user_preferences

    assert (mine.row_limit, mine.timezone) == (listed.row_limit, listed.timezone) == (1000, "Europe/Zurich")
    assert other.user_preferences == UserPreferences()
    sessions.update_session(session_id, {"user_preferences": {"row_limit": None}})
    assert sessions.get_session(session_id).user_preferences.row_limit == 10
    sessions.update_preferences("ann", {"row_limit": None})
    assert sessions.get_session(session_id).user_preferences.row_limit == 1000


def test_a_user_or_a_session_may_have_its_own_times_of_idling_and_expiring(sessions, session_id, clock):
    patient = sessions.create_session("ann").session_id
    sessions.update_preferences("ann", {"idle_after": "10m", "expire_after": "7d"})
    sessions.update_session(patient, {"user_preferences": {"expire_after": "30d"}})

    clock.advance(minutes=11)
    assert {s.status.value for s in sessions.list_sessions("ann")} == {"idle"}
    clock.advance(days=8)
    assert sessions.get_session(session_id).status is SessionStatus.EXPIRED
    assert sessions.get_session(patient).status is SessionStatus.IDLE


@pytest.mark.parametrize(
    ("changes", "said", "hint"),
    [
        ({"row_limt": 5}, "no preference 'row_limt'", "Did you mean 'row_limit'"),
        ({"row_limit": 0}, "row_limit cannot be 0", "Rows a result shows"),
        ({"row_limit": "many"}, "row_limit cannot be 'many'", "Rows"),
        ({"timezone": "Europe/Zurch"}, "no time zone 'Europe/Zurch'", "Did you mean 'Europe/Zurich'"),
        ({"timezone": "../../etc/passwd"}, "no time zone", "IANA"),
        ({"idle_after": "1s"}, "idle_after cannot be", "session_idle_after"),
        ("row_limit", "names with values", "row_limit"),
    ],
)
def test_a_preference_that_is_unknown_or_does_not_fit_is_refused(sessions, session_id, changes, said, hint):
    for call in (
        lambda: sessions.update_preferences("ann", changes),
        lambda: sessions.update_session(session_id, {"user_preferences": changes}),
    ):
        with pytest.raises(ParameterError, match=said) as caught:
            call()
        assert hint in caught.value.hint


def test_what_was_never_chosen_is_not_stored_as_if_it_were(ledger, sessions, session_id):
    sessions.update_session(session_id, {"user_preferences": {"row_limit": 1000}})

    stored = SessionRecord.model_validate_json(ledger.get("session", session_id).body)

    assert stored.user_preferences.chosen() == {"row_limit": 1000}


def test_what_is_said_to_a_session_that_another_process_erased_goes_with_it(ledger, ids, clock):
    here, there = (SessionManager(ledger, SessionLog(ledger), ids, clock) for _ in range(2))
    session_id = here.create_session("ann").session_id
    there.add_message(session_id, Message(role="user", content="hello"))
    stream, record = session_stream(session_id), ("session", session_id)
    ledger.erase(streams={stream: None}, records=[record])
    clock.advance(minutes=2)

    with pytest.raises(SessionNotFoundError):
        there.add_message(session_id, Message(role="user", content="hello again"))

    assert (ledger.tail(stream), ledger.entries(stream)) == (0, [])
    with pytest.raises(SessionNotFoundError):
        there.add_message(session_id, Message(role="user", content="hello?"))
