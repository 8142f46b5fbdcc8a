"""An AWS of our own: moto's server in a process of its own, on loopback, until standard input is closed.

One request at a time: moto takes a copy of a table before a transaction and puts it back when the transaction fails,
which would undo what another request wrote meanwhile. AWS has no such weakness; a server without threads has none too.
"""

import copy
import os
import sys
import threading
from types import SimpleNamespace

from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend, Table
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

_transact = DynamoDBBackend.transact_write_items


def _transact_with_a_small_copy(backend, items):
    """Do what moto does, with a copy of the partitions that are written and not of the whole table for each item."""
    wanted = [next(iter(item.values())) for item in items]
    touched = {next(iter((w.get("Key") or w["Item"])["pk"].values())) for w in wanted}
    copies = {}

    def deepcopy(value):
        if not isinstance(value, Table):
            return copy.deepcopy(value)
        if value.name not in copies:
            kept = copies[value.name] = copy.copy(value)
            kept.items = copy.copy(value.items)
            for key in [key for key in kept.items if key.value in touched]:
                kept.items[key] = copy.deepcopy(value.items[key])
        return copies[value.name]

    models.copy = SimpleNamespace(deepcopy=deepcopy)
    try:
        return _transact(backend, items)
    finally:
        models.copy = copy


class _Quiet(WSGIRequestHandler):
    def log(self, *_):
        """Print nothing."""


def _leave_with_the_parent():
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    DynamoDBBackend.transact_write_items = _transact_with_a_small_copy
    server = make_server(
        "127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False, request_handler=_Quiet
    )
    threading.Thread(target=_leave_with_the_parent, daemon=True).start()
    print(server.server_address[1], flush=True)
    server.serve_forever()
