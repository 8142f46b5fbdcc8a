"""How words, dates and misspellings are read, and that every word must find its place."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.sql_site import Quick, schema_of
from workflows.sql_generator import dates
from workflows.sql_generator.lexicon import FILLER, PHRASES
from workflows.sql_generator.linking import Links
from workflows.sql_generator.plan import QueryPlan
from workflows.sql_generator.sql import write
from workflows.sql_generator.understanding import Facts, Refusal, survey, understand
from workflows.sql_generator.words import normal, singular, stem, tokens

SHOP = schema_of(
    orders={"order_id": "BIGINT", "order_date": "DATE", "region": "VARCHAR", "status": "VARCHAR", "quantity": "BIGINT",
            "unit_price": "DOUBLE", "amount": "DOUBLE", "is_gift": "BOOLEAN"},
)  # fmt: skip
VALUES = [("orders", "region", ["EMEA", "APAC", "IT"]), ("orders", "status", ["cancelled", "no-show", "unknown"])]
NEWEST = {"orders.order_date": {"day": "2026-08-13", "oldest": "2026-01-01", "later": 0, "last": "2026-08-13"}}


def read(question, known=SHOP):
    return understand(question, known, Facts(VALUES, (), NEWEST))


def sql(question):
    plan = read(question)
    assert isinstance(plan, QueryPlan), plan
    return write(plan)


# ------------------------------------------------------------------------------------------------------------ words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("UnitPrices", ("unit", "price")),
        ("unit_price", ("unit", "price")),
        ("Kunden-Straße", ("kunden", "strasse")),
        ("Côte d'Ivoire", ("cote", "divoire")),
        ("HTTPStatus2", ("http", "status2")),
        ("customer's", ("customer",)),
    ],
)
def test_names_are_split_into_base_forms(text, words):
    assert normal(text) == words


@pytest.mark.parametrize(
    ("many", "one"),
    [("categories", "category"), ("statuses", "status"), ("boxes", "box"), ("buses", "bus"), ("gas", "gas")],
)
def test_plurals_find_their_singular(many, one):
    assert singular(many) == one


def test_forms_of_a_verb_have_one_root():
    assert len({stem(word) for word in ("hire", "hired", "hiring", "hires")}) == 1
    assert stem("departed") == stem("departure")


@pytest.mark.parametrize(
    ("said", "value"),
    [("1,500.50", 1500.5), ("2k", 2000), ("$3.5m", 3_500_000), ("-5", -5), ("five", 5), ("20%", None)],
)
def test_numbers_are_read_as_people_write_them(said, value):
    [found] = [token for token in tokens(f"over {said}") if token.low != "over"]

    assert found.number == value


# ------------------------------------------------------------------------------------------------------------ dates


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("2026-03-05", "2026-03-05", "2026-03-05"),
        ("5 March 2026", "2026-03-05", "2026-03-05"),
        ("March 5th, 2026", "2026-03-05", "2026-03-05"),
        ("the 5th of March 2026", "2026-03-05", "2026-03-05"),
        ("31.12.2025", "2025-12-31", "2025-12-31"),
        ("13/02/2026", "2026-02-13", "2026-02-13"),
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("Feb 2024", "2024-02-01", "2024-02-29"),
        ("March", "2026-03-01", "2026-03-31"),
        ("September", "2025-09-01", "2025-09-30"),
        ("Q1 2026", "2026-01-01", "2026-03-31"),
        ("the third quarter of 2025", "2025-07-01", "2025-09-30"),
        ("H2 2025", "2025-07-01", "2025-12-31"),
        ("this month", "2026-08-01", "2026-08-31"),
        ("last month", "2026-07-01", "2026-07-31"),
        ("last week", "2026-08-03", "2026-08-09"),
        ("last quarter", "2026-04-01", "2026-06-30"),
        ("this year", "2026-01-01", "2026-12-31"),
        ("last 30 days", "2026-07-15", "2026-08-13"),
        ("past 2 weeks", "2026-07-31", "2026-08-13"),
        ("last 3 months", "2026-05-14", "2026-08-13"),
        ("year to date", "2026-01-01", "2026-08-13"),
        ("yesterday", "2026-08-12", "2026-08-12"),
    ],
)
def test_a_time_is_a_stretch_of_days(said, first, last):
    plan = read(f"orders in {said}")

    assert isinstance(plan, QueryPlan), plan
    [condition] = plan.conditions
    start, after = condition.values
    assert (start, dt.date.fromisoformat(str(after)) - dt.timedelta(days=1)) == (first, dt.date.fromisoformat(last))


@pytest.mark.parametrize(
    ("said", "first", "after"),
    [
        ("since May 2026", "2026-05-01", ""),
        ("after May 2026", "2026-06-01", ""),
        ("before 2026-05-02", "", "2026-05-02"),
        ("until May 2026", "", "2026-06-01"),
        ("from 2026-04-01 to 2026-04-30", "2026-04-01", "2026-05-01"),
        ("between April and June 2026", "2026-04-01", "2026-07-01"),
        ("in March or April 2026", "2026-03-01", "2026-05-01"),
        ("from 2024 to 2025", "2024-01-01", "2026-01-01"),
    ],
)
def test_a_time_may_be_open_or_have_two_ends(said, first, after):
    plan = read(f"orders {said}")

    assert isinstance(plan, QueryPlan), plan
    assert plan.conditions[0].values == (first, after)


def test_on_the_last_day_of_a_month_last_month_is_the_month_that_just_ended():
    [span] = [found[0] for found in [dates.read(tokens("last month"), 0)] if found]

    assert span.resolve(dt.date(2026, 9, 30)) == (dt.date(2026, 9, 1), dt.date(2026, 10, 1))
    assert span.resolve(dt.date(2026, 9, 29)) == (dt.date(2026, 8, 1), dt.date(2026, 9, 1))


@given(
    day=st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31)),
    count=st.integers(1, 500),
    unit=st.sampled_from(["day", "week", "month", "quarter", "year"]),
)
def test_a_rolling_stretch_ends_today_and_is_never_empty(day, count, unit):
    [span] = [found[0] for found in [dates.read(tokens(f"last {count} {unit}s"), 0)] if found]

    first, after = span.resolve(day)
    assert first <= day
    assert after == day + dt.timedelta(days=1)


def test_may_and_march_are_months_only_where_a_month_can_stand():
    assert "2026-05" in sql("orders in may 2026")
    assert isinstance(read("may I see the orders"), QueryPlan)
    assert "WHERE" not in sql("may I see the orders")


def test_a_month_that_several_years_have_is_asked_back():
    newest = {"orders.order_date": {**NEWEST["orders.order_date"], "oldest": "2023-01-01"}}

    answer = understand("orders in March", SHOP, Facts(VALUES, (), newest))

    assert isinstance(answer, Refusal)
    assert "which one" in answer.reason


# ------------------------------------------------------------------------------------------------- every word counts

COMPLETE = [
    "total amount by region",
    "orders from EMEA over 500",
    "how many orders per month in 2026",
    "which region has the highest amount",
    "regions with more than 100 orders",
    "share of amount by region",
    "average unit price in APAC since May 2026",
    "list the 10 largest orders",
    "orders without a status",
]
STRANGE = [
    "zebra",
    "profit",
    "twice",
    "almost",
    "than",
    "respectively",
    "cumulative",
    "unlike",
    "previous",
]


@pytest.mark.parametrize("question", COMPLETE)
@pytest.mark.parametrize("word", STRANGE)
def test_one_word_that_means_nothing_is_enough_to_refuse(question, word):
    assert isinstance(read(question), QueryPlan)
    said = question.split()

    for place in range(len(said) + 1):
        answer = read(" ".join([*said[:place], word, *said[place:]]))
        assert isinstance(answer, Refusal), (place, answer)


@pytest.mark.parametrize("question", COMPLETE)
def test_words_without_content_change_nothing(question):
    plain = sql(question)

    for filler in ("please", "kindly", "actually"):
        assert sql(f"{filler} {question}") == plain
    assert sql(f"Can you tell me the {question}?") == plain


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            sorted(
                {word for words in PHRASES for word in words} | {"orders", "region", "EMEA", "amount", "5", "2026", ","}
            )
        ),
        max_size=8,
    )
)
def test_any_sequence_of_known_words_is_a_plan_or_a_refusal(words):
    answer = read(" ".join(words))

    assert isinstance(answer, Refusal) or write(answer)


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_any_text_is_a_plan_or_a_refusal(text):
    answer = read(text)

    assert isinstance(answer, Refusal) or write(answer)


def test_no_filler_is_a_word_that_compares_negates_or_counts():
    assert not FILLER & {
        "not",
        "no",
        "or",
        "than",
        "without",
        "other",
        "same",
        "more",
        "less",
        "last",
        "only if",
    }


# ---------------------------------------------------------------------------------------------- values and spelling


def test_values_that_look_like_words_of_the_language_are_found():
    assert "region = 'IT'" in sql("orders in IT")
    assert "WHERE" not in sql("show it: all orders")
    assert "status = 'no-show'" in sql("no-show orders")
    assert "status = 'unknown'" in sql("orders with status unknown")


def test_yes_or_no_columns_are_adjectives():
    assert "is_gift = TRUE" in sql("gift orders")
    assert "is_gift = FALSE" in sql("orders that are not gift")
    assert "is_gift = FALSE" in sql("nongift orders")


@pytest.mark.parametrize(
    ("said", "meant"), [("regoin", "region"), ("amuont", "amount"), ("quantitty", "quantity"), ("statsu", "status")]
)
def test_a_misspelt_name_is_read_as_the_name(said, meant):
    plan = read(f"number of orders by {said}" if meant in ("region", "status") else f"total {said}")

    assert isinstance(plan, QueryPlan)
    assert f"'{said}' was read as '{meant}'." in plan.assumptions


@pytest.mark.parametrize("word", ["county", "season", "religion", "amounting", "statue", "quality", "legion"])
def test_another_english_word_is_no_misspelling(word):
    assert isinstance(read(f"number of orders by {word}"), Refusal)


def test_words_of_a_company_can_be_taught():
    facts = Facts(VALUES, (), NEWEST)

    assert isinstance(understand("bookings by region", SHOP, facts), Refusal)
    assert isinstance(understand("bookings by region", SHOP, facts, {"amount": ("bookings",)}), QueryPlan)


def test_looking_up_is_spared_when_names_say_it_all():
    assert not survey("total amount by region", SHOP).values
    assert survey("total amount in EMEA", SHOP).values
    assert survey("amount last month", SHOP).today
    assert not survey("amount in March 2026", SHOP).today


def test_links_know_every_column_by_its_name():
    links = Links(SHOP)

    for column in SHOP.tables[0].columns:
        found = links.at(tokens(" ".join(column.words)), 0)
        assert found is not None
        assert any(match.column == column for match in found[0].columns)


def test_every_example_of_the_workflow_works_on_the_example_data():
    from workflows.sql_generator.workflow import SqlGenerator

    shop = Quick("shop")

    assert [example for example in SqlGenerator.examples if shop.ask(example).refused] == []
