"""What an operation costs in requests, counted by boto3's own events; `pytest -s` prints the table."""

from collections import Counter

import pytest

from dataops_kernel.context.checkpoints import Checkpoints
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.sessions import SessionManager
from dataops_kernel.storage.ledger import Append, Put
from dataops_kernel.types import Message


@pytest.fixture
def spent(dynamo_ledger):
    """Do something and return its requests, by operation."""

    def measure(what, action) -> Counter[str]:
        before = dynamo_ledger.connection.requests.copy()
        action()
        used = dynamo_ledger.connection.requests - before
        print(f"\n{what:>48}: {used.total()} requests {dict(used)}", end="")
        return used

    return measure


@pytest.fixture
def elsewhere(dynamo_ledger, aws_endpoint):
    """Another process's ledger on the same table: it remembers nothing of ours."""
    from dataops_kernel.storage.cloud import DynamoLedger

    made = DynamoLedger(dynamo_ledger.connection.table, endpoint_url=aws_endpoint)
    yield made
    made.close()


@pytest.fixture
def sessions(dynamo_ledger, ids, clock) -> SessionManager:
    return SessionManager(dynamo_ledger, SessionLog(dynamo_ledger), ids, clock)


@pytest.fixture
def checkpoints(dynamo_ledger, sessions, ids, clock) -> Checkpoints:
    return Checkpoints(dynamo_ledger, SessionLog(dynamo_ledger), sessions, ids, clock)


def test_an_append_is_one_request_and_two_for_a_stream_not_seen_before(dynamo_ledger, elsewhere, spent):
    first = spent("the first append to a stream", lambda: dynamo_ledger.commit([Append("s", b"1", expect=0)]))
    again = spent("append", lambda: dynamo_ledger.commit([Append("s", b"2")]))
    assert elsewhere.commit([Append("s", b"3")]) == [3]

    assert first == again == {"PutItem": 1}
    assert elsewhere.connection.requests == {"Query": 1, "PutItem": 1}


def test_an_append_after_somebody_elses_looks_once_and_tries_once_more(dynamo_ledger, elsewhere, spent):
    dynamo_ledger.commit([Append("s", b"1")])
    elsewhere.commit([Append("s", b"2")])

    used = spent("append after another process's", lambda: dynamo_ledger.commit([Append("s", b"3")]))

    assert used == {"PutItem": 2, "Query": 1}
    assert [entry.body for entry in dynamo_ledger.entries("s")] == [b"1", b"2", b"3"]


def test_a_commit_of_entries_and_records_is_one_transaction(dynamo_ledger, spent):
    dynamo_ledger.commit([Append("s", b"1")])
    writes = [
        Append("s", b"2"),
        *(Put("k", f"r{n}", b"", parent="p", session="s", stamp="s", data=b"d") for n in range(9)),
    ]

    used = spent("an entry and nine records with content", lambda: dynamo_ledger.commit(writes))

    assert used == {"TransactWriteItems": 1}


def test_a_replacement_of_what_was_read_is_one_request(dynamo_ledger, elsewhere, spent):
    dynamo_ledger.commit([Put("k", "r", b"1", session="s")])
    record = elsewhere.get("k", "r")
    assert record is not None

    elsewhere.commit([Put("k", "r", b"2", session="s", expect=1)])

    assert elsewhere.connection.requests == {"GetItem": 1, "PutItem": 1}


def test_a_message_a_checkpoint_and_a_restore_are_one_request_each(sessions, checkpoints, spent):
    session_id = sessions.create_session("ann").session_id
    sessions.add_message(session_id, Message(role="user", content="one"))
    made = []

    said = spent("message", lambda: sessions.add_message(session_id, Message(role="user", content="two")))
    created = spent("checkpoint create", lambda: made.append(checkpoints.create(session_id, "here")))
    restored = spent("checkpoint restore", lambda: checkpoints.restore(session_id, made[0].checkpoint_id))

    assert said == {"PutItem": 1}
    assert created == restored == {"TransactWriteItems": 1}


def test_a_list_is_one_query_and_one_batch_whatever_else_the_table_holds(dynamo_ledger, spent):
    for number in range(3):
        dynamo_ledger.commit([Put("k", f"r{number}", b"", parent="p", session="s", data=b"x" * 100_000)])
        dynamo_ledger.commit([Put("k", f"o{number}", b"", parent="q")])

    for read in (lambda: dynamo_ledger.children("k", "p"), lambda: dynamo_ledger.of_session("k", "s", limit=2)):
        assert spent("list", read) == {"Query": 1, "BatchGetItem": 1}
    assert "Scan" not in dynamo_ledger.connection.requests
