"""What a model gets to see of a session: summaries, blocks of a view, and the outcome of a compression."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from dataops_kernel.types.base import Frozen
from dataops_kernel.types.sessions import Role

BlockKind = Literal["system", "pinned", "summary", "relevant", "recent", "context", "tables"]
FactKind = Literal["decision", "parameter", "artifact", "state", "question", "number"]
CompressionMethod = Literal["unchanged", "extractive", "llm"]


class Remembered(Frozen):
    """One sentence that a rolling summary keeps, with the log entry it was said in."""

    seq: int
    role: Role
    text: str
    weight: float


class RollingSummary(Frozen):
    """What was said on the line that ends at entry ``seq``, in a size that does not grow with it.

    Belongs to every line that ``seq`` belongs to: what lies before an entry of a log never changes.
    """

    seq: int = 0
    messages: int = Field(default=0, description="How many messages it covers.")
    since: datetime | None = None
    until: datetime | None = None
    sentences: tuple[Remembered, ...] = ()


class ContextBlock(Frozen):
    """One piece of what a model would see, and why it is there."""

    id: str = Field(description="Stays the same between views; pin and unpin take it where it names something.")
    kind: BlockKind
    source: str = Field(description="What it was made from: a message, context key or artifact, or a part of the log.")
    text: str
    tokens: int
    why: str
    pinned: bool = False


class LeftOut(Frozen):
    """Something a view had no room for."""

    id: str
    kind: BlockKind
    tokens: int
    why: str


class AutomaticCompression(Frozen):
    """When and how a session's older turns were folded into its summary."""

    seq: int = Field(description="Messages up to this log entry are shown through the summary.")
    time: datetime
    method: CompressionMethod
    messages: int = Field(description="How many messages were folded.")
    tokens_before: int
    tokens_after: int


class ContextView(Frozen):
    """The blocks a model would see of a session, in their order, inside a budget."""

    session_id: str
    max_tokens: int
    tokens: int
    blocks: tuple[ContextBlock, ...]
    left_out: tuple[LeftOut, ...] = ()
    compressions: tuple[AutomaticCompression, ...] = Field(default=(), description="Of this line, oldest first.")

    @property
    def text(self) -> str:
        """The blocks as one text, the form whose tokens are counted."""
        return "\n\n".join(block.text for block in self.blocks)


class KeptFact(Frozen):
    """One thing a compression may not lose: its text, and the place (JSON pointer) it stands at."""

    kind: FactKind
    path: str
    text: str


class ReplacedSection(Frozen):
    """One place of a context that a compression made shorter; ``expand(reference)`` gives the original back."""

    path: str
    reference: str
    tokens_before: int
    tokens_after: int


class CompressedContext(Frozen):
    """A context inside its budget, and an honest account of how it got there."""

    context: dict[str, Any]
    method: CompressionMethod
    max_tokens: int
    tokens_before: int
    tokens_after: int
    reference: str | None = Field(default=None, description="Of the whole original; None when nothing was changed.")
    sections: tuple[ReplacedSection, ...] = ()
    kept: tuple[KeptFact, ...] = Field(default=(), description="The keep-list, all of it found in the result.")
    put_back: tuple[KeptFact, ...] = Field(default=(), description="What the first result had lost.")
    dropped: tuple[KeptFact, ...] = Field(default=(), description="Numbers there was no room for.")
    note: str = Field(default="", description="Why the method is not the one that was asked for.")


class FoundSection(Frozen):
    """A place of a compressed context's original that speaks of what was searched for."""

    reference: str
    path: str
    excerpt: str
    score: float
