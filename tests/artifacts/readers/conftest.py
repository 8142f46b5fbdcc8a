"""What every test of the readers needs: bytes in, table and report out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest

from dataops_kernel.artifacts.readers import ReadReport, read_file


class Read(NamedTuple):
    """One reading: the report, and the table's rows as lists."""

    report: ReadReport
    rows: list[list[Any]]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.report.columns]

    @property
    def types(self) -> list[str]:
        return [column.type for column in self.report.columns]

    @property
    def notes(self) -> str:
        return "\n".join(self.report.notes)


Reader = Callable[..., Read]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Write content to a file, read it as the product does, and look at the Parquet file that comes of it."""

    def run(content: str | bytes, name: str = "data.csv", **options: Any) -> Read:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return of(file, tmp_path / "table.parquet", **options)

    return run


@pytest.fixture
def read_path(tmp_path: Path) -> Reader:
    """Read a file that exists already."""
    return lambda path, **options: of(path, tmp_path / "table.parquet", **options)


def of(path: str | Path, target: Path, **options: Any) -> Read:
    report = read_file(path, target, **options)
    table = pq.read_table(target)
    assert table.num_rows == report.rows
    columns = [column.to_pylist() for column in table.columns]
    return Read(report, [list(row) for row in zip(*columns, strict=True)])
