"""A ledger that another process has open: every call goes there over a pipe, as JSON, and its answer comes back."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dataops_kernel.errors import ConflictError
from dataops_kernel.storage.embedded.ledger import SqliteLedger
from dataops_kernel.storage.ledger import Append, Entry, Put, Record, Remove
from dataops_kernel.testing.processes import start

_ROWS = {row.__name__: row for row in (Append, Put, Remove, Record, Entry)}


class Elsewhere:
    """Has the methods of the ledger it stands for."""

    def __init__(self, path: Path) -> None:
        code = "import sys; from tests.reliability.elsewhere import serve; serve(sys.argv[1])"
        self._process = start(code, path)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def ask(*arguments: Any, **named: Any) -> Any:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(_told([method, arguments, named])).encode() + b"\n")
            self._process.stdin.flush()
            error, answer = _heard(json.loads(self._process.stdout.readline()))
            if error:
                raise ConflictError(answer, hint=error)
            return answer

        return ask

    def close(self) -> None:
        """End the other process."""
        self._process.communicate()


def serve(path: str) -> None:
    """Answer calls until standard input ends."""
    ledger = SqliteLedger(path)
    for line in sys.stdin:
        method, arguments, named = _heard(json.loads(line))
        try:
            answer = ["", getattr(ledger, method)(*arguments, **named)]
        except ConflictError as error:
            answer = [error.hint, error.message]
        sys.stdout.write(json.dumps(_told(answer)) + "\n")
        sys.stdout.flush()
    ledger.close()


def _told(value: Any) -> Any:
    """Return a value as JSON can hold it: rows and bytes become dicts of one key."""
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    if type(value).__name__ in _ROWS:
        return {type(value).__name__: [_told(field) for field in value]}
    if isinstance(value, dict):
        return {"dict": [[key, _told(field)] for key, field in value.items()]}
    return [_told(field) for field in value] if isinstance(value, (list, tuple)) else value


def _heard(value: Any) -> Any:
    if isinstance(value, list):
        return [_heard(field) for field in value]
    if not isinstance(value, dict):
        return value
    [(kind, held)] = value.items()
    if kind == "bytes":
        return held.encode("latin-1")
    return {key: _heard(field) for key, field in held} if kind == "dict" else _ROWS[kind](*map(_heard, held))
