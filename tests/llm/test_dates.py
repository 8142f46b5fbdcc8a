"""Days and spans of days, counted from Sunday 22 November 2026."""

import subprocess
import sys
from datetime import date

import pytest

from dataops_kernel.llm.rules.dates import dates_in
from dataops_kernel.llm.rules.words import tokens

TODAY = date(2026, 11, 22)


def spans(text: str) -> list[tuple[str | None, str | None]]:
    return [
        (span.first and span.first.isoformat(), span.last and span.last.isoformat())
        for span in dates_in(tokens(text), TODAY)
    ]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-03-01", "2026-03-01", "2026-03-01"),
        ("2026-03", "2026-03-01", "2026-03-31"),
        ("31.12.2025", "2025-12-31", "2025-12-31"),
        ("03/04/2026", "2026-03-04", "2026-03-04"),
        ("25/04/2026", "2026-04-25", "2026-04-25"),
        ("today", "2026-11-22", "2026-11-22"),
        ("yesterday", "2026-11-21", "2026-11-21"),
        ("the day before yesterday", "2026-11-20", "2026-11-20"),
        ("last week", "2026-11-09", "2026-11-15"),
        ("this month", "2026-11-01", "2026-11-30"),
        ("last quarter", "2026-07-01", "2026-09-30"),
        ("previous year", "2025-01-01", "2025-12-31"),
        ("year to date", "2026-01-01", "2026-11-22"),
        ("last 7 days", "2026-11-16", "2026-11-22"),
        ("past three months", "2026-08-22", "2026-11-22"),
        ("two weeks ago", "2026-11-08", "2026-11-08"),
        ("in 3 days", "2026-11-25", "2026-11-25"),
        ("march 2026", "2026-03-01", "2026-03-31"),
        ("in december", "2025-12-01", "2025-12-31"),
        ("in may", "2026-05-01", "2026-05-31"),
        ("12 march", "2026-03-12", "2026-03-12"),
        ("March 12th, 2024", "2024-03-12", "2024-03-12"),
        ("3rd of March 2026", "2026-03-03", "2026-03-03"),
        ("Q1 2026", "2026-01-01", "2026-03-31"),
        ("Q4", "2026-10-01", "2026-12-31"),
        ("2025Q2", "2025-04-01", "2025-06-30"),
        ("first quarter of 2025", "2025-01-01", "2025-03-31"),
        ("revenue in 2025 by month", "2025-01-01", "2025-12-31"),
        ("last monday", "2026-11-16", "2026-11-16"),
        ("next friday", "2026-11-27", "2026-11-27"),
        ("since Monday", "2026-11-16", None),
        ("since 2024", "2024-01-01", None),
        ("after 2026-03-01", "2026-03-02", None),
        ("before may 2026", None, "2026-04-30"),
        ("until yesterday", None, "2026-11-21"),
        ("between 2026-01-01 and 2026-03-31", "2026-01-01", "2026-03-31"),
        ("from jan 2025 to march 2025", "2025-01-01", "2025-03-31"),
        ("since march until june", "2026-03-01", "2026-06-30"),
        ("a fortnight ago", "2026-11-08", "2026-11-08"),
    ],
)
def test_a_day_or_span_is_read(text, first, last):
    assert spans(text) == [(first, last)]


@pytest.mark.parametrize(
    "text",
    ["2026-13-45", "30 february 2026", "I may go", "how many orders per month", "top 5", "orders_2026-03.csv",
     "the second quarterback", "monthly report", "99/99/9999", ""],
)  # fmt: skip
def test_what_is_no_date_is_not_read_as_one(text):
    assert spans(text) == []


def test_days_side_by_side_stay_two_days():
    assert spans("compare 2026-01-01 with 2026-02-01") == [("2026-01-01",) * 2, ("2026-02-01",) * 2]


def test_plain_dates_are_read_without_loading_a_date_library():
    code = (
        "import sys; from datetime import date; from dataops_kernel.llm.rules import RulesModel;"
        "from dataops_kernel.llm import Slot;"
        "found = RulesModel().extract('since last Monday', [Slot(name='since', type='date')], today=date(2026, 11, 22));"
        "assert found == {'since': '2026-11-16'}, found;"
        "assert not {'dateparser', 'rapidfuzz', 'numpy', 'regex'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
