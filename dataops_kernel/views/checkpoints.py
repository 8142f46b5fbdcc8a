"""The tree of checkpoints, and the difference between two of them, as text; tables of it for doors that draw them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dataops_kernel.types import (
    ArtifactChange,
    CheckpointDiff,
    CheckpointNode,
    CheckpointTree,
    DocumentDiff,
    RowDiff,
)
from dataops_kernel.views.lines import one_line
from dataops_kernel.views.tables import TableView

_SHOWN = 20
_WIDTH = 100
_DEEPEST = 12
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


class TreeRow(NamedTuple):
    """One point of the tree as a line: the branch lines before it, the point itself, and what to say of it."""

    lines: str
    node: CheckpointNode
    text: str


def tree_rows(tree: CheckpointTree) -> list[TreeRow]:
    """Return the tree from its start down; a branch that leaves another is set in, one that goes on at its end not."""
    followers: list[list[int]] = [[] for _ in tree.nodes]
    for place, node in enumerate(tree.nodes):
        if node.parent is not None:
            followers[node.parent].append(place)
    rows: list[TreeRow] = []
    # A stack, not recursion: a session may be restored thousands of times.
    waiting: list[tuple[int, str, str]] = [(0, "", "")] if tree.nodes else []
    while waiting:
        place, lines, rest = waiting.pop()
        node = tree.nodes[place]
        rows.append(TreeRow(lines + ("●" if node.on_current_line else "○"), node, _node_text(node)))
        after = followers[place]
        # The branch goes on straight down; where it ends, the newest that continues from its end does.
        straight = next(
            (next for next in after if tree.nodes[next].branch == node.branch), after[-1] if after else None
        )
        if straight is not None:
            waiting.append((straight, rest, rest))
        forks = [fork for fork in after if fork != straight]
        more = "│ " if straight is not None else "  "
        for number, fork in reversed([*enumerate(forks, start=1)]):
            last = straight is None and number == len(forks)
            deep = len(rest) >= 2 * _DEEPEST
            waiting.append(
                (
                    fork,
                    rest if deep else rest + ("╰─" if last else "├─"),
                    rest if deep else rest + ("  " if last else more),
                )
            )
    return rows


def tree_lines(tree: CheckpointTree) -> list[str]:
    """Return the tree as lines of text; a filled point is on the line that the session shows now."""
    return [f"{row.lines} {row.text}" for row in tree_rows(tree)]


def diff_lines(diff: CheckpointDiff) -> list[str]:
    """Return the difference as plain text, capped with totals; one line when there is none."""
    before, after = one_line(diff.before), one_line(diff.after)
    lines: list[str] = []
    for heading, part, messages in (
        (f"messages since {before!r}", "messages_added", diff.messages_added),
        (f"messages only on the line of {before!r}", "messages_removed", diff.messages_removed),
    ):
        if messages:
            lines.append(f"{heading}: {diff.total(part):,}")
            lines += [f"  {m.role}: {_short(m.content)}" for m in messages[:_SHOWN]]
            lines += _more(diff.total(part))
    if diff.context:
        lines.append(f"context keys: {diff.total('context'):,}")
        lines += [
            f"  {one_line(c.key)}: {_short(repr(c.before))} → {_short(repr(c.after))}" for c in diff.context[:_SHOWN]
        ]
        lines += _more(diff.total("context"))
    if diff.artifacts:
        lines.append(f"artifacts: {diff.total('artifacts'):,}")
        for change in diff.artifacts[:_SHOWN]:
            lines += _artifact(change)
        lines += _more(diff.total("artifacts"))
    if diff.artifact_id:
        lines.append(f"kept as {diff.artifact_id}")
    return lines or [f"Nothing differs between {before!r} and {after!r}."]


def change_title(change: ArtifactChange) -> str:
    """Return what became of one artifact in one line, without its details."""
    return f"{_SIGNS[change.change]} {one_line(change.name)}{_counts(change)}"


def change_details(change: ArtifactChange) -> list[str]:
    """Return the details of one artifact's change, a line each, without the example rows."""
    lines = [f"+ column {one_line(column.name)} {column.type}" for column in change.columns_added]
    lines += [f"- column {one_line(column.name)} {column.type}" for column in change.columns_removed]
    lines += [f"~ column {one_line(c.name)}: {c.before} → {c.after}" for c in change.columns_retyped]
    if change.rows:
        lines += _row_facts(change.rows)
    lines += [
        f"{drift.measure} of {one_line(drift.column)}: {_number(drift.before)} → {_number(drift.after)}"
        for drift in change.drift[:_SHOWN]
    ]
    lines += _more(len(change.drift), "")
    if change.document:
        lines += _document(change.document)
    return [*lines, *map(one_line, change.notes)]


