"""The portable forms of a session: sealed segments of its log, snapshots, bundles, and what one session hands on."""

from pydantic import Field

from dataops_kernel.types.base import Frozen


class Segment(Frozen):
    """A sealed range of a session's log: JSON Lines of the entries exactly as stored, compressed, in the blob store."""

    first: int = Field(ge=1, description="The number of its first entry.")
    last: int = Field(ge=1, description="The number of its last entry.")
    sha256: str = Field(description="Of the compressed bytes, which is also their name in the blob store.")
    size_bytes: int = Field(ge=1, description="Compressed.")
    raw_bytes: int = Field(ge=1, description="Of the JSON Lines, each line end included.")
