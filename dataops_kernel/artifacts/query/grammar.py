"""What a query may be made of: a parser that keeps the engine's own names, and the list of what is allowed.

Imported only when a query is read: sqlglot takes 0.2 s to load.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ErrorLevel
from sqlglot.parsers.duckdb import DuckDBParser
from sqlglot.tokens import Token

# Everything a reading statement is built from. What is not listed is refused: commands, COPY, DML and DDL (also
# inside a CTE), INTO, FOR UPDATE, AT (VERSION …), and whatever a later sqlglot learns to parse.
_QUERIES = """
    Select Union Except Intersect Subquery Values Summarize Describe Pivot
"""
_CLAUSES = """
    CTE Cube Distinct Fetch Filter From Group GroupingSets Having HavingMax IgnoreNulls Join Lateral Limit LimitOptions
    Offset Order Ordered PivotAlias PivotAny Qualify RespectNulls Rollup TableAlias TableSample UnpivotColumns Where
    Window WindowSpec With WithinGroup
"""
_VALUES = """
    Alias All Any AtTimeZone BitString Boolean Bracket ByteString Column ColumnDef Comprehension DataType DataTypeParam
    HexString Identifier Interval IntervalSpan JSONPath Lambda Literal Null Placeholder PositionalColumn RawString Slice
    Star Table Tuple Var
"""
# sqlglot's classes for operators and for functions with a grammar of their own, such as CAST(x AS int).
_GRAMMATICAL_CALLS = """
    Abs And Array ArrayContainedBy ArrayContainsAll ArrayOverlaps Case Cast Collate CurrentDate CurrentTime
    CurrentTimestamp Exists Extract If JSONExtract JSONExtractScalar Localtime Localtimestamp Map Or Overlay Pow
    RegexpFullMatch RegexpILike RegexpLike StrPosition Struct Substring ToMap Trim TryCast Unnest
"""
_ROOTS = frozenset(_QUERIES.split())
_NODES = _ROOTS.union(_CLAUSES.split(), _VALUES.split())
_CALLS = frozenset(_GRAMMATICAL_CALLS.split())
_OPERATORS = (exp.Binary, exp.Unary, exp.Predicate, exp.JSONPathPart)
_SOURCES = (exp.Table, exp.Query, exp.Values, exp.Pivot, type(None))
# Functions that give rows and look at nothing but their arguments.
TABLE_FUNCTIONS = frozenset({"generate_series", "json_each", "json_tree", "range", "repeat", "repeat_row", "unnest"})


@cache
def scalar_functions() -> frozenset[str]:
    """Return the functions a query may call, in lower case.

    They are the engine's own, without those that look outside the query (settings, catalog, clients, variables),
    wait, write logs, or are internal; a test compares the list with the engine installed.
    """
    return frozenset(Path(__file__).with_name("functions.txt").read_text(encoding="utf-8").split())


class TooTangled(Exception):
    """The parser went back and forth over the text far more often than any real query needs."""


class FencedParser(DuckDBParser):  # type: ignore[misc]  # sqlglot is untyped here
    """Reads DuckDB's SQL, leaving every call under the name DuckDB will see.

    The usual parser translates calls into classes shared by all dialects; a list of allowed names could not be held
    against those. It also keeps commands it does not know as opaque text, which here is an error.
    """

    FUNCTIONS: dict[str, object] = {}
    FUNCTION_PARSERS = {
        name: DuckDBParser.FUNCTION_PARSERS[name]
        for name in ("CAST", "TRY_CAST", "EXTRACT", "OVERLAY", "POSITION", "SUBSTRING", "TRIM")
    }
    # Where one reading fails the parser goes back and tries another; nested, that doubles at every level, and a
    # line of a hundred characters would keep it busy for years. Real queries read less than a token in ten twice.
    _rereads_left = 0

    def parse(self, raw_tokens: list[Token], sql: str) -> list[exp.Expression | None]:
        """Return one tree per statement, None for an empty one."""
        self._rereads_left = 10 * len(raw_tokens) + 1000
        return list(super().parse(raw_tokens, sql))

    def _retreat(self, index: int) -> None:
        self._rereads_left -= max(self._index - index, 0)
        if self._rereads_left < 0:
            raise TooTangled
        super()._retreat(index)

    def _warn_unsupported(self) -> None:
        self.raise_error("Unsupported syntax")


def folded(name: str) -> str:
    """Return the name as DuckDB compares names: A to Z without their case, every other letter as it is."""
    return name.encode().lower().decode()


def tokenize(sql: str) -> list[Token]:
    """Cut the text into tokens; raises ``sqlglot.errors.TokenError``."""
    return list(DuckDB().tokenize(sql))


def parse(tokens: list[Token], sql: str) -> list[exp.Expression]:
    """Return one tree per statement; raises ``ParseError``, ``TooTangled`` or ``RecursionError``."""
    trees = FencedParser(error_level=ErrorLevel.IMMEDIATE, dialect=DuckDB()).parse(tokens, sql)
    return [tree for tree in trees if tree is not None and not isinstance(tree, exp.Semicolon)]


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Something a query may not hold: ``kind`` in words a person can act on, and the name of it, if it has one."""

    kind: str
    name: str = ""


