"""The piece of a found message that is shown."""

from dataops_kernel.types import Message, MessageHit
from dataops_kernel.views import snippet


def hit(content: str, *words: str) -> MessageHit:
    message = Message(role="assistant", content=content)
    return MessageHit(message=message, session_id="ses_1", seq=1, score=1.0, words=words)


def test_a_snippet_is_cut_around_the_first_word_that_matches():
    shown = snippet(hit("a " * 200 + "EMEA leads " + "b " * 200, "emea"), 60)

    assert shown.startswith("…")
    assert shown.endswith("…")
    assert "EMEA leads" in shown
    assert len(shown) <= 62


def test_a_short_message_is_shown_whole_on_one_line_without_its_marks():
    assert snippet(hit("**EMEA** leads\nwith `5`", "emea"), 60) == "EMEA leads with 5"


def test_every_match_is_marked_and_parts_of_words_are_not():
    assert snippet(hit("emea, EMEA and emeas", "emea"), 60, str.upper) == "EMEA, EMEA and emeas"


def test_words_that_mean_something_to_a_pattern_are_taken_literally():
    assert snippet(hit("why (x|y)? because", "(x|y)?"), 60, str.upper) == "why (x|y)? because"
