"""The DynamoDB ledger signs the ledger's contract."""

import pytest

from dataops_kernel.storage.ledger import Ledger
from dataops_kernel.testing.ledger_contract import LedgerContract


class TestDynamoLedger(LedgerContract):
    much = 180

    @pytest.fixture
    def ledger(self, dynamo_ledger: Ledger) -> Ledger:
        return dynamo_ledger
