"""Small tables: aligned, and hostile cells stay on their line."""

import pyarrow as pa

from dataops_kernel.views import preview, text_table


def test_numbers_stand_right_texts_left_and_the_rest_is_counted():
    table = pa.table({"region": ["APAC", "E"], "n": [5, 1200]})

    drawn = text_table(preview(table, limit=1)).split("\n")

    assert drawn == ["region  n", "------  -", "APAC    5", "… 1 more rows of 2"]


def test_control_characters_cannot_move_the_cursor_or_break_the_row():
    table = pa.table({"x\x1b[2J": ["a\nb", "\x1b[31mred\x07", "\u202eevil"]})

    drawn = text_table(preview(table))

    assert len(drawn.split("\n")) == 5
    assert "\x1b" not in drawn
    assert "\x07" not in drawn
    assert "\u202e" not in drawn


def test_wide_characters_count_as_two_and_long_cells_are_cut():
    table = pa.table({"a": ["日本", "xxxx"], "b": ["y" * 100, "z"]})

    first, second = text_table(preview(table)).split("\n")[2:]

    assert first.startswith("日本  y")
    assert second.startswith("xxxx  z")
    assert first.endswith("…")


def test_an_empty_table_and_one_without_columns_say_so():
    assert text_table(preview(pa.table({"a": pa.array([], pa.int64())}))).endswith("(no rows)")
    assert text_table(preview(pa.table({}))) == "(no columns)"


def test_missing_values_decimals_dates_and_bytes_are_plain():
    import datetime
    import decimal

    table = pa.table(
        {
            "none": pa.array([None], pa.string()),
            "dec": [decimal.Decimal("1.50")],
            "day": [datetime.date(2026, 1, 2)],
            "raw": [b"\x00\xff"],
        }
    )

    assert preview(table).rows == ((None, 1.5, "2026-01-02", "00ff"),)
    assert "–" in text_table(preview(table))
