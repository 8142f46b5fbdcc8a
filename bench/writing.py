"""Rows S3 S4 S9: appending without waiting for the disk, from many at once, and what it takes up."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from bench.measure import Row, compare, percentile
from bench.raw import RawTable
from bench.sessions import TEXT
from dataops_kernel import connect
from dataops_kernel.types import Message

WRITERS, EACH = 8, 400
APPENDS = 1_000


def rows(folder: Path) -> list[Row]:
    """Measure every row of this file in a fresh folder."""
    return [_relaxed(folder), *_writers(folder), _size(folder)]


def _relaxed(folder: Path) -> Row:
    raw = RawTable(folder / "raw_relaxed.sqlite", synchronous="normal")
    message = Message(role="user", content=TEXT)
    with connect(folder / "relaxed", durability="relaxed") as wb:
        session_id = wb.sessions.create_session().session_id
        body = wb.sessions.add_message(session_id, message).model_dump_json().encode()
        return compare(
            "S3",
            "append 1 message, relaxed",
            lambda: raw.insert(body),
            lambda: wb.sessions.add_message(session_id, message),
            runs=600,
            goal=1.8,
        )


def _writers(folder: Path) -> list[Row]:
    """Append from eight threads at once; times are per append, so the ratio is that of the rates turned over."""
    raw = RawTable(folder / "raw_writers.sqlite")
    body = orjson.dumps({"role": "user", "content": TEXT})
    message = Message(role="user", content=TEXT)
    batch = [body] * WRITERS
    with connect(folder / "writers") as wb:
        ids = [wb.sessions.create_session().session_id for _ in range(WRITERS)]
        raws, times, waits = [], [], []
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(EACH):
                raw.insert_many(batch)
            raws.append(_per_append(start))
            start = time.perf_counter()
            waits += _at_once([lambda id=id: wb.sessions.add_message(id, message) for id in ids])
            times.append(_per_append(start))
    raws.sort()
    times.sort()
    middle, raw_middle = times[len(times) // 2], raws[len(raws) // 2]
    note = (
        f"{1000 / middle:,.0f} appends/s (raw: {1000 / raw_middle:,.0f}/s, one thread, {WRITERS} a commit); "
        f"one append takes p99 {percentile(waits, 99):.1f} ms (goal 5)"
    )
    return [
        Row("S4", f"{WRITERS} writers at once, per append", raw_middle, middle, percentile(times, 99), 1 / 0.7, note)
    ]


def _per_append(start: float) -> float:
    return (time.perf_counter() - start) * 1000 / (WRITERS * EACH)


def _at_once(works: list[Callable[[], object]]) -> list[float]:
    waits: list[float] = []

    def work(append: Callable[[], object]) -> None:
        for _ in range(EACH):
            start = time.perf_counter()
            append()
            waits.append((time.perf_counter() - start) * 1000)

    threads = [threading.Thread(target=work, args=(append,)) for append in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def _size(folder: Path) -> Row:
    """Not a time: bytes on disk after a thousand appends, in megabytes, beside one raw table of the same bodies."""
    raw = RawTable(folder / "raw_size.sqlite")
    with connect(folder / "size") as wb:
        session_id = wb.sessions.create_session().session_id
        message = Message(role="user", content=TEXT)
        for _ in range(APPENDS):
            raw.insert(wb.sessions.add_message(session_id, message).to_json())
    raw.close()
    sizes = [(folder / name).stat().st_size / 1e6 for name in ("raw_size.sqlite", "size/ledger.sqlite")]
    return Row("S9", f"MB on disk after {APPENDS:,} appends (not ms)", *sizes, sizes[1], 1.1)
