"""Sessions are tested on every ledger: nothing above the seam knows which backend it is on."""

import pytest

ON_DYNAMODB = {"test_manager"}
"""The flows that run on DynamoDB too; the others differ in what they say, not in what they ask of the ledger."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "ledger" in metafunc.fixturenames:
        cloud = ["dynamodb"] if metafunc.module.__name__.rpartition(".")[2] in ON_DYNAMODB else []
        metafunc.parametrize("ledger", ["embedded", "memory", *cloud], indirect=True)


@pytest.fixture
def ledger(request: pytest.FixtureRequest, tmp_path):
    if request.param == "dynamodb":
        yield request.getfixturevalue("dynamo_ledger")
        return
    if request.param == "memory":
        from dataops_kernel.storage.memory import MemoryLedger

        made = MemoryLedger(strict=True)
    else:
        from dataops_kernel.storage.embedded import SqliteLedger

        made = SqliteLedger(tmp_path / "ledger.sqlite")
    yield made
    made.close()
