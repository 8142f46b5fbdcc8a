"""What differs between two versions of a table: columns, rows by key or as a whole, and totals. All by fenced SQL."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dataops_kernel.artifacts.query import QueryService
from dataops_kernel.context.document_diff import plain
from dataops_kernel.context.table_sql import Side, join_sql, quoted, rows_sql, totals_sql
from dataops_kernel.errors import DataOpsError, ParameterError, suggestion
from dataops_kernel.types import AggregateDrift, Artifact, Column, ColumnChange, RowChange, RowDiff

Keys = str | Sequence[str] | Mapping[str, str | Sequence[str]] | None
"""The key of rows: a column or several, for every table that has them, or by the name of a table."""

_NUMERIC = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
)
_KEY_TYPES = ("VARCHAR", "UUID", "DATE", "TIMESTAMP", *(kind for kind in _NUMERIC if kind.endswith("INT")), "INTEGER")
_KEY_ENDINGS = ("id", "key", "code", "uuid", "number", "_no", "name")
_MOST_ROWS = 5_000_000
_MANY_ROWS = 500_000
_CANDIDATES = 8
_SHOWN_COLUMNS = 40
_ROUNDING = 1e-12
_MEASURES = ("count", "nulls", "sum", "min", "max")
_Pair = tuple[Artifact, Artifact]


class TableComparison:
    """Compares tables pair by pair; what cannot be had is said in a note and hides nothing else."""

    def __init__(self, query: QueryService, *, key: Keys = None, examples: int = 5) -> None:
        self._query = query
        self._examples = examples
        self._by_table = {name: _names(columns) for name, columns in key.items()} if isinstance(key, Mapping) else {}
        self._everywhere = () if key is None or isinstance(key, Mapping) else _names(key)

    def check_keys(self, changed: Mapping[str, _Pair]) -> None:
        """Raise ``ParameterError`` for a key that the table it is meant for has not in both versions."""
        tables = {name: pair for name, pair in changed.items() if pair[0].is_table and pair[1].is_table}
        for name, key in self._by_table.items():
            if name in tables:
                _require(key, {name: tables[name]})
        if self._everywhere and tables:
            _require(self._everywhere, tables)

    def compare(self, name: str, old: Artifact, new: Artifact) -> dict[str, Any]:
        """Return the fields of an ``ArtifactChange`` that tell how the table changed."""
        had, has = ({column.name: column for column in version.columns} for version in (old, new))
        notes: list[str] = []
        rows = self._rows(name, old, new, notes)
        return {
            "columns_added": tuple(column for column in new.columns if column.name not in had),
            "columns_removed": tuple(column for column in old.columns if column.name not in has),
            "columns_retyped": tuple(
                ColumnChange(name=column.name, before=had[column.name].type, after=column.type)
                for column in new.columns
                if column.name in had and had[column.name].type != column.type
            ),
            "rows": rows,
            "drift": self._drift(old, new, rows.key if rows else (), notes),
            "notes": tuple(notes),
        }

    def _rows(self, name: str, old: Artifact, new: Artifact, notes: list[str]) -> RowDiff | None:
        shared = _shared(old, new)
        if not shared:
            notes.append("The versions have no column in common, so their rows were not compared.")
            return None
        rows = max(old.row_count or 0, new.row_count or 0)
        if rows > _MOST_ROWS:
            notes.append(f"Rows were not compared: {rows:,} is over the limit of {_MOST_ROWS:,}.")
            return None
        try:
            key, found = self._key(name, old, new, shared, notes)
            return self._by_key(old, new, shared, key, found) if key else self._whole(old, new, shared)
        except DataOpsError as err:
            notes.append(f"The rows could not be compared: {err.message}")
            return None

    def _key(
        self, name: str, old: Artifact, new: Artifact, shared: Sequence[Column], notes: list[str]
    ) -> tuple[tuple[str, ...], bool]:
        wanted = self._by_table.get(name, self._everywhere)
        known = {column.name for column in shared}
        if wanted and known.issuperset(wanted):
            if self._unique(wanted, old) and self._unique(wanted, new):
                return wanted, False
            notes.append(f"{', '.join(wanted)} is empty or twice in some rows, so rows were compared as a whole.")
            return (), False
        rows = max(old.row_count or 0, new.row_count or 0)
        for column in _candidates(old, shared)[: 2 if rows > _MANY_ROWS else _CANDIDATES]:
            if self._unique((column,), old) and self._unique((column,), new):
                return (column,), True
        return (), False

    def _unique(self, key: tuple[str, ...], version: Artifact) -> bool:
        columns = ", ".join(map(quoted, key))
        filled = " and ".join(f"{quoted(column)} is not null" for column in key)
        sql = f"select count(*) as n from (select distinct {columns} from t where {filled}) as d"
        return bool(self._first(sql, {"t": version})["n"] == version.row_count)

    def _by_key(
        self, old: Artifact, new: Artifact, shared: Sequence[Column], key: tuple[str, ...], found: bool
    ) -> RowDiff:
        values = tuple(column.name for column in shared if column.name not in key)
        side = Side(key, values)
        tables = {"before_table": old, "after_table": new}
        counted = self._first(join_sql(side), tables)
        shown = Side(key, values[: max(0, _SHOWN_COLUMNS - len(key))])
        names = (*shown.key, *shown.values)

        def examples(kind: str) -> tuple[dict[str, Any], ...]:
            if not counted[kind] or not self._examples:
                return ()
            rows = self._all(rows_sql(shown, kind, self._examples), tables)
            return tuple(dict(zip(names, map(plain, row.values()), strict=True)) for row in rows)

        return RowDiff(
            key=key,
            key_found=found,
            columns=len(shared),
            added=counted["added"],
            removed=counted["removed"],
            changed=counted["changed"],
            changed_columns={name: n for i, name in enumerate(values) if (n := counted[f"d{i}"])},
            added_rows=examples("added"),
            removed_rows=examples("removed"),
            changed_rows=self._changed_rows(side, tables) if counted["changed"] and self._examples else (),
        )

    def _changed_rows(self, side: Side, tables: Mapping[str, Artifact]) -> tuple[RowChange, ...]:
        made = []
        for row in self._all(rows_sql(side, "changed", self._examples), tables):
            differing = [i for i in range(len(side.values)) if not _same(row[f"b{i}"], row[f"a{i}"])][:_SHOWN_COLUMNS]
            made.append(
                RowChange(
                    key={name: plain(row[f"k{i}"]) for i, name in enumerate(side.key)},
                    before={side.values[i]: plain(row[f"b{i}"]) for i in differing},
                    after={side.values[i]: plain(row[f"a{i}"]) for i in differing},
                )
            )
        return tuple(made)

    def _whole(self, old: Artifact, new: Artifact, shared: Sequence[Column]) -> RowDiff:
        columns = ", ".join(quoted(column.name) for column in shared)
        tables = {"before_table": old, "after_table": new}
        counts: list[int] = []
        shown: list[tuple[dict[str, Any], ...]] = []
        for more, less in (("after_table", "before_table"), ("before_table", "after_table")):
            only = f"select {columns} from {more} except all select {columns} from {less}"
            counts.append(self._first(f"select count(*) as n from ({only}) as d", tables)["n"])
            rows = self._all(f"{only} limit {self._examples}", tables) if counts[-1] and self._examples else []
            shown.append(tuple({name: plain(row[name]) for name in list(row)[:_SHOWN_COLUMNS]} for row in rows))
        return RowDiff(
            columns=len(shared), added=counts[0], removed=counts[1], added_rows=shown[0], removed_rows=shown[1]
        )

    def _drift(
        self, old: Artifact, new: Artifact, key: tuple[str, ...], notes: list[str]
    ) -> tuple[AggregateDrift, ...]:
        # A key's sum says nothing.
        were = {column.name for column in old.columns if column.type.startswith(_NUMERIC) and column.name not in key}
        numeric = [c.name for c in new.columns if c.type.startswith(_NUMERIC) and c.name in were]
        if not numeric:
            return ()
        try:
            was, is_now = (self._first(totals_sql(numeric), {"t": version}) for version in (old, new))
        except DataOpsError as err:
            notes.append(f"The totals could not be compared: {err.message}")
            return ()
        return tuple(
            AggregateDrift(column=name, measure=measure, before=before, after=after)  # type: ignore[arg-type]
            for i, name in enumerate(numeric)
            for measure in _MEASURES
            if _moved(before := _finite(was[f"{measure}{i}"]), after := _finite(is_now[f"{measure}{i}"]))
        )

    def _first(self, sql: str, tables: Mapping[str, Artifact]) -> dict[str, Any]:
        return self._all(sql, tables)[0]

    def _all(self, sql: str, tables: Mapping[str, Artifact]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._query.run(sql, tables).table.to_pylist()
        return rows


def _names(columns: str | Sequence[str]) -> tuple[str, ...]:
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ParameterError(f"{columns!r} names no column.", hint="Give a column's name, or a list of them.")
    return tuple(dict.fromkeys(names))


def _require(key: tuple[str, ...], tables: Mapping[str, _Pair]) -> None:
    known = [{column.name for column in _shared(*pair)} for pair in tables.values()]
    if not any(columns.issuperset(key) for columns in known):
        columns = sorted({name for names in known for name in names})
        missing = next((name for name in key if name not in columns), key[0])
        raise ParameterError(
            f"No table that changed ({', '.join(map(repr, [*tables][:5]))}) has the key {', '.join(key)!r} in both "
            "versions.",
            hint=suggestion(missing, columns, f"They have {', '.join(columns[:20]) or 'no column in common'}."),
            key=list(key),
        )


def _shared(old: Artifact, new: Artifact) -> list[Column]:
    had = {(column.name, column.type) for column in old.columns}
    return [column for column in new.columns if (column.name, column.type) in had]


def _candidates(old: Artifact, shared: Sequence[Column]) -> list[str]:
    """Return the columns that may be a key, the likeliest first: by name, then text before numbers, then in order."""
    were = {column.name: column.nulls for column in old.columns}
    fit = [c for c in shared if c.type.startswith(_KEY_TYPES) and not c.nulls and not were.get(c.name)]
    ranked = sorted(fit, key=lambda c: (not c.name.casefold().endswith(_KEY_ENDINGS), c.type.startswith(_NUMERIC)))
    return [column.name for column in ranked]


def _same(before: Any, after: Any) -> bool:
    """Compare as SQL does: what is not a number is the same as itself."""
    return bool(before == after or (before != before and after != after))


def _finite(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _moved(before: float | None, after: float | None) -> bool:
    """Say whether a total moved by more than adding up in another order does."""
    if before is None or after is None:
        return before is not after
    return abs(before - after) > _ROUNDING * max(abs(before), abs(after))
