"""``python -m bench [PART…]``: print the speed table."""

import importlib
import sys
import tempfile
from pathlib import Path

from bench import syncs
from bench.measure import draw

PARTS = (
    "sessions",
    "listing",
    "memory",
    "context",
    "reading",
    "writing",
    "checkpoints",
    "snapshots",
    "artifacts",
    "startup",
)


def main() -> None:
    """Measure the named parts, or all."""
    wanted = sys.argv[1:] or [*PARTS, "syncs"]
    for part in (part for part in PARTS if part in wanted):
        with tempfile.TemporaryDirectory() as folder:
            print(draw(importlib.import_module(f"bench.{part}").rows(Path(folder))), flush=True)
    if "syncs" in wanted:
        print("\n".join(syncs.lines()))


if __name__ == "__main__":
    main()
