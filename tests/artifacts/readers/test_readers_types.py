"""Types of delimited columns: decided over every value, and never at a value's cost."""

from datetime import UTC, date, datetime

import pytest

from dataops_kernel.artifacts.readers import ReadLimits


def column(read, values, **options):
    """Read one column of values beside a row number."""
    found = read("row_id;value\n" + "".join(f"{row};{value}\n" for row, value in enumerate(values)), **options)
    return found, [row[1] for row in found.rows]


@pytest.mark.parametrize(
    ("values", "type", "expected"),
    [
        (["1", "-2", "30"], "BIGINT", [1, -2, 30]),
        (["1", "2.5", "-.5"], "DOUBLE", [1.0, 2.5, -0.5]),
        (["1e3", "2.5E-3"], "DOUBLE", [1000.0, 0.0025]),
        (["true", "FALSE"], "BOOLEAN", [True, False]),
        (["2026-01-31", "2026-2-1"], "DATE", [date(2026, 1, 31), date(2026, 2, 1)]),
        (
            ["2026-01-31 10:00", "2026-01-31T10:00:01.5"],
            "TIMESTAMP",
            [datetime(2026, 1, 31, 10), datetime(2026, 1, 31, 10, 0, 1, 500000)],
        ),
        (
            ["2026-01-31T10:00:00Z", "2026-01-31T12:00:00+02:00"],
            "TIMESTAMP WITH TIME ZONE",
            [datetime(2026, 1, 31, 10, tzinfo=UTC)] * 2,
        ),
        (["31/12/2026", "1/2/2026"], "DATE", [date(2026, 12, 31), date(2026, 2, 1)]),
        (["12/31/2026", "1/2/2026"], "DATE", [date(2026, 12, 31), date(2026, 1, 2)]),
        (["31.12.2026", "01.02.2026"], "DATE", [date(2026, 12, 31), date(2026, 2, 1)]),
        (["5 Feb 2026", "February 6, 2026"], "DATE", [date(2026, 2, 5), date(2026, 2, 6)]),
        (["31/12/2026 3:04 PM", "1/2/2026 00:05"], "TIMESTAMP", [datetime(2026, 12, 31, 15, 4), datetime(2026, 2, 1, 0, 5)]),
        (["1.234,56", "7,5"], "DOUBLE", [1234.56, 7.5]),
        (["1,234.56", "7.5"], "DOUBLE", [1234.56, 7.5]),
        ([" 12 ", "13\u00a0"], "BIGINT", [12, 13]),
    ],
)  # fmt: skip
def test_a_column_gets_the_type_all_its_values_have(read, values, type, expected):
    found, got = column(read, values)

    assert found.types[1] == type
    assert got == expected


@pytest.mark.parametrize(
    "values",
    [
        ["007", "012"],
        ["+49 30 1234", "+49 30 99"],
        ["12345678901234567890", "1"],
        ["9007199254740993.5", "1.5"],
        ["2026-02-30", "2026-13-01"],
        ["0x1F", "0x20"],
        ["1_000", "2_000"],
        ["yes", "no"],
        ["infinity", "epoch"],
    ],
)
def test_what_a_cast_would_change_stays_text(read, values):
    found, got = column(read, values)

    assert found.types[1] == "VARCHAR"
    assert got == values


def test_a_decimal_is_never_rounded_to_an_integer(read):
    _, got = column(read, ["1"] * 50 + ["12.7"])

    assert got[-1] == 12.7


def test_one_odd_value_keeps_the_column_text_and_is_shown_with_its_row(read):
    found, got = column(read, [*map(str, range(99)), "abc"])

    assert got[-1] == "abc"
    assert "'value' stays text: 1 of its 100 values is no integer, the first being 'abc' in row 100" in found.notes


def test_an_odd_value_far_behind_the_sample_is_seen(read):
    found, got = column(read, [*map(str, range(30_000)), "n.v.", *map(str, range(10))])

    assert (found.types[1], got[30_000], found.report.rows) == ("VARCHAR", "n.v.", 30_011)
    assert "'n.v.' in row 30,001" in found.notes


def test_a_decimal_far_behind_the_sample_makes_the_column_decimal(read):
    found, got = column(read, [*map(str, range(30_000)), "1.5"])

    assert (found.types[1], got[-1]) == ("DOUBLE", 1.5)


def test_values_that_begin_only_behind_the_sample_still_get_their_type(read):
    found, got = column(read, [""] * 30_000 + ["2026-01-01"])

    assert (found.types[1], got[-1]) == ("DATE", date(2026, 1, 1))


def test_words_for_missing_become_null_in_typed_columns_and_are_counted(read):
    found, got = column(read, ["5", "N/A", "-", " ", "7"])

    assert got == [5, None, None, None, 7]
    assert "BIGINT but for 3 values that mean 'missing'" in found.notes


def test_words_for_missing_stay_in_text(read):
    found, got = column(read, ["NA", "DE", "n/a"])

    assert got == ["NA", "DE", "n/a"]
    assert "missing" not in found.notes


def test_dates_that_could_be_either_stay_text(read):
    found, got = column(read, ["01/02/2026", "03/04/2026"])

    assert got == ["01/02/2026", "03/04/2026"]
    assert "day/month/year" in found.notes
    assert "month/day/year" in found.notes


def test_a_comma_that_could_be_either_keeps_numbers_text(read):
    found, got = column(read, ["1,234", "5,678"])

    assert got == ["1,234", "5,678"]
    assert "decimal comma" in found.notes


def test_a_column_without_any_value_is_named(read):
    found, got = column(read, ["", ""])

    assert got == [None, None]
    assert "'value' has no value in any row" in found.notes


def test_spaces_in_text_are_kept(read):
    assert column(read, ["a  ", " b"])[1] == ["a  ", " b"]


def test_rows_keep_their_order(read):
    values = [str(number * 7919 % 50_000) for number in range(50_000)]

    assert column(read, values, limits=ReadLimits(threads=4))[1] == [int(value) for value in values]
