"""The query process: locked DuckDBs behind a pipe, killable at any moment; started by ``fence.py``.

It imports nothing of the package (only DuckDB and Arrow), so it starts fast and shares no state with its parent.
Requests come on standard input, answers go to standard output, each in one frame: lengths, a JSON header, bytes.

    request   {id, sql, explain, tables, parameters, max_rows, max_bytes, cpu_seconds} + inline tables + parameters
              {stop: id} interrupts
    answer    {started}, then {rows} + a piece of an Arrow stream, ..., then {done, truncated} or {failed, text}
"""

import contextlib
import glob
import json
import os
import queue
import re
import resource
import select
import struct
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import duckdb
import pyarrow
import pyarrow.ipc
import pyarrow.parquet

FRAME = struct.Struct(">IQ")
BATCH_ROWS = 100_000
ENGINES_KEPT = 4
PARENT_CHECK_SECONDS = 5.0
# Nodes of DuckDB's own syntax tree that read; COPY, INSERT, UPDATE, DELETE, MERGE and what comes next do not.
READING_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
EXPLAIN_WORDS = {"": "", "plan": "EXPLAIN ", "analyze": "EXPLAIN ANALYZE "}


class Refused(Exception):
    """The statement is not a single one that only reads."""


class Unreadable(Exception):
    """The content of a table, whose name is the text, is not what it should be."""


class TooLarge(Exception):
    """The result is larger than the answer may be."""


class Channel:
    """Frames over two file descriptors; only the main thread writes, only the listener reads."""

    def __init__(self, source: int, target: int) -> None:
        self._source = source
        self._target = target
        self._parent = os.getppid()

    def receive(self) -> tuple[dict[str, Any], bytes] | None:
        """Return the next frame, or None when the parent is gone."""
        head = self._exactly(FRAME.size)
        if head is None:
            return None
        header_size, body_size = FRAME.unpack(head)
        header, body = self._exactly(header_size), self._exactly(body_size)
        return None if header is None or body is None else (json.loads(header), body)

    def send(self, header: dict[str, Any], *body: Any) -> None:
        """Write one frame; the pieces of the body are bytes or Arrow buffers."""
        text = json.dumps(header).encode()
        pieces = [memoryview(piece).cast("B") for piece in body]
        self._write(memoryview(FRAME.pack(len(text), sum(map(len, pieces))) + text))
        for piece in pieces:
            self._write(piece)

    def _write(self, left: memoryview) -> None:
        while left:
            left = left[os.write(self._target, left) :]

    def _exactly(self, size: int) -> bytes | None:
        data = bytearray()
        while len(data) < size:
            self._wait()
            piece = os.read(self._source, min(size - len(data), 1 << 20))
            if not piece:
                return None
            data += piece
        return bytes(data)

    def _wait(self) -> None:
        # The end of the pipe tells of the parent's death, unless a forked sibling still holds the other end.
        while not select.select([self._source], [], [], PARENT_CHECK_SECONDS)[0]:
            if os.getppid() != self._parent:
                os._exit(0)


class _Pieces:
    """A file-like target for an Arrow stream that sends what was written as one frame per batch."""

    closed = False

    def __init__(self, channel: Channel, max_bytes: int) -> None:
        self._channel = channel
        self._left = max_bytes
        self._pieces: list[Any] = []

    def write(self, piece: Any) -> int:
        size = len(memoryview(piece).cast("B"))
        self._left -= size
        if self._left < 0:
            raise TooLarge
        self._pieces.append(piece)
        return size

    def flush(self) -> None:
        if self._pieces:
            self._channel.send({"rows": True}, *self._pieces)
            self._pieces = []


