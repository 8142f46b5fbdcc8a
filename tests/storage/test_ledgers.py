"""Every ledger signs the same contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataops_kernel.storage.embedded import SqliteLedger
from dataops_kernel.storage.ledger import Ledger
from dataops_kernel.storage.memory import MemoryLedger
from dataops_kernel.testing.ledger_contract import LedgerContract


class TestSqliteLedger(LedgerContract):
    @pytest.fixture
    def ledger(self, tmp_path: Path) -> Iterator[Ledger]:
        ledger = SqliteLedger(tmp_path / "ledger.sqlite")
        yield ledger
        ledger.close()


class TestRelaxedSqliteLedger(LedgerContract):
    @pytest.fixture
    def ledger(self, tmp_path: Path) -> Iterator[Ledger]:
        ledger = SqliteLedger(tmp_path / "ledger.sqlite", synchronous="NORMAL")
        yield ledger
        ledger.close()


class TestStrictMemoryLedger(LedgerContract):
    @pytest.fixture
    def ledger(self) -> Ledger:
        return MemoryLedger()


class TestMemoryLedger(LedgerContract):
    @pytest.fixture
    def ledger(self) -> Ledger:
        return MemoryLedger(strict=False)
