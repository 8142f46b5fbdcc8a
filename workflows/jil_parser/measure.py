"""Parse speed beside the least raw code that reads the same facts: ``python -m workflows.jil_parser.measure 10000``."""

import gc
import re
import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from .parse import parse_jil
from .synthetic import synthetic_estate

_ATOM = re.compile(r"([a-zA-Z]+)\(([^(),]+)")


def raw_scan(text: str) -> tuple[dict[str, dict[str, str]], list[tuple[str, str, str]]]:
    """Read jobs into dicts and conditions into edges with nothing checked: the limit to compare with."""
    jobs: dict[str, dict[str, str]] = {}
    edges: list[tuple[str, str, str]] = []
    job: dict[str, str] = {}
    for raw in text.split("\n"):
        line = raw.strip()
        if not line or line.startswith("/*"):
            continue
        key, _, value = line.partition(":")
        if key == "insert_job":
            name, _, kind = value.partition("job_type:")
            name = name.strip()
            job = jobs[name] = {"job_type": kind.strip()}
            continue
        value = value.strip()
        job[key] = value
        if key == "condition":
            for status, source in _ATOM.findall(value):
                edges.append((status, source, name))
        elif key == "box_name":
            edges.append(("box", value, name))
    return jobs, edges


def measure(jobs: int, rounds: int = 5) -> dict[str, float]:
    """Return CPU seconds of both, taken in turn in this process, their ratio and the parser's MB/s; medians and best.

    CPU seconds, because other processes disturb them less; on an idle machine they are the clock's.
    """
    text = synthetic_estate(jobs)
    raw, product = [], []
    for _ in range(rounds):
        raw.append(_seconds(raw_scan, text))
        product.append(_seconds(parse_jil, text))
    megabytes = len(text) / 1e6
    median = statistics.median(product)
    return {
        "jobs": jobs,
        "MB": megabytes,
        "raw s": statistics.median(raw),
        "parser s": median,
        "ratio": median / statistics.median(raw),
        "best raw s": min(raw),
        "best parser s": min(product),
        "best ratio": min(product) / min(raw),
        "best MB/s": megabytes / min(product),
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _seconds(action: Callable[[str], Any], text: str) -> float:
    gc.collect()
    gc.disable()
    try:
        start = time.process_time()
        action(text)
        return time.process_time() - start
    finally:
        gc.enable()


def main(sizes: list[str]) -> None:
    """Write one line per size."""
    for size in sizes or ["10000", "100000"]:
        figures = measure(int(size), 5 if int(size) <= 20_000 else 3)
        sys.stdout.write("  ".join(f"{name} {value:,.3g}" for name, value in figures.items()) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
