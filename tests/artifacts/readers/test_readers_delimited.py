"""Delimited files: the layout is found, and nothing is repaired without a word."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_kernel.artifacts.readers import ReadLimits
from dataops_kernel.errors import FileInputError, LimitExceededError

EXAMPLES = Path(__file__).parents[3] / "notebooks" / "data"


def test_a_clean_file_needs_no_note(read):
    found = read("id,day,name\n1,2026-01-02,Ann\n2,2026-01-03,Bob\n")

    assert found.rows == [[1, date(2026, 1, 2), "Ann"], [2, date(2026, 1, 3), "Bob"]]
    assert found.types == ["BIGINT", "DATE", "VARCHAR"]
    assert found.report.notes == ()
    assert (found.report.format, found.report.delimiter, found.report.header) == ("delimited", ",", True)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", "^", "~", "\x01", ":", " "])
def test_the_delimiter_is_found(read, mark):
    lines = [["id", "name", "size"], ["1", "a", "10"], ["2", "b", "20"], ["3", "c", "30"]]

    found = read("".join(mark.join(line) + "\n" for line in lines))

    assert found.report.delimiter == mark
    assert found.rows == [[1, "a", 10], [2, "b", 20], [3, "c", 30]]


def test_a_semicolon_file_with_decimal_commas_is_not_split_at_the_commas(read):
    found = read("item;price;weight\na;1,50;2\nb;2,25;3\n")

    assert found.rows == [["a", 1.5, 2], ["b", 2.25, 3]]
    assert "'price' was read as numbers with a decimal comma" in found.notes


def test_quoted_fields_keep_delimiters_quotes_and_line_breaks(read):
    found = read('id,text\r\n1,"a, ""b""\r\nc"\r\n2,plain\r\n')

    assert found.rows == [[1, 'a, "b"\r\nc'], [2, "plain"]]


def test_the_example_files_are_read_as_they_are_meant(read_path):
    orders = read_path(EXAMPLES / "orders.csv")
    customers = read_path(EXAMPLES / "customers.csv")
    products = read_path(EXAMPLES / "products.csv")

    assert (orders.report.rows, customers.report.rows, products.report.rows) == (600, 80, 30)
    assert orders.types[:2] == ["BIGINT", "DATE"]
    assert products.report.delimiter == ";"
    assert any("\n" in name for _, name, *_ in customers.rows)
    assert {row[2] for row in orders.rows} <= {row[0] for row in customers.rows}


def test_without_a_header_the_columns_get_numbers_and_a_note(read):
    found = read("1,2026-01-01,x\n2,2026-01-02,y\n")

    assert found.names == ["column1", "column2", "column3"]
    assert found.report.rows == 2
    assert found.report.header is False
    assert "no header line" in found.notes


def test_a_first_line_that_comes_again_below_is_no_header(read):
    found = read("EMEA,open\nEMEA,shut\nAMER,open\n")

    assert found.report.rows == 3
    assert "'EMEA'" in found.notes


def test_years_over_numbers_are_a_header(read):
    assert read("country,2024,2025\nDE,1,2\nFR,3,4\n").names == ["country", "2024", "2025"]


def test_a_header_over_nothing_but_text_is_called_a_guess(read):
    assert "guess" in read("name,city\nBob,Rome\nAnn,Oslo\n").notes


def test_titles_before_the_table_are_passed_over_and_named(read):
    found = read("Sales report\nmade on Monday\n\nid,amount\n1,2\n3,4\n")

    assert found.names == ["id", "amount"]
    assert found.rows == [[1, 2], [3, 4]]
    assert "Lines 1 to 2 stand before the table" in found.notes
    assert "Sales report" in found.notes


def test_excels_separator_line_is_believed(read):
    found = read("sep=;\na;b\n1;2\n")

    assert (found.names, found.rows) == (["a", "b"], [[1, 2]])


def test_short_rows_are_padded_and_counted_with_their_lines(read):
    found = read("a,b,c\n1,2,3\n4,5\n6,7,8\n9\n")

    assert found.rows == [[1, 2, 3], [4, 5, None], [6, 7, 8], [9, None, None]]
    assert "2 rows (lines 3, 5) had fewer than 3 fields" in found.notes


def test_long_rows_keep_what_is_too_much_in_a_column_of_its_own(read):
    found = read("id,street\n1,Main\n2,Oak St, Springfield, USA\n3,Elm\n")

    assert found.names == ["id", "street", "surplus_fields"]
    assert found.rows[1] == [2, "Oak St", " Springfield, USA"]
    assert "1 row (line 3) had more than 2 fields" in found.notes


def test_delimiters_at_the_ends_of_the_lines_add_no_column(read):
    found = read("a,b,c\n1,2,3,\n4,5,6,\n")

    assert found.names == ["a", "b", "c"]
    assert "ended in delimiters without values" in found.notes


def test_a_header_with_too_few_names_is_completed(read):
    found = read("a,b\n1,2,3\n4,5,6\n")

    assert found.names == ["a", "b", "column3"]
    assert "names 2 columns, but most rows have 3 fields" in found.notes


def test_names_are_made_unique_without_regard_to_case(read):
    found = read("id,ID,,name,name,id_2\n1,2,3,4,5,6\n")

    assert found.names == ["id", "ID_3", "column3", "name", "name_2", "id_2"]
    assert "'ID' (now 'ID_3')" in found.notes
    assert "column3" in found.notes


def test_a_line_break_in_a_name_becomes_a_space(read):
    found = read('"unit\nprice",b\n1,2\n')

    assert found.names == ["unit price", "b"]
    assert "line breaks" in found.notes


def test_blank_lines_give_no_row_but_are_counted(read):
    found = read("a,b\n1,2\n\n3,4\n   \n5,6\n\n\n")

    assert found.rows == [[1, 2], [3, 4], [5, 6]]
    assert "4 blank lines (lines 3, 5, 7, 8)" in found.notes


def test_in_a_single_column_a_blank_line_is_a_missing_value(read):
    found = read("id\n1\n\n3\n\n")

    assert found.rows == [[1], [None], [3]]
    assert found.report.delimiter is None
    assert "single column" in found.notes


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_break_ends_a_record(read, line_break):
    assert read(line_break.join(["a,b", "1,2", "3,4", ""])).rows == [[1, 2], [3, 4]]


def test_mixed_line_breaks_are_read(read):
    assert read("a,b\r\n1,2\n3,4\r\n5,6").rows == [[1, 2], [3, 4], [5, 6]]


def test_a_quote_that_never_closes_swallows_nothing(read):
    found = read('a,b\n1,"x\n2,y\n3,z\n')

    assert found.rows == [[1, '"x'], [2, "y"], [3, "z"]]
    assert "1 row (line 2) held a quote" in found.notes


def test_a_stray_quote_does_not_pair_with_one_many_rows_later(read):
    found = read('a,b\n1,"x\n2,y\n3,"z"\n')

    assert found.rows == [[1, '"x'], [2, "y"], [3, "z"]]


def test_text_after_a_closing_quote_is_kept(read):
    found = read('a,b\n1,"x"y\n2,z\n')

    assert found.rows == [[1, '"x"y'], [2, "z"]]
    assert "quote" in found.notes


def test_a_quote_inside_an_unquoted_field_is_a_character(read):
    assert read('id,part\n1,5" pipe\n2,6" pipe\n').rows == [[1, '5" pipe'], [2, '6" pipe']]


def test_quotes_escaped_by_a_backslash_are_understood(read):
    assert read('id,said\n1,"he said \\"hi, you\\""\n2,"no"\n').rows == [[1, 'he said "hi, you"'], [2, "no"]]


def test_a_header_without_rows_is_an_empty_table(read):
    found = read("a,b\n")

    assert (found.names, found.rows) == (["a", "b"], [])
    assert "no rows" in found.notes


def test_prose_is_refused(read):
    text = "It was the best of times, it was the worst of times,\nit was the age of wisdom.\nIt was, of all, foolish.\n"

    with pytest.raises(FileInputError, match="reads like text"):
        read(text * 3, "book.txt")


def test_lines_without_a_common_layout_are_refused(read):
    with pytest.raises(FileInputError, match="no table that can be read safely"):
        read("a,b\n1,2,3\nx,y,z,w\n1\n1,2,3,4,5\nq,r,s,t,u,v\nm,n,o,p,q,r,s\n")


def test_html_is_named(read):
    with pytest.raises(FileInputError, match="HTML"):
        read("<!DOCTYPE html><html><body>Not found</body></html>")


def test_too_many_columns_are_refused(read):
    with pytest.raises(LimitExceededError, match="12 columns"):
        read(",".join("abcdefghijkl") + "\n", limits=ReadLimits(columns=10))


def test_a_record_over_the_limit_is_refused_with_its_line(read):
    with pytest.raises(LimitExceededError, match="line 2") as caught:
        read("a,b\n1," + "x" * 5000 + "\n2,y\n", limits=ReadLimits(record_bytes=2000))

    assert caught.value.facts["line"] == 2


def test_five_hundred_columns_are_read(read):
    header = ",".join(f"c{number}" for number in range(500))
    rows = "".join(",".join(str(row * number) for number in range(500)) + "\n" for row in range(40))

    found = read(f"{header}\n{rows}")

    assert len(found.names) == 500
    assert found.rows[39][499] == 39 * 499


def test_a_file_name_with_quotes_and_wildcards_is_one_file(read, tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n9,9\n")

    assert read("a,b\n1,2\n", name="we'ird [o]*.csv").rows == [[1, 2]]


cells = st.text(alphabet='ab ,;"\n\r\t|é', min_size=1, max_size=6).filter(lambda text: text.strip())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=6), crlf=st.booleans())
def test_what_the_csv_module_writes_comes_back_cell_by_cell(read, rows, crlf):
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n" if crlf else "\n", quoting=csv.QUOTE_ALL)
    writer.writerows([["first_x", "second_x", "third_x"], *rows])

    found = read(out.getvalue())

    assert found.names == ["first_x", "second_x", "third_x"]
    assert found.rows == rows
