"""JSON: rows out of arrays, lines and documents; numbers exact, objects flat, every decision said."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_kernel.artifacts.readers import ReadLimits
from dataops_kernel.errors import FileInputError, LimitExceededError


def test_an_array_of_objects_is_a_table_of_all_their_keys(read):
    found = read('[{"id": 1, "name": "x"}, {"id": 2.5, "open": true}]', "data.json")

    assert found.names == ["id", "name", "open"]
    assert found.types == ["DOUBLE", "VARCHAR", "BOOLEAN"]
    assert found.rows == [[1.0, "x", None], [2.5, None, True]]
    assert (found.report.format, found.report.notes) == ("json", ())


@pytest.mark.parametrize("name", ["data.jsonl", "data.ndjson", "data.json", "data.txt"])
def test_one_object_a_line_is_json_lines_whatever_the_suffix(read, name):
    found = read('{"id": 1}\r\n\r\n{"id": 2}\n{"id": 3}', name)

    assert found.rows == [[1], [2], [3]]
    assert found.report.format == "jsonl"


def test_json_under_a_text_suffix_is_said(read):
    assert "holds JSON" in read('[{"id": 1}]', "data.csv").notes


def test_nested_objects_become_columns_and_lists_stay_json(read):
    found = read('[{"id": 1, "a": {"b": 2, "c": {"d": "x"}}, "tags": [1, "y"]}, {"id": 2, "a": null}]', "data.json")

    assert found.names == ["id", "a_b", "a_c_d", "tags"]
    assert found.rows == [[1, 2, "x", '[1,"y"]'], [2, None, None, None]]
    assert "Nested objects" in found.notes
    assert "JSON text in 'tags'" in found.notes


def test_a_column_of_several_kinds_is_text_with_counts(read):
    found = read('[{"v": 1}, {"v": "x"}, {"v": {"k": 1}}, {"v": 2}]', "data.json")

    assert found.rows == [["1"], ["x"], ['{"k":1}'], ["2"]]
    assert "2 numbers, 1 text, 1 object" in found.notes


def test_numbers_too_big_to_keep_exactly_stay_text(read):
    found = read('[{"n": 123456789012345678901234567890}, {"n": 1}]', "data.json")

    assert found.rows == [["123456789012345678901234567890"], ["1"]]
    assert "no numeric type" in found.notes


def test_whole_numbers_up_to_64_bits_are_exact(read):
    assert read('[{"n": 9223372036854775807}, {"n": -9223372036854775808}]', "data.json").rows == [
        [9223372036854775807],
        [-9223372036854775808],
    ]


def test_text_is_never_turned_into_a_number(read):
    assert read('[{"zip": "01067"}, {"zip": "10115"}]', "data.json").rows == [["01067"], ["10115"]]


def test_iso_dates_are_dates_and_others_stay_text(read):
    found = read('[{"d": "2026-01-02", "t": "2026-01-02T03:04:05Z", "u": "31/01/2026"}]', "data.json")

    assert found.rows == [[date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "31/01/2026"]]


def test_keys_that_differ_in_case_or_hold_anything_are_kept_apart(read):
    found = read('[{"": 1, "a b": 2, "A": 3, "a": 4, "x/y~z": 5, "q\\"\'": 6}]', "data.json")

    assert found.names == ["column1", "a b", "A", "a_2", "x/y~z", "q\"'"]
    assert found.rows == [[1, 2, 3, 4, 5, 6]]


@pytest.mark.parametrize(
    ("document", "names", "rows"),
    [
        ({"a": [1, 2], "b": ["x", "y"]}, ["a", "b"], [[1, "x"], [2, "y"]]),
        ({"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}}, ["a", "b"], [[1, "x"], [2, "y"]]),
        ({"columns": ["a", "b"], "data": [[1, "x"], [2, "y"]]}, ["a", "b"], [[1, "x"], [2, "y"]]),
        ({"meta": {"page": 1}, "data": {"items": [{"a": 1}, {"a": 2}]}}, ["a"], [[1], [2]]),
        ({"C-1": {"n": 1}, "C-2": {"n": 2}}, ["key", "n"], [["C-1", 1], ["C-2", 2]]),
        ({"a": 1, "b": {"c": "x"}}, ["a", "b_c"], [[1, "x"]]),
        ([1, 2, 3], ["value"], [[1], [2], [3]]),
        ([[1, "x"], [2, "y"]], ["column1", "column2"], [[1, "x"], [2, "y"]]),
        ([None, {"a": 1}], ["a"], [[None], [1]]),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_the_table_inside_a_document_is_found(read, document, names, rows, indent):
    found = read(json.dumps(document, indent=indent), "data.json")

    assert (found.names, found.rows) == (names, rows)


def test_what_a_document_holds_besides_its_rows_is_named(read):
    found = read('{"page": 1, "items": [{"a": 1}, {"a": 2}], "other": [{"z": 1}]}', "data.json")

    assert "under 'items'" in found.notes
    assert "Not part of the table: 'other', 'page'" in found.notes


@pytest.mark.parametrize(
    ("text", "name", "line", "column"),
    [
        ('[{"a": 1},\n {"a": 2,}]', "data.json", 2, 10),
        ('[{"a": 1}\n {"a": 2}]', "data.json", 2, 2),
        ('[{"a": 1},\n{"a": 2', "data.json", 2, 8),
        ('[{"a": 1},\n{"a": 2},]', "data.json", 2, 10),
        ('[{"a": 1}]\nmore', "data.json", 2, 1),
        ('{"a": 1}\n{"a": 2,}\n', "data.jsonl", 2, 8),
        ('{\n"a": 1,\n"b": [1,\n}', "data.json", 4, 1),
        ('{"a": 1}\n{"a": NaN}\n', "data.jsonl", 2, 7),
        ('[{"a": 1},\n{"a": NaN}]', "data.json", 2, 1),
    ],
)
def test_invalid_json_is_named_by_line_and_column(read, text, name, line, column):
    with pytest.raises(FileInputError, match="not valid JSON") as caught:
        read(text, name)

    assert (caught.value.facts["line"], caught.value.facts["column"]) == (line, column)


@pytest.mark.parametrize("text", ["[]", "[{}]", "{}", '"hello"', "42", '[{"a": 1}, 5]', "[[1], {}]"])
def test_json_without_a_table_says_so(read, text):
    with pytest.raises(FileInputError, match=r"holds no|mixes objects"):
        read(text, "data.json")


def test_an_array_longer_than_what_is_read_at_once(read):
    rows = [{"id": number, "text": 'é{[]},\\"' * 20} for number in range(20_000)]

    found = read(json.dumps(rows, ensure_ascii=False, indent=1), "data.json")

    assert found.report.rows == 20_000
    assert found.rows[-1] == [19_999, rows[-1]["text"]]


def test_an_error_deep_in_a_long_array_has_the_right_line(read):
    rows = [json.dumps({"id": number, "pad": "x" * 90}) for number in range(30_000)]
    text = "[\n" + ",\n".join(rows) + ",\n{bad}]"

    with pytest.raises(FileInputError) as caught:
        read(text, "data.json")

    assert (caught.value.facts["line"], caught.value.facts["column"]) == (30_002, 2)


def test_a_document_too_big_to_be_read_at_once_is_refused(read):
    with pytest.raises(LimitExceededError, match="one JSON object"):
        read('{"a":\n"' + "x" * 3000 + '"}', "data.json", limits=ReadLimits(document_bytes=1024))


@pytest.mark.parametrize("name", ["data.json", "data.jsonl"])
def test_a_record_over_the_limit_is_refused_with_its_line(read, name):
    head, between, foot = ("[", ",\n", "]") if name == "data.json" else ("", "\n", "\n")
    text = head + '{"a": 1}' + between + '{"a": "' + "x" * 3_000_000 + '"}' + foot

    with pytest.raises(LimitExceededError, match="line 2"):
        read(text, name, limits=ReadLimits(record_bytes=2_000_000))


def test_nesting_without_end_is_refused(read):
    with pytest.raises((FileInputError, LimitExceededError)):
        read("[" * 100_000, "data.json")


def test_objects_used_as_dictionaries_are_kept_whole(read):
    rows = [{"id": number, "by_user": {f"u{number}": number}} for number in range(300)]

    found = read(json.dumps(rows), "data.json", limits=ReadLimits(columns=100))

    assert found.names == ["id", "by_user"]
    assert found.rows[7] == [7, '{"u7":7}']
    assert "more than 100 different keys" in found.notes


def test_a_million_different_keys_are_refused(read):
    with pytest.raises(LimitExceededError, match="different keys"):
        read(json.dumps([{f"k{number}": 1} for number in range(300)]), "data.json", limits=ReadLimits(columns=100))


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(values, min_size=1, max_size=8), lines=st.booleans())
def test_any_values_of_one_kind_come_back_exactly(read, items, lines):
    kinds = {type(item) for item in items if item is not None}
    rows = [{"n": number, "v": item} for number, item in enumerate(items)]
    text = "\n".join(map(json.dumps, rows)) if lines else json.dumps(rows)

    found = read(text + "\n", "data.jsonl" if lines else "data.json")

    got = [row[1] for row in found.rows]
    if kinds <= {bool} or kinds <= {int} or (kinds <= {str} and found.types[1] == "VARCHAR"):
        assert got == items
    assert len(got) == len(items)
