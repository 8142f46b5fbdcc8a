"""The tables of a session as the question sees them: names split into words, columns by what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from .plan import ColumnRef
from .synonyms import ABBREVIATIONS, ADDITIVE, DATE_WORDS, KEY_WORDS, MONEY, NAME_WORDS, NOT_ADDITIVE
from .words import normal

Kind = Literal["number", "text", "date", "flag", "other"]

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
            "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "REAL", "INT")  # fmt: skip
_TABLE_NOISE = frozenset({"dim", "fact", "fct", "stg", "raw", "tbl", "table", "data", "csv", "export", "list"})


class ColumnFacts(TypedDict):
    """A column as it rides in the state."""

    name: str
    type: str
    nulls: int | None


class TableFacts(TypedDict):
    """A table artifact as it rides in the state; ``derived`` marks results of earlier questions."""

    name: str
    artifact_id: str
    rows: int | None
    derived: bool
    columns: list[ColumnFacts]


@dataclass(frozen=True, slots=True)
class Column:
    """One column with the base forms of the words in its name."""

    table: str
    name: str
    type: str
    kind: Kind
    words: tuple[str, ...]
    nulls: int | None = None

    @property
    def ref(self) -> ColumnRef:
        """The column as plans name it."""
        return ColumnRef(table=self.table, column=self.name)

    @property
    def is_key(self) -> bool:
        """Whether the name says that the values only identify things."""
        return bool(self.words) and (self.words[-1] in KEY_WORDS or self.words[0] == "id")

    @property
    def is_year(self) -> bool:
        """Whether whole numbers in it are years."""
        return self.kind == "number" and self.words[-1:] == ("year",)

    @property
    def is_measure(self) -> bool:
        """Whether numbers in it can be added, averaged or compared by size."""
        return self.kind == "number" and not self.is_key and self.words[-1:] not in (("year",), ("month",))

    @property
    def is_additive(self) -> bool:
        """Whether its sum means something without anybody having asked for a sum."""
        return self.is_measure and bool(ADDITIVE & set(self.words)) and not NOT_ADDITIVE & set(self.words)

    @property
    def is_money(self) -> bool:
        """Whether it reads as a total of money."""
        return self.is_additive and bool(set(MONEY) & set(self.words))

    @property
    def is_name(self) -> bool:
        """Whether it holds the name people know a thing by."""
        return self.kind == "text" and bool(self.words) and self.words[-1] in NAME_WORDS

    @property
    def event(self) -> tuple[str, ...]:
        """What happened at this time: ``hire_date`` gives ("hire",)."""
        return tuple(word for word in self.words if word not in DATE_WORDS and word != "year")


@dataclass(frozen=True, slots=True)
class Table:
    """One table; ``words`` say what a row of it is ("order item")."""

    name: str
    words: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: int | None = None
    derived: bool = False

    def find(self, name: str) -> Column | None:
        """Return the column of this name, however it is spelled."""
        low = name.casefold()
        return next((column for column in self.columns if column.name.casefold() == low), None)

    @property
    def key(self) -> Column | None:
        """The column that by its name identifies a row: ``order_id`` or ``id`` in ``orders``."""
        keys = [column for column in self.columns if column.is_key]
        entity = self.words[-1:]
        for wanted in (lambda c: c.words[:-1] in (self.words, entity), lambda c: c.words == ("id",)):
            found = next((column for column in keys if wanted(column)), None)
            if found is not None:
                return found
        first = self.columns[0] if self.columns else None
        return first if first is not None and first.is_key else None

    @property
    def names(self) -> tuple[Column, ...]:
        """The column or columns that hold the name of a row's thing; empty when there is none."""
        found = [column for column in self.columns if column.is_name]
        parts = [column for column in found if column.words[0] in ("first", "last", "given", "family")]
        if len(parts) > 1:
            return tuple(parts)
        own = [column for column in found if column.words[:-1] in ((), self.words, self.words[-1:], ("full",))]
        return tuple(own[:1] or (found[:1] if len(found) == 1 else ()))

    @property
    def dates(self) -> tuple[Column, ...]:
        """The columns that hold a day or a time."""
        return tuple(column for column in self.columns if column.kind == "date")


@dataclass(frozen=True, slots=True)
class Schema:
    """Every table a question may be about."""

    tables: tuple[Table, ...]
    by_name: dict[str, Table] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        self.by_name.update({table.name: table for table in self.tables})

    def column(self, ref: ColumnRef) -> Column:
        """Return the column a reference names."""
        found = self.by_name[ref.table].find(ref.column)
        assert found is not None
        return found

    @staticmethod
    def of(facts: Sequence[TableFacts]) -> Schema:
        """Build the schema from what the state carries."""
        return Schema(tuple(_table(table) for table in facts))


def _table(facts: TableFacts) -> Table:
    words = tuple(word for word in _words(facts["name"]) if word not in _TABLE_NOISE and not word.isdigit())
    return Table(
        name=facts["name"],
        words=words or normal(facts["name"]),
        columns=tuple(
            Column(
                table=facts["name"],
                name=column["name"],
                type=column["type"],
                kind=_kind(column["type"]),
                words=_words(column["name"]),
                nulls=column["nulls"],
            )
            for column in facts["columns"]
        ),
        rows=facts["rows"],
        derived=facts["derived"],
    )


def _words(name: str) -> tuple[str, ...]:
    return tuple(part for word in normal(name) for part in ABBREVIATIONS.get(word, word).split())


def _kind(type_name: str) -> Kind:
    bare = type_name.upper().split("(")[0].strip()
    if type_name.endswith("]") or bare.startswith(("STRUCT", "MAP", "UNION", "LIST")):
        return "other"
    if bare in _NUMBERS:
        return "number"
    if bare in ("VARCHAR", "ENUM", "TEXT", "STRING", "CHAR"):
        return "text"
    if bare == "DATE" or bare.startswith(("TIMESTAMP", "DATETIME")):
        return "date"
    return "flag" if bare in ("BOOLEAN", "BOOL") else "other"


def table_facts(artifact: Any) -> TableFacts:
    """Return what the state carries of a table artifact."""
    return {
        "name": artifact.name,
        "artifact_id": artifact.artifact_id,
        "rows": artifact.row_count,
        "derived": artifact.workflow_name == "sql_generator" or bool(artifact.parent_artifacts),
        "columns": [{"name": column.name, "type": column.type, "nulls": column.nulls} for column in artifact.columns],
    }
