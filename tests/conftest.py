"""Fixtures shared by every test: an injected clock and ids, backends, and a whole workbench on a fresh folder."""

import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from dataops_kernel.ids import IdSource
from dataops_kernel.testing.clock import ManualClock

ROOT = Path(__file__).parents[1]
_TABLES = count(1)


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


@pytest.fixture(scope="session")
def aws_endpoint():
    """The address of an AWS on loopback, in a process that lives as long as the tests."""
    command = [sys.executable, str(ROOT / "tests" / "storage" / "moto_server.py")]
    with (
        pytest.MonkeyPatch.context() as patch,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server,
    ):
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        assert server.stdout is not None
        port = int(server.stdout.readline())
        yield f"http://127.0.0.1:{port}"
        server.communicate()  # closing its standard input ends it


@pytest.fixture
def dynamo_table(aws_endpoint: str):
    """A table of its own for every test."""
    from dataops_kernel.storage.cloud import Connection, create_table

    connection = Connection(f"ledger-{next(_TABLES)}", endpoint_url=aws_endpoint)
    create_table(connection, recovery=False)
    connection.close()
    return connection.table


@pytest.fixture
def dynamo_ledger(aws_endpoint: str, dynamo_table: str):
    """A ledger on a table of its own."""
    from dataops_kernel.storage.cloud import DynamoLedger

    made = DynamoLedger(dynamo_table, endpoint_url=aws_endpoint)
    yield made
    made.close()
