"""The tables of ledger.sqlite, and how a file made by an older version becomes one of this version."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from dataops_kernel.errors import BackendError, WorkspaceVersionError

APPLICATION_ID = int.from_bytes(b"DOps", "big")
"""Written into the file's header, so that a ledger is told from any other SQLite database."""

# Each step is the statements that lead from version n (its index) to n + 1. Never edit a step that was released.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE streams (num INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        # pos = stream number << 32 | entry number: the rowid itself is the order, so an append touches one page.
        "CREATE TABLE entries (pos INTEGER PRIMARY KEY, body BLOB NOT NULL)",
        """CREATE TABLE records (
            num INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, ord TEXT NOT NULL,
            session TEXT, workflow TEXT, revision INTEGER NOT NULL, seq INTEGER, body BLOB NOT NULL)""",
        "CREATE UNIQUE INDEX records_id ON records (kind, id)",
        "CREATE UNIQUE INDEX records_place ON records (kind, parent, ord)",
        "CREATE INDEX records_session ON records (kind, session, id) WHERE session IS NOT NULL",
        "CREATE INDEX records_workflow ON records (kind, workflow, id) WHERE workflow IS NOT NULL",
        # Riding data has its own table, so that listing records never reads past it.
        "CREATE TABLE contents (num INTEGER PRIMARY KEY, data BLOB NOT NULL)",
    ),
)


def identify(connection: sqlite3.Connection, path: Path, steps: Sequence[Sequence[str]] = MIGRATIONS) -> int:
    """Return the format of a ledger (0 for an empty file) and refuse anything else.

    Raises ``WorkspaceVersionError`` for a newer ledger, ``BackendError`` for a file that is not a ledger.
    """
    try:
        begun = not connection.in_transaction
        if begun:  # three readings of one moment, or a ledger that is just being made would look like somebody else's
            connection.execute("BEGIN")
        try:
            application = _pragma(connection, "application_id")
            version = _pragma(connection, "user_version")
            tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        finally:
            if begun and connection.in_transaction:
                connection.execute("ROLLBACK")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise _stranger(path) from error
        raise
    if application != APPLICATION_ID and (application, version, tables) != (0, 0, 0):
        raise _stranger(path)
    if version > len(steps):
        raise WorkspaceVersionError(
            f"The workspace {str(path.parent)!r} has format {version}; this version knows formats up to {len(steps)}.",
            hint="Upgrade dataops-kernel (pip install -U dataops-kernel), or open another workspace.",
            found=version,
            known=len(steps),
        )
    return version


def migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring an empty file or an older ledger up to the last of ``steps``, wholly or not at all."""
    if identify(connection, path, steps) == len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated while this one waited for the lock.
        for step in steps[identify(connection, path, steps) :]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _stranger(path: Path) -> BackendError:
    return BackendError(
        f"The file {str(path)!r} is not a ledger of this workbench.",
        hint="Point the workspace at another folder, or move the file away; nothing in it was changed.",
    )
