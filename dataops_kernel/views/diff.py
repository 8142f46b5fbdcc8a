"""The difference between two checkpoints as lines of text."""

from dataops_kernel.types import ArtifactChange, CheckpointDiff
from dataops_kernel.views.lines import one_line

_SHOWN = 20
_WIDTH = 100


def diff_lines(diff: CheckpointDiff) -> list[str]:
    """Return the difference as plain text, capped with totals; one line when there is none."""
    lines: list[str] = []
    for heading, messages in (
        (f"messages since {diff.before!r}", diff.messages_added),
        (f"messages only on the line of {diff.before!r}", diff.messages_removed),
    ):
        if messages:
            lines.append(f"{heading}: {len(messages)}")
            lines += [f"  {m.role}: {_short(m.content)}" for m in messages[:_SHOWN]]
            if len(messages) > _SHOWN:
                lines.append(f"  … {len(messages) - _SHOWN:,} more")
    if diff.context:
        lines.append(f"context keys: {len(diff.context)}")
        lines += [
            f"  {one_line(c.key)}: {_short(repr(c.before))} → {_short(repr(c.after))}" for c in diff.context[:_SHOWN]
        ]
    if diff.artifacts:
        lines.append(f"artifacts: {len(diff.artifacts)}")
        for change in diff.artifacts[:_SHOWN]:
            lines += _artifact(change)
    return lines or [f"Nothing differs between {diff.before!r} and {diff.after!r}."]


def _artifact(change: ArtifactChange) -> list[str]:
    sign = {"added": "+", "removed": "-", "changed": "~"}[change.change]
    rows = ""
    if change.change == "changed" and change.rows_before is not None and change.rows_after is not None:
        rows = f" ({change.rows_before:,} → {change.rows_after:,} rows"
        if change.rows_added is not None and change.rows_removed is not None:
            rows += f"; {change.rows_added:,} new, {change.rows_removed:,} gone"
        rows += ")"
    elif (count := change.rows_after if change.rows_after is not None else change.rows_before) is not None:
        rows = f" ({count:,} rows)"
    lines = [f"  {sign} {one_line(change.name)}{rows}"]
    lines += [f"      + column {one_line(column.name)} {column.type}" for column in change.columns_added]
    lines += [f"      - column {one_line(column.name)} {column.type}" for column in change.columns_removed]
    lines += [
        f"      sum of {one_line(drift.column)}: {_number(drift.before)} → {_number(drift.after)}"
        for drift in change.drift
    ]
    return lines


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.2f}"


def _short(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
