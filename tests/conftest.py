"""Fixtures shared by every test: an injected clock and ids, backends, and a whole workbench on a fresh folder."""

from pathlib import Path

import pytest

from dataops_kernel.ids import IdSource
from dataops_kernel.testing.clock import ManualClock

ROOT = Path(__file__).parents[1]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ids(clock: ManualClock) -> IdSource:
    return IdSource(clock)


@pytest.fixture
def data() -> Path:
    """The example files."""
    return ROOT / "notebooks" / "data"


@pytest.fixture(params=["embedded", "memory"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path):
    """A fresh ledger of every backend: what is tested above the seam must not know which."""
    if request.param == "memory":
        from dataops_kernel.storage.memory import MemoryLedger

        made = MemoryLedger(strict=True)
    else:
        from dataops_kernel.storage.embedded import SqliteLedger

        made = SqliteLedger(tmp_path / "ledger.sqlite")
    yield made
    made.close()


@pytest.fixture
def workbench(tmp_path: Path):
    """A whole workbench on an empty workspace."""
    from dataops_kernel import connect

    with connect(tmp_path / "ws", user="ann") as made:
        yield made
