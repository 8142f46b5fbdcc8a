"""SQL over stored tables, written by people and models: checked, fenced, bounded, and answered as Arrow."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from dataops_kernel.artifacts.query.messages import broken_content, query_failure
from dataops_kernel.artifacts.query.process import Failed, ProcessDied, QueryProcess, Stopped
from dataops_kernel.errors import (
    DataOpsError,
    ParameterError,
    QueryError,
    QueryTimeoutError,
    RunCancelledError,
    suggestion,
)
from dataops_kernel.types import Artifact, Frozen

if TYPE_CHECKING:
    import pyarrow

    from dataops_kernel.artifacts.query.guard import CheckedQuery

OpenTable = Callable[[Artifact], Path | bytes]
_WAIT_SECONDS = 0.05
_THREADS = 2


class QueryLimits(Frozen):
    """What one query may use."""

    seconds: float = Field(default=30, gt=0)
    memory_mb: int = Field(default=2048, ge=64)
    max_rows: int = Field(default=1_000_000, ge=0, description="Rows past this are left out, and the outcome says so.")
    max_result_mb: int = Field(default=256, ge=1)
    text_bytes: int = Field(default=100_000, ge=1)
    processes: int = Field(default=2, ge=1, description="Queries that run at once; others wait their turn.")


@dataclass(frozen=True, slots=True)
class QueryOutcome:
    """The rows of a query, the ids of the artifacts it read, whether rows were left out, and how long it took."""

    table: "pyarrow.Table"
    used: tuple[str, ...]
    truncated: bool
    seconds: float


class QueryService:
    """Runs one reading statement at a time per process, in processes that may be killed at any moment.

    ``open_table`` gives the content of a table artifact: the path of its Parquet file, or the bytes (Parquet, or
    JSON rows when ``content_type`` is json) of one small enough to ride in the ledger. Safe to use from any thread.
    """

    def __init__(
        self,
        open_table: OpenTable,
        limits: QueryLimits | None = None,
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_table = open_table
        self._limits = limits or QueryLimits()
        self._timer = timer
        self._turn = threading.Condition()
        self._idle: list[QueryProcess] = []
        self._all: set[QueryProcess] = set()
        self._closed = False

    def run(
        self,
        sql: str,
        tables: Mapping[str, Artifact],
        parameters: Mapping[str, Any] | None = None,
        row_limit: int | None = None,
        cancelled: threading.Event | None = None,
    ) -> QueryOutcome:
        """Run ``sql`` over ``tables`` (names without regard to case) and return its rows.

        ``parameters`` fill ``$name``; the smaller of ``row_limit`` and the limits' ``max_rows`` cuts the result.
        Raises ``QueryError`` (with the fix), ``ParameterError``, ``LimitExceededError`` for a text or result too
        large, ``QueryTimeoutError`` past the limits' time or memory, and ``RunCancelledError``.
        """
        from dataops_kernel.artifacts.query import guard

        checked = guard.check(sql, tables, text_bytes=self._limits.text_bytes)
        read = {name: tables[name] for name in checked.tables}
        job, body = self._job(checked, read, parameters or {}, row_limit)
        started = self._timer()
        rows, truncated = self._answer(job, body, read.values(), cancelled)
        used = dict.fromkeys(artifact.artifact_id for artifact in read.values())
        return QueryOutcome(rows, tuple(used), truncated, self._timer() - started)

    def warm(self) -> None:
        """Start a process and load what reads queries in the background, so that the first query finds both ready."""
        with self._turn:
            if self._closed or self._all:
                return
            self._idle.append(self._started())
        threading.Thread(target=_load_what_the_first_query_needs).start()

    def processes(self) -> tuple[int, ...]:
        """Return the operating system's numbers of the processes that are up."""
        with self._turn:
            return tuple(process.pid for process in self._all if process.alive)

    def close(self) -> None:
        """End every process; a query that is running fails. Closing twice does nothing."""
        with self._turn:
            self._closed = True
            while self._idle:
                self._forget(self._idle.pop())
            # Whoever waits for one of the others sees its end and gives its pipes back.
            for process in self._all:
                process.kill()
            self._turn.notify_all()

    def _job(
        self,
        checked: "CheckedQuery",
        tables: Mapping[str, Artifact],
        parameters: Mapping[str, Any],
        row_limit: int | None,
    ) -> tuple[dict[str, Any], bytes]:
        statement, limits = checked.statement, self._limits
        contents = [self._open_table(artifact) for artifact in tables.values()]
        bodies = [content if isinstance(content, bytes) else b"" for content in contents]
        values = _one_row(statement.parameters, parameters)
        job = {
            "sql": statement.sql,
            "explain": statement.explain,
            "tables": [
                {
                    "name": name,
                    "digest": f"{artifact.artifact_id}:{artifact.sha256}",
                    "kind": artifact.content_type,
                    "path": str(content.absolute()) if isinstance(content, Path) else None,
                    "size": len(body),
                }
                for (name, artifact), content, body in zip(tables.items(), contents, bodies, strict=True)
            ],
            "parameters": len(values),
            "max_rows": limits.max_rows if row_limit is None else max(0, min(row_limit, limits.max_rows)),
            "max_bytes": limits.max_result_mb << 20,
            "cpu_seconds": limits.seconds * _THREADS + 5,
        }
        return job, b"".join([*bodies, values])

    def _answer(
        self,
        job: dict[str, Any],
        body: bytes,
        read: Iterable[Artifact],
        cancelled: threading.Event | None,
    ) -> tuple[Any, bool]:
        attempts = self._limits.processes + 1
        while True:
            attempts -= 1
            process = self._take(cancelled)
            unharmed = False
            try:
                answer = process.ask(job, body, self._limits.seconds, cancelled)
                unharmed = True
                return answer
            except Failed as failure:
                unharmed = True
                raise self._failure(failure, job, read) from failure
            except Stopped as stop:
                unharmed = True
                raise self._stopped(stop) from stop
            except ProcessDied as death:
                # A process that had died while it was idle is nobody's fault: another one gets the query.
                if death.started or self._closed or not attempts:
                    raise self._died(process) from death
            finally:
                self._give_back(process, reusable=unharmed)

    def _take(self, cancelled: threading.Event | None) -> QueryProcess:
        with self._turn:
            while not self._closed:
                if cancelled is not None and cancelled.is_set():
                    raise self._stopped(Stopped(cancelled=True))
                while self._idle:
                    process = self._idle.pop()
                    if process.alive:
                        return process
                    self._forget(process)
                if len(self._all) < self._limits.processes:
                    return self._started()
                self._turn.wait(_WAIT_SECONDS)
        raise QueryError("The query service is closed.", hint="Open the workbench again.")

    def _give_back(self, process: QueryProcess, *, reusable: bool) -> None:
        with self._turn:
            if reusable and process.alive and not self._closed:
                self._idle.append(process)
            else:
                self._forget(process)
                if not self._closed:
                    self._idle.insert(0, self._started())
            self._turn.notify()

    def _started(self) -> QueryProcess:
        process = QueryProcess(self._limits.memory_mb, self._timer)
        self._all.add(process)
        return process

    def _forget(self, process: QueryProcess) -> None:
        self._all.discard(process)
        process.end()

    def _failure(self, failure: Failed, job: dict[str, Any], read: Iterable[Artifact]) -> DataOpsError:
        # The engine names the file when its content is at fault, and a blob's path is nobody's business.
        broken = [table["name"] for table in job["tables"] if table["path"] and table["path"] in failure.text]
        if broken or failure.kind == "Unreadable":
            return broken_content(broken[0] if broken else failure.text)
        return query_failure(
            failure.kind,
            failure.text,
            sql=job["sql"],
            columns=(column.name for artifact in read for column in artifact.columns),
            memory_mb=self._limits.memory_mb,
            result_mb=self._limits.max_result_mb,
        )

    def _stopped(self, stop: Stopped) -> DataOpsError:
        if stop.cancelled:
            return RunCancelledError("The query was cancelled.", hint="Run it again when it is wanted.")
        return QueryTimeoutError(
            f"The query was stopped after {self._limits.seconds:g} s.",
            hint="Filter earlier, join on a key, or ask for fewer rows; a larger limit is a setting.",
            seconds=self._limits.seconds,
        )

    def _died(self, process: QueryProcess) -> DataOpsError:
        if self._closed:
            return RunCancelledError("The query was cut off: the service was closed.", hint="Open it again.")
        return QueryTimeoutError(
            f"The system ended the query before it answered ({process.ending}).",
            hint="Run it again. If it ends the same way, it needs less data: filter earlier, choose fewer columns.",
        )


