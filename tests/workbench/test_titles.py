"""The title a session gets by itself: one that can be shown, whatever the first message is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataops_kernel.errors import LimitExceededError, UsageError
from dataops_kernel.sessions.values import checked_title
from dataops_kernel.workbench.inputs import message_text, title_of

LIMIT = 1_000_000


@given(st.text())
@example("\x00")
@example("a\x00b\x1b[31m\u2028c\u2029d")
@example("\ud800 half a character \udfff")
@example("\x85\x1c" * 400)
@example("é" * 300)
@example("a" * LIMIT)
@example("\x00" * LIMIT)
def test_every_message_that_is_accepted_has_a_title_that_is_accepted(text):
    try:
        kept = message_text(text, LIMIT)
    except (UsageError, LimitExceededError):
        return
    title = title_of(kept)

    assert checked_title(title) == title
    assert len(title) <= 60


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "\x1b]0;owned\x07", "\u2028x", "\u202e\u200b"])
def test_a_session_takes_any_characters_as_its_first_message(workbench, text):
    session_id = workbench.sessions.create_session().session_id

    assert workbench.ask(session_id, text).result(timeout=60).text

    said = workbench.sessions.messages(session_id)[0].content
    assert said == text.strip().encode("utf-8", "replace").decode()
