"""Parquet: read as it is, but flat and under names that can be told apart."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_kernel.artifacts.readers import ReadLimits
from dataops_kernel.errors import FileInputError, LimitExceededError


@pytest.fixture
def parquet(tmp_path):
    def write(table: pa.Table, name: str = "data.parquet"):
        pq.write_table(table, tmp_path / name)
        return tmp_path / name

    return write


def test_types_and_rows_stay_what_they_are(read_path, parquet):
    table = pa.table(
        {
            "id": pa.array([1, None], pa.int32()),
            "day": [dt.date(2026, 1, 2), None],
            "price": pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)),
            "seen": pa.array([dt.datetime(2026, 1, 2, tzinfo=dt.UTC), None], pa.timestamp("us", "UTC")),
            "name": ["007", None],
        }
    )

    found = read_path(parquet(table))

    assert found.types == ["INTEGER", "DATE", "DECIMAL(10,2)", "TIMESTAMP WITH TIME ZONE", "VARCHAR"]
    assert found.rows == [list(row.values()) for row in table.to_pylist()]
    assert (found.report.format, found.report.encoding, found.report.notes) == ("parquet", None, ())


def test_structs_are_opened_and_lists_become_json(read_path, parquet):
    table = pa.table({"s": [{"x": 1, "y": {"z": "q"}}, None], "l": [[1, 2], []]})

    found = read_path(parquet(table))

    assert found.names == ["s_x", "s_y_z", "l"]
    assert found.rows == [[1, "q", "[1,2]"], [None, None, "[]"]]
    assert "Nested columns" in found.notes
    assert "'l'" in found.notes


def test_doubled_names_are_told_apart(read_path, parquet):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "A", "a"])

    found = read_path(parquet(table))

    assert found.names == ["a", "A_2", "a_3"]
    assert found.rows == [[1, 2, 3]]
    assert "came again" in found.notes


def test_a_table_without_rows_is_one(read_path, parquet):
    found = read_path(parquet(pa.table({"a": pa.array([], pa.int64())})))

    assert (found.names, found.rows) == (["a"], [])
    assert "no rows" in found.notes


def test_parquet_under_another_suffix_is_read_and_said(read_path, parquet):
    found = read_path(parquet(pa.table({"a": [1]}), "data.csv"))

    assert found.rows == [[1]]
    assert "holds Parquet" in found.notes


def test_a_truncated_file_is_called_damaged(read_path, parquet, tmp_path):
    whole = parquet(pa.table({"a": list(range(1000))})).read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(FileInputError, match="damaged or unfinished"):
        read_path(tmp_path / "cut.parquet")


def test_flipped_bytes_are_an_error_and_no_wrong_value(read_path, parquet, tmp_path):
    table = pa.table({"a": [str(number) for number in range(5000)]})
    pq.write_table(table, tmp_path / "flip.parquet", write_page_checksum=True, compression="zstd")
    data = bytearray((tmp_path / "flip.parquet").read_bytes())
    data[len(data) // 3] ^= 0xFF
    (tmp_path / "flip.parquet").write_bytes(data)

    with pytest.raises(FileInputError, match="cannot be read"):
        read_path(tmp_path / "flip.parquet")


def test_what_only_claims_to_be_parquet_is_refused(read):
    with pytest.raises(FileInputError, match="not a Parquet file"):
        read("hello", "data.parquet")


def test_too_many_columns_are_refused(read_path, parquet):
    with pytest.raises(LimitExceededError, match="11 columns"):
        read_path(parquet(pa.table({f"c{number}": [1] for number in range(11)})), limits=ReadLimits(columns=10))
