"""The local engine signs the engine contract, over every ledger a test machine has."""

import asyncio
import threading
from contextlib import ExitStack

import pytest

from dataops_kernel.clock import system_clock
from dataops_kernel.engine import owner
from dataops_kernel.engine.local import LocalEngine
from dataops_kernel.ids import IdSource
from dataops_kernel.storage.embedded.ledger import SqliteLedger
from dataops_kernel.storage.memory import MemoryLedger
from dataops_kernel.testing.engine_contract import EngineContract
from dataops_kernel.testing.engine_site import PATIENCE, EngineSite, answer_at_once, new_run
from dataops_kernel.types import Answer

# A process number the kernel never gives out, in a life that never was.
NOBODY = owner.this_process().split(":")[0] + ":99999999:never"


class LocalSite(EngineSite):
    def __init__(self, open_ledger, opened: ExitStack):
        self._open_ledger = open_ledger
        self._opened = opened
        self.ledger = self._ledger()

    def engine(self, body, closing_writes=None):
        return self._engine(self.ledger, body, closing_writes)

    def elsewhere(self):
        return self._engine(self._ledger(), answer_at_once, None)

    def dead(self, body):
        return self._engine(self._ledger(), body, None, owner=NOBODY)

    def _engine(self, ledger, body, closing_writes, **more):
        engine = LocalEngine(ledger, body, IdSource(), system_clock, closing_writes, close_seconds=0.1, **more)
        self._opened.callback(engine.close)
        return engine

    def _ledger(self):
        ledger = self._open_ledger()
        self._opened.callback(ledger.close)
        return ledger


def test_a_closed_engine_leaves_no_thread_behind(tmp_path):
    before = set(threading.enumerate())

    async def body(run, emit, cancelled):
        await asyncio.gather(*(asyncio.to_thread(emit, "progress", text=name) for name in "abc"))
        return Answer(text="done")

    with ExitStack() as opened:
        site = LocalSite(lambda: SqliteLedger(tmp_path / "ledger.sqlite"), opened)
        site.engine(body).submit(new_run()).result(PATIENCE)
        made = set(threading.enumerate()) - before

    assert len(made) >= 3
    for thread in made:
        thread.join(PATIENCE)
    assert not [thread for thread in made if thread.is_alive()]


class TestLocalEngineOnSqlite(EngineContract):
    @pytest.fixture
    def site(self, tmp_path):
        with ExitStack() as opened:
            yield LocalSite(lambda: SqliteLedger(tmp_path / "ledger.sqlite"), opened)


class TestLocalEngineInMemory(EngineContract):
    @pytest.fixture
    def site(self):
        with ExitStack() as opened:
            ledger = MemoryLedger()
            yield LocalSite(lambda: ledger, opened)
