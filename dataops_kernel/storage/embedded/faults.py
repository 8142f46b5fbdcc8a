"""What SQLite and the file system report, said once in the workbench's own words."""

import errno
import sqlite3
from pathlib import Path

from dataops_kernel.errors import BackendError, DataOpsError, IntegrityError, StorageUnavailableError, UsageError

_FULL = "Free some disk space, then try again; nothing was half written."
_READ_ONLY = "Make the folder writable for this user, or work on a copy of the workspace."
_BUSY = "Another process is writing for very long; wait for it or stop it, then try again."
_GONE = "Check that the folder is there and that this user may open it."
_BROKEN = "Check the disk and the limits set on this process (ulimit -f), then try again."

_SQLITE = {
    sqlite3.SQLITE_FULL: ("the disk is full", _FULL),
    sqlite3.SQLITE_READONLY: ("it is read-only", _READ_ONLY),
    sqlite3.SQLITE_PERM: ("access is denied", _READ_ONLY),
    sqlite3.SQLITE_BUSY: ("it is locked", _BUSY),
    sqlite3.SQLITE_LOCKED: ("it is locked", _BUSY),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", _GONE),
    sqlite3.SQLITE_IOERR: ("the disk reported an error", _BROKEN),
}
_SYSTEM = {
    errno.ENOSPC: ("the disk is full", _FULL),
    errno.EDQUOT: ("the disk quota is used up", _FULL),
    errno.EROFS: ("the file system is read-only", _READ_ONLY),
    errno.EACCES: ("access is denied", _READ_ONLY),
    errno.EPERM: ("access is denied", _READ_ONLY),
    errno.EFBIG: ("the file is larger than this process may write", _BROKEN),
    errno.EIO: ("the disk reported an error", _BROKEN),
    errno.ENOENT: ("it is not there", _GONE),
    errno.ENOTDIR: ("a file is in the way", _GONE),
    errno.EISDIR: ("a folder is in the way", _GONE),
}
OUT_OF_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})
"""Errors of a write that can only come from the place written to, whoever did the writing."""


def from_sqlite(error: sqlite3.Error, path: Path) -> DataOpsError:
    """Return the error to raise in place of SQLite's."""
    code = getattr(error, "sqlite_errorcode", 0)
    primary = code & 0xFF  # extended codes keep the primary one in their low byte
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return IntegrityError(
            f"The file {str(path)!r} is damaged: {error}.",
            hint="Run `dataops doctor`, and restore the file from a backup.",
        )
    if primary in _SQLITE:
        reason, hint = _SQLITE[primary]
        return StorageUnavailableError(f"{str(path)!r} cannot be used: {reason} ({error}).", hint=hint)
    return BackendError(f"{str(path)!r} cannot be used: {error}.", hint=_BROKEN)


def from_system(error: OSError, path: Path) -> StorageUnavailableError:
    """Return the error to raise in place of the file system's."""
    reason, hint = _SYSTEM.get(error.errno or 0, (error.strerror or str(error), _BROKEN))
    return StorageUnavailableError(f"{str(path)!r} cannot be used: {reason}.", hint=hint)


def unstorable(error: UnicodeEncodeError) -> UsageError:
    """Return the error for a key that is not valid Unicode text."""
    return UsageError(
        f"The key {error.object!r:.200} is not valid text.",
        hint="Replace the broken characters (lone surrogates) in the name.",
    )
