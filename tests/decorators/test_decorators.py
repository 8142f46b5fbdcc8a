import json
import logging

import pytest

from dataops_kernel.decorators import with_error_recovery, with_telemetry
from dataops_kernel.errors import UsageError
from dataops_kernel.telemetry import configure


def failing(times, error):
    calls = []

    def node(state):
        calls.append(state)
        if len(calls) <= times:
            raise error
        return {"calls": len(calls)}

    return node, calls


def test_a_node_that_fails_twice_is_tried_a_third_time():
    node, _ = failing(2, ConnectionError("gone"))

    assert with_error_recovery(node)({}) == {"calls": 3}


def test_the_last_error_is_raised_when_every_attempt_fails():
    node, calls = failing(9, ConnectionError("gone"))

    with pytest.raises(ConnectionError):
        with_error_recovery(attempts=2)(node)({})
    assert len(calls) == 2


def test_wrong_usage_is_not_tried_again():
    node, calls = failing(9, UsageError("no"))

    with pytest.raises(UsageError):
        with_error_recovery(node)({})
    assert len(calls) == 1


def test_a_nodes_seconds_and_outcome_are_logged_without_its_content(capsys):
    logging.getLogger("dataops").handlers.clear()
    configure("info")

    @with_telemetry
    def node(state):
        return {"secret": state["secret"]}

    node({"secret": "password1"})

    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["node"], line["outcome"]) == ("node", "node", "done")
    assert "password1" not in json.dumps(line)
    configure("warning")
