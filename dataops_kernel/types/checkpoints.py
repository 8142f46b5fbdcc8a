"""Points of a session's log one can go back to, the tree they form, and what differs between two of them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from dataops_kernel.types.artifacts import Column
from dataops_kernel.types.base import Frozen
from dataops_kernel.types.sessions import Message


class Checkpoint(Frozen):
    """A point of a session's log: one that somebody named, one the kernel named, or any entry (``@42``).

    An entry nobody named has kind ``head`` and its notation as id and label; it is no record, only a place.
    """

    checkpoint_id: str
    session_id: str
    label: str
    kind: Literal["named", "auto", "head"] = "named"
    seq: int = Field(description="Everything up to and including this entry of the line belongs to it.")
    created_at: datetime
    on_current_line: bool = Field(default=True, description="False when a restore has left it on another branch.")


class CheckpointNode(Frozen):
    """One point in the tree: a checkpoint, the head of a branch that was left, the start or the present."""

    name: str = Field(description="What restore and diff take: a label, @42, or now.")
    kind: Literal["start", "named", "auto", "head", "now"]
    seq: int
    branch: int = Field(description="The number of its branch, 1 for the first.")
    parent: int | None = Field(default=None, description="The place in the tree's nodes of the point it follows.")
    messages: int = Field(default=0, description="Messages on its line, up to it.")
    on_current_line: bool = True
    checkpoint_id: str | None = None
    created_at: datetime | None = None
    left_for: str | None = Field(default=None, description="Of a head: the name of the point that was restored then.")
    said: str = Field(default="", description="Of a head: what the user said last before it was left, cut short.")


class CheckpointTree(Frozen):
    """Every point of a session one can go back to; a parent stands before what follows it."""

    session_id: str
    nodes: tuple[CheckpointNode, ...]
    branches: int = Field(description="How many branches the session has; a restore begins one.")


class AggregateDrift(Frozen):
    """How one measure of one numeric column moved between two versions of a table."""

    column: str
    measure: Literal["count", "nulls", "sum", "min", "max"] = "sum"
    before: float | None
    after: float | None


class ColumnChange(Frozen):
    """One column that has another type than before."""

    name: str
    before: str
    after: str


class RowChange(Frozen):
    """One row that both versions have: its key, and the values that differ."""

    key: dict[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]


class RowDiff(Frozen):
    """What became of a table's rows; counts are exact, the rows shown are the first few of each kind.

    With an empty ``key`` whole rows were compared, so that a changed row counts as one added and one removed.
    """

    key: tuple[str, ...] = ()
    key_found: bool = Field(default=False, description="Nobody named the key: it is unique and filled in both.")
    columns: int = Field(default=0, description="How many columns were compared: those both have, of the same type.")
    added: int
    removed: int
    changed: int = 0
    changed_columns: dict[str, int] = Field(default={}, description="In how many rows a column's value differs.")
    added_rows: tuple[dict[str, Any], ...] = ()
    removed_rows: tuple[dict[str, Any], ...] = ()
    changed_rows: tuple[RowChange, ...] = ()


class ValueChange(Frozen):
    """One place in a JSON document whose value differs; None stands for absent."""

    path: str
    before: Any = None
    after: Any = None


class DocumentDiff(Frozen):
    """What differs in JSON (``places``) or text (lines); counts are of all, the examples are the first few."""

    changes: int = Field(default=0, description="Places of JSON that differ.")
    places: tuple[ValueChange, ...] = ()
    lines_added: int = 0
    lines_removed: int = 0
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class ArtifactChange(Frozen):
    """What became of one artifact name between two points; ids are None where it did not exist."""

    name: str
    change: Literal["added", "changed", "removed"]
    before_id: str | None = None
    after_id: str | None = None
    columns_added: tuple[Column, ...] = ()
    columns_removed: tuple[Column, ...] = ()
    columns_retyped: tuple[ColumnChange, ...] = ()
    rows_before: int | None = None
    rows_after: int | None = None
    rows: RowDiff | None = None
    drift: tuple[AggregateDrift, ...] = ()
    document: DocumentDiff | None = None
    notes: tuple[str, ...] = Field(default=(), description="Sentences on what could not be compared, and why.")


class ContextChange(Frozen):
    """One context key with its value before and after; None where it was absent."""

    key: str
    before: Any = None
    after: Any = None


class CheckpointDiff(Frozen):
    """What happened on each side since the common ancestor of two points of a session.

    The lists are cut; ``totals`` counts what there was of ``messages_added``, ``messages_removed``, ``context`` and
    ``artifacts`` before the cut.
    """

    session_id: str
    before: str
    after: str
    common_seq: int
    messages_added: tuple[Message, ...] = ()
    messages_removed: tuple[Message, ...] = Field(default=(), description="On the first line only: another branch.")
    context: tuple[ContextChange, ...] = ()
    artifacts: tuple[ArtifactChange, ...] = ()
    totals: dict[str, int] = {}
    artifact_id: str | None = Field(default=None, description="Where the difference is kept, when that was asked for.")

    def total(self, part: str) -> int:
        """Return how many there are of a part, shown or not."""
        return self.totals.get(part, len(getattr(self, part)))
