"""The entries of a session's log: every durable fact of a session is one of these."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from dataops_kernel.types.base import Frozen
from dataops_kernel.types.context import CompressionMethod
from dataops_kernel.types.sessions import Message


class _Entry(Frozen):
    time: datetime


class MessageAdded(Message):
    """Somebody said something: the entry is the message itself, so that reading a conversation builds it once."""

    type: Literal["message"] = "message"


class ContextSet(_Entry):
    """A context key got a value; None removes the key."""

    type: Literal["context"] = "context"
    key: str
    value: Any = None


class ArtifactAttached(_Entry):
    """An artifact version became part of the session."""

    type: Literal["artifact"] = "artifact"
    artifact_id: str
    name: str
    version: int


class RunStarted(_Entry):
    """A run was accepted."""

    type: Literal["run_started"] = "run_started"
    run_id: str


class RunFinished(_Entry):
    """A run closed, well or not."""

    type: Literal["run_finished"] = "run_finished"
    run_id: str
    status: str


class CheckpointNamed(_Entry):
    """A sequence number got a name."""

    type: Literal["checkpoint"] = "checkpoint"
    checkpoint_id: str
    label: str
    seq: int | None = Field(default=None, description="The entry it names; None for the one just before its own.")
    kind: Literal["named", "auto"] = "named"


class Restored(_Entry):
    """The line goes on from an earlier entry; what lies between stays readable as another branch."""

    type: Literal["restored"] = "restored"
    restore_id: str
    seq: int = Field(description="The entry the new branch continues from.")
    checkpoint_id: str | None = None


class PinSet(_Entry):
    """A message, context key or artifact was pinned to the context view, or let go again."""

    type: Literal["pin"] = "pin"
    target: str = Field(description="msg_…, art_…, context:KEY or artifact:NAME.")
    pinned: bool
    at: int | None = Field(default=None, description="The log entry of a pinned message.")


class TurnsFolded(_Entry):
    """The view was compressed by itself: messages up to entry ``seq`` are shown through the rolling summary."""

    type: Literal["folded"] = "folded"
    seq: int
    method: CompressionMethod
    messages: int
    tokens_before: int
    tokens_after: int


LogEntry = Annotated[
    MessageAdded
    | ContextSet
    | ArtifactAttached
    | RunStarted
    | RunFinished
    | CheckpointNamed
    | Restored
    | PinSet
    | TurnsFolded,
    Field(discriminator="type"),
]


def session_stream(session_id: str) -> str:
    """Return the name of the ledger stream that holds a session's log."""
    return f"log/{session_id}"


def event_stream(run_id: str) -> str:
    """Return the name of the ledger stream that holds a run's events."""
    return f"events/{run_id}"