def forbidden(tree: exp.Expression) -> Forbidden | None:
    """Return the first thing in the tree that is not allowed."""
    if type(tree).__name__ not in _ROOTS:
        return Forbidden(f"{type(tree).__name__.upper()} alone")
    return next((found for node in tree.walk() if (found := _forbidden_node(node))), None)


def _forbidden_node(node: exp.Expression) -> Forbidden | None:
    if isinstance(node, exp.Anonymous):
        return None if _is_allowed_call(node) else Forbidden("function", folded(node.name))
    if isinstance(node, exp.Func):
        return None if type(node).__name__ in _CALLS else Forbidden("function", folded(node.sql_name()))
    if isinstance(node, exp.Table):
        return None if _is_bare_name(node) else Forbidden("source", node.sql(dialect="duckdb"))
    # SUMMARIZE 'file.csv' arrives as a text, not as the table that DuckDB would make of it.
    if isinstance(node, exp.Summarize | exp.Describe | exp.Pivot) and not isinstance(node.this, _SOURCES):
        return Forbidden("source", node.this.sql(dialect="duckdb"))
    if isinstance(node, _OPERATORS) or type(node).__name__ in _NODES:
        return None
    return Forbidden(type(node).__name__.upper())


def _is_allowed_call(call: exp.Anonymous) -> bool:
    gives_rows = isinstance(call.parent, exp.Table | exp.Lateral) and call.arg_key == "this"
    return folded(call.name) in (TABLE_FUNCTIONS if gives_rows else scalar_functions())


def _is_bare_name(table: exp.Table) -> bool:
    """Whether the table is one name, or a call checked by itself: no schema, no parameter in a name's place."""
    qualified = table.args.get("db") or table.args.get("catalog")
    return isinstance(table.this, exp.Identifier | exp.Anonymous) and not qualified


def table_names(tree: exp.Expression) -> Iterator[str]:
    """Yield the name of every table read that is not a CTE, as written, in the order of the text."""
    for table in tree.find_all(exp.Table, bfs=False):
        if isinstance(table.this, exp.Identifier) and folded(table.name) not in _ctes_in_sight(table):
            yield table.name


def _ctes_in_sight(node: exp.Expression) -> set[str]:
    """Return the CTEs a name at this place can mean: inside a WITH, only what stands before (RECURSIVE: and itself)."""
    seen: set[str] = set()
    while node.parent is not None:
        parent, ctes = node.parent, []
        if isinstance(parent, exp.With):
            ctes = parent.expressions[: node.index + bool(parent.args.get("recursive"))]
        elif not isinstance(node, exp.With) and (with_ := parent.args.get("with_")) is not None:
            ctes = with_.expressions
        seen.update(folded(cte.alias) for cte in ctes)
        node = parent
    return seen


def parameter_names(tree: exp.Expression) -> Iterator[str]:
    """Yield the name of every ``$name``; a bare ``?`` gives an empty one."""
    for placeholder in tree.find_all(exp.Placeholder):
        yield str(placeholder.this or "")
