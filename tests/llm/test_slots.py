"""Which value of a text belongs to which slot."""

from datetime import date

import pytest

from dataops_kernel.llm.base import Slot
from dataops_kernel.llm.rules import RulesModel
from dataops_kernel.testing.clock import ManualClock

TODAY = date(2026, 11, 22)
LIMIT = Slot(name="limit", type="integer", description="How many rows to show.")
THRESHOLD = Slot(name="threshold", type="number", description="The smallest share that counts.")
RETRIES = Slot(name="retries", type="integer", description="How often to try again.")
SINCE = Slot(name="since", type="date")
UNTIL = Slot(name="until", type="date")
DRY_RUN = Slot(name="dry_run", type="boolean")
TITLE = Slot(name="title")
RELATION = Slot(
    name="relation",
    choices=("downstream", "upstream", "all_cycles"),
    synonyms={
        "downstream": ("after", "depends on", "stops if … fails"),
        "upstream": ("before", "depend on what"),
        "all_cycles": ("circular",),
    },
)


def found(text: str, *slots: Slot) -> dict[str, object]:
    return RulesModel().extract(text, slots, today=TODAY)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("top 5 regions", 5),
        ("the first 100 rows", 100),
        ("limit 20", 20),
        ("limit=20", 20),
        ("Limit: 20.", 20),
        ("at most 2k rows", 2000),
        ("up to twenty five results", 25),
        ("the ten largest orders", 10),
        ("newest 5 orders", 5),
        ("the 3 most expensive ones", 3),
        ("top-5", 5),
        ("TOP10 regions", 10),
        ("show me 7 rows", 7),
    ],
)
def test_a_limit_is_found_in_the_ways_people_say_it(text, limit):
    assert found(text, LIMIT) == {"limit": limit}


@pytest.mark.parametrize(
    "text",
    [
        "sales in 2026 by region",
        "orders since 2026-03-01",
        "profile orders_2026.csv",
        "jobs after LOAD_2",
        "customers with at most 5 orders",
        "top regions over 5000",
        "at least 10 of them",
        "the largest order of the last 3 months",
    ],
)
def test_a_number_that_means_something_else_is_no_limit(text):
    assert found(text, LIMIT) == {}


def test_the_words_near_a_number_say_whose_it_is():
    text = "limit 20, threshold 0.5 and 3 retries"

    assert found(text, LIMIT, THRESHOLD, RETRIES) == {"limit": 20, "threshold": 0.5, "retries": 3}


def test_an_unnamed_number_goes_to_the_one_required_slot():
    needed = RETRIES.model_copy(update={"required": True})

    assert found("do the nightly thing with 4 of them", needed, THRESHOLD) == {"retries": 4}
    assert found("do the nightly thing with 4 of them", RETRIES, THRESHOLD) == {}


def test_a_whole_number_is_wanted_where_the_slot_is_an_integer():
    assert found("limit 2.5", LIMIT) == {}


def test_a_percentage_is_a_share_unless_the_slot_counts_in_percent():
    percent = Slot(name="threshold_percent", type="number")

    assert found("threshold 10%", THRESHOLD) == {"threshold": 0.1}
    assert found("threshold 10%", percent) == {"threshold_percent": 10}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("from 2026-01-01 to 2026-02-01", {"since": "2026-01-01", "until": "2026-02-01"}),
        ("last quarter", {"since": "2026-07-01", "until": "2026-09-30"}),
        ("since march 2026", {"since": "2026-03-01"}),
        ("before march 2026", {"until": "2026-02-28"}),
    ],
)
def test_the_ends_of_a_span_go_to_the_slots_named_for_them(text, values):
    assert found(text, SINCE, UNTIL) == values


def test_without_a_day_given_the_models_clock_says_what_today_is():
    model = RulesModel(clock=ManualClock())

    yesterday = model.extract("yesterday", [SINCE])["since"]

    assert date.fromisoformat(yesterday).toordinal() == ManualClock()().date().toordinal() - 1


@pytest.mark.parametrize(
    ("text", "value"),
    [("dry run please", True), ("dry_run", True), ("no dry run", False), ("without a dry run", False),
     ("dry run off", False), ("dry_run=yes", True), ("dry_run: false", False)],
)  # fmt: skip
def test_a_flag_is_on_where_it_is_named_and_not_denied(text, value):
    assert found(text, DRY_RUN) == {"dry_run": value}


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("downstream of LOAD_GL", "downstream"),
        ("which jobs run AFTER it", "downstream"),
        ("what stops if job LOAD_GL fails?", "downstream"),
        ("jobs before it", "upstream"),
        ("it depends on others", "downstream"),
        ("all cycles", "all_cycles"),
        ("circular dependencies", "all_cycles"),
        ("downstraem", "downstream"),
        ("relation=upstream", "upstream"),
    ],
)
def test_a_choice_is_found_by_name_synonym_gap_and_spelling(text, choice):
    assert found(text, RELATION) == {"relation": choice}


def test_the_longest_phrase_wins_over_the_first():
    assert found("after that, does it depend on what I said?", RELATION) == {"relation": "upstream"}


@pytest.mark.parametrize("text", ["hereafter", "the rafter", "foreafter beforehand"])
def test_a_choice_is_a_whole_word(text):
    assert found(text, RELATION) == {}


@pytest.mark.parametrize(
    ("text", "title"),
    [('called "Late jobs"', "Late jobs"), ("title 'a b'", "a b"), ("title: Overview", "Overview"), ("“x y”", "x y")],
)
def test_quoted_text_and_what_follows_the_name_is_a_string(text, title):
    assert found(text, TITLE) == {"title": title}


def test_quoted_text_goes_to_the_slot_it_is_next_to():
    owner = Slot(name="owner")

    assert found('title "Late" for owner "Ann"', owner, TITLE) == {"owner": "Ann", "title": "Late"}
    assert found('"Late" "Ann"', TITLE, owner) == {"title": "Late", "owner": "Ann"}
