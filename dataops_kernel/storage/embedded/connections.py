"""Connections to one SQLite file: how each is opened, a pool of those that read, and none across a fork."""

import os
import sqlite3
import threading
import weakref
from pathlib import Path
from typing import Protocol

from dataops_kernel.errors import StorageUnavailableError
from dataops_kernel.storage.embedded.schema import MIGRATIONS, identify, migrate

BUSY_SECONDS = 30.0
# Large enough that the WAL keeps its size from one checkpoint to the next (growing a file makes fsync slower), small
# enough that one huge commit does not stay on disk for ever.
_WAL_BYTES = 64 * 1024 * 1024


def connect(path: Path, query: str) -> sqlite3.Connection:
    """Open the file by its URI; transactions are begun by hand, and any one thread at a time may use it."""
    # immutable and ro never create; rw neither, so a deleted ledger is an error instead of a new empty one.
    return sqlite3.connect(
        f"{path.as_uri()}?{query}", uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


def open_writer(path: Path, synchronous: str, *, create: bool = False) -> sqlite3.Connection:
    """Open for writing and bring the file to this version's format."""
    connection = connect(path, "mode=rwc" if create else "mode=rw")
    try:
        identify(connection, path)  # before anything is changed: the file may be somebody else's
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
        connection.execute("PRAGMA secure_delete = FAST")  # what costs no further write is overwritten at once
        _use_wal(connection)
        migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
        # Another process is creating the same ledger. SQLite does not wait for the lock this switch needs, but it
        # does for a transaction's.
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("ROLLBACK")


def open_reader(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Open for reading, whatever the folder permits; also say whether the connection may be kept."""
    for query in ("mode=rw", "mode=ro"):
        connection = connect(path, query)
        try:
            connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
            return connection, True
        except sqlite3.Error as error:
            connection.close()
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
            refused = error
    if not os.access(path, os.R_OK):
        raise refused
    # A read-only folder, where SQLite can make no -shm file. Without a -wal the file alone is the whole truth.
    wal = path.with_name(path.name + "-wal")
    if wal.exists() and wal.stat().st_size:
        raise StorageUnavailableError(
            f"{str(path)!r} cannot be read: its newest commits are in {wal.name!r}, which this user may not merge.",
            hint="Open the workspace once as a user who may write to it, or copy the folder and open the copy.",
        )
    # Such a connection never notices later commits, so it is used for one read only.
    return connect(path, "mode=ro&immutable=1"), False


def check_readable(path: Path) -> None:
    """Refuse a file that is no ledger, or one that only a writer could bring to this version's format."""
    connection, _ = open_reader(path)
    try:
        if identify(connection, path) != len(MIGRATIONS):
            raise StorageUnavailableError(
                f"The ledger {str(path)!r} has an older format and is read-only.",
                hint="Open the workspace once as a user who may write to it.",
            )
    finally:
        connection.close()


class ReaderPool:
    """Connections that read, lent to one thread at a time."""

    # Not one connection per thread: a door that starts a thread per click would open one per click. Lending and
    # taking back are single list operations, which Python makes atomic; the lock is for opening and closing only.

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._idle: list[sqlite3.Connection] = []
        self._open = 0
        self._keep = True  # False: a connection serves one read and is closed when it comes back
        self._paused = False
        self._closed = False

    def take(self) -> sqlite3.Connection:
        """Lend a connection; ``give`` it back."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._open_one()

    def give(self, connection: sqlite3.Connection) -> None:
        """Take a connection back."""
        self._idle.append(connection)
        if self._paused or not self._keep:
            with self._lock:
                self._close_idle()

    def close(self) -> None:
        """Close what is idle now and what is lent when it comes back."""
        with self._lock:
            self._closed = True
            self._keep = False
            self._close_idle()

    def pause(self) -> None:
        """Wait until nothing is lent, close everything and keep the pool shut until ``resume``."""
        self._lock.acquire()
        self._paused = True
        self._close_idle()
        # A bound, because a fork that never returns would be worse than one that is not clean.
        self._changed.wait_for(lambda: self._open == 0, timeout=BUSY_SECONDS)

    def resume(self) -> None:
        """Open the pool again, in the thread that paused it or in its copy after a fork."""
        self._paused = False
        self._changed.notify_all()
        self._lock.release()

    def _open_one(self) -> sqlite3.Connection:
        with self._lock:
            self._changed.wait_for(lambda: not self._paused)
            if self._closed:
                raise closed(self._path)
            connection, keep = open_reader(self._path)
            self._open += 1
            self._keep = self._keep and keep
        return connection

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()
            self._open -= 1
        self._changed.notify_all()


def closed(path: Path) -> StorageUnavailableError:
    """Return the error for using a ledger after ``close()``."""
    return StorageUnavailableError(f"The ledger {str(path)!r} is closed.", hint="Open the workspace again.")


class Forkable(Protocol):
    """Something that holds connections."""

    def before_fork(self) -> None:
        """Close them, and let nobody open new ones."""

    def after_fork(self, *, in_child: bool) -> None:
        """Go on."""


# SQLite must not be carried across a fork: the child would inherit its notes on file locks but not the locks, and a
# parent that closes last would then delete the WAL under the child. So no connection is open while a fork happens;
# both sides open new ones on their next call. (subprocess and spawn do not come through here.)
_holders: "weakref.WeakSet[Forkable]" = weakref.WeakSet()
_waiting: list[Forkable] = []


def survive_forks(holder: Forkable) -> None:
    """Have ``holder`` let go of its connections around every fork of this process."""
    _holders.add(holder)


def _before_fork() -> None:
    for holder in list(_holders):
        holder.before_fork()
        _waiting.append(holder)


def _after_fork(in_child: bool) -> None:
    while _waiting:
        _waiting.pop().after_fork(in_child=in_child)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=lambda: _after_fork(in_child=False),
        after_in_child=lambda: _after_fork(in_child=True),
    )
