"""The engine's words turned into the kernel's errors: short, without the engine's advice, with the fix."""

import re
from collections.abc import Iterable

from dataops_kernel.errors import (
    DataOpsError,
    IntegrityError,
    LimitExceededError,
    QueryError,
    QueryTimeoutError,
    closest,
)

_MISSING_COLUMN = re.compile(
    r'Referenced column "(?P<a>.+?)" (?:was )?not found'
    r'|does not have a column named "(?P<b>.+?)"'
    r'|Column "(?P<c>.+?)" in \w+ list not found'
)
_MISSING_FUNCTION = re.compile(
    r"Function with name (?P<name>\S+) does not exist!(?:\s*Did you mean \"(?P<near>.+?)\"\?)?"
)
_NEAR = re.compile(r'at or near "(?P<near>.*?)"', re.DOTALL)
_COLUMNS_SHOWN = 30


def query_failure(
    kind: str, text: str, *, sql: str, columns: Iterable[str], memory_mb: int, result_mb: int
) -> DataOpsError:
    """Return the error for a failure in the query process.

    ``kind`` is the name of the error class there, ``text`` its message, ``columns`` the columns of the tables read.
    """
    # Errors met while rows are fetched come through Arrow, which keeps only the words.
    if kind in ("OutOfMemoryException", "MemoryError") or "Out of Memory Error" in text or "bad_alloc" in text:
        return out_of_memory(memory_mb)
    if kind == "TooLarge" or "Arrow Appender" in text:
        return LimitExceededError(
            f"The result is larger than {result_mb:,} MB.",
            hint="Choose fewer columns, aggregate, or add LIMIT.",
            result_mb=result_mb,
        )
    if kind == "Refused":
        return QueryError(f"Not allowed in a query: {text}.", hint="Queries here only read.")
    if kind in ("PermissionException", "IOException") or "Permission Error" in text:
        return QueryError(
            "The query reached for something outside its tables.",
            hint="Queries see stored tables only: store the file first, then name the table.",
        )
    if missing := _MISSING_COLUMN.search(text):
        return _no_column(next(name for name in missing.groups() if name), sql, columns)
    if missing := _MISSING_FUNCTION.search(text):
        near = missing["near"]
        return QueryError(
            f"There is no function {missing['name']!r}.",
            hint=f"Did you mean {near!r}?" if near else "Look the name up in DuckDB's list of functions.",
        )
    return QueryError(_first_sentence(text), hint=_hint(kind, text))


def broken_content(table: str) -> IntegrityError:
    """Return the error for a table whose stored bytes are missing or damaged."""
    return IntegrityError(
        f"The content of table {table!r} cannot be read.",
        hint="Run `dataops doctor`: it lists missing and damaged content, to be brought back from a backup.",
        table=table,
    )


def out_of_memory(memory_mb: int) -> QueryTimeoutError:
    """Return the error for a query stopped at its memory limit."""
    return QueryTimeoutError(
        f"The query needed more than its {memory_mb:,} MB of memory.",
        hint="Filter earlier, choose fewer columns, or group by something with fewer values.",
        memory_mb=memory_mb,
    )


def _no_column(name: str, sql: str, columns: Iterable[str]) -> QueryError:
    known = list(dict.fromkeys(columns))
    likely = closest(name.lower(), [column.lower() for column in known])
    shown = ", ".join(map(repr, known[:_COLUMNS_SHOWN])) + (", …" if len(known) > _COLUMNS_SHOWN else "")
    hints = [
        *(f"Did you mean {column!r}?" for column in known if column.lower() == likely),
        *([f"If it is text, it takes single quotes: '{name}'."] if f'"{name}"' in sql else []),
        *([f"Columns: {shown}."] if known else []),
    ]
    return QueryError(f"There is no column {name!r}.", hint=" ".join(hints) or "Name a table after FROM.", column=name)


def _first_sentence(text: str) -> str:
    """Return the first line without the engine's class names ("Binder Error: "), as a sentence."""
    line = re.sub(r"^(?:[A-Za-z]+(?: [A-Za-z]+)* Error: )+", "", text.strip()).partition("\n")[0].strip()
    # Settings are out of reach here, so the engine's advice to change one helps nobody.
    line = (re.sub(r"\s*Use \"?SET .*", "", line) or "The query failed")[:500]
    return line[0].upper() + line[1:] + ("" if line[-1] in ".!?" else ".")


def _hint(kind: str, text: str) -> str:
    if kind == "ParserException":
        near = _NEAR.search(text)
        return f"Check the SQL just before {near['near']!r}." if near else "Check the SQL."
    if "GROUP BY" in text:
        return "Add GROUP BY ALL, or put the column into an aggregate such as any_value()."
    if kind == "ConversionException":
        return "Use try_cast(value AS type): it gives NULL where a value does not fit."
    if "explicit type casts" in text:
        return "The types do not fit: convert one side with CAST(value AS type)."
    if kind == "BinderException":
        return "DESCRIBE a table to see its columns and types."
    return "Look at the values and patterns the query works on."
