"""Context and checkpoints are tested on every ledger: nothing above the seam knows which backend it is on."""

import pytest

ON_DYNAMODB = {"test_checkpoints"}
"""The flows that run on DynamoDB too; the others differ in what they say, not in what they ask of the ledger."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "workbench" in metafunc.fixturenames:
        cloud = ["dynamodb"] if metafunc.module.__name__.rpartition(".")[2] in ON_DYNAMODB else []
        metafunc.parametrize("workbench", ["embedded", *cloud], indirect=True)


@pytest.fixture
def workbench(request: pytest.FixtureRequest, tmp_path):
    """A whole workbench on an empty workspace."""
    from dataops_kernel import connect

    settings = {}
    if request.param == "dynamodb":
        settings = {
            "ledger": "dynamodb",
            "dynamodb_table": request.getfixturevalue("dynamo_table"),
            "aws_endpoint_url": request.getfixturevalue("aws_endpoint"),
        }
    with connect(tmp_path / "ws", user="ann", **settings) as made:
        yield made
