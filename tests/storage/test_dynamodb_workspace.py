"""A workspace whose records are in DynamoDB: from door to table, several processes, and what goes wrong."""

import json

import pytest

from dataops_kernel import connect
from dataops_kernel.cli.main import main
from dataops_kernel.errors import LimitExceededError, SettingsError, StorageUnavailableError
from dataops_kernel.settings import load_settings
from dataops_kernel.storage.cloud import DynamoLedger
from dataops_kernel.storage.ledger import Append, Put
from dataops_kernel.testing.processes import start

_APPENDER = """
import sys
from dataops_kernel.storage.cloud import DynamoLedger
from dataops_kernel.storage.ledger import Append, Put

ledger = DynamoLedger(sys.argv[1], endpoint_url=sys.argv[2])
sys.stdin.readline()
given = [
    ledger.commit([Append("s", f"{sys.argv[3]}.{turn}".encode()), Put("k", f"{sys.argv[3]}.{turn}", b"", stamp="s")])[0]
    for turn in range(20)
]
sys.stdout.write(" ".join(map(str, given)))
"""


def test_a_question_is_answered_and_read_again_from_another_machine(tmp_path, data, aws_endpoint, dynamo_table):
    settings = {"ledger": "dynamodb", "dynamodb_table": dynamo_table, "aws_endpoint_url": aws_endpoint, "user": "ann"}
    with connect(tmp_path / "ws", **settings) as workbench:
        session_id = workbench.sessions.create_session().session_id
        result = workbench.ask(session_id, f"profile {data / 'orders.csv'}").result(timeout=120)
        workbench.context.create_checkpoint(session_id, "profiled")
        assert result.artifacts
        assert workbench.health()["components"]["ledger"]["ok"]

    with connect(tmp_path / "ws", **settings) as elsewhere:
        said = elsewhere.sessions.get_session(session_id).conversation_history
        assert [message.role for message in said] == ["user", "assistant"]
        assert [c.label for c in elsewhere.context.list_checkpoints(session_id)] == ["profiled"]
        assert {a.artifact_id for a in elsewhere.artifacts.list_artifacts(session_id)} >= set(result.artifacts)
    assert not (tmp_path / "ws" / "ledger.sqlite").exists()


def test_three_processes_append_to_one_stream_without_gap_or_repeat(aws_endpoint, dynamo_ledger):
    table = dynamo_ledger.connection.table
    processes = [start(_APPENDER, table, aws_endpoint, worker, site_packages=True) for worker in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    given = [[int(number) for number in process.communicate()[0].split()] for process in processes]

    entries = dynamo_ledger.entries("s")
    assert [entry.seq for entry in entries] == list(range(1, 61))
    assert sorted(number for numbers in given for number in numbers) == list(range(1, 61))
    for worker, numbers in enumerate(given):
        assert [entries[number - 1].body.decode() for number in numbers] == [f"{worker}.{turn}" for turn in range(20)]
        records = dynamo_ledger.get_many("k", [f"{worker}.{turn}" for turn in range(20)])
        assert [record.seq for record in records] == numbers


def test_an_answer_lost_on_the_way_does_not_double_an_append(dynamo_ledger):
    from botocore.exceptions import ReadTimeoutError

    lost = []

    def lose(**_):
        if not lost:
            lost.append(True)
            raise ReadTimeoutError(endpoint_url="http://lost")

    dynamo_ledger.connection.client().meta.events.register("after-call.dynamodb.PutItem", lose)

    assert dynamo_ledger.commit([Append("s", b"once")]) == [1]

    assert lost
    assert [entry.body for entry in dynamo_ledger.entries("s")] == [b"once"]
    assert dynamo_ledger.commit([Append("s", b"twice")]) == [2]


def test_a_missing_table_and_a_silent_endpoint_say_what_to_do(aws_endpoint):
    pauses: list[float] = []
    with pytest.raises(StorageUnavailableError, match=r"'nobody-made-it'.*does not exist") as missing:
        DynamoLedger("nobody-made-it", endpoint_url=aws_endpoint).tail("s")
    with pytest.raises(StorageUnavailableError, match="cannot be reached"):
        DynamoLedger("table", endpoint_url="http://127.0.0.1:9", sleep=pauses.append, chance=lambda: 1.0).tail("s")

    assert missing.value.hint == "Create it with: dataops aws init"
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6]


def test_without_credentials_the_error_says_which_variables_to_set(aws_endpoint, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))

    with pytest.raises(StorageUnavailableError, match="no AWS credentials") as caught:
        DynamoLedger("table", endpoint_url=aws_endpoint).commit([Append("s", b"")])

    assert "AWS_ACCESS_KEY_ID" in caught.value.hint


def test_keys_longer_than_dynamodb_takes_are_refused_and_those_at_the_limit_stored(dynamo_ledger):
    id, parent = "i" * 1024, "p" * 2047
    dynamo_ledger.commit([Put("k", id, b"x" * 390_000, parent=parent, session=parent, workflow=parent)])

    assert [record.id for record in dynamo_ledger.children("k", parent)] == [id]
    assert [record.id for record in dynamo_ledger.of_session("k", parent)] == [id]
    with pytest.raises(LimitExceededError, match="id 'iii"):
        dynamo_ledger.commit([Put("k", id + "i", b"")])


def test_aws_init_makes_the_table_once_and_status_tells_of_it(aws_endpoint, capsys):
    where = ["--table", "from-the-terminal", "--endpoint-url", aws_endpoint, "--json"]

    def told(*arguments: str):
        code = main(["aws", *arguments, *where])
        return code, json.loads(capsys.readouterr().out)

    assert told("status") == (1, {"table": "from-the-terminal", "status": "absent"})
    assert told("init", "--dry-run")[1]["dry_run"] is True
    assert told("status")[0] == 1
    first, again = told("init"), told("init")
    assert (first[0], first[1]["made"], again[1]["made"]) == (0, True, False)
    code, status = told("status")
    assert (code, status["status"], status["billing"], status["point_in_time_recovery"]) == (
        0,
        "active",
        "on demand",
        True,
    )


@pytest.mark.parametrize("name", ["ab", "no spaces", "x" * 256])
def test_a_table_name_that_aws_would_refuse_is_refused_here(name):
    with pytest.raises(SettingsError, match="DATAOPS_DYNAMODB_TABLE"):
        load_settings({}, {"DATAOPS_DYNAMODB_TABLE": name})
