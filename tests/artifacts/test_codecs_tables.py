from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_kernel.artifacts.codecs import ROW_GROUP_ROWS, Table, decode, encode, read_summary
from dataops_kernel.errors import ParameterError

LIMIT = 1024

KINDS = [
    pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
    pa.float16(), pa.float32(), pa.float64(), pa.string(), pa.large_string(), pa.string_view(), pa.binary(),
    pa.large_binary(), pa.binary_view(), pa.binary(4), pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms"),
    pa.time64("us"), pa.time64("ns"), pa.timestamp("s"), pa.timestamp("ms"), pa.timestamp("us"), pa.timestamp("ns"),
    pa.timestamp("us", "Europe/Berlin"), pa.timestamp("s", "UTC"), pa.timestamp("ns", "UTC"), pa.duration("s"),
    pa.duration("ns"), pa.decimal128(9, 2), pa.decimal128(38, 10), pa.decimal256(50, 3), pa.decimal32(5, 1),
    pa.dictionary(pa.int8(), pa.string()), pa.list_(pa.int64()), pa.list_(pa.int64(), 2), pa.large_list(pa.int8()),
    pa.map_(pa.string(), pa.int64()), pa.struct([("a", pa.int64()), ("b c", pa.list_(pa.string()))]), pa.null(),
    pa.uuid(), pa.json_(),
]  # fmt: skip


def stored(content):
    table = encode(content, LIMIT)
    data, _ = table.to_bytes()
    return decode(table.form, data)


def summary(content):
    return encode(content, LIMIT).to_bytes()[1]


def facts(content):
    return {column.name: (column.type, column.nulls, column.min, column.max) for column in summary(content).columns}


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_arrow_type_comes_back_and_is_called_what_duckdb_calls_it(kind, tmp_path):
    table = pa.table({"a": pa.nulls(2, kind), "n": [1, 2]})
    path = tmp_path / "t.parquet"
    described = Table.from_arrow(table).write(path)

    back = decode("arrow", path.read_bytes())

    assert back.schema.equals(table.schema) and back.equals(table)
    assert duckdb.sql(f"describe select * from '{path}'").fetchall()[0][1] == described.columns[0].type


def test_values_of_all_kinds_come_back_exactly():
    table = pa.table(
        {
            "i": pa.array([2**63 - 1, -(2**63), None]),
            "f": pa.array([float("nan"), float("-inf"), -0.0]),
            "s": pa.array(["", "grün\n\x00", None]),
            "when": pa.array([datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999), None]),
            "d": pa.array([Decimal("0.10"), Decimal("-99999999.99"), None]),
            "l": pa.array([[1, None], [], None]),
            "m": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int64())),
        },
        metadata={"made by": "a test"},
    )

    back = stored(table)

    assert back.schema.equals(table.schema) and back.schema.metadata == table.schema.metadata
    assert str(back.to_pylist()) == str(table.to_pylist())  # equal also where NaN is not


def test_two_columns_of_one_name_come_back():
    table = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])

    assert stored(table).equals(table)


def test_a_dataframe_comes_back_with_its_index_and_types():
    frame = pd.DataFrame(
        {
            "text": ["a", None, "c"],
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "flag": [True, False, True],
            "when": pd.to_datetime(["2026-01-01", "2026-01-02", None]),
            "kind": pd.Categorical(["x", "y", "x"]),
            "price": [0.5, float("nan"), 1.5],
        },
        index=pd.Index(["r1", "r2", "r3"], name="row"),
    )

    pd.testing.assert_frame_equal(stored(frame), frame)
    pd.testing.assert_frame_equal(stored(frame.reset_index()), frame.reset_index())
    pd.testing.assert_frame_equal(stored(frame[:0]), frame[:0])


def test_categories_come_back_in_their_order_also_those_that_no_row_has():
    frame = pd.DataFrame(
        {
            "size": pd.Categorical(["M", "M", None], categories=["S", "M", "L"], ordered=True),
            "code": pd.Categorical([2, 1, 2], categories=[3, 2, 1]),
        }
    )
    table = pa.table({"d": pa.DictionaryArray.from_arrays(pa.array([2, None, 2], pa.int8()), ["a", "b", "c"])})

    pd.testing.assert_frame_equal(stored(frame), frame)
    pd.testing.assert_frame_equal(stored(frame[:0]), frame[:0])
    assert stored(table).column("d").chunk(0).dictionary.to_pylist() == ["a", "b", "c"]
    assert stored(table).schema.equals(table.schema, check_metadata=True)


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.timestamp("s")),
        pa.struct([("a", pa.date64())]),
        pa.map_(pa.string(), pa.timestamp("s")),
        pa.list_(pa.dictionary(pa.int8(), pa.string())),
        pa.dictionary(pa.int16(), pa.timestamp("s")),
    ],
    ids=str,
)
def test_types_that_parquet_lacks_come_back_inside_others_too(kind):
    table = pa.table({"a": pa.nulls(2, kind)})

    assert stored(table).schema.equals(table.schema)


