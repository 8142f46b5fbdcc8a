import pytest

pytest.register_assert_rewrite(
    "dataops_kernel.testing.blobs_contract",
    "dataops_kernel.testing.cache_contract",
    "dataops_kernel.testing.ledger_commits",
    "dataops_kernel.testing.ledger_erasure",
    "dataops_kernel.testing.ledger_records",
    "dataops_kernel.testing.ledger_streams",
)
