"""Why an artifact is kept, and what deleting it would mean."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from dataops_kernel.types.base import Frozen

KeepKind = Literal["current_line", "checkpoint", "branch", "parent", "shared", "pinned", "snapshot"]


class KeepReason(Frozen):
    """One thing that still needs an artifact.

    ``current_line``: the session shows it now; ``checkpoint`` and ``branch``: going back there would show it;
    ``parent``: another artifact was made of it; ``shared``: one of another session was; ``pinned``: somebody said so;
    ``snapshot``: it refers to it, and would load without it.
    """

    kind: KeepKind
    name: str = Field(description="The label, branch head, artifact or session that needs it; for people.")
    id: str = ""


class WhyKept(Frozen):
    """Every reason an artifact has to be kept, and whether it is being deleted all the same."""

    artifact_id: str
    session_id: str
    name: str
    version: int
    size_bytes: int
    state: Literal["kept", "deleted", "purged"] = "kept"
    reasons: tuple[KeepReason, ...] = ()
    purge_after: datetime | None = Field(default=None, description="Of a deleted one: until when it can be restored.")


class DeletionPlan(Frozen):
    """What a deletion would do, before it is done.

    ``refused`` have reasons to be kept that the deletion does not set aside. ``bytes_freed`` counts what a purge of
    ``deleted`` would give back; ``bytes_shared`` the content that stays because other records refer to it.
    """

    deleted: tuple[WhyKept, ...] = ()
    refused: tuple[WhyKept, ...] = ()
    bytes_freed: int = 0
    bytes_shared: int = 0
    purge_after: datetime | None = None


class Purge(Frozen):
    """What was removed for good, and how many bytes that gave back."""

    purged: tuple[WhyKept, ...] = ()
    bytes_freed: int = 0
    bytes_shared: int = 0