class Worker:
    """Answers one query at a time; keeps the engines of the last few sets of tables warm."""

    def __init__(self, channel: Channel, memory_mb: int) -> None:
        self._channel = channel
        self._memory_mb = memory_mb
        self._jobs: queue.SimpleQueue[tuple[dict[str, Any], bytes]] = queue.SimpleQueue()
        self._running: tuple[int, Any] | None = None
        self._stopped = 0
        self._engines: OrderedDict[str, Any] = OrderedDict()
        self._builder = ThreadPoolExecutor(1)
        # What an engine may read is fixed when it is locked, so every new set of tables needs a fresh one. Making
        # one takes some 20 ms, so the next is made ahead, between two answers.
        self._spare: Future[Any] | None = None
        self._make_spare()

    def serve(self, fences: dict[str, bool]) -> None:
        """Say hello and answer until the parent goes away."""
        threading.Thread(target=self._listen, daemon=True).start()
        self._make_spare().result()
        # The parent reads the error stream only to say why a process did not start.
        os.dup2(0, 2)
        self._channel.send({"hello": True, "fences": fences})
        while True:
            self._answer(*self._jobs.get())

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while (frame := self._channel.receive()) is not None:
                if "stop" in frame[0]:
                    self._stop(frame[0]["stop"])
                else:
                    self._jobs.put(frame)
        os._exit(0)

    def _stop(self, job_id: int) -> None:
        self._stopped = job_id
        running = self._running
        if running is not None and running[0] == job_id:
            with contextlib.suppress(duckdb.Error):
                running[1].interrupt()

    def _answer(self, job: dict[str, Any], body: bytes) -> None:
        cursor = None
        try:
            self._channel.send({"started": True})
            _limit_cpu(job["cpu_seconds"])
            parts = _parts(job, body)
            cursor = self._engine(job["tables"], parts).cursor()
            self._running = (job["id"], cursor)
            truncated = self._run(cursor, job, _values(parts[-1]))
            self._channel.send({"done": True, "truncated": truncated})
        except BrokenPipeError:
            os._exit(0)
        except BaseException as error:
            self._channel.send({"failed": type(error).__name__, "text": str(error)[:4000]})
            if isinstance(error, MemoryError):
                os._exit(1)
        finally:
            self._running = None
            if cursor is not None:
                cursor.close()
            self._make_spare()

    def _run(self, cursor: Any, job: dict[str, Any], parameters: dict[str, Any]) -> bool:
        # Read-only also keeps one query from leaving a view or macro behind that another one would meet.
        cursor.execute("begin transaction read only")
        _refuse_what_writes(cursor, job["sql"])
        if self._stopped == job["id"]:
            raise InterruptedError("INTERRUPT")
        relation = cursor.sql(EXPLAIN_WORDS[job["explain"]] + job["sql"], params=parameters or None)
        return self._stream(relation, job["max_rows"], job["max_bytes"])

    def _stream(self, relation: Any, max_rows: int, max_bytes: int) -> bool:
        """Send rows as they come and say whether some were left out."""
        reader = relation.to_arrow_reader(min(max_rows + 1, BATCH_ROWS))
        pieces = _Pieces(self._channel, max_bytes)
        left, truncated = max_rows, False
        with pyarrow.ipc.new_stream(pieces, reader.schema) as writer:
            for batch in reader:
                truncated = batch.num_rows > left
                writer.write_batch(batch.slice(0, left) if truncated else batch)
                pieces.flush()
                if truncated:
                    break
                left -= batch.num_rows
        pieces.flush()
        return truncated

    def _engine(self, tables: list[dict[str, Any]], parts: list[bytes]) -> Any:
        """Return a locked engine that sees exactly these tables."""
        key = json.dumps([(table["name"], table["digest"]) for table in tables])
        if key in self._engines:
            self._engines.move_to_end(key)
            return self._engines[key]
        spare, self._spare = self._make_spare(), None
        engine = spare.result()
        _show_only(engine, tables, parts)
        self._engines[key] = engine
        if len(self._engines) > ENGINES_KEPT:
            self._builder.submit(self._engines.popitem(last=False)[1].close)
        return engine

    def _make_spare(self) -> Future[Any]:
        self._spare = self._spare or self._builder.submit(self._new_engine)
        return self._spare

    def _new_engine(self) -> Any:
        engine = duckdb.connect(
            ":memory:",
            config={
                "threads": 2,
                "memory_limit": f"{self._memory_mb}MiB",
                "temp_directory": "",
                "autoload_known_extensions": False,
                "autoinstall_known_extensions": False,
                # Four engines would each keep their own copy of hot files; the operating system keeps one for all.
                "enable_external_file_cache": False,
                "lambda_syntax": "ENABLE_SINGLE_ARROW",
            },
        )
        engine.execute("set TimeZone = 'UTC'")
        return engine


def _limit_cpu(seconds: float) -> None:
    """Let the process use ``seconds`` more of processor time; past them the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 1, hard))


def _show_only(engine: Any, tables: list[dict[str, Any]], parts: list[bytes]) -> None:
    """Lock the engine to the given tables: a view per file, an in-memory copy per inline table."""
    # DuckDB reads a path as a pattern and knows no way to escape one.
    files = {table["name"]: table["path"] for table in tables if table["path"] and not glob.has_magic(table["path"])}
    paths = ", ".join(map(_text, files.values()))
    engine.execute(f"set allowed_paths = [{paths}]; set enable_external_access = false; set lock_configuration = true")
    for table, content in zip(tables, parts, strict=False):
        name = '"' + table["name"].replace('"', '""') + '"'
        try:
            if table["name"] in files:
                source = _text(table["path"])
                engine.execute(f"create view {name} as from read_parquet({source}, hive_partitioning = false)")
            else:
                engine.register("inline", _inline(table, content))
                engine.execute(f"create table {name} as from inline")
                engine.unregister("inline")
        except (duckdb.Error, pyarrow.ArrowException, OSError, ValueError, AttributeError) as error:
            raise Unreadable(table["name"]) from error


def _inline(table: dict[str, Any], content: bytes) -> Any:
    if table["kind"] == "json":
        rows = json.loads(content)
        return pyarrow.Table.from_pylist(rows if isinstance(rows, list) else [rows])
    return pyarrow.parquet.read_table(table["path"] or pyarrow.BufferReader(content))


def _refuse_what_writes(cursor: Any, sql: str) -> None:
    """Ask DuckDB's own parser what the text is: the guard read it with another one."""
    kinds = [statement.type.name for statement in cursor.extract_statements(sql)]
    # MULTI is how DuckDB calls a PIVOT whose columns it must look up first.
    if len(kinds) != 1 or kinds[0] not in ("SELECT", "MULTI"):
        raise Refused(", ".join(kinds) or "nothing")
    if kinds == ["SELECT"]:
        [[tree]] = cursor.execute("select json_serialize_sql($sql)", {"sql": sql}).fetchall()
        # A quote inside a string of the query arrives escaped, so it cannot forge or hide a node.
        others = set(re.findall(r'"type":"(\w+_NODE)"', tree)) - READING_NODES
        if others or not tree.startswith('{"error":false'):
            raise Refused(", ".join(sorted(others)) or "a statement that cannot be looked into")


def _parts(job: dict[str, Any], body: bytes) -> list[bytes]:
    """Cut the body into the content of each table and, last, the parameters."""
    parts, start = [], 0
    for size in [*(table["size"] for table in job["tables"]), job["parameters"]]:
        parts.append(body[start : start + size])
        start += size
    return parts


def _values(content: bytes) -> dict[str, Any]:
    """Read the parameters: a table of one row, so that dates, decimals and lists keep their types."""
    return dict(pyarrow.ipc.open_stream(content).read_all().to_pylist()[0]) if content else {}


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
