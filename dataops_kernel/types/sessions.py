"""Who said what: sessions, messages and what a user prefers."""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from dataops_kernel.types.base import Frozen
from dataops_kernel.types.plans import Question

Role = Literal["user", "assistant", "system"]
EngineName = Literal["rules", "recorded", "llm"]


_UNITS = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _read_duration(value: Any) -> Any:
    written = re.fullmatch(r"\s*(\d{1,9}(?:\.\d+)?)\s*([smhdw]?)\s*", value) if isinstance(value, str) else None
    return timedelta(**{_UNITS[written[2]]: float(written[1])}) if written else value


Duration = Annotated[
    timedelta, BeforeValidator(_read_duration), Field(ge=timedelta(minutes=2), le=timedelta(days=36_500))
]
"""A time span of two minutes to a hundred years: ``30m``, ``12h``, ``90d``, ISO 8601 or a number of seconds."""


class SessionStatus(StrEnum):
    """Where a session is in its life."""

    ACTIVE = "active"
    IDLE = "idle"
    EXPIRED = "expired"


class UserPreferences(Frozen):
    """What a user wants to be different for them, everywhere or in one session."""

    row_limit: int = Field(default=1000, ge=1, le=1_000_000, description="Rows a result shows at most.")
    timezone: str = Field(default="UTC", max_length=100, description="An IANA name, such as Europe/Zurich.")
    idle_after: Duration | None = Field(default=None, description="None: the setting session_idle_after.")
    expire_after: Duration | None = Field(default=None, description="None: the setting session_expire_after.")

    def chosen(self) -> dict[str, Any]:
        """Return only what was chosen, so that it can be laid over other preferences."""
        return {name: getattr(self, name) for name in self.model_fields_set}


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
    status_since: datetime | None = Field(default=None, description="When the status was set other than by time.")
    revision: int = Field(default=1, description="Counts the changes made by update_session; it can expect one.")
    archived_at: datetime | None = Field(default=None, description="When its conversation was last archived.")

    @property
    def cursor(self) -> str:
        """Where the session stands in the order of activity; a page of a list continues ``before`` it."""
        return f"{self.last_active.astimezone(UTC):%Y%m%dT%H%M%S.%f}/{self.session_id}"

    def body(self) -> bytes:
        """Return the JSON to store: what was never set is left out, so that it can be told from what was."""
        return self.__pydantic_serializer__.to_json(self, exclude_none=True, exclude_unset=True)


class Session(SessionRecord):
    """One conversation with its history and context, as its log reads now."""

    conversation_history: tuple[Message, ...] = ()
    active_workflows: tuple[str, ...] = ()
    global_context: dict[str, Any] = {}


class CleanupReport(Frozen):
    """What a clean-up of sessions did, or with ``dry_run`` would do."""

    dry_run: bool
    looked_at: int = Field(description="Sessions that were not archived before.")
    idle: int = Field(description="Of these, how many are idle.")
    expired: tuple[str, ...] = Field(default=(), description="Ids of those whose time is over.")
    archived: tuple[str, ...] = Field(default=(), description="Ids of those whose conversation was archived.")
    entries: int = Field(default=0, description="Log entries that were moved into archives.")
    archive_bytes: int = Field(default=0, description="Compressed, in the blob store.")
    raw_bytes: int = Field(default=0, description="What they took in the ledger.")
    errors: dict[str, str] = Field(default={}, description="Session ids, and why each could not be archived.")


class TraceFound(Frozen):
    """A place where something of an erased session can still be read."""

    file: str
    what: Literal["id", "text", "content", "blob"]
    why: str = Field(description="Whose it is now, or that it is left over.")


class ErasureReport(Frozen):
    """What was erased of a session, and the scan that proves it."""

    session_id: str
    entries: int = Field(description="Log entries and run events.")
    records: int
    artifacts: int
    blobs: int = Field(description="Contents, archives and snapshots deleted from the blob store.")
    blobs_kept: int = Field(default=0, description="Contents that other sessions refer to as well.")
    rewritten: bool = Field(default=False, description="The ledger's file was copied to close its gaps.")
    files_scanned: int = 0
    bytes_scanned: int = Field(default=0, description="Of files as they are, and of Parquet and zstd unpacked.")
    searched_ids: int = 0
    searched_texts: int = 0
    found: tuple[TraceFound, ...] = Field(default=(), description="What is left over; empty when the proof holds.")
    shared: tuple[TraceFound, ...] = Field(default=(), description="Where others hold or name the same.")

    @property
    def proved(self) -> bool:
        """Whether the scan found nothing left over."""
        return not self.found
