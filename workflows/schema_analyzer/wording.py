"""Names, values and numbers as an answer shows them: whatever they hold, they stay one piece of plain text."""

import re
from collections.abc import Sequence

_LONGEST = 60
_TICKS = re.compile(r"`+")


def code(text: str) -> str:
    """Return a name or value as Markdown code on one line, also inside a table."""
    shown = " ".join("".join(char if char.isprintable() else " " for char in text).split()) or " "
    shown = shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
    longest = max((len(run) for run in _TICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    padded = f" {shown} " if shown.startswith("`") or shown.endswith("`") else shown
    return f"{fence}{padded}{fence}"


def cell(text: str) -> str:
    """Return Markdown as it may stand in a table."""
    return text.replace("|", r"\|")


def counted(count: int, noun: str) -> str:
    """Return a number of things in words: ``1 row``, ``2,000 rows``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def rows_of(count: int) -> str:
    """Return a number of rows in words."""
    return counted(count, "row")


def listed(items: Sequence[str], shown: int) -> str:
    """Return the first items as a list in a sentence, and how many more there are."""
    more = f" and {len(items) - shown:,} more" if len(items) > shown else ""
    return ", ".join(items[:shown]) + more


def number(value: float | None) -> str:
    """Return a number with separators and no more digits than it needs: ``1,899``, ``8.84``, ``0.0317``."""
    if value is None:
        return ""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.2f}" if 1 <= abs(value) < 1e15 else f"{value:.3g}"
