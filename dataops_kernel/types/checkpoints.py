"""Named points of a session's log, and what differs between two of them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from dataops_kernel.types.artifacts import Column
from dataops_kernel.types.base import Frozen
from dataops_kernel.types.sessions import Message


class Checkpoint(Frozen):
    """A named sequence number of a session's log."""

    checkpoint_id: str
    session_id: str
    label: str
    seq: int = Field(description="Everything up to and including this entry of the line belongs to it.")
    created_at: datetime
    on_current_line: bool = Field(default=True, description="False when a restore has left it on another branch.")


class AggregateDrift(Frozen):
    """How one numeric column's total moved between two versions of a table."""

    column: str
    before: float | None
    after: float | None


class ArtifactChange(Frozen):
    """What became of one artifact name between two points; ids are None where it did not exist."""

    name: str
    change: Literal["added", "changed", "removed"]
    before_id: str | None = None
    after_id: str | None = None
    columns_added: tuple[Column, ...] = ()
    columns_removed: tuple[Column, ...] = ()
    rows_before: int | None = None
    rows_after: int | None = None
    rows_added: int | None = None
    rows_removed: int | None = None
    drift: tuple[AggregateDrift, ...] = ()


class ContextChange(Frozen):
    """One context key with its value before and after; None where it was absent."""

    key: str
    before: Any = None
    after: Any = None


class CheckpointDiff(Frozen):
    """What happened on each side since the common ancestor of two points of a session."""

    session_id: str
    before: str
    after: str
    common_seq: int
    messages_added: tuple[Message, ...] = ()
    messages_removed: tuple[Message, ...] = Field(default=(), description="On the first line only: another branch.")
    context: tuple[ContextChange, ...] = ()
    artifacts: tuple[ArtifactChange, ...] = ()
