"""Who said what: sessions, messages and what a user prefers."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from dataops_kernel.types.base import Frozen
from dataops_kernel.types.plans import Question

Role = Literal["user", "assistant", "system"]
EngineName = Literal["rules", "recorded", "llm"]


class SessionStatus(StrEnum):
    """Where a session is in its life."""

    ACTIVE = "active"
    IDLE = "idle"
    EXPIRED = "expired"


class UserPreferences(Frozen):
    """What a user wants to be different for them."""

    row_limit: int = Field(default=1000, ge=1, le=1_000_000, description="Rows a result shows at most.")
    timezone: str = "UTC"


class Message(Frozen):
    """One thing said in a session; ids and times are filled in when it is added."""

    role: Role
    content: str
    message_id: str = ""
    timestamp: datetime | None = None
    workflow: str | None = None
    artifacts: tuple[str, ...] = ()
    run_id: str | None = None
    engine: EngineName | None = Field(default=None, description="What made the answer; None for people.")
    question: Question | None = Field(default=None, description="Set when the message asks for something.")


class SessionRecord(Frozen):
    """What is kept of a session beside its log."""

    session_id: str
    user_id: str
    created_at: datetime
    last_active: datetime
    title: str = ""
    metadata: dict[str, Any] = {}
    user_preferences: UserPreferences = UserPreferences()
    status: SessionStatus = SessionStatus.ACTIVE


class Session(SessionRecord):
    """One conversation with its history and context, as its log reads now."""

    conversation_history: tuple[Message, ...] = ()
    active_workflows: tuple[str, ...] = ()
    global_context: dict[str, Any] = {}
