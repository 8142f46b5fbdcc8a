"""Rows C4 C5 C6 and dump + load: a session of 10,000 messages and 1,000 artifact references as snapshots."""

import gc
import itertools
import os
import random
import statistics
import time
from pathlib import Path
from typing import NamedTuple

import orjson
import zstandard

from bench.measure import Row, Work, compare, timed
from dataops_kernel import connect
from dataops_kernel.sessionlog.segments import Segments
from dataops_kernel.types import ArtifactMetadata, Message, MessageAdded
from dataops_kernel.workbench import Workbench

MESSAGES, ARTIFACTS = 10_000, 1_000
_SIZE = f"{MESSAGES:,} messages, {ARTIFACTS:,} refs"
_FRESH = 9


def rows(folder: Path) -> list[Row]:
    """Measure every row of this file in a fresh folder."""
    with connect(folder / "ws") as wb:
        session_id, bodies = _session(wb)
        raw = _Raw(folder / "raw", bodies)
        return [*_firsts(wb, session_id, raw), _again(wb, session_id, raw), _opening(wb, session_id, raw)]


def _session(wb: Workbench) -> tuple[str, list[bytes]]:
    """Return a session whose messages differ as people's do, and the bodies its log holds."""
    session_id = wb.sessions.create_session().session_id
    chance = random.Random(3)
    words = [f"{a}{b}" for b in range(300) for a in ("load", "sum", "north", "order", "check", "rate", "late")]
    often = [1 / rank for rank in range(1, len(words) + 1)]  # as in any language
    log, ids, now = wb._services.log, wb._services.ids, wb._services.clock()
    for _ in range(MESSAGES // 100):
        texts = (" ".join(chance.choices(words, often, k=115)) for _ in range(100))
        log.append(
            session_id,
            *(MessageAdded(role="user", content=text, message_id=ids.new("msg"), timestamp=now) for text in texts),
        )
    for i in range(ARTIFACTS):
        wb.artifacts.store_artifact(
            {"value": i}, ArtifactMetadata(session_id=session_id, workflow_name="bench", name=f"a{i}")
        )
    ledger = wb._services.sessions._ledger
    return session_id, [entry.body for entry in ledger.entries(f"log/{session_id}")]


class _Raw:
    """The least code for the same: parse and write JSON, compress, one file made durable; and back."""

    def __init__(self, folder: Path, bodies: list[bytes]) -> None:
        folder.mkdir()
        self._folder = folder
        self._numbers = itertools.count()
        self.values = [orjson.loads(body) for body in bodies]

    def dump(self) -> Path:
        path = self._folder / f"{next(self._numbers)}"
        packed = zstandard.ZstdCompressor(level=1).compress(orjson.dumps(self.values))
        with path.open("xb") as file:
            file.write(packed)
            file.flush()
            os.fsync(file.fileno())
        return path

    def load(self, path: Path) -> list[object]:
        found: list[object] = orjson.loads(zstandard.ZstdDecompressor().decompress(path.read_bytes()))
        return found


def _forget(wb: Workbench, session_id: str) -> None:
    """Make the session as if it had never been sealed."""
    ledger, blobs = wb._services.sessions._ledger, wb._services.artifacts._content._blobs
    sealed = Segments(ledger, blobs).sealed(session_id)
    ledger.erase(records=[("segment", f"{session_id}/{segment.first:010d}") for segment in sealed])
    for segment in sealed:
        blobs.delete(segment.sha256)


class _Spent(NamedTuple):
    wall: float
    cpu: float


def _spent(work: Work) -> tuple[object, _Spent]:
    """Return what a run gives, and its milliseconds: on the clock, and of every thread on a processor."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, _Spent((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)


def _firsts(wb: Workbench, session_id: str, raw: _Raw) -> list[Row]:
    """Measure a snapshot of a session never sealed before and its full load, the raw ways in turn with them."""
    spent: dict[str, list[_Spent]] = {"raw dump": [], "dump": [], "raw load": [], "load": []}
    gc.collect()
    for _ in range(_FRESH):
        _forget(wb, session_id)  # not part of what is measured
        path, raw_dump = _spent(raw.dump)
        snapshot_id, dump = _spent(lambda: wb.context.dump_context(session_id))
        _, raw_load = _spent(lambda path=path: raw.load(path))
        _, load = _spent(lambda id=snapshot_id: wb.context.open_snapshot(id))
        for name, value in zip(spent, (raw_dump, dump, raw_load, load), strict=True):
            spent[name].append(value)
    snapshot = wb.context.get_snapshot(wb.context.dump_context(session_id))
    size = f"{snapshot.compressed_size:,} bytes from {snapshot.original_size:,} (goal ≤ 2,500,000); "
    both = [_sums(spent[raw], spent[ours]) for raw, ours in (("raw dump", "raw load"), ("dump", "load"))]
    return [
        _row("C4", f"first snapshot, {_SIZE}", spent["raw dump"], spent["dump"], 1.3, size),
        _row("C6", "open it fully, every message an object", spent["raw load"], spent["load"], 1.3),
        _row("C4-6", f"first dump + full load, {_SIZE}", *both, 1.5),
    ]


def _sums(first: list[_Spent], second: list[_Spent]) -> list[_Spent]:
    return [_Spent(a.wall + b.wall, a.cpu + b.cpu) for a, b in zip(first, second, strict=True)]


def _row(id: str, what: str, raw: list[_Spent], ours: list[_Spent], goal: float, note: str = "") -> Row:
    walls = [statistics.median(each.wall for each in spent) for spent in (raw, ours)]
    cpus = [statistics.median(each.cpu for each in spent) for spent in (raw, ours)]
    note += f"processor time {cpus[1]:.0f} ms, raw {cpus[0]:.0f} ms: {cpus[1] / cpus[0]:.2f}"
    return Row(id, what, *walls, max(each.wall for each in ours), goal, note)


def _again(wb: Workbench, session_id: str, raw: _Raw) -> Row:
    snapshot_id = wb.context.dump_context(session_id)
    before = {segment.sha256 for segment in wb._services.context._snapshots.manifest(snapshot_id).segments}
    for _ in range(10):
        wb.sessions.add_message(session_id, Message(role="user", content="what changed since yesterday?"))
    again = wb.context.dump_context(session_id)
    manifest = wb._services.context._snapshots.manifest(again)
    new = sum(segment.size_bytes for segment in manifest.segments if segment.sha256 not in before)
    held = len(wb._services.sessions._ledger.data("snapshot", again) or b"")

    def ten_more() -> None:
        for _ in range(10):
            wb.sessions.add_message(session_id, Message(role="user", content="and since the day before?"))

    walls = []
    for _ in range(20):
        ten_more()
        walls.append(timed(lambda: wb.context.dump_context(session_id)))
    note = f"goal 3 ms; new after 10 messages: {new + held:,} bytes, {held:,} of them manifest (goal ≤ 60,000)"
    title = "snapshot again after 10 new messages; raw: all of it again"
    return Row("C5", title, timed(raw.dump), statistics.median(walls), max(walls), None, note)


def _opening(wb: Workbench, session_id: str, raw: _Raw) -> Row:
    snapshot_id = wb.context.dump_context(session_id)
    path = raw.dump()
    return compare(
        "C6",
        "open its manifest only",
        lambda: raw.load(path),
        lambda: wb.context.get_snapshot(snapshot_id),
        runs=50,
        goal=None,
        note="goal: 1 ms",
    )
