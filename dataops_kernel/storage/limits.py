"""What DynamoDB refuses although a local ledger would take it; kept by its ledger and by the strict one in memory."""

from collections.abc import Sequence

from dataops_kernel.errors import LimitExceededError, UsageError
from dataops_kernel.storage.ledger import Append, Put, Write

MAX_PARTITION_BYTES = 2_048
"""Stream name, or kind with id, parent, session or workflow."""
MAX_ORDER_BYTES = 1_024
"""Order inside a parent, and the id that orders a session's or a workflow's records."""
MAX_COMMIT_BYTES = 4_000_000
"""All items of one transaction."""


def check_limits(writes: Sequence[Write]) -> None:
    """Refuse keys and commits that are too large for DynamoDB."""
    total = 0
    for write in writes:
        if isinstance(write, Append):
            _check("stream name", MAX_PARTITION_BYTES, write.stream)
            total += len(write.body)
            continue
        _check("id", MAX_ORDER_BYTES, write.id)
        if isinstance(write, Put):
            _check("order", MAX_ORDER_BYTES, write.order)
            for name, value in (("parent", write.parent), ("session", write.session), ("workflow", write.workflow)):
                _check(name, MAX_PARTITION_BYTES, write.kind, value or "")
            total += len(write.body) + len(write.data or b"")
    if total > MAX_COMMIT_BYTES:
        raise LimitExceededError(
            f"A commit of {total:,} bytes is over the limit of {MAX_COMMIT_BYTES:,}.",
            hint="Split the work into several commits.",
        )


def check_text(*keys: str) -> None:
    """Refuse keys that no database can store as text."""
    for key in keys:
        try:
            key.encode()
        except UnicodeEncodeError as error:
            raise UsageError(
                f"The key {key!r:.200} is not valid text.",
                hint="Replace the broken characters (lone surrogates) in the name.",
            ) from error


def _check(name: str, limit: int, *parts: str) -> None:
    size = sum(len(part.encode()) for part in parts)
    if size > limit:
        raise LimitExceededError(
            f"A key of {size:,} bytes ({name} {parts[-1]!r:.80}) is over the limit of {limit:,}.",
            hint="Use a shorter name, or the hash of a long one.",
        )
