"""The tables of a text index's file."""

import sqlite3

_APPLICATION_ID = int.from_bytes(b"DOtx", "big")
_VERSION = 2
_SCHEMA = (
    "CREATE TABLE owners (num INTEGER PRIMARY KEY, name TEXT UNIQUE, texts INTEGER DEFAULT 0, terms INTEGER DEFAULT 0)",
    "CREATE TABLE groups (num INTEGER PRIMARY KEY, name TEXT UNIQUE, owner INTEGER NOT NULL, upto INTEGER NOT NULL)",
    "CREATE TABLE texts (place INTEGER PRIMARY KEY, number INTEGER NOT NULL, terms TEXT NOT NULL)",
    "CREATE TABLE vocabulary (term TEXT PRIMARY KEY, texts INTEGER NOT NULL) WITHOUT ROWID",
    # Contentless: the terms are in `texts` already. Each term is written as `owner_term`, so that the postings of one
    # owner are apart from everybody else's and searching all of an owner's groups needs no filter. To the ascii
    # tokenizer every letter outside ASCII belongs to a word, so a term is always exactly one token.
    # Where in a text a term stands is not asked, and the length is in the place.
    "CREATE VIRTUAL TABLE postings USING fts5(terms, content='', detail=none, columnsize=0,"
    " tokenize=\"ascii tokenchars '_'\")",
)


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables of a new file; refuse, as damaged, a file that is not an index of this version."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if _mark(connection) == (_APPLICATION_ID, _VERSION):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _mark(connection) != (_APPLICATION_ID, _VERSION):  # nobody made it while we waited
            if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                connection.execute("SELECT * FROM this_is_not_an_index_of_this_version")
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _mark(connection: sqlite3.Connection) -> tuple[int, int]:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version
