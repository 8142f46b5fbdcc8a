"""DuckDB for one reading: in memory, bounded, offline, and stoppable."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from dataops_kernel.artifacts.readers.report import ReadLimits, Watch
from dataops_kernel.errors import FileInputError, LimitExceededError, StorageUnavailableError

if TYPE_CHECKING:
    import duckdb

_WATCH_SECONDS = 0.2


class Lens:
    """One private DuckDB; use it in a ``with`` block. ``folder`` is where it may spill."""

    def __init__(self, name: str, folder: Path, limits: ReadLimits, watch: Watch | None = None) -> None:
        self._name = name
        self._limits = limits
        self._watch = watch
        self._config: dict[str, Any] = {
            "threads": limits.threads,
            "memory_limit": f"{limits.memory_bytes}B",
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        self._connection: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Lens:
        import duckdb

        self._connection = duckdb.connect(":memory:", config=self._config)
        self._connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def rows(self, sql: str, doing: str) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows.

        Raises ``FileInputError`` with the engine's reason, ``LimitExceededError`` when memory or ``StorageUnavailable``
        when the disk is at its end, and whatever the watch raises, after stopping the statement.
        """
        import duckdb

        try:
            if self._watch is None:
                return self._fetch(sql)
            return self._watched(sql, self._watch, doing)
        except duckdb.OutOfMemoryException as error:
            raise LimitExceededError(
                f"Reading {self._name!r} needs more than the {self._limits.memory_bytes:,} bytes of memory allowed.",
                hint="Raise the limit memory_bytes, or split the file.",
            ) from error
        except duckdb.Error as error:
            text = str(error)
            if "No space left" in text:
                raise StorageUnavailableError(
                    f"The disk filled up while {self._name!r} was read.", hint="Free some space and read it again."
                ) from error
            raise FileInputError(
                f"{self._name!r} cannot be read: {reason(text)}",
                hint="Check the file, or write it again from its source.",
                file=self._name,
            ) from error

    def _fetch(self, sql: str) -> list[tuple[Any, ...]]:
        assert self._connection is not None
        rows: list[tuple[Any, ...]] = self._connection.execute(sql).fetchall()
        return rows

    def _watched(self, sql: str, watch: Watch, doing: str) -> list[tuple[Any, ...]]:
        """Run the statement on a thread of its own, so that the watch can speak and stop it meanwhile."""
        outcome: list[list[tuple[Any, ...]]] = []
        failure: list[BaseException] = []

        def work() -> None:
            try:
                outcome.append(self._fetch(sql))
            except BaseException as error:
                failure.append(error)

        watch(doing)
        worker = threading.Thread(target=work, name="dataops-read")
        worker.start()
        try:
            while worker.is_alive():
                worker.join(_WATCH_SECONDS)
                watch(doing)
        except BaseException:
            assert self._connection is not None
            while worker.is_alive():  # an interrupt that comes before the statement has begun is lost
                self._connection.interrupt()
                worker.join(_WATCH_SECONDS)
            raise
        if failure:
            raise failure[0]
        return outcome[0]


def reason(text: str) -> str:
    """Return the first line of DuckDB's own words, without its name for the error and without paths of ours."""
    first = re.sub(r"^(\w+ )*Error: ", "", text.strip().splitlines()[0])
    first = re.sub(r'(in |file |File )?"[^"]*/source[^"]*"', "the file", first)
    return first if first.endswith((".", "!")) else first + "."
