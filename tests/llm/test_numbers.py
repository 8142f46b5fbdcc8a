"""Numbers and lengths of time as people write them."""

import pytest

from dataops_kernel.llm.rules.numbers import durations_in, numbers_in
from dataops_kernel.llm.rules.words import tokens


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("top 5", [5]),
        ("1,200 rows", [1200]),
        ("2k", [2000]),
        ("1.5M", [1_500_000]),
        ("$3.20", [3.2]),
        ("-4", [-4]),
        ("5 million", [5_000_000]),
        ("2 dozen", [24]),
        ("a dozen", [12]),
        ("twenty five", [25]),
        ("three hundred", [300]),
        ("the 3rd", [3]),
        ("between 10 and 20", [10, 20]),
        ("10-20", [10, 20]),
        ("LOAD_2, Q3, orders_2026.csv and 2026-03-01", []),
        ("no number here", []),
        ("9" * 30, []),
    ],
)
def test_numbers_are_found_with_their_units(text, values):
    assert [number.value for number in numbers_in(tokens(text))] == values


@pytest.mark.parametrize("text", ["10%", "10 percent", "10 pct"])
def test_a_percentage_is_told_apart(text):
    (number,) = numbers_in(tokens(text))

    assert (number.value, number.percent) == (10, True)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5 minutes", 300), ("90s", 90), ("2h", 7200), ("two days", 172_800), ("1.5 hours", 5400), ("250 ms", 0.25)],
)
def test_lengths_of_time_are_seconds(text, seconds):
    assert [length.value for length in durations_in(tokens(text))] == [pytest.approx(seconds)]


def test_a_number_without_a_unit_of_time_is_no_length_of_time():
    assert durations_in(tokens("top 5 rows of 2M")) == []
