"""What a node may do to the world: read and store artifacts, ask SQL, ask the model, report progress.

Everything goes through this one object, so everything read and written is recorded as lineage by itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataops_kernel.types import Artifact, ArtifactType

if TYPE_CHECKING:
    import pyarrow as pa

    from dataops_kernel.llm.base import LanguageModel


class WorkflowContext(ABC):
    """Passed to every node as ``runtime.context``; bound to one step of one run of one session."""

    session_id: str
    run_id: str
    step: str
    text: str
    """The user's message, empty when the workflow was started by name."""
    llm: LanguageModel

    @abstractmethod
    def load_file(self, path: str | Path, *, name: str | None = None) -> Artifact:
        """Read a data file (CSV, TSV, JSON, JSON Lines, Parquet; memory bounded) into a table artifact.

        The artifact is called ``name`` or the file's stem made a plain identifier; ``description`` and the stored
        ``file`` lineage node say where it came from; what the reader doubted is in ``reader_notes(artifact)``.
        The same unchanged file loaded again in a session gives the version that is already there.
        Raises ``FileInputError``: missing (closest existing name), empty, binary, a directory, unsupported, ragged
        beyond repair.
        """

    @abstractmethod
    def reader_notes(self, artifact: Artifact) -> list[str]:
        """Return the sentences in which the reader said what it doubted or repaired while reading the file."""

    @abstractmethod
    def read_text(self, path: str | Path) -> str:
        """Read a text file (UTF-8, UTF-16 with BOM or cp1252; at most 256 MB) and record that it was used.

        Raises ``FileInputError`` as ``load_file`` does.
        """

    @abstractmethod
    def tables(self) -> list[Artifact]:
        """Return the session's tables, newest version of each name on the current line, newest first."""

    @abstractmethod
    def table(self, name: str) -> Artifact:
        """Return the newest version of one table; raises ``ArtifactNotFoundError`` with the closest name."""

    @abstractmethod
    def sql(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        row_limit: int | None = None,
        lookup: bool = False,
    ) -> pa.Table:
        """Run a guarded query over the session's tables by name; says a ``sql`` event and records what was read.

        A ``lookup`` only finds out what a message means: what it reads is no source of the answer and not recorded.

        Raises ``QueryError`` and ``QueryTimeoutError``.
        """

    @abstractmethod
    def store(
        self,
        content: Any,
        *,
        name: str,
        artifact_type: ArtifactType = "result",
        description: str = "",
        parents: Sequence[Artifact] = (),
    ) -> Artifact:
        """Store a new version of ``name``: Arrow table, DataFrame, list of dicts (all tables), dict, str or bytes.

        ``parents`` are what it was made from; everything this step read so far when not given.
        """

    @abstractmethod
    def content(self, artifact: Artifact) -> Any:
        """Return an artifact's content (a table comes as ``pyarrow.Table``) and record that it was used."""

    @abstractmethod
    def progress(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Say what is going on, with counts when they are known; also the place where a cancel takes effect.

        Raises ``RunCancelledError`` when the run was asked to stop.
        """
