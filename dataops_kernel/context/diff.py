"""What differs between two readings of a session."""

from collections.abc import Mapping
from typing import Any

from dataops_kernel.artifacts.query import QueryService
from dataops_kernel.errors import DataOpsError
from dataops_kernel.types import AggregateDrift, Artifact, ArtifactChange, Column, ContextChange

_NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "UBIGINT", "UINTEGER")
_ROW_DIFF_LIMIT = 5_000_000


def context_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[ContextChange, ...]:
    """Return every key whose value differs, by key; None stands for absent."""
    return tuple(
        ContextChange(key=key, before=before.get(key), after=after.get(key))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    )


def artifact_changes(
    before: Mapping[str, Artifact], after: Mapping[str, Artifact], query: QueryService
) -> tuple[ArtifactChange, ...]:
    """Return every artifact name that was added, changed in content, or removed, by name."""
    changes = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old is None and new is not None:
            changes.append(
                ArtifactChange(name=name, change="added", after_id=new.artifact_id, rows_after=new.row_count)
            )
        elif new is None and old is not None:
            changes.append(
                ArtifactChange(name=name, change="removed", before_id=old.artifact_id, rows_before=old.row_count)
            )
        elif old is not None and new is not None and old.sha256 != new.sha256:
            changes.append(_changed(name, old, new, query))
    return tuple(changes)


def _changed(name: str, old: Artifact, new: Artifact, query: QueryService) -> ArtifactChange:
    change = ArtifactChange(
        name=name,
        change="changed",
        before_id=old.artifact_id,
        after_id=new.artifact_id,
        rows_before=old.row_count,
        rows_after=new.row_count,
    )
    if not (old.is_table and new.is_table):
        return change
    had = {(column.name, column.type) for column in old.columns}
    has = {(column.name, column.type) for column in new.columns}
    shared = [column for column in new.columns if (column.name, column.type) in had]
    added, removed = _row_counts(shared, old, new, query)
    return change.model_copy(
        update={
            "columns_added": tuple(c for c in new.columns if (c.name, c.type) not in had),
            "columns_removed": tuple(c for c in old.columns if (c.name, c.type) not in has),
            "rows_added": added,
            "rows_removed": removed,
            "drift": _drift(shared, old, new, query),
        }
    )


def _row_counts(
    shared: list[Column], old: Artifact, new: Artifact, query: QueryService
) -> tuple[int | None, int | None]:
    if not shared or max(old.row_count or 0, new.row_count or 0) > _ROW_DIFF_LIMIT:
        return None, None
    columns = ", ".join(_quoted(column.name) for column in shared)
    tables = {"before_table": old, "after_table": new}
    counts = []
    for more, less in (("after_table", "before_table"), ("before_table", "after_table")):
        sql = f"select count(*) as n from (select {columns} from {more} except all select {columns} from {less}) as d"
        counts.append(_first_row(sql, tables, query)["n"])
    return counts[0], counts[1]


def _drift(shared: list[Column], old: Artifact, new: Artifact, query: QueryService) -> tuple[AggregateDrift, ...]:
    numeric = [column.name for column in shared if column.type.startswith(_NUMERIC)]
    if not numeric:
        return ()
    # Positions, not names: a column may be called anything, also the same as an alias.
    sums = ", ".join(f"sum({_quoted(name)})::double as s{i}" for i, name in enumerate(numeric))
    was = _first_row(f"select {sums} from before_table", {"before_table": old}, query)
    is_now = _first_row(f"select {sums} from after_table", {"after_table": new}, query)
    return tuple(
        AggregateDrift(column=name, before=was[f"s{i}"], after=is_now[f"s{i}"])
        for i, name in enumerate(numeric)
        if was[f"s{i}"] != is_now[f"s{i}"]
    )


def _first_row(sql: str, tables: Mapping[str, Artifact], query: QueryService) -> dict[str, Any]:
    try:
        rows: list[dict[str, Any]] = query.run(sql, tables).table.to_pylist()
    except DataOpsError:
        # A count that cannot be had is left open, it does not hide the rest of the difference.
        return _Unknown()
    return rows[0]


class _Unknown(dict[str, Any]):
    def __missing__(self, key: str) -> None:
        return None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
