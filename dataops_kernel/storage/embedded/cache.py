"""The cache of a local workspace: JSON in a diskcache folder, where nothing is ever unpickled."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataops_kernel.errors import StorageUnavailableError, UsageError
from dataops_kernel.storage.cache import Cache
from dataops_kernel.storage.embedded.faults import from_sqlite, from_system

if TYPE_CHECKING:
    import diskcache

_ABSENT = object()


class DiskCache(Cache):
    """Values in a folder that only this user can open; safe for threads and processes.

    diskcache itself unpickles whatever a row asks it to (CVE-2025-69872). Here a row is JSON or it is not there.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder).absolute()
        self._lock = threading.Lock()
        self._opened: diskcache.Cache | None = None

    def get(self, key: str) -> Any | None:
        """Return the value, or None."""
        try:
            with self._cache() as cache:
                value = cache.get(key, default=_ABSENT)
        except StorageUnavailableError:
            return None
        return None if value is _ABSENT else value

    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        """Store a JSON-shaped value."""
        with self._cache() as cache:
            cache.set(key, value, expire=ttl)

    def add(self, key: str, value: Any, ttl: float | None = None) -> bool:
        """Store only if the key is absent."""
        with self._cache() as cache, cache.transact():
            # Not diskcache's own add: to that one a row that is refused below would still be there.
            if cache.get(key, default=_ABSENT) is not _ABSENT:
                return False
            cache.set(key, value, expire=ttl)
            return True

    def delete(self, key: str) -> None:
        """Forget a key."""
        with self._cache() as cache:
            cache.delete(key)

    def close(self) -> None:
        """Let go of the files; the next call opens them again."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    @contextmanager
    def _cache(self) -> "Iterator[diskcache.Cache]":
        import diskcache

        try:
            with self._lock:
                if self._opened is None:
                    self._opened = _open(self._folder)
                cache = self._opened
            yield cache
        except diskcache.Timeout as error:
            raise StorageUnavailableError(
                f"The cache {str(self._folder)!r} was locked by another process for very long.", hint="Try again."
            ) from error
        except sqlite3.Error as error:
            raise from_sqlite(error, self._folder) from error
        except OSError as error:
            raise from_system(error, self._folder) from error
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"The value is not JSON-shaped: {error}.", hint="Store text, numbers, lists and dicts only."
            ) from error


def _open(folder: Path) -> "diskcache.Cache":
    from dataops_kernel.storage.embedded.json_disk import open_json_cache

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    try:
        return open_json_cache(folder)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        # A cache can be rebuilt, so a damaged one is simply begun again.
        for name in ("cache.db", "cache.db-wal", "cache.db-shm"):
            (folder / name).unlink(missing_ok=True)
        return open_json_cache(folder)
