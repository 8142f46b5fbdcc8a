"""A small shop in real Parquet files, and one query service over it."""

import datetime as dt
import hashlib
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_kernel.artifacts.query import QueryLimits, QueryService
from dataops_kernel.types import Artifact, Column

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


class Shelf:
    """Tables by name, their content as files or bytes, and the query services opened over them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables: dict[str, Artifact] = {}
        self._contents: dict[str, Path | bytes] = {}
        self._services: list[QueryService] = []

    def put(self, name: str, table: pa.Table) -> Path:
        """Store a table as a file named by its hash, without an ending, as blobs are."""
        path = self.folder / hashlib.sha256(name.encode()).hexdigest()
        pq.write_table(table, path)
        self.add(name, path, hashlib.sha256(path.read_bytes()).hexdigest(), table.column_names)
        return path

    def put_bytes(self, name: str, content: bytes, kind: str = "parquet", columns: tuple[str, ...] = ()) -> None:
        """Store content that rides in the ledger."""
        self.add(name, content, hashlib.sha256(content).hexdigest(), columns, kind)

    def add(self, name: str, content: Path | bytes, digest: str, columns=(), kind: str = "parquet") -> None:
        self._contents[f"art_{name}"] = content
        self.tables[name] = Artifact(
            artifact_id=f"art_{name}",
            session_id="ses_1",
            workflow_name="by_hand",
            artifact_type="result",
            name=name,
            version=1,
            content_type=kind,
            form="arrow",
            created_at=NOON,
            size_bytes=1,
            sha256=digest,
            columns=tuple(Column(name=column, type="VARCHAR") for column in columns),
        )

    def open(self, artifact: Artifact) -> Path | bytes:
        return self._contents[artifact.artifact_id]

    def service(self, **limits) -> QueryService:
        self._services.append(QueryService(self.open, QueryLimits(**limits)))
        return self._services[-1]

    def close(self) -> None:
        for service in self._services:
            service.close()


def shop() -> dict[str, pa.Table]:
    days = pa.array([NOON + dt.timedelta(days=i) for i in range(6)], pa.timestamp("us", "UTC"))
    amounts = [Decimal("10.50"), Decimal("3.25"), Decimal("99.99"), Decimal("1.00"), None, Decimal("20.00")]
    orders = pa.table(
        {
            "order_id": pa.array(range(1, 7), pa.int64()),
            "customer_id": [1, 2, 1, 3, 2, 1],
            "region": ["north", "south", "north", "east", None, "north"],
            "amount": pa.array(amounts, pa.decimal128(10, 2)),
            "ordered_at": days,
            "sku": ["a", "b", "a", "b", "a", "b"],
            "items": [[{"sku": "a", "qty": 1}], [], [{"sku": "b", "qty": 2}], None, [{"sku": "a", "qty": 5}], []],
            "tags": [["a", "b"], [], ["c"], None, ["a"], ["x", "y"]],
            "note": ['{"kind": "x"}', "{}", None, '{"kind": 1}', "[]", '{"kind": "z"}'],
        }
    )
    customers = pa.table(
        {
            "customer_id": [1, 2, 3],
            "name": ["Ann", "Bob", "Cid"],
            "since": [dt.date(2020, 1, 31), dt.date(2021, 2, 1), dt.date(2022, 3, 5)],
            "address": [{"city": "Rome"}, {"city": "Oslo"}, None],
        }
    )
    prices = pa.table({"sku": ["a", "b"], "ordered_at": days[:2], "price": [1.5, 2.5]})
    return {
        "orders": orders,
        "customers": customers,
        "prices": prices,
        "empty": orders.slice(0, 0),
        "orders@2": orders.slice(0, 2),
    }


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory):
    made = Shelf(tmp_path_factory.mktemp("shelf"))
    for name, table in shop().items():
        made.put(name, table)
    yield made
    made.close()


@pytest.fixture(scope="module")
def service(shelf: Shelf) -> QueryService:
    made = shelf.service()
    made.warm()
    return made


@pytest.fixture(scope="module")
def ask(shelf: Shelf, service: QueryService):
    """Run SQL over the whole shelf: ``ask("from orders").table``."""

    def run(sql: str, parameters=None, **options):
        return service.run(sql, shelf.tables, parameters, **options)

    return run
