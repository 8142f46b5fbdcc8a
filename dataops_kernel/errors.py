"""Every error a caller can meet, as one tree; each has a stable ``code``, facts and a ``hint`` that says the fix.

DataOpsError
 ├─ UsageError (ValueError)          the caller can fix it by changing the call
 │   ├─ ParameterError               which field, what it got, what it expects
 │   ├─ FileInputError               missing, empty, binary, unreadable or unsupported file
 │   ├─ QueryError                   not a query, outside the fence, or the engine's own message
 │   ├─ BundleError                  not a bundle this version opens, or changed since it was exported
 │   ├─ PlanError                    unknown reference, circle, missing step
 │   ├─ WorkflowContractError        a workflow breaks the contract; file and reason
 │   ├─ SettingsError                which variable, and an example that works
 │   └─ LimitExceededError           a documented size, depth or time limit
 ├─ NotFoundError (LookupError)      with the closest existing name
 │   └─ SessionNotFoundError · MessageNotFoundError · ArtifactNotFoundError · RunNotFoundError
 │      WorkflowNotFoundError · CheckpointNotFoundError · SnapshotNotFoundError
 ├─ ConflictError                    somebody else wrote first, or the record exists already
 ├─ PermissionDeniedError            the permission that is missing
 ├─ RunError                         run id, step, cause
 │   └─ StepFailedError · RunCancelledError · QueryTimeoutError · OwnerDiedError
 └─ BackendError
     ├─ StorageUnavailableError      disk full, read-only, busy, gone
     ├─ WorkspaceVersionError        made by a newer version
     ├─ IntegrityError               stored bytes are not the bytes that were written
     └─ MissingExtraError            the pip line that installs it
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.removesuffix("Error")).lower()


class DataOpsError(Exception):
    """The base of every error the kernel raises on purpose; ``str()`` is the message and the fix."""

    code = "data_ops"

    def __init_subclass__(cls) -> None:
        cls.code = _snake_case(cls.__name__)

    def __init__(self, message: str, *, hint: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.message}\n  Fix: {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders (query worker, engine), so they must survive being rebuilt.
        return (_rebuild, (type(self), self.message, self.hint, self.facts))

    def to_dict(self) -> dict[str, Any]:
        """Return ``{code, message, hint, facts}``, the form every door prints as JSON."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "facts": self.facts}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> "DataOpsError":
        """Return the error that ``to_dict`` told of; an unknown code gives a plain ``DataOpsError``."""
        kind = next((kind for kind in _family(DataOpsError) if kind.code == values.get("code")), DataOpsError)
        message = str(values.get("message") or "The cause was not recorded.")
        return kind(message, hint=str(values.get("hint") or ""), **dict(values.get("facts") or {}))


def _family(kind: type[DataOpsError]) -> Iterator[type[DataOpsError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _family(below)


def _rebuild(kind: type[DataOpsError], message: str, hint: str, facts: dict[str, Any]) -> DataOpsError:
    return kind(message, hint=hint, **facts)


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name nearest to ``name``, or None when nothing is near."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def suggestion(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return "Did you mean …?" when something known is near ``name``, else ``otherwise``."""
    match = closest(name, known)
    return f"Did you mean {match!r}?" if match else otherwise


class UsageError(DataOpsError, ValueError):
    """The caller can fix it by changing the call."""


class ParameterError(UsageError):
    """A parameter is missing or has a value that does not fit."""


class FileInputError(UsageError):
    """A file is missing, empty, binary, unreadable or of a kind nobody here reads."""


class QueryError(UsageError):
    """The text is not a query, leaves the fence, or the query engine refused it."""


class BundleError(UsageError):
    """A file is no bundle that this version opens, or not the bundle that was exported."""


class PlanError(UsageError):
    """A plan names something unknown or runs in a circle."""


class WorkflowContractError(UsageError):
    """A workflow breaks the contract every workflow signs."""


class SettingsError(UsageError):
    """A setting has a value that cannot be used."""


class LimitExceededError(UsageError):
    """An input is larger, deeper or slower than the documented limit."""


class NotFoundError(DataOpsError, LookupError):
    """The named thing does not exist, or is not the caller's to see."""


class SessionNotFoundError(NotFoundError):
    """No such session for this user."""


class MessageNotFoundError(NotFoundError):
    """No such message in this session."""


class ArtifactNotFoundError(NotFoundError):
    """No such artifact for this user."""


class RunNotFoundError(NotFoundError):
    """No such run for this user."""


class WorkflowNotFoundError(NotFoundError):
    """No workflow is registered under this name."""


class CheckpointNotFoundError(NotFoundError):
    """No such checkpoint in this session."""


class SnapshotNotFoundError(NotFoundError):
    """No such snapshot for this user."""


class ConflictError(DataOpsError):
    """Somebody else wrote first, or the record exists already."""


class PermissionDeniedError(DataOpsError):
    """The acting user lacks a permission."""


class RunError(DataOpsError):
    """A run could not do its work."""


class StepFailedError(RunError):
    """A step of a run raised; the cause is in the message."""


class RunCancelledError(RunError):
    """The run was cancelled before it finished."""


class QueryTimeoutError(RunError):
    """A query was stopped at its time or memory limit."""


class OwnerDiedError(RunError):
    """The process that executed the run ended before the run did."""


class BackendError(DataOpsError):
    """A store or a vendor let us down."""


class StorageUnavailableError(BackendError):
    """The workspace cannot be read or written: full, read-only, busy or gone."""


class WorkspaceVersionError(BackendError):
    """The workspace was made by a newer version."""


class IntegrityError(BackendError):
    """Stored bytes are not the bytes that were written."""


class MissingExtraError(BackendError):
    """An optional part is not installed; the hint is the pip line."""