def change_tables(change: ArtifactChange) -> list[tuple[str, TableView]]:
    """Return the example rows of one artifact's change as tables with a title each."""
    rows = change.rows
    if rows is None:
        return []
    tables = []
    for title, count, examples in (
        ("rows added", rows.added, rows.added_rows),
        ("rows removed", rows.removed, rows.removed_rows),
    ):
        if examples:
            tables.append((title, _table(tuple(examples[0]), [tuple(row.values()) for row in examples], count)))
    if rows.changed_rows:
        values = [
            (*row.key.values(), name, _value(row.before[name]), _value(row.after[name]))
            for row in rows.changed_rows
            for name in row.before
        ]
        shown = sum(len(row.before) for row in rows.changed_rows)
        total = max(shown, sum(rows.changed_columns.values()))
        tables.append(
            ("values changed", _table((*rows.changed_rows[0].key, "column", "before", "after"), values, total))
        )
    return tables


def _node_text(node: CheckpointNode) -> str:
    when = f"{node.created_at:%Y-%m-%d %H:%M:%S}" if node.created_at else ""
    count = "1 message" if node.messages == 1 else f"{node.messages:,} messages"
    if node.kind == "start":
        return "@0  start of the session"
    if node.kind == "now":
        return f"now  {count}"
    if node.kind == "head":
        left = f"left for {one_line(node.left_for or '')}"
        said = f"last asked: {one_line(node.said)}" if node.said else ""
        return "  ".join(part for part in (node.name, left, count, said) if part)
    mark = "automatic" if node.kind == "auto" else ""
    return "  ".join(part for part in (one_line(node.name), mark, when, count) if part)


def _artifact(change: ArtifactChange) -> list[str]:
    lines = [f"  {change_title(change)}", *(f"      {line}" for line in change_details(change))]
    if change.rows:
        for row in change.rows.changed_rows:
            values = ", ".join(
                f"{one_line(name)} {_value(row.before[name])} → {_value(row.after[name])}" for name in row.before
            )
            lines.append(f"      ~ {_cells(row.key)}: {_short(values)}")
        for sign, rows in (("+", change.rows.added_rows), ("-", change.rows.removed_rows)):
            lines += [f"      {sign} {_cells(row)}" for row in rows]
    return lines


def _counts(change: ArtifactChange) -> str:
    if change.change == "changed" and change.rows_before is not None and change.rows_after is not None:
        return f" ({change.rows_before:,} → {change.rows_after:,} rows)"
    count = change.rows_after if change.rows_after is not None else change.rows_before
    return "" if count is None else " (1 row)" if count == 1 else f" ({count:,} rows)"


def _row_facts(rows: RowDiff) -> list[str]:
    how = f"by {', '.join(map(one_line, rows.key))}" if rows.key else "compared whole"
    if rows.key_found:
        how += " (unique in both)"
    if not (rows.added or rows.removed or rows.changed):
        return [f"rows {how}: none differs in the {rows.columns:,} columns both have"]
    changed = f", {rows.changed:,} changed" if rows.key else ""
    lines = [f"rows {how}: {rows.added:,} new, {rows.removed:,} gone{changed}"]
    if rows.changed_columns:
        ranked = sorted(rows.changed_columns.items(), key=lambda item: -item[1])
        named = ", ".join(f"{one_line(name)} {count:,}" for name, count in ranked[:_SHOWN])
        lines.append(
            f"values changed: {named}" + (f", … {len(ranked) - _SHOWN:,} more" if len(ranked) > _SHOWN else "")
        )
    return lines


def _document(document: DocumentDiff) -> list[str]:
    if document.lines_added or document.lines_removed:
        lines = [f"lines: {document.lines_added:,} new, {document.lines_removed:,} gone"]
        lines += [f"- {_short(line)}" for line in document.removed]
        return [*lines, *(f"+ {_short(line)}" for line in document.added)]
    lines = [f"values: {document.changes:,} changed"]
    lines += [
        f"{_short(place.path)}: {_short(_value(place.before))} → {_short(_value(place.after))}"
        for place in document.places
    ]
    return [*lines, *_more(document.changes, "", len(document.places))]


def _table(columns: Sequence[str], rows: Sequence[tuple[Any, ...]], total: int) -> TableView:
    return TableView(columns=tuple(columns), rows=tuple(rows), total_rows=max(total, len(rows)))


def _cells(row: dict[str, Any]) -> str:
    return _short(", ".join(f"{one_line(name)} {_value(value)}" for name, value in row.items()))


def _more(total: int, indent: str = "  ", shown: int = _SHOWN) -> list[str]:
    return [f"{indent}… {total - shown:,} more"] if total > shown else []


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def _value(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    return one_line(value)


def _short(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