def _load_what_the_first_query_needs() -> None:
    for name in ("dataops_kernel.artifacts.query.grammar", "pyarrow"):
        import_module(name)


def _one_row(names: tuple[str, ...], values: Mapping[str, Any]) -> bytes:
    """Return the named values as an Arrow stream of one row, so that their types arrive unchanged."""
    if not names:
        return b""
    import pyarrow

    missing = [name for name in names if name not in values]
    if missing:
        raise ParameterError(
            f"The query needs a value for ${missing[0]}.",
            hint=suggestion(missing[0], values, f"Pass parameters={{{missing[0]!r}: …}}."),
            parameter=missing[0],
        )
    columns = {}
    for name in names:
        value = values[name]
        try:
            wide = isinstance(value, int) and abs(value) >= 1 << 63
            columns[name] = pyarrow.array([Decimal(value) if wide else value])
        except (pyarrow.ArrowException, TypeError, OverflowError) as error:
            raise ParameterError(
                f"The value of ${name} is of no type SQL knows: {type(value).__name__}.",
                hint="Use text, numbers, dates, times, true or false, None, or lists of them.",
                parameter=name,
            ) from error
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, pyarrow.schema([(n, c.type) for n, c in columns.items()])) as writer:
        writer.write_table(pyarrow.table(columns))
    return bytes(sink.getvalue())
