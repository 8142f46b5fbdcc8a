"""What the tests of sql_generator share: two places to ask in, and how results are compared.

``Site`` is a session over the real stores and the real query process. ``Quick`` runs the same nodes over DuckDB in this
process, for hundreds of questions.
"""

import datetime as dt
import itertools
import threading
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa

from dataops_kernel.artifacts import ArtifactStore, Lineage
from dataops_kernel.artifacts.query import QueryService
from dataops_kernel.ids import IdSource
from dataops_kernel.llm.rules import RulesModel
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.storage.memory import MemoryBlobs, MemoryLedger
from dataops_kernel.testing.clock import ManualClock
from dataops_kernel.types import Artifact, Column
from dataops_kernel.workflows import WorkflowContext, WorkflowResult
from dataops_kernel.workflows.step_context import StepContext
from tests.workflows.sql_worlds import WORLDS, Tables
from workflows.sql_generator import nodes
from workflows.sql_generator.schema import Schema
from workflows.sql_generator.workflow import SqlGenerator

DATA = Path(__file__).parents[2] / "notebooks" / "data"


class Site:
    """A session that holds some tables, over the real stores and the real query process."""

    def __init__(self) -> None:
        clock = ManualClock()
        self.ids = IdSource(clock)
        ledger = MemoryLedger(strict=True)
        self.log = SessionLog(ledger)
        self.artifacts = ArtifactStore(ledger, MemoryBlobs(), self.log, self.ids, clock)
        self.lineage = Lineage(ledger)
        self.query = QueryService(self.artifacts.open_table)
        self.session = self.ids.new("ses")
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.workflow = SqlGenerator()

    def step(self, workflow: str = "sql_generator") -> StepContext:
        return StepContext(
            session_id=self.session,
            run_id=self.ids.new("run"),
            step=self.ids.new("stp"),
            workflow=workflow,
            text="",
            artifacts=self.artifacts,
            query=self.query,
            lineage=self.lineage,
            llm=RulesModel(),
            emit=lambda type, step=None, **data: self.said.append((type, data)),
            cancelled=threading.Event(),
            folder=DATA,
        )

    def load(self, tables: Tables) -> "Site":
        for name, content in tables.items():
            self.step("loading").store(content, name=name)
        return self

    def load_files(self, *names: str) -> "Site":
        for name in names:
            self.step("loading").load_file(name)
        return self

    def ask(self, question: str, **parameters: Any) -> WorkflowResult:
        self.said.clear()
        state = self.workflow.invoke({"question": question, **parameters}, context=self.step())
        return WorkflowResult.model_validate(state["result"])

    def rows(self, result: WorkflowResult) -> list[tuple[Any, ...]]:
        """Return the stored rows of an answer."""
        table = self.artifacts.get_table(result.artifacts[0])
        return [tuple(row.values()) for row in table.to_pylist()]

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        table = self.query.run(sql, self.artifacts.tables(self.session)).table
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True)) if table.num_rows else []

    def stored(self, result: WorkflowResult) -> Artifact:
        return self.artifacts.describe(result.artifacts[0])

    def queries(self) -> list[str]:
        """Return the SQL the last question said, the answer's own last."""
        return [data["query"] for type, data in self.said if type == "sql"]

    def close(self) -> None:
        self.query.close()


def site_of(world: str) -> Site:
    """Return a session with the tables of a world: the example data, or one of the small ones."""
    if world == "shop":
        return Site().load_files("orders.csv", "customers.csv", "products.csv")
    return Site().load(WORLDS[world]())


class Quick(WorkflowContext):
    """The least a workflow needs to run: tables in an in-process DuckDB; what is stored is only kept."""

    def __init__(self, world: str) -> None:
        self.connection = duckdb.connect()
        for name, content in self._content(world).items():
            self.connection.register("arrow", content)
            self.connection.execute(f'CREATE TABLE "{name}" AS FROM arrow')
            self.connection.unregister("arrow")
        self.artifacts = [self._artifact(name) for (name,) in self.run("SHOW TABLES")]
        self.stored: dict[str, pa.Table] = {}

    @staticmethod
    def _content(world: str) -> Tables:
        if world != "shop":
            return WORLDS[world]()
        return {
            name: duckdb.read_csv(str(DATA / f"{name}.csv"), connection=duckdb.connect()).to_arrow_table()
            for name in ("orders", "customers", "products")
        }

    def _artifact(self, name: str) -> Artifact:
        columns = [Column(name=row[0], type=row[1]) for row in self.run(f'DESCRIBE "{name}"')]
        return Artifact(
            artifact_id=f"art_{name}", session_id="ses_quick", workflow_name="loading", artifact_type="intermediate",
            name=name, version=1, content_type="parquet", form="arrow", created_at=dt.datetime(2026, 11, 22, tzinfo=dt.UTC),
            size_bytes=1, sha256="", row_count=1, columns=tuple(columns),
        )  # fmt: skip

    def ask(self, question: str, after: WorkflowResult | None = None) -> WorkflowResult:
        """Run the nodes one after another, as the graph does; ``after`` is the answer before in the conversation."""
        earlier = after.data if after else {}
        state: Any = {
            "question": question,
            "limit": None,
            "thread": earlier.get("thread", []),
            "last": earlier.get("last"),
        }
        for node in (nodes.read_tables, nodes.look_up, nodes.understand, nodes.run_query, nodes.answer):
            state |= node(state, SimpleNamespace(context=self))  # type: ignore[arg-type]
            if nodes.is_answered(state):
                break
        return WorkflowResult.model_validate(state["result"])

    def rows(self, result: WorkflowResult) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.stored[result.artifacts[0]].to_pylist()]

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def tables(self) -> list[Artifact]:
        return self.artifacts

    def sql(self, query: str, parameters: Mapping[str, Any] | None = None, **limits: Any) -> pa.Table:
        return self.connection.sql(query).to_arrow_table()

    def store(self, content: Any, *, name: str, **about: Any) -> Artifact:
        self.stored[name] = content
        return self.artifacts[0].model_copy(update={"name": name, "artifact_id": name})

    def table(self, name: str) -> Artifact:
        raise NotImplementedError

    load_file = reader_notes = read_text = content = progress = table  # type: ignore[assignment]


def schema_of(**tables: Mapping[str, str]) -> Schema:
    """Return the schema of tables given as column name -> type."""
    return Schema.of(
        [
            {
                "name": name,
                "artifact_id": name,
                "rows": None,
                "derived": False,
                "columns": [{"name": column, "type": kind, "nulls": None} for column, kind in columns.items()],
            }
            for name, columns in tables.items()
        ]
    )


def same_rows(gold: Sequence[tuple[Any, ...]], rows: Sequence[tuple[Any, ...]], *, ordered: bool) -> bool:
    """Whether the rows hold the gold's, which may have fewer columns, in another order."""
    if len(gold) != len(rows):
        return False
    if not gold:
        return True
    wanted, found = [[list(map(_plain, row)) for row in part] for part in (gold, rows)]
    fitting = [
        [at for at in range(len(found[0])) if sorted(row[at] for row in found) == sorted(row[place] for row in wanted)]
        for place in range(len(wanted[0]))
    ]
    for places in itertools.islice(itertools.product(*fitting), 500):
        chosen = [[row[place] for place in places] for row in found]
        if len(set(places)) == len(places) and (chosen == wanted if ordered else sorted(chosen) == sorted(wanted)):
            return True
    return False


def _plain(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, int | float | Decimal):
        return f"{float(value):.4f}"
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return str(value)
