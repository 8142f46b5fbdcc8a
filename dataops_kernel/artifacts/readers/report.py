"""What reading a file may cost, and what it has to say afterwards."""

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from dataops_kernel.types import Column, Frozen

FileFormat = Literal["delimited", "json", "jsonl", "parquet"]

Watch = Callable[[str], None]
"""Called several times a second with a sentence on what is going on; whatever it raises stops the reading."""


class ReadLimits(Frozen):
    """What one reading may use; every limit ends in an error that names it."""

    file_bytes: int = Field(default=64 * 2**30, ge=1, description="Size of the file.")
    memory_bytes: int = Field(default=1_000_000_000, ge=64_000_000, description="Memory of the query engine.")
    threads: int = Field(default=2, ge=1, le=64)
    columns: int = Field(default=4096, ge=1)
    record_bytes: int = Field(default=16 * 2**20, ge=1024, description="Size of one record, line breaks included.")
    document_bytes: int = Field(
        default=64 * 2**20, ge=1024, description="Size of a JSON file that is one object, which cannot be streamed."
    )


class ReadReport(Frozen):
    """What was read and what was doubted or repaired on the way; nothing is ever left out of the table unsaid."""

    format: FileFormat
    encoding: str | None = Field(default=None, description="None for Parquet.")
    delimiter: str | None = None
    header: bool | None = Field(default=None, description="Whether the first record held the column names.")
    rows: int
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = Field(default=(), description="Full sentences with evidence: counts, lines, values.")
