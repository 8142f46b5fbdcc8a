"""The guard: reads SQL before the engine does, lets through what only reads known tables, and says why not.

It is the first of two lines. The second is the query process, which could not reach outside even if this one erred.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from dataops_kernel.errors import LimitExceededError, QueryError, closest

TEXT_BYTES = 100_000
_NAMES_SHOWN = 20
_STARTS = ("SELECT", "FROM", "WITH", "VALUES", "TABLE", "SUMMARIZE", "DESCRIBE", "DESC", "(")
_PIVOTS = ("PIVOT", "UNPIVOT", "PIVOT_WIDER", "PIVOT_LONGER")
# Words that start SQL of another kind: the answer to COPY differs from the answer to "hello".
_COMMANDS = """
    ABORT ALTER ANALYZE ATTACH BEGIN CALL CHECKPOINT COMMENT COMMIT CONNECT COPY CREATE DEALLOCATE DELETE DETACH
    DISCONNECT DROP EXECUTE EXPORT FORCE GRANT IMPORT INSERT INSTALL LOAD MERGE PRAGMA PREPARE REINDEX RENAME RESET
    REVOKE ROLLBACK SET SHOW START TRUNCATE UPDATE UPSERT USE VACUUM
"""
_ANALYZE = re.compile(r"\s+analyze\b", re.IGNORECASE)
_HOW_TO_START = "Start with SELECT or FROM, for example: FROM orders SELECT region, sum(amount) GROUP BY ALL."


@dataclass(frozen=True, slots=True)
class Statement:
    """One reading statement: its text without EXPLAIN, and the tables and ``$parameters`` it names."""

    sql: str
    explain: Literal["", "plan", "analyze"]
    tables: tuple[str, ...]
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A statement whose every table is known; ``tables`` are the known names it reads, in the order of the text."""

    statement: Statement
    tables: tuple[str, ...]


def check(sql: str, known: Iterable[str], *, text_bytes: int = TEXT_BYTES) -> CheckedQuery:
    """Let one reading statement over known tables through; names are compared without regard to case.

    Raises ``QueryError`` for anything else, with the fix as its hint, and ``LimitExceededError`` for a text longer
    than ``text_bytes``. Syntax that the guard cannot read is refused even where DuckDB would know it.
    """
    try:
        size = len(sql.encode())
    except UnicodeEncodeError:
        raise QueryError("The query holds a character that is not text.", hint="Write the query again.") from None
    if size > text_bytes:
        raise LimitExceededError(
            f"The query is {size:,} bytes long; at most {text_bytes:,} are read.",
            hint="Put long lists of values into a table and join it.",
        )
    names = tuple(known)
    statement = _read(sql)
    return CheckedQuery(statement, _resolved(statement.tables, names))


@lru_cache(maxsize=128)
def _read(sql: str) -> Statement:
    from dataops_kernel.artifacts.query import grammar

    text, tokens = sql, _tokens(sql)
    explain: Literal["", "plan", "analyze"] = ""
    if tokens and tokens[0].text.upper() == "EXPLAIN":
        # The tokenizer keeps what follows EXPLAIN as one opaque text, so it is read again from there on.
        text = sql[tokens[0].end + 1 :]
        analyze = _ANALYZE.match(text)
        explain, text = ("analyze", text[analyze.end() :]) if analyze else ("plan", text)
        tokens = _tokens(text)
    tree = _tree(tokens, text)
    _refuse_what_does_more_than_read(tree)
    parameters = tuple(dict.fromkeys(grammar.parameter_names(tree)))
    for name in parameters:
        _refuse_other_parameters(name, text)
    return Statement(text, explain, tuple(dict.fromkeys(grammar.table_names(tree))), parameters)


def _tokens(sql: str) -> list[Any]:
    from sqlglot.errors import TokenError

    from dataops_kernel.artifacts.query import grammar

    try:
        return grammar.tokenize(sql)
    except TokenError as error:
        raise QueryError(
            "The query breaks off inside a string, a quoted name or a comment.",
            hint="Close it: 'text', \"name\", /* comment */.",
        ) from error


