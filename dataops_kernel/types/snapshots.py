"""The portable forms of a session: sealed segments of its log, snapshots, bundles, and what one session hands on."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from dataops_kernel.types.base import Frozen

MergeStrategy = Literal["replace", "merge", "selective"]
OnConflict = Literal["keep", "take"]


class Segment(Frozen):
    """A sealed range of a session's log: JSON Lines of the entries exactly as stored, compressed, in the blob store."""

    first: int = Field(ge=1, description="The number of its first entry.")
    last: int = Field(ge=1, description="The number of its last entry.")
    sha256: str = Field(description="Of the compressed bytes, which is also their name in the blob store.")
    size_bytes: int = Field(ge=1, description="Compressed.")
    raw_bytes: int = Field(ge=1, description="Of the JSON Lines, each line end included.")


class ContextSnapshot(Frozen):
    """A session as it was at one moment; listings leave out the two states and the references."""

    snapshot_id: str
    session_id: str
    created_at: datetime
    orchestrator_state: dict[str, Any] = Field(
        default={}, description="Title, preferences, context keys with their values, and the open question."
    )
    workflow_states: dict[str, Any] = Field(
        default={}, description="By workflow: run id, status, parameters and result of its latest run on the line."
    )
    artifact_refs: tuple[str, ...] = Field(default=(), description="Ids of the artifacts on the line, oldest first.")
    compressed: bool = True
    original_size: int = Field(description="Bytes of JSON: the whole log and the states.")
    compressed_size: int = Field(description="Bytes the same takes in the blob store.")
    head: int = Field(description="The last entry of the log it holds.")
    include_artifacts: bool = True


class Conflict(Frozen):
    """One thing two sides hold differently: both values, and whose was kept. None stands for absent."""

    what: Literal["context", "artifact", "preferences"]
    key: str
    target: Any = None
    source: Any = None
    kept: Literal["target", "source"]


class Skipped(Frozen):
    """One thing that was not brought over, and why."""

    what: Literal["message", "messages", "context", "artifact", "preferences", "pin"]
    key: str
    reason: str


class ContextLoad(Frozen):
    """What loading a snapshot into a session did."""

    snapshot_id: str
    session_id: str = Field(description="The session it was loaded into.")
    merge_strategy: MergeStrategy
    messages: int = Field(default=0, description="Messages of the snapshot the session reads now.")
    context: tuple[str, ...] = Field(default=(), description="Context keys that got the snapshot's value.")
    artifacts: dict[str, str] = Field(
        default={}, description="Artifact ids of the snapshot, each with the id it has in this session."
    )
    pins: tuple[str, ...] = Field(default=(), description="What the snapshot's pins pin here now.")
    preferences: bool = Field(default=False, description="Whether the snapshot's preferences were taken.")
    conflicts: tuple[Conflict, ...] = ()
    skipped: tuple[Skipped, ...] = ()


class Inheritance(Frozen):
    """What one session handed on to another."""

    source_session: str
    target_session: str
    filters: tuple[str, ...]
    messages: dict[str, str] = Field(default={}, description="Message ids of the source, each with its id here.")
    context: tuple[str, ...] = ()
    artifacts: dict[str, str] = Field(default={}, description="Artifact ids of the source, each with its id here.")
    pins: tuple[str, ...] = Field(default=(), description="What is pinned here now because it is pinned there.")
    preferences: bool = False
    conflicts: tuple[Conflict, ...] = ()
    skipped: tuple[Skipped, ...] = ()


class BundleMember(Frozen):
    """One file of a bundle."""

    name: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)


class BundleManifest(Frozen):
    """The table of contents of a bundle: every other member is named here with its hash and size."""

    format: Literal["dataops-bundle"] = "dataops-bundle"
    version: int
    product: str
    created_at: datetime
    title: str = ""
    session_created_at: datetime
    user_preferences: dict[str, Any] = {}
    segments: tuple[Segment, ...] = Field(default=(), description="The log; member log/{first}-{last}.jsonl.zst each.")
    members: tuple[BundleMember, ...] = ()


class BundleReport(Frozen):
    """What was written into a bundle."""

    session_id: str
    path: str | None = Field(default=None, description="None when it was written into a stream.")
    version: int
    size_bytes: int
    sha256: str = Field(description="Of the whole bundle but its seal; the zip's comment repeats it.")
    entries: int
    artifacts: int
    runs: int
    edges: int
