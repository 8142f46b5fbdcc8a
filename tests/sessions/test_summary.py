"""The summary of a session: inside its budget, of this line only, and no dearer for a long session."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_kernel.errors import ParameterError, SessionNotFoundError
from dataops_kernel.llm.tokens import count_tokens
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.sessions.rolling import KIND, STRIDE, RollingSummaries
from dataops_kernel.sessions.summary import ContextSummaries
from dataops_kernel.types import Message, MessageAdded

CHATTER = "Somebody looked at the {n}th table and found nothing of note in it, as it often happens on a quiet day. "


@pytest.fixture
def session_id(workbench):
    return workbench.sessions.create_session().session_id


def say(workbench, session_id, text, role="user"):
    return workbench.sessions.add_message(session_id, Message(role=role, content=text))


def chat(workbench, session_id, messages, start=0):
    log = workbench._services.log
    for first in range(start, start + messages, 100):
        log.append(
            session_id,
            *(
                MessageAdded(
                    role="user" if n % 2 == 0 else "assistant",
                    content=CHATTER.format(n=n) * 3,
                    message_id=f"msg_{n:026d}",
                    timestamp=workbench._services.clock(),
                )
                for n in range(first, min(first + 100, start + messages))
            ),
        )


def test_a_conversation_that_fits_is_given_word_for_word(workbench, session_id):
    say(workbench, session_id, "profile orders.csv")
    say(workbench, session_id, "orders has 12 columns", role="assistant")

    summary = workbench.sessions.get_context_summary(session_id, 100)

    assert summary == "user: profile orders.csv\nassistant: orders has 12 columns"


def test_an_empty_session_has_an_empty_summary(workbench, session_id):
    assert workbench.sessions.get_context_summary(session_id, 100) == ""


def test_a_decision_of_long_ago_and_the_newest_turns_are_both_there(workbench, session_id):
    say(workbench, session_id, "We decided to count refunds as negative sales.")
    chat(workbench, session_id, 300)
    say(workbench, session_id, "and what about March?")

    summary = workbench.sessions.get_context_summary(session_id, 500)

    assert "- user: We decided to count refunds as negative sales." in summary
    assert summary.endswith("user: and what about March?")
    assert count_tokens(summary) <= 500


def test_turns_that_fit_the_question_are_there_even_when_they_decide_nothing(workbench, session_id):
    say(workbench, session_id, "the zebra shipment comes from Hamburg")
    chat(workbench, session_id, 300)
    say(workbench, session_id, "where does the zebra shipment come from?")

    summary = workbench.sessions.get_context_summary(session_id, 500)

    assert "Said before about this:\nuser: the zebra shipment comes from Hamburg" in summary


@pytest.mark.parametrize("budget", [0, 1, 2, 3, 5, 10, 25, 50, 100, 500, 2000, 4000])
def test_a_summary_is_never_over_its_budget_and_uses_what_it_has(workbench, session_id, budget):
    chat(workbench, session_id, 200)

    used = count_tokens(workbench.sessions.get_context_summary(session_id, budget))

    assert used <= budget
    assert used >= budget * 0.8 - 15


@pytest.mark.parametrize("budget", [-1, -5, 2.5, True, None, "100"])
def test_a_budget_that_is_none_is_refused(workbench, session_id, budget):
    with pytest.raises(ParameterError, match="budget"):
        workbench.sessions.get_context_summary(session_id, budget)


def test_a_restore_shows_nothing_of_what_it_left_and_the_other_way_round(workbench, session_id):
    say(workbench, session_id, "We decided to use euros.")
    chat(workbench, session_id, 150)
    workbench.context.create_checkpoint(session_id, "early")
    say(workbench, session_id, "We decided to use dollars.")
    chat(workbench, session_id, 150, start=150)
    workbench.context.create_checkpoint(session_id, "late")
    assert "dollars" in workbench.sessions.get_context_summary(session_id, 400)

    workbench.context.restore_checkpoint(session_id, "early")
    left = workbench.sessions.get_context_summary(session_id, 400)
    workbench.context.restore_checkpoint(session_id, "late")
    back = workbench.sessions.get_context_summary(session_id, 400)

    assert "euros" in left and "dollars" not in left
    assert "euros" in back and "dollars" in back


def test_the_summary_of_another_user_is_not_found(workbench, session_id):
    with pytest.raises(SessionNotFoundError):
        workbench.acting_as("bob").sessions.get_context_summary(session_id, 100)


class ReadCounter(SessionLog):
    """A log that knows how many entries were read forwards."""

    entries = 0

    def read(self, session_id, line, after=0, page=256):
        for seq, entry in super().read(session_id, line, after, page):
            self.entries += 1
            yield seq, entry


def test_only_what_is_new_is_read_also_by_another_process(workbench, session_id):
    chat(workbench, session_id, 20 * STRIDE)
    ledger = workbench._services.sessions._ledger
    first = ReadCounter(ledger)
    summaries = ContextSummaries(first, RollingSummaries(ledger, first))

    summaries.text(session_id, 500)
    assert first.entries == 20 * STRIDE
    chat(workbench, session_id, 3, start=20 * STRIDE)
    summaries.text(session_id, 500)
    assert first.entries == 20 * STRIDE + 3

    second = ReadCounter(ledger)
    ContextSummaries(second, RollingSummaries(ledger, second)).text(session_id, 500)
    assert second.entries <= STRIDE


def test_the_records_of_a_rolling_summary_stay_few_and_small_and_may_be_lost(workbench, session_id):
    ledger = workbench._services.sessions._ledger
    for start in range(0, 28 * STRIDE, STRIDE):
        chat(workbench, session_id, STRIDE, start=start)
        summary = workbench.sessions.get_context_summary(session_id, 300)
    records = ledger.children(KIND, session_id)

    assert 4 <= len(records) <= 24
    assert sum(len(record.body) for record in records) < 24 * 40_000
    fresh = ContextSummaries(SessionLog(ledger), RollingSummaries(ledger, workbench._services.log))
    for record in records:
        ledger.commit([_removal(record)])
    assert fresh.text(session_id, 300).splitlines()[-1] == summary.splitlines()[-1]


def _removal(record):
    from dataops_kernel.storage.ledger import Remove

    return Remove(record.kind, record.id, record.revision)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    messages=st.lists(st.text(min_size=1, max_size=400).filter(lambda text: text.strip()), min_size=1, max_size=12),
    budget=st.integers(0, 300),
)
def test_whatever_is_said_the_summary_fits_its_budget(ledger, ids, clock, messages, budget):
    log = SessionLog(ledger)
    session_id = ids.new("ses")
    said = [text.encode("utf-8", "replace").decode() for text in messages]
    log.append(session_id, *(MessageAdded(role="user", content=t, timestamp=clock(), message_id="m") for t in said))

    summary = ContextSummaries(log, RollingSummaries(ledger, log)).text(session_id, budget)

    assert count_tokens(summary) <= budget
