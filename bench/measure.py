"""Timing two things in turn, so that a machine that slows down slows both."""

import gc
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

Work = Callable[[], object]


class Row(NamedTuple):
    """One line of the table; times in milliseconds, ``ratio`` is product median over raw median."""

    id: str
    operation: str
    raw: float
    median: float
    p99: float
    goal: float | None
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.median / self.raw if self.raw else float("nan")


def compare(id: str, operation: str, raw: Work, product: Work, *, runs: int, goal: float | None, note: str = "") -> Row:
    """Run both in turn ``runs`` times after a tenth as many warm-ups and return the row."""
    for _ in range(max(1, runs // 10)):
        raw()
        product()
    raws, products = [], []
    gc.collect()
    for _ in range(runs):
        raws.append(timed(raw))
        products.append(timed(product))
    return Row(
        id, operation, statistics.median(raws), statistics.median(products), percentile(products, 99), goal, note
    )


def percentile(values: list[float], percent: float) -> float:
    """Return the value below which ``percent`` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def timed(work: Work) -> float:
    """Return the milliseconds that one run takes."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def draw(rows: list[Row]) -> str:
    """Return the rows as an aligned table with a verdict each."""
    lines = [
        f"{'row':5} {'operation':52} {'raw ms':>10} {'median ms':>10} {'p99 ms':>10} {'ratio':>7} {'goal':>6}",
        "-" * 107,
    ]
    for row in rows:
        goal = f"{row.goal:.2f}" if row.goal else "–"
        verdict = "" if row.goal is None or row.ratio <= row.goal else "  over"
        lines.append(
            f"{row.id:5} {row.operation:52} {row.raw:10.3f} {row.median:10.3f} {row.p99:10.3f}"
            f" {row.ratio:7.2f} {goal:>6}{verdict}"
        )
        if row.note:
            lines.append(f"      {row.note}")
    return "\n".join(lines)
