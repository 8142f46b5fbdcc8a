"""Generated text says the facts, all of them, and nothing else."""

import pytest

from dataops_kernel.llm.rules import RulesModel


def said(prompt: str, **facts: object) -> str:
    return "".join(RulesModel().generate(prompt, facts))


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"row_count": 1200}, "The row count is 1,200."),
        ({"mean_price": 3.14159}, "The mean price is 3.14."),
        ({"share": 0.00042}, "The share is 0.00042."),
        ({"columns": ["a", "b", "c"]}, "The columns are a, b and c."),
        ({"cycles": []}, "Cycles: none."),
        ({"owner": None}, "The owner is not known."),
        ({"complete": True}, "Complete: yes."),
        ({"totals": {"EMEA": 1500, "AMER": 2}}, "Of totals: EMEA 1,500, AMER 2."),
    ],
)
def test_a_fact_becomes_a_sentence(facts, sentence):
    assert said("", **facts) == sentence


def test_what_was_asked_for_is_said_first():
    assert said("How many rows?", table="orders", rows=5).startswith("There are 5 rows.")


def test_a_prompt_with_blanks_is_filled_in_and_an_unknown_blank_is_admitted():
    assert said("{rows} rows in {table}, owned by {owner}", rows=5000, table="orders") == (
        "5,000 rows in orders, owned by (not known)"
    )


def test_long_lists_are_cut_and_say_so():
    assert said("", jobs=list(range(25))).endswith("and 15 more.")


def test_without_facts_nothing_is_made_up():
    assert said("Who owns the orders table?") == "Nothing is known about this."


def test_facts_are_data_even_when_they_look_like_blanks():
    assert said("{a}", a="{b}", b="secret") == "{b}"
