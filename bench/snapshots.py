"""Rows C4 C5 C6 and dump + load: a session of 10,000 messages and 1,000 artifact references as snapshots."""

import itertools
import os
import random
import statistics
from pathlib import Path

import orjson
import zstandard

from bench.measure import Row, compare, timed
from dataops_kernel import connect
from dataops_kernel.sessionlog.segments import Segments
from dataops_kernel.types import ArtifactMetadata, Message, MessageAdded
from dataops_kernel.workbench import Workbench

MESSAGES, ARTIFACTS = 10_000, 1_000
_FRESH = 8


def rows(folder: Path) -> list[Row]:
    """Measure every row of this file in a fresh folder."""
    with connect(folder / "ws") as wb:
        session_id, bodies = _session(wb)
        raw = _Raw(folder / "raw", bodies)
        return [*_dumps(wb, session_id, raw), *_loads(wb, session_id, raw)]


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


def _dumps(wb: Workbench, session_id: str, raw: _Raw) -> list[Row]:
    raws, firsts = [], []
    for _ in range(_FRESH):
        # Taking away what was sealed is not part of what is measured.
        _forget(wb, session_id)
        raws.append(timed(raw.dump))
        firsts.append(timed(lambda: wb.context.dump_context(session_id)))
    snapshot = wb.context.get_snapshot(wb.context.dump_context(session_id))
    size = f"{snapshot.compressed_size:,} bytes from {snapshot.original_size:,} (goal ≤ 2,500,000)"
    before = {segment.sha256 for segment in wb._services.context._snapshots.manifest(snapshot.snapshot_id).segments}
    for _ in range(10):
        wb.sessions.add_message(session_id, Message(role="user", content="what changed since yesterday?"))
    again = wb.context.dump_context(session_id)
    manifest = wb._services.context._snapshots.manifest(again)
    new = sum(segment.size_bytes for segment in manifest.segments if segment.sha256 not in before)
    held = len(wb._services.sessions._ledger.data("snapshot", again) or b"")
    row = compare(
        "C5",
        "snapshot again",
        raw.dump,
        lambda: wb.context.dump_context(session_id),
        runs=30,
        goal=None,
        note=f"goal 3 ms; new after 10 messages: {new + held:,} bytes, {held:,} of them manifest (goal ≤ 60,000)",
    )
    title = f"first snapshot, {MESSAGES:,} messages, {ARTIFACTS:,} references"
    return [Row("C4", title, statistics.median(raws), statistics.median(firsts), max(firsts), 1.3, size), row]


def _loads(wb: Workbench, session_id: str, raw: _Raw) -> list[Row]:
    snapshot_id = wb.context.dump_context(session_id)
    path = raw.dump()
    return [
        compare(
            "C6",
            "open it fully, every message an object",
            lambda: raw.load(path),
            lambda: wb.context.open_snapshot(snapshot_id),
            runs=20,
            goal=1.3,
        ),
        compare(
            "C6",
            "open its manifest only",
            lambda: raw.load(path),
            lambda: wb.context.get_snapshot(snapshot_id),
            runs=50,
            goal=None,
            note="goal: 1 ms",
        ),
        compare(
            "C4-6",
            "dump again + open fully",
            lambda: raw.load(raw.dump()),
            lambda: wb.context.open_snapshot(wb.context.dump_context(session_id)),
            runs=15,
            goal=1.5,
        ),
    ]
