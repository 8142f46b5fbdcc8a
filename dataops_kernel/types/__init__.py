"""Values: frozen, JSON-shaped, without behaviour that touches the outside."""

from dataops_kernel.types.artifacts import (
    Artifact,
    ArtifactMetadata,
    ArtifactType,
    Column,
    ContentEncoding,
    ContentForm,
    ContentType,
)
from dataops_kernel.types.base import Frozen, read_bodies
from dataops_kernel.types.checkpoints import (
    AggregateDrift,
    ArtifactChange,
    Checkpoint,
    CheckpointDiff,
    ContextChange,
)
from dataops_kernel.types.lineage import LineageEdge, LineageGraph, LineageNode
from dataops_kernel.types.log import (
    ArtifactAttached,
    CheckpointNamed,
    ContextSet,
    LogEntry,
    MessageAdded,
    Restored,
    RunFinished,
    RunStarted,
    event_stream,
    session_stream,
)
from dataops_kernel.types.plans import Candidate, Plan, PlanStep, Question
from dataops_kernel.types.runs import CLOSING_EVENTS, Answer, Event, EventType, Run, RunStatus
from dataops_kernel.types.sessions import Message, Role, Session, SessionRecord, SessionStatus, UserPreferences
from dataops_kernel.types.snapshots import Segment
from dataops_kernel.types.users import User

__all__ = [
    "CLOSING_EVENTS",
    "AggregateDrift",
    "Answer",
    "Artifact",
    "ArtifactAttached",
    "ArtifactChange",
    "ArtifactMetadata",
    "ArtifactType",
    "Candidate",
    "Checkpoint",
    "CheckpointDiff",
    "CheckpointNamed",
    "Column",
    "ContentEncoding",
    "ContentForm",
    "ContentType",
    "ContextChange",
    "ContextSet",
    "Event",
    "EventType",
    "Frozen",
    "LineageEdge",
    "LineageGraph",
    "LineageNode",
    "LogEntry",
    "Message",
    "MessageAdded",
    "Plan",
    "PlanStep",
    "Question",
    "Restored",
    "Role",
    "Run",
    "RunFinished",
    "RunStarted",
    "RunStatus",
    "Segment",
    "Session",
    "SessionRecord",
    "SessionStatus",
    "User",
    "UserPreferences",
    "event_stream",
    "read_bodies",
    "session_stream",
]
