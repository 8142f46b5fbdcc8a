"""Rows A1 A2 A5 A7 Q2: artifacts and SQL over them."""

import hashlib
import os
from pathlib import Path

import duckdb
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from bench.measure import Row, compare
from bench.raw import RawTable
from dataops_kernel import connect
from dataops_kernel.artifacts.records import artifact_write
from dataops_kernel.storage.ledger import Write
from dataops_kernel.types import ArtifactAttached, ArtifactMetadata
from dataops_kernel.workbench import Workbench

MANY = 100_000


def rows(folder: Path) -> list[Row]:
    """Measure every row of this file in a fresh folder."""
    with connect(folder / "ws") as wb:
        return [*_small(wb, folder), _table(wb, folder), _query(wb, folder), _page(wb)]


def _metadata(session_id: str, name: str, kind: str = "result") -> ArtifactMetadata:
    return ArtifactMetadata(session_id=session_id, workflow_name="bench", name=name, artifact_type=kind)


def _small(wb: Workbench, folder: Path) -> list[Row]:
    session_id = wb.sessions.create_session().session_id
    content = {"text": "x" * 900, "rows": 5, "columns": ["a", "b", "c"]}
    body = orjson.dumps(content)
    raw = RawTable(folder / "raw.sqlite")
    names = iter(f"n{i}" for i in range(1_000_000))
    store = compare(
        "A1",
        "store 1 KB JSON, durable, hashed, indexed",
        lambda: raw.insert(body),
        lambda: wb.artifacts.store_artifact(content, _metadata(session_id, next(names))),
        runs=600,
        goal=1.6,
    )
    artifact_id = wb.artifacts.latest(session_id, "n5").artifact_id
    read = compare(
        "A2",
        "get 1 KB",
        lambda: orjson.loads(raw.get(5)),
        lambda: wb.artifacts.get_artifact(artifact_id),
        runs=2_000,
        goal=None,
        note="goal: 0.02 ms",
    )
    return [store, read]


def _table(wb: Workbench, folder: Path) -> Row:
    session_id = wb.sessions.create_session().session_id
    random = np.random.default_rng(7)
    n = 1_000_000
    table = pa.table(
        {
            **{f"f{i}": random.random(n) for i in range(5)},
            **{f"i{i}": random.integers(0, 1_000_000, n) for i in range(3)},
            "region": pa.array(np.array(["EMEA", "AMER", "APAC", "LATAM"])[random.integers(0, 4, n)]),
            "id": np.arange(n),
        }
    )
    path = folder / "raw.parquet"

    def raw() -> None:
        pq.write_table(table, path, compression="zstd", compression_level=1, write_page_checksum=True)
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
            os.fsync(file.fileno())

    return compare(
        "A5",
        "store 1,000,000 x 10 table, Parquet, durable, hashed",
        raw,
        lambda: wb.artifacts.store_artifact(table, _metadata(session_id, "big")),
        runs=5,
        goal=1.2,
    )


def _query(wb: Workbench, folder: Path) -> Row:
    session_id = wb.sessions.create_session().session_id
    random = np.random.default_rng(7)
    table = pa.table(
        {"region": np.array(["a", "b", "c"])[random.integers(0, 3, 10_000)], "amount": random.random(10_000)}
    )
    wb.artifacts.store_artifact(table, _metadata(session_id, "orders"))
    path = folder / "orders.parquet"
    pq.write_table(table, path)
    sql = "select region, sum(amount) as amount from {} group by 1 order by 1"
    raw_sql = sql.format(f"'{path}'")
    with duckdb.connect() as db:
        return compare(
            "Q2",
            "SQL over one artifact of 10,000 rows, guarded process",
            lambda: db.sql(raw_sql).to_arrow_table(),
            lambda: wb.sql(sql.format("orders"), session_id),
            runs=200,
            goal=None,
            note="goal: 3 ms; trivial query through the guarded process under 15 ms",
        )


def _page(wb: Workbench) -> Row:
    session_id = wb.sessions.create_session().session_id
    ledger = wb._services.log._ledger
    _fill(wb, session_id)
    return compare(
        "A7",
        f"filtered page of 50 among {MANY:,} artifacts",
        lambda: ledger.of_session("artifact", session_id, limit=50, reverse=True),
        lambda: wb.artifacts.list_artifacts(session_id, {"workflow_name": "bench"}, limit=50),
        runs=200,
        goal=None,
        note="goal: 0.20 ms; raw: the ledger's own page of 50, unfiltered and unparsed",
    )


def _fill(wb: Workbench, session_id: str) -> None:
    """Attach many artifacts quickly, 50 a commit, as the store would one by one."""
    log, ids = wb._services.log, wb._services.ids
    first = wb.artifacts.describe(wb.artifacts.store_artifact({"i": 0}, _metadata(session_id, "first")))
    for start in range(0, MANY, 50):
        writes: list[Write] = []
        for i in range(start, start + 50):
            workflow = "bench" if i % 4 else "other"
            made = first.model_copy(
                update={"artifact_id": ids.new("art"), "name": f"n{i}", "workflow_name": workflow, "version": 1}
            )
            entry = ArtifactAttached(time=made.created_at, artifact_id=made.artifact_id, name=made.name, version=1)
            writes += [*log.appends(session_id, entry), artifact_write(made, b"{}")]
        log._ledger.commit(writes)
