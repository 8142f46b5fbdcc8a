"""What runs leave behind."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from dataops_kernel.types.base import Frozen

ArtifactType = Literal["result", "intermediate", "debug", "context", "trace"]
ContentType = Literal["json", "text", "binary", "parquet", "csv"]
ContentForm = Literal["arrow", "pandas", "records", "json", "text", "bytes"]
ContentEncoding = Literal["plain", "zstd"]


class Column(Frozen):
    """One column of a table artifact."""

    name: str
    type: str = Field(description="DuckDB's name of the type, such as BIGINT or VARCHAR.")
    nulls: int | None = None
    min: Any = None
    max: Any = None


class ArtifactMetadata(Frozen):
    """What the storer says of an artifact; the kernel fills in the rest."""

    session_id: str
    workflow_name: str
    artifact_type: ArtifactType = "result"
    name: str = Field(min_length=1, max_length=200, description="A name as data: unique inside a session by version.")
    description: str = Field(default="", max_length=2000)
    created_by: str = Field(default="", description="The workflow node that made it.")
    run_id: str | None = None
    parent_artifacts: tuple[str, ...] = ()
    derived_from: str | None = None
    ttl: datetime | None = None
    tags: tuple[str, ...] = ()


class Artifact(Frozen):
    """One stored version of one named result; ``content`` is None in listings."""

    artifact_id: str
    session_id: str
    workflow_name: str
    artifact_type: ArtifactType
    name: str
    version: int
    content: Any = Field(default=None, exclude=True, repr=False)
    content_type: ContentType
    form: ContentForm = Field(description="The kind of value that was stored, so that the same kind comes back.")
    created_at: datetime
    created_by: str = ""
    size_bytes: int = Field(description="What open_artifact() gives; a zstd encoding takes less room.")
    sha256: str = Field(description="Of the stored bytes; checked on every read.")
    encoding: ContentEncoding = Field(default="plain", description="How the stored bytes are compressed as a whole.")
    inline: bool = Field(default=False, description="The bytes ride in the ledger instead of a blob.")
    row_count: int | None = None
    columns: tuple[Column, ...] = ()
    description: str = ""
    run_id: str | None = None
    parent_artifacts: tuple[str, ...] = ()
    derived_from: str | None = None
    ttl: datetime | None = None
    tags: tuple[str, ...] = ()
    access_count: int = 0
    last_accessed: datetime | None = None

    @property
    def is_table(self) -> bool:
        """Whether the content is rows and columns that SQL can read."""
        return self.content_type == "parquet"
