"""Small tables for reading."""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dataops_kernel.types import Frozen

if TYPE_CHECKING:
    import pyarrow as pa

_WIDEST = 48


class TableView(Frozen):
    """The first rows of a table, JSON-shaped, with how many there are in all."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    total_rows: int

    @property
    def more(self) -> int:
        """How many rows are not shown."""
        return self.total_rows - len(self.rows)


def preview(table: "pa.Table", limit: int = 20) -> TableView:
    """Return the first ``limit`` rows of an Arrow table."""
    head = table.slice(0, limit)
    columns = [[_plain(value) for value in column.to_pylist()] for column in head.columns]
    rows = tuple(zip(*columns, strict=True)) if columns else ()
    return TableView(columns=tuple(table.column_names), rows=rows, total_rows=table.num_rows)


def text_table(view: TableView) -> str:
    """Draw a table as aligned plain text, numbers to the right; control characters are made visible."""
    if not view.columns:
        return "(no columns)"
    cells = [[_cell(value) for value in row] for row in view.rows]
    heads = [_cell(name) for name in view.columns]
    numeric = [
        bool(view.rows) and all(isinstance(row[i], int | float) or row[i] is None for row in view.rows)
        for i in range(len(heads))
    ]
    widths = [max(map(_width, [head, *(row[i] for row in cells)])) for i, head in enumerate(heads)]
    lines = [_line(heads, widths, numeric), "  ".join("-" * width for width in widths)]
    lines += [_line(row, widths, numeric) for row in cells]
    if view.more:
        lines.append(f"… {view.more:,} more rows of {view.total_rows:,}")
    elif not view.rows:
        lines.append("(no rows)")
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = [
        " " * (width - _width(cell)) + cell if right else cell + " " * (width - _width(cell))
        for cell, width, right in zip(cells, widths, numeric, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) >= 0.01 or value == 0 else f"{value:.4g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    text = "".join(char if char.isprintable() else "␤" if char == "\n" else "�" for char in str(value))
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
