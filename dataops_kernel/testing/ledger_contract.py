"""The contract every ledger signs: subclass ``LedgerContract`` and give it one fixture, ``ledger``."""

from dataops_kernel.testing.ledger_commits import CommitsContract
from dataops_kernel.testing.ledger_erasure import ErasureContract
from dataops_kernel.testing.ledger_records import RecordsContract
from dataops_kernel.testing.ledger_streams import StreamsContract


class LedgerContract(StreamsContract, RecordsContract, CommitsContract, ErasureContract):
    """What the floors above rely on, whatever stores the bytes.

    ::

        class TestSqliteLedger(LedgerContract):
            @pytest.fixture
            def ledger(self, tmp_path):
                ledger = SqliteLedger(tmp_path / "ledger.sqlite")
                yield ledger
                ledger.close()
    """