def test_values_come_back_even_where_their_wrapping_cannot_be_rebuilt():
    numbers = pa.array([7, 8, 7]).dictionary_encode()

    back = stored(pa.table({"a": pa.StructArray.from_arrays([numbers], ["n"])}))

    assert back.to_pylist() == [{"a": {"n": 7}}, {"a": {"n": 8}}, {"a": {"n": 7}}]


def test_rows_come_back_as_rows_and_a_missing_key_as_none():
    rows = [
        {"id": 1, "at": datetime(2026, 1, 1, tzinfo=UTC), "day": date(2026, 1, 1), "part": {"a": 1}, "tags": ["x"]},
        {"id": 2, "late": time(1, 2), "for": timedelta(seconds=3), "cost": Decimal("1.50"), "raw": b"\x00"},
    ]
    names = ["id", "at", "day", "part", "tags", "late", "for", "cost", "raw"]

    assert stored(rows) == [{name: row.get(name) for name in names} for row in rows]
    assert [column.name for column in summary(rows).columns] == names


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_rows_of_any_values_of_one_type_per_column_come_back(data):
    kinds = {"i": st.integers(-(2**63), 2**63 - 1), "t": st.text(st.characters(codec="utf-8")), "b": st.booleans()}
    kinds |= {"x": st.binary(), "f": st.floats(allow_nan=False), "d": st.dates(), "w": st.datetimes()}
    columns = data.draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, unique=True))
    row = st.fixed_dictionaries({name: st.none() | kinds[name] for name in columns})
    rows = data.draw(st.lists(row, min_size=1, max_size=20))

    assert stored(rows) == rows


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([{"a": 1}, {"a": "x"}], r"Column 'a' mixes number \(1\) and text \('x'\)"),
        ([{"a": date(2026, 1, 1)}, {"a": datetime(2026, 1, 1, 5)}], "mixes date .* and datetime"),
        ([{"a": "x"}, {"a": b"x"}], "mixes text .* and bytes"),
        ([{"a": True}, {"a": 1}], "mixes bool .* and number"),
        ([{"a": datetime(2026, 1, 1)}, {"a": datetime(2026, 1, 1, tzinfo=UTC)}], "with and without a time zone"),
        ([{"a": {"b": 1}}, {"a": {"b": "x"}}], "Column 'a', key 'b' mixes"),
        ([{"a": [1, "x"]}], "Column 'a', items mixes"),
        ([{"a": 2**64}], "Column 'a'"),
        ([{"a": "\ud800"}], "Column 'a'"),
        ([{"\ud800": 1}], r"Column '\\ud800'"),
        ([{1: "x"}], "the key 1, which is not text"),
        ([{"a": {}}], "no child field"),
        ([{"a": object()}], "Column 'a'"),
        ([{}, {}], "at least one column"),
    ],
)
def test_rows_that_a_table_cannot_hold_exactly_are_refused_with_the_reason(rows, reason):
    with pytest.raises(ParameterError, match=reason) as caught:
        stored(rows)

    assert caught.value.hint


def test_rows_that_contain_themselves_or_go_too_deep_are_refused():
    circle: dict = {"a": 1}
    circle["self"] = circle

    with pytest.raises(ParameterError, match="more than 32 levels deep"):
        stored([circle])


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({0: [1], 1: [2]}),
        pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")])),
        pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([("r", 1)], names=["one", "two"])),
        pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2026-01-01", periods=2, tz="Europe/Berlin")),
        pd.DataFrame({"a": [Decimal("1.5"), None], "b": [b"x", None], "c": [date(2026, 1, 1), None]}),
    ],
    ids=["numbered columns", "column levels", "row levels", "times as index", "objects"],
)
def test_dataframes_of_unusual_shape_come_back(frame):
    back = stored(frame)

    pd.testing.assert_index_equal(back.columns, frame.columns)
    pd.testing.assert_index_equal(back.index, frame.index)
    assert [list(map(str, row)) for row in back.itertuples()] == [list(map(str, row)) for row in frame.itertuples()]


