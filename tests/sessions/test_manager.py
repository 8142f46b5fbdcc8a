import pytest

from dataops_kernel.errors import ParameterError, SessionNotFoundError
from dataops_kernel.ids import is_id
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.sessions import SessionManager
from dataops_kernel.storage.ledger import Put
from dataops_kernel.types import Answer, Message, Question, Restored, Run, SessionStatus, session_stream


@pytest.fixture
def sessions(ledger, ids, clock) -> SessionManager:
    return SessionManager(ledger, SessionLog(ledger), ids, clock)


def say(sessions, session_id, *texts):
    return [sessions.add_message(session_id, Message(role="user", content=text)) for text in texts]


def go_back(ledger, clock, ids, session_id, seq):
    entry = Restored(time=clock(), restore_id=ids.new("rst"), seq=seq)
    index = Put(
        "restore",
        entry.restore_id,
        entry.model_dump_json().encode(),
        parent=session_id,
        stamp=session_stream(session_id),
    )
    SessionLog(ledger).append(session_id, entry, also=[index])


def test_a_new_session_belongs_to_its_user_and_is_empty(sessions, clock):
    made = sessions.create_session("ann", title="March load")

    found = sessions.get_session(made.session_id)

    assert is_id("ses", made.session_id)
    assert (found.user_id, found.title, found.created_at) == ("ann", "March load", clock())
    assert found.conversation_history == ()
    assert found.status is SessionStatus.ACTIVE


def test_messages_come_back_in_the_order_they_were_said_with_ids_and_times(sessions, clock):
    session_id = sessions.create_session("ann").session_id
    said = say(sessions, session_id, "one", "two", "three")

    found = sessions.get_session(session_id).conversation_history

    assert [m.content for m in found] == ["one", "two", "three"]
    assert [m.message_id for m in found] == [m.message_id for m in said]
    assert all(m.timestamp == clock() for m in found)


def test_a_message_keeps_every_field_it_was_given(sessions):
    session_id = sessions.create_session("ann").session_id
    asked = Question(workflow="w", parameter="path", text="Which file?", choices=("a.csv",))
    message = Message(role="assistant", content="Which file?", workflow="w", engine="rules", question=asked)

    sessions.add_message(session_id, message)

    (found,) = sessions.messages(session_id)
    assert found.question == asked
    assert (found.workflow, found.engine) == ("w", "rules")


@pytest.mark.parametrize(
    "text", ["", " ", "naïve café ☕ 日本語", "\x00\x01\u202e", "<script>alert(1)</script>", "x" * 300_000]
)
def test_whatever_text_is_said_is_read_back_exactly(sessions, text):
    session_id = sessions.create_session("ann").session_id

    say(sessions, session_id, text)

    assert sessions.messages(session_id)[0].content == text


def test_the_newest_messages_are_found_without_the_old_ones(sessions):
    session_id = sessions.create_session("ann").session_id
    say(sessions, session_id, *(f"m{i}" for i in range(40)))

    assert [m.content for m in sessions.messages(session_id, limit=3)] == ["m37", "m38", "m39"]
    assert sessions.messages(session_id, limit=0) == []


def test_a_restored_line_reads_as_the_conversation_did_then_and_goes_on(sessions, ledger, clock, ids):
    session_id = sessions.create_session("ann").session_id
    say(sessions, session_id, "one", "two", "three")

    go_back(ledger, clock, ids, session_id, 1)
    say(sessions, session_id, "four")

    assert [m.content for m in sessions.get_session(session_id).conversation_history] == ["one", "four"]
    assert [m.content for m in sessions.messages(session_id, limit=1)] == ["four"]
    assert [m.content for m in sessions.messages(session_id, limit=9)] == ["one", "four"]


def test_context_is_the_last_value_of_each_key_on_the_line(sessions, ledger, clock, ids):
    session_id = sessions.create_session("ann").session_id
    sessions.set_context(session_id, "region", "EMEA")
    sessions.set_context(session_id, "year", 2026)
    sessions.set_context(session_id, "region", "APAC")
    sessions.set_context(session_id, "year", None)

    assert sessions.context(session_id) == {"region": "APAC"}
    go_back(ledger, clock, ids, session_id, 2)
    assert sessions.context(session_id) == {"region": "EMEA", "year": 2026}


def test_sessions_are_listed_by_last_activity_and_only_to_their_user(sessions, clock):
    first = sessions.create_session("ann").session_id
    clock.advance(minutes=5)
    second = sessions.create_session("ann").session_id
    sessions.create_session("bob")
    clock.advance(minutes=5)
    say(sessions, first, "hello")

    assert [s.session_id for s in sessions.list_sessions("ann")] == [first, second]
    assert [s.session_id for s in sessions.list_sessions("ann", limit=1)] == [first]


def test_a_session_shows_when_it_was_last_active_to_the_message(sessions, clock):
    session_id = sessions.create_session("ann").session_id
    clock.advance(seconds=20)
    say(sessions, session_id, "hello")

    assert sessions.get_session(session_id).last_active == clock()


@pytest.mark.parametrize(
    "wrong", ["", "ses_", "../../etc/passwd", "ses_" + "0" * 26, "x" * 10_000, "a\x00b", "orders'; drop table x"]
)
def test_an_unknown_or_misshapen_session_id_is_not_found_and_says_what_one_looks_like(sessions, wrong):
    for verb in (sessions.get_session, sessions.record, sessions.touch):
        with pytest.raises(SessionNotFoundError) as caught:
            verb(wrong)
        assert "ses_" in caught.value.hint
    with pytest.raises(SessionNotFoundError):
        say(sessions, wrong, "hello")


def test_a_title_has_a_limit(sessions):
    with pytest.raises(ParameterError, match="10,000"):
        sessions.create_session("ann", title="x" * 10_000)


def test_renaming_keeps_the_conversation(sessions):
    session_id = sessions.create_session("ann").session_id
    say(sessions, session_id, "hello")

    sessions.rename(session_id, "Better")

    found = sessions.get_session(session_id)
    assert (found.title, len(found.conversation_history)) == ("Better", 1)


def closed(sessions, clock, **fields):
    session_id = sessions.create_session("ann").session_id
    run = Run(run_id="run_1", session_id=session_id, user_id="ann", created_at=clock(), finished_at=clock(), **fields)
    return session_id, run, sessions.closing_writes(run)


def test_a_finished_run_leaves_its_answer_as_the_assistants_message(sessions, ledger, clock):
    answer = Answer(text="5 rows", workflow="simple", artifacts=("art_1",))
    session_id, _, writes = closed(sessions, clock, status="finished", answer=answer)

    ledger.commit(writes)

    (message,) = sessions.messages(session_id)
    assert (message.role, message.content, message.artifacts, message.run_id) == (
        "assistant",
        "5 rows",
        ("art_1",),
        "run_1",
    )


def test_a_failed_run_leaves_the_error_and_its_fix_as_the_assistants_message(sessions, ledger, clock):
    error = {"code": "file_input", "message": "No file 'x.csv'.", "hint": "Did you mean 'y.csv'?", "facts": {}}
    session_id, _, writes = closed(sessions, clock, status="failed", error=error)

    ledger.commit(writes)

    assert sessions.messages(session_id)[0].content == "No file 'x.csv'.\n\nDid you mean 'y.csv'?"