def _tree(tokens: list[Any], sql: str) -> Any:
    """Return the tree of the one statement in the text."""
    from sqlglot.errors import ParseError

    from dataops_kernel.artifacts.query import grammar

    _refuse_other_starts([token.text.upper() for token in tokens])
    try:
        trees = grammar.parse(tokens, sql)
    except ParseError as error:
        raise _unreadable(error) from error
    except (RecursionError, grammar.TooTangled) as error:
        raise QueryError(
            "The query is nested too deeply.", hint="Name inner parts with WITH and build on them."
        ) from error
    if len(trees) != 1:
        raise QueryError(
            f"There are {len(trees)} statements; one is run at a time.", hint="Run them one after another."
        )
    return trees[0]


def _refuse_what_does_more_than_read(tree: Any) -> None:
    from dataops_kernel.artifacts.query import grammar

    found = grammar.forbidden(tree)
    if found is None:
        return
    likely = closest(found.name, grammar.scalar_functions()) if found.kind == "function" else None
    raise QueryError(
        f"Not available in a query: {found.kind}{f' {found.name!r}' if found.name else ''}.",
        hint=(f"Did you mean {likely!r}? " if likely else "")
        + "Queries read stored tables and calculate; files, settings, the catalog and the network are out of reach. "
        "Store a file as a table first, then name the table.",
    )


def _refuse_other_starts(words: list[str]) -> None:
    if not any(word != ";" for word in words):
        raise QueryError("The query is empty.", hint=_HOW_TO_START)
    first = words[0]
    if first in _COMMANDS.split():
        raise QueryError(
            f"{first} is not allowed: queries here only read.",
            hint="Start with SELECT, FROM, WITH, PIVOT, SUMMARIZE, DESCRIBE or EXPLAIN.",
        )
    if first not in _STARTS and first not in _PIVOTS:
        likely = closest(first, (*_STARTS, *_PIVOTS))
        raise QueryError(
            f"This is not a query: it starts with {first[:40].lower()!r}.",
            hint=(f"Did you mean {likely}? " if likely else "") + _HOW_TO_START,
        )


def _refuse_other_parameters(name: str, sql: str) -> None:
    """Let ``$name`` through alone: ``?`` and ``:name`` are of other dialects, and ``orders@2`` lacks its quotes."""
    if not name:
        raise QueryError("A parameter has no name: '?'.", hint="Name it, as in: WHERE region = $region.")
    if f"@{name}" in sql:
        raise QueryError(f"A name with a sign in it has no quotes: '@{name}'.", hint='Write it as "orders@2".')
    if f"${name}" not in sql:
        raise QueryError(f"A parameter is written :{name}.", hint=f"Write it as ${name}.")


def _unreadable(error: Exception) -> QueryError:
    [place] = getattr(error, "errors", [{}])[:1] or [{}]
    near = str(place.get("highlight") or "the end").strip()[:40]
    return QueryError(
        f"The query cannot be read at {near!r} (line {place.get('line', 1)}, column {place.get('col', 1)}).",
        hint="Look for a missing comma, bracket or keyword just before it; a name with spaces or signs needs double "
        "quotes. Syntax that cannot be checked is not run: if DuckDB would take it, write it another way.",
        near=near,
    )


def _resolved(written: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the known tables that are meant, each once."""
    from dataops_kernel.artifacts.query.grammar import folded

    meant: dict[str, str] = {}
    for name in written:
        same = [name] if name in known else [candidate for candidate in known if folded(candidate) == folded(name)]
        if not same:
            raise QueryError(f"There is no table {name!r}.", hint=_which_table(name, known), table=name)
        # The engine holds one table under each name, whatever its case.
        if len(same) > 1 or meant.setdefault(folded(name), same[0]) != same[0]:
            rivals = [candidate for candidate in known if folded(candidate) == folded(name)]
            raise QueryError(
                f"{name!r} could be any of {', '.join(map(repr, rivals))}.",
                hint="Store one of them under another name; case alone does not tell tables apart in SQL.",
                table=name,
            )
    return tuple(meant.values())


def _which_table(name: str, known: tuple[str, ...]) -> str:
    if not known:
        return "Nothing is stored in this session yet: read a file first."
    likely = closest(name.lower(), [candidate.lower() for candidate in known])
    guess = next((f"Did you mean {candidate!r}? " for candidate in known if candidate.lower() == likely), "")
    shown = ", ".join(repr(candidate) for candidate in known[:_NAMES_SHOWN])
    return f"{guess}Tables: {shown}{', …' if len(known) > _NAMES_SHOWN else ''}."