def test_a_dataframe_whose_column_names_would_change_is_refused():
    with pytest.raises(ParameterError, match="names of several types"):
        stored(pd.DataFrame({"a": [1], 7: [2]}))


def test_a_dataframe_of_mixed_values_names_the_column():
    with pytest.raises(ParameterError, match="odd"):
        stored(pd.DataFrame({"fine": [1, 2], "odd": ["x", 2]}))


def test_arrow_types_that_parquet_lacks_are_refused():
    with pytest.raises(ParameterError, match="cannot be stored as a table"):
        stored(pa.table({"a": pa.nulls(1, pa.month_day_nano_interval())}))
    with pytest.raises(ParameterError, match="at least one column"):
        stored(pa.table({}))


def test_columns_are_described_with_nulls_least_and_greatest_values():
    described = facts(
        pa.table(
            {
                "i": [3, None, 1],
                "t": ["b", "a", None],
                "day": [date(2026, 1, 2), None, date(2025, 1, 1)],
                "when": pa.array([datetime(2026, 1, 1, 12), None, None], pa.timestamp("us", "UTC")),
                "cost": pa.array([Decimal("1.50"), Decimal("-2.00"), None], pa.decimal128(9, 2)),
                "f": [float("nan"), 2.5, -1.0],
                "end": [float("inf"), 0.0, 1.0],
                "nothing": pa.nulls(3, pa.int64()),
                "list": [[1], None, []],
                "after": [1, 2, 3],
                "long": ["x" * 101, "y", "z"],
            }
        )
    )

    assert described == {
        "i": ("BIGINT", 1, 1, 3),
        "t": ("VARCHAR", 1, "a", "b"),
        "day": ("DATE", 1, "2025-01-01", "2026-01-02"),
        "when": ("TIMESTAMP WITH TIME ZONE", 2, "2026-01-01T12:00:00+00:00", "2026-01-01T12:00:00+00:00"),
        "cost": ("DECIMAL(9,2)", 1, "-2.00", "1.50"),
        "f": ("DOUBLE", 0, -1.0, 2.5),
        "end": ("DOUBLE", 0, 0.0, None),
        "nothing": ("BIGINT", 3, None, None),
        "list": ("BIGINT[]", None, None, None),
        "after": ("BIGINT", 0, 1, 3),
        "long": ("VARCHAR", 0, None, "z"),
    }


def test_facts_are_folded_over_all_row_groups_of_a_large_table(tmp_path):
    rows = ROW_GROUP_ROWS * 2 + 5
    numbers = np.arange(rows)
    table = pa.table({"n": numbers, "half_empty": pa.array(numbers, mask=numbers < ROW_GROUP_ROWS)})
    path = tmp_path / "t.parquet"

    described = Table.from_arrow(table).write(path)

    assert pq.read_metadata(path).num_row_groups == 3
    assert described == read_summary(path)
    assert described.row_count == rows
    assert [(c.nulls, c.min, c.max) for c in described.columns] == [
        (0, 0, rows - 1),
        (ROW_GROUP_ROWS, ROW_GROUP_ROWS, rows - 1),
    ]


def test_a_table_without_rows_is_described_by_its_columns_alone():
    assert facts(pa.table({"a": pa.array([], pa.int64())})) == {"a": ("BIGINT", None, None, None)}


def test_only_text_that_repeats_is_dictionary_encoded_and_pages_carry_checksums(tmp_path):
    rows = 20_000
    table = pa.table(
        {
            "region": ["north", "south"] * (rows // 2),
            "name": [f"customer {n}" for n in range(rows)],
            "number": np.arange(rows),
            "only_the_head_repeats": ["same"] * 2_000 + [f"x{n}" for n in range(rows - 2_000)],
        }
    )
    path = tmp_path / "t.parquet"
    Table.from_arrow(table).write(path)
    group = pq.read_metadata(path).row_group(0)

    encoded = {group.column(i).path_in_schema: group.column(i).encodings for i in range(group.num_columns)}

    assert [name for name, encodings in encoded.items() if "RLE_DICTIONARY" in encodings] == ["region"]
    assert {group.column(i).compression for i in range(group.num_columns)} == {"ZSTD"}
    assert pq.read_table(path, page_checksum_verification=True).equals(table)
    flipped = bytearray(path.read_bytes())
    flipped[200] ^= 1
    path.write_bytes(flipped)
    with pytest.raises(OSError, match="CRC"):
        pq.read_table(path, page_checksum_verification=True)


def test_rows_of_different_time_zones_keep_their_instants():
    instants = [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=2)))]

    assert [row["at"] for row in stored([{"at": instant} for instant in instants])] == instants
