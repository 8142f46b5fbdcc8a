"""Token counts: an estimate on the high side, and cuts that never go over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_kernel.llm.tokens import count_tokens, fit

PROSE = (
    "The nightly load failed because the orders file was late. The orders file comes from the shop. "
    "When the orders file is late, the nightly load waits."
)


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ("", 0),
        ("tiktoken is great!", 6),  # cl100k, from OpenAI's cookbook
        ("antidisestablishmentarianism", 6),  # cl100k and r50k: 6 and 5
        ("2 + 2 = 4", 7),  # cl100k
        ("お誕生日おめでとう", 9),  # cl100k (r50k: 14)
    ],
)
def test_the_count_is_at_least_what_published_tokenizers_say(text, published):
    assert count_tokens(text) >= published


def test_prose_counts_between_three_and_five_characters_a_token():
    assert len(PROSE) / 5 <= count_tokens(PROSE) <= len(PROSE) / 2.5


def test_every_digit_counts_as_some_vocabularies_know_no_numbers():
    assert count_tokens("1234567890") == 10
    assert count_tokens(" 5") == 2


def test_ids_count_almost_by_character():
    text = "art_01k9x2m3n4p5q6r7s8t9v0w1x2"

    assert count_tokens(text) >= len(text) * 0.8


@pytest.mark.parametrize(("text", "count"), [("é", 1), ("ж", 1), ("漢", 2), ("አ", 3), ("🦆", 4), ("\ud800", 3)])
def test_letters_of_other_scripts_count_up_to_their_bytes(text, count):
    assert count_tokens(text) == count


def test_a_long_text_counts_like_its_parts_and_takes_no_more_memory():
    assert count_tokens(PROSE * 10_000) == pytest.approx(count_tokens(PROSE) * 10_000, rel=0.01)


def test_a_text_that_fits_is_returned_as_it_is():
    assert fit(PROSE, count_tokens(PROSE)) == PROSE


def test_a_cut_ends_with_a_sentence_when_one_ends_near():
    assert (
        fit(PROSE, 30)
        == "The nightly load failed because the orders file was late. The orders file comes from the shop."
    )


def test_a_cut_inside_a_long_sentence_ends_with_a_word_and_says_so():
    cut = fit(PROSE, 8)

    assert cut.endswith("…")
    assert PROSE[len(cut) - 1] == " "


@pytest.mark.parametrize("budget", [0, -1, -5])
def test_no_room_is_no_text(budget):
    assert fit(PROSE, budget) == ""


@given(st.text(max_size=300), st.integers(-5, 120))
def test_a_cut_is_never_over_its_budget_and_never_says_what_the_text_does_not(text, budget):
    cut = fit(text, budget)

    assert count_tokens(cut) <= max(0, budget)
    assert cut == text or text.startswith(cut) or (cut.endswith("…") and text.startswith(cut[:-1]))


@given(st.text(max_size=200), st.text(max_size=200))
def test_two_texts_on_lines_of_their_own_cost_what_each_costs_and_the_line_end(one, other):
    assert count_tokens(f"{one}\n{other}") <= count_tokens(one) + 1 + count_tokens(other)
