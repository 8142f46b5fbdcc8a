"""What a search of the conversations finds."""

from pydantic import Field

from dataops_kernel.types.base import Frozen
from dataops_kernel.types.sessions import Message


class MessageHit(Frozen):
    """One message that has to do with what was asked."""

    message: Message
    session_id: str
    seq: int = Field(description="The number of the session's log entry that holds the message.")
    score: float = Field(description="How well it fits; comparable within one answer only, above 0.")
    words: tuple[str, ...] = Field(default=(), description="The words of the message that match, as written there.")
    why: tuple[str, ...] = Field(
        default=(), description="What matched, for display: words, names, words said next to it."
    )
