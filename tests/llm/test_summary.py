"""Extractive summaries: the text's own sentences, in order, within a budget."""

import time

from dataops_kernel.llm.rules import RulesModel
from dataops_kernel.llm.rules.summary import estimated_tokens

NOTES = (
    "The canteen served soup. The nightly load failed because the orders file was late. The orders file comes from "
    "the shop. When the orders file is late the nightly load waits. Somebody watered the plants. The nightly load "
    "was started again by hand when the orders file had come."
)


def test_a_text_that_fits_is_kept_as_it_is():
    assert RulesModel().summarize(NOTES, 1000) == NOTES


def test_the_sentences_that_speak_of_the_same_things_are_kept_in_their_order():
    summary = RulesModel().summarize(NOTES, 40)

    assert "orders file" in summary
    assert "soup" not in summary
    assert "plants" not in summary
    kept = [sentence for sentence in NOTES.split(". ") if sentence.rstrip(".") in summary]
    assert kept == sorted(kept, key=NOTES.index)


def test_every_sentence_of_a_summary_stands_in_the_text():
    for budget in (10, 25, 60):
        for sentence in RulesModel().summarize(NOTES, budget).rstrip("…").split(". "):
            assert sentence.strip().rstrip(".") in NOTES


def test_when_no_sentence_fits_the_first_words_of_the_best_are_given():
    summary = RulesModel().summarize(NOTES, 4)

    assert summary.endswith("…")
    assert summary.rstrip("…") in NOTES


def test_a_token_is_about_four_characters():
    assert [estimated_tokens(text) for text in ("", "a", "abcd", "abcde")] == [0, 1, 1, 2]


def test_a_megabyte_is_summarized_in_seconds():
    text = " ".join(f"Job {n} of box {n % 97} ended with code {n % 7} after {n % 59} minutes." for n in range(20_000))
    started = time.perf_counter()

    summary = RulesModel().summarize(text, 200)

    assert 0 < len(summary) <= 800
    assert time.perf_counter() - started < 10
