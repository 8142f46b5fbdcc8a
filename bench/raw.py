"""Raw baselines: the least code with the same durability and the same bytes."""

import sqlite3
from collections.abc import Iterable
from itertools import count
from pathlib import Path


class RawTable:
    """A SQLite table with full-sync commits and a prepared insert, nothing else."""

    def __init__(self, path: Path, synchronous: str = "full") -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute(f"pragma synchronous={synchronous}")
        self._db.execute("create table if not exists t(k integer primary key, v blob)")
        self._keys = count(1)

    def insert(self, body: bytes) -> None:
        """Insert one row, durable when this returns."""
        self._db.execute("begin immediate")
        self._db.execute("insert into t values (?, ?)", (next(self._keys), body))
        self._db.execute("commit")

    def insert_many(self, bodies: Iterable[bytes]) -> None:
        """Insert rows in one commit."""
        self._db.execute("begin immediate")
        self._db.executemany("insert into t values (?, ?)", ((next(self._keys), body) for body in bodies))
        self._db.execute("commit")

    def close(self) -> None:
        """Let go of the file; what the WAL holds moves into it."""
        self._db.close()

    def get(self, key: int) -> bytes:
        """Return one row's body."""
        found: bytes = self._db.execute("select v from t where k = ?", (key,)).fetchone()[0]
        return found

    def newest(self, limit: int) -> list[bytes]:
        """Return the newest bodies."""
        return [row[0] for row in self._db.execute("select v from t order by k desc limit ?", (limit,))]
