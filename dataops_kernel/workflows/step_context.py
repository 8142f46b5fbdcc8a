"""The context of one step of one run, over the real stores."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError

from dataops_kernel.artifacts.lineage import Lineage
from dataops_kernel.artifacts.query import QueryService
from dataops_kernel.artifacts.store import ArtifactStore
from dataops_kernel.errors import ArtifactNotFoundError, ParameterError, RunCancelledError, suggestion
from dataops_kernel.llm.base import LanguageModel
from dataops_kernel.types import Artifact, ArtifactMetadata, ArtifactType, EventType, LineageEdge, LineageNode
from dataops_kernel.workflows.context import WorkflowContext
from dataops_kernel.workflows.graphs import current_node
from dataops_kernel.workflows.trail import Trail

if TYPE_CHECKING:
    import pyarrow as pa

_CHUNK = 4 * 1024 * 1024
_DESCRIPTION = 2000
# A file that was written to this shortly before it was read may have changed again within one tick of its clock.
_QUIET = timedelta(seconds=2)


class Say(Protocol):
    """Says one event of the run."""

    def __call__(self, type: EventType, *, step: str | None = None, **data: Any) -> None:
        """Say it."""


class StepContext(WorkflowContext):
    """Reads and writes for the nodes of one step; may be used from any of their threads.

    ``step`` is the step's id (``stp_…``). ``cancelled`` is set when the run was asked to stop; every method but
    ``tables`` and ``table`` then raises ``RunCancelledError``. ``finish`` writes the lineage nothing took along.
    """

    def __init__(
        self,
        *,
        session_id: str,
        run_id: str,
        step: str,
        workflow: str,
        text: str,
        artifacts: ArtifactStore,
        query: QueryService,
        lineage: Lineage,
        llm: LanguageModel,
        emit: Say,
        cancelled: threading.Event,
        folder: Path | None = None,
    ) -> None:
        self.session_id = session_id
        self.run_id = run_id
        self.step = step
        self.text = text
        self.llm = llm
        self._workflow = workflow
        self._artifacts = artifacts
        self._query = query
        self._lineage = lineage
        self._emit = emit
        self._cancelled = cancelled
        self._folder = folder
        self._trail = Trail(run_id, lineage.step_node(step, workflow, run_id)[0])
        self._loading = threading.Lock()
        self._stored: list[str] = []

    @property
    def stored(self) -> tuple[str, ...]:
        """The ids of what the step has stored, oldest first."""
        return tuple(self._stored)

    def load_file(self, path: str | Path, *, name: str | None = None) -> Artifact:
        """Read a data file into a table artifact; see ``WorkflowContext``."""
        from dataops_kernel.artifacts.readers import find_file, read_file

        self._go_on()
        file = find_file(path, cwd=self._folder)
        name = name or table_name(file)
        with self._loading:
            known = self._same_file_by_its_looks(file, name)
            if known is None:
                node = self._node_of(file)
                newest = self._newest(name)
                known = newest if newest is not None and newest.derived_from == node.id else None
            if known is not None:
                self._trail.read(known.artifact_id)
                return known
            notes: list[str] = []

            def write_into(target: Path) -> None:
                notes.extend(read_file(file, target, watch=self._watch()).notes)

            self._trail.read(node.id, node)
            edges, nodes = self._trail.waiting()
            artifact_id = self._artifacts.store_file(
                write_into,
                lambda: self._metadata(name, "intermediate", _told(file, notes), derived_from=node.id),
                edges=[*edges, *self._trail.edges_of_new([node.id])],
                nodes=nodes,
            )
            return self._announced(artifact_id, edges, nodes)

    def reader_notes(self, artifact: Artifact) -> list[str]:
        """Return what the reader doubted or repaired; it stands in the artifact's description, a line each."""
        if not (artifact.derived_from or "").startswith("file:"):
            return []
        return artifact.description.splitlines()[1:]

    def read_text(self, path: str | Path) -> str:
        """Read a text file and record that it was used; see ``WorkflowContext``."""
        from dataops_kernel.artifacts.readers import find_file, read_text_file

        self._go_on()
        file = find_file(path, cwd=self._folder)
        text, _ = read_text_file(file)
        node = self._node_of(file)
        self._trail.read(node.id, node)
        return text

    def tables(self) -> list[Artifact]:
        """Return the session's tables, newest version of each name on the current line, newest first."""
        return list(self._artifacts.tables(self.session_id).values())

    def table(self, name: str) -> Artifact:
        """Return the newest version of one table; raises ``ArtifactNotFoundError`` with the closest name."""
        tables = self._artifacts.tables(self.session_id)
        found = tables.get(name) or {known.lower(): table for known, table in tables.items()}.get(name.lower())
        if found is None:
            known = ", ".join(map(repr, tables))
            raise ArtifactNotFoundError(
                f"There is no table {name[:200]!r} in this session.",
                hint=suggestion(name, tables, f"It has {known}." if known else "Load a file first."),
                name=name[:200],
            )
        return found

    def sql(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        row_limit: int | None = None,
        lookup: bool = False,
    ) -> pa.Table:
        """Run a guarded query over the session's tables; see ``WorkflowContext``."""
        self._go_on()
        self._emit("sql", step=self.step, query=query)
        tables = self._artifacts.tables(self.session_id)
        outcome = self._query.run(query, tables, parameters, row_limit, cancelled=self._cancelled)
        for artifact_id in () if lookup else outcome.used:
            self._trail.read(artifact_id)
        if outcome.truncated and row_limit is None:
            self.progress(f"The result was cut after {outcome.table.num_rows:,} rows.")
        return outcome.table

    def store(
        self,
        content: Any,
        *,
        name: str,
        artifact_type: ArtifactType = "result",
        description: str = "",
        parents: Sequence[Artifact] = (),
    ) -> Artifact:
        """Store content as a new version of ``name``; see ``WorkflowContext``."""
        self._go_on()
        sources = self._trail.parents(parents)
        ids = tuple(source for source in sources if not source.startswith("file:"))
        edges, nodes = self._trail.waiting()
        artifact_id = self._artifacts.store_artifact(
            content,
            self._metadata(name, artifact_type, description, parent_artifacts=ids),
            edges=[*edges, *self._trail.edges_of_new(sources)],
            nodes=nodes,
        )
        return self._announced(artifact_id, edges, nodes)

    def content(self, artifact: Artifact) -> Any:
        """Return an artifact's content (a table comes as ``pyarrow.Table``) and record that it was used."""
        self._go_on()
        self._trail.read(artifact.artifact_id)
        if artifact.is_table:
            return self._artifacts.get_table(artifact.artifact_id)
        return self._artifacts.get_artifact(artifact.artifact_id).content

    def progress(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Say what is going on; raises ``RunCancelledError`` when the run was asked to stop."""
        self._go_on()
        self._emit("progress", step=self.step, text=text, done=done, total=total)

    @property
    def has_unwritten_reads(self) -> bool:
        """Whether ``finish`` has something to do."""
        return self._trail.has_reads_waiting()

    def finish(self) -> None:
        """Write the reads that no stored artifact took along."""
        edges, nodes = self._trail.waiting()
        self._lineage.record(edges, nodes)
        self._trail.written(edges, nodes)

    def _go_on(self) -> None:
        if self._cancelled.is_set():
            raise RunCancelledError(
                f"The run {self.run_id!r} was cancelled.", hint="Ask again to start over.", run_id=self.run_id
            )

    def _watch(self) -> Callable[[str], None]:
        """Return what a reader calls several times a second: it stops a cancelled reading and says what is new."""
        said = ""

        def watch(text: str) -> None:
            nonlocal said
            self._go_on()
            if text != said:
                said = text
                self.progress(text)

        return watch

    def _announced(self, artifact_id: str, edges: list[LineageEdge], nodes: list[LineageNode]) -> Artifact:
        self._trail.written(edges, nodes)
        self._stored.append(artifact_id)
        artifact = self._artifacts.describe(artifact_id)
        self._emit(
            "artifact_stored",
            step=self.step,
            artifact_id=artifact_id,
            name=artifact.name,
            version=artifact.version,
            rows=artifact.row_count,
        )
        return artifact

    def _metadata(self, name: str, kind: ArtifactType, description: str, **origin: Any) -> ArtifactMetadata:
        try:
            return ArtifactMetadata(
                session_id=self.session_id,
                workflow_name=self._workflow,
                artifact_type=kind,
                name=name,
                description=description,
                created_by=current_node() or self._workflow,
                run_id=self.run_id,
                **origin,
            )
        except ValidationError as err:
            first = err.errors()[0]
            field = ".".join(map(str, first["loc"]))
            raise ParameterError(
                f"An artifact cannot be stored with the {field} {str(first['input'])[:80]!r}: {first['msg'].lower()}.",
                hint="A name has 1 to 200 characters, a description at most 2,000.",
                parameter=field,
            ) from err

    def _newest(self, name: str) -> Artifact | None:
        versions = self._artifacts.versions(self.session_id, name)
        return versions[-1] if versions else None

    def _same_file_by_its_looks(self, file: Path, name: str) -> Artifact | None:
        """Return the newest version of a name when it came from this very file, path, size and time alike."""
        newest = self._newest(name)
        if newest is None or not (newest.derived_from or "").startswith("file:"):
            return None
        facts = self._lineage.nodes([str(newest.derived_from)])[0].facts
        size, modified = _looks(file)
        same = (facts.get("path"), facts.get("size_bytes"), facts.get("modified")) == (
            _printable(file),
            size,
            modified.isoformat(),
        )
        return newest if same and newest.created_at - modified > _QUIET else None

    def _node_of(self, file: Path) -> LineageNode:
        size, modified = _looks(file)
        digest = sha256()
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                self._go_on()
                digest.update(chunk)
        return self._lineage.file_node(file, digest.hexdigest(), size, modified)[0]


def table_name(file: Path) -> str:
    """Return a file's stem as a plain identifier: ``2024 Sales-EU.csv`` gives ``t_2024_sales_eu``."""
    name = re.sub(r"\W+", "_", _printable(Path(file.stem))).strip("_").lower() or "table"
    return (name if not name[0].isdigit() else f"t_{name}")[:200]


def _told(file: Path, notes: Sequence[str]) -> str:
    lines = [f"Read from {_printable(file)}.", *(" ".join(note.split()) for note in notes)]
    text = "\n".join(lines)
    if len(text) <= _DESCRIPTION:
        return text
    while len("\n".join(lines)) > _DESCRIPTION - 40:
        lines.pop()
    return "\n".join([*lines, f"And {len(notes) - len(lines) + 1} more remarks."])


def _looks(file: Path) -> tuple[int, datetime]:
    status = file.stat()
    return status.st_size, datetime.fromtimestamp(status.st_mtime, UTC)


def _printable(path: Path) -> str:
    return str(path).encode("utf-8", "replace").decode()
