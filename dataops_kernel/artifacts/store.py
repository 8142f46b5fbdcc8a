"""The artifact store: named, versioned results of a session, read along its current line."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from dataops_kernel.artifacts.codecs import encode, first_rows
from dataops_kernel.artifacts.content import ContentStore, Placed
from dataops_kernel.artifacts.deletions import is_hidden
from dataops_kernel.artifacts.lineage import ITSELF, Lineage
from dataops_kernel.artifacts.listing import Descent, Selection
from dataops_kernel.artifacts.records import ArtifactReader, artifact_parent, artifact_write, check_metadata
from dataops_kernel.clock import Clock
from dataops_kernel.errors import ArtifactNotFoundError, ConflictError, ParameterError, suggestion
from dataops_kernel.ids import IdSource, is_id
from dataops_kernel.sessionlog import Line, SessionLog
from dataops_kernel.storage.blobs import Blobs, WriteInto
from dataops_kernel.storage.ledger import MAX_COMMIT_WRITES, Ledger, Record
from dataops_kernel.types import Artifact, ArtifactAttached, ArtifactMetadata, LineageEdge, LineageNode

if TYPE_CHECKING:
    import pyarrow as pa

MAX_CONTENT_BYTES = 256 * 1024 * 1024
"""JSON, text and bytes above this are refused: they live in memory as a whole. Tables have no such limit."""

_ATTEMPTS = 64
_REMEMBERED_NAMES = 10_000
_NODES_AT_ONCE = 18
_EDGES_AT_ONCE = (MAX_COMMIT_WRITES - 2 - _NODES_AT_ONCE) // 2
_EVERYTHING = 1_000_000
_Edges = Sequence[LineageEdge]
_Nodes = Sequence[LineageNode]


class ArtifactStore:
    """Everything runs leave behind; whose session it is, is asked by the facade above."""

    def __init__(
        self,
        ledger: Ledger,
        blobs: Blobs,
        log: SessionLog,
        ids: IdSource,
        clock: Clock,
        *,
        max_content_bytes: int = MAX_CONTENT_BYTES,
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._ids = ids
        self._clock = clock
        self._limit = max_content_bytes
        self._content = ContentStore(ledger, blobs)
        self._lineage = Lineage(ledger)
        self._reader = ArtifactReader()
        self._newest: dict[str, int] = {}

    def store_artifact(
        self,
        content: Any,
        metadata: ArtifactMetadata,
        *,
        edges: _Edges = (),
        nodes: _Nodes = (),
    ) -> str:
        """Store content as the next version of its name in the session and return the artifact's id.

        Arrow tables, DataFrames and non-empty lists of dicts become Parquet; dicts and other lists JSON; text and
        bytes stay what they are. Record, log entry and lineage are one commit, durable when this returns. In
        ``edges`` an empty end (``ITSELF``) is this artifact, ``nodes`` are files and steps they speak of; what the
        metadata names as parents becomes edges by itself. Raises ``ParameterError``, ``LimitExceededError`` and, for
        unknown parents, ``ArtifactNotFoundError``.
        """
        check_metadata(metadata)
        placed = self._content.place(encode(content, self._limit))
        if placed.data is not None:  # it rides in the commit itself
            return self._attach(placed, metadata, edges, nodes)
        with self._content.held(placed):
            return self._attach(placed, metadata, edges, nodes)

    def store_file(
        self,
        write_into: WriteInto,
        metadata: ArtifactMetadata | Callable[[], ArtifactMetadata],
        *,
        edges: _Edges = (),
        nodes: _Nodes = (),
    ) -> str:
        """Store the Parquet file that ``write_into(path)`` writes, of any size, as ``store_artifact`` does.

        It is written once, straight into the blob store; if the writer raises, nothing stays. A callable
        ``metadata`` is asked after the writing, when the writer knows what to say of it.
        """
        if isinstance(metadata, ArtifactMetadata):
            check_metadata(metadata)
        placed = self._content.place_file(write_into)
        if callable(metadata):
            metadata = metadata()
        check_metadata(metadata)
        with self._content.held(placed):
            return self._attach(placed, metadata, edges, nodes)

    def get_artifact(self, artifact_id: str, allowed: Callable[[Artifact], object] | None = None) -> Artifact:
        """Return an artifact with its content, the same kind of value that was stored.

        ``allowed`` is shown the description before the content is looked at, and refuses by raising. Raises
        ``ArtifactNotFoundError``, and ``IntegrityError`` when the stored bytes have changed.
        """
        found = self._ledger.whole("artifact", artifact_id) if is_artifact_id(artifact_id) else None
        if found is None:
            raise _unknown_id(artifact_id)
        record, riding = found
        if is_hidden(record):
            raise _deleted(record)
        artifact = self._reader.read([record])[0]
        if allowed is not None:
            allowed(artifact)
        return artifact.model_copy(update={"content": self._content.load(artifact, riding)})

    def get_table(self, artifact_id: str) -> "pa.Table":
        """Return a table artifact's content as an Arrow table, in whatever form it was stored."""
        table: pa.Table = self._content.load(self._table(artifact_id).model_copy(update={"form": "arrow"}))
        return table

    def preview(self, artifact_id: str, rows: int) -> "pa.Table":
        """Return the first ``rows`` rows of a table artifact as Arrow, without loading the rest."""
        return first_rows(self.open_table(self._table(artifact_id)), rows)

    def describe(self, artifact_id: str) -> Artifact:
        """Return an artifact without its content, from whatever branch of its session."""
        record = self._ledger.get("artifact", artifact_id) if is_artifact_id(artifact_id) else None
        if record is None:
            raise _unknown_id(artifact_id)
        if is_hidden(record):
            raise _deleted(record)
        return self._reader.read([record])[0]

    def read_bytes(self, artifact_id: str) -> bytes:
        """Return the content as bytes: Parquet, JSON, UTF-8 text or the bytes themselves."""
        return self._content.read(self.describe(artifact_id))

    def open_artifact(self, artifact_id: str) -> BinaryIO:
        """Open the content's bytes for reading; ``size_bytes`` of them, checked before the first is given."""
        return self._content.open(self.describe(artifact_id))

    def path(self, artifact_id: str) -> Path | None:
        """Return a local file of exactly the content; None when it lies in the ledger or is compressed."""
        return self._content.path(self.describe(artifact_id))

    def open_table(self, artifact: Artifact) -> Path | bytes:
        """Return where SQL finds an artifact's content: a checked file, or the bytes when it lies in none."""
        return self._content.path(artifact) or self._content.read(artifact)

    def list_artifacts(
        self,
        session_id: str,
        filters: Mapping[str, Any] | None = None,
        *,
        limit: int | None = None,
        before: str | None = None,
    ) -> list[Artifact]:
        """Return the artifacts on the session's current line, newest first, without content.

        ``filters``: artifact_type, workflow_name, name, content_type, run_id, tag; all must fit. For the next page
        pass the last id as ``before``. Raises ``ParameterError`` for a filter that does not exist.
        """
        selection = Selection(filters)
        if limit is not None and limit < 1:
            raise ParameterError(f"A limit of {limit!r} shows nothing.", hint="Give a limit of 1 or more, or None.")
        if before is not None and not is_artifact_id(before):
            raise _unknown_id(before)
        line = self._log.line(session_id)
        descent = Descent(
            self._ledger,
            session_id,
            name=selection.wanted.get("name"),
            workflow=selection.wanted.get("workflow_name"),
            before=before,
        )
        found: list[Artifact] = []
        seen = 0
        while not descent.done and (limit is None or len(found) < limit):
            # Read on by what is still missing, at the rate at which the wanted ones came so far.
            page = descent.page(
                _EVERYTHING if limit is None else (limit - len(found)) * (seen // (len(found) or 1) + 1)
            )
            seen += len(page)
            found += selection.fitting(self._reader.read(selection.may_fit(_on(line, page))))
        return found[:limit]

    def versions(self, session_id: str, name: str) -> list[Artifact]:
        """Return the versions of a name on the current line, oldest first; none when there is no such name."""
        line = self._log.line(session_id)
        records = self._ledger.children("artifact", artifact_parent(session_id, name))
        return self._reader.read(_on(line, records))

    def latest(self, session_id: str, name: str, line: Line | None = None) -> Artifact:
        """Return the newest version of a name on a line (the current one); the error names the closest name."""
        line = self._log.line(session_id) if line is None else line
        descent = Descent(self._ledger, session_id, name=name, before=None)
        while not descent.done:
            if hits := _on(line, descent.page(1)):
                return self._reader.read(hits[:1])[0]
        known = [*self.at(session_id, line)]
        raise ArtifactNotFoundError(
            f"There is no artifact named {name[:200]!r} in this session.",
            hint=suggestion(
                name, known, f"It has {', '.join(map(repr, known[:10]))}." if known else "It has none yet."
            ),
            name=name[:200],
            session_id=session_id,
        )

    def tables(self, session_id: str, line: Line | None = None) -> dict[str, Artifact]:
        """Return the names whose newest version on a line is a table, newest first."""
        return {name: found for name, found in self.at(session_id, line).items() if found.is_table}

    def at(self, session_id: str, line: Line | None = None) -> dict[str, Artifact]:
        """Return the newest version of every name on a line (the current one), newest first."""
        line = self._log.line(session_id) if line is None else line
        newest: dict[str, Record] = {}
        for record in _on(line, self._ledger.of_session("artifact", session_id)):
            held = newest.get(record.parent)
            # Ids made in two processes may be out of step with the log; its numbers never are.
            if held is None or (held.seq or 0) < (record.seq or 0):
                newest[record.parent] = record
        records = sorted(newest.values(), key=lambda record: record.seq or 0, reverse=True)
        return {artifact.name: artifact for artifact in self._reader.read(records)}

    def _table(self, artifact_id: str) -> Artifact:
        artifact = self.describe(artifact_id)
        if not artifact.is_table:
            raise ParameterError(
                f"The artifact {artifact.name!r} is {artifact.content_type}, not a table.",
                hint="Read it with get_artifact(id).content.",
            )
        return artifact

    def _attach(self, placed: Placed, metadata: ArtifactMetadata, edges: _Edges, nodes: _Nodes) -> str:
        artifact_id = self._ids.new("art")
        alone = not (edges or nodes or metadata.parent_artifacts or metadata.derived_from)
        links = [] if alone else self._links(artifact_id, metadata, edges)
        parent = artifact_parent(metadata.session_id, metadata.name)
        # What this process stored last is a good guess, a name of which it knows nothing is most likely new, and the
        # commit says when that was wrong.
        newest = self._newest.pop(parent, 0)
        for _ in range(_ATTEMPTS):
            artifact = Artifact(
                **vars(metadata),
                **placed.facts(),
                artifact_id=artifact_id,
                version=newest + 1,
                created_at=self._clock(),
            )
            entry = ArtifactAttached(
                time=artifact.created_at, artifact_id=artifact_id, name=artifact.name, version=artifact.version
            )
            writes = [
                *self._log.appends(metadata.session_id, entry),
                artifact_write(artifact, placed.data),
            ]
            if not alone:
                writes += self._lineage.node_writes(nodes[:_NODES_AT_ONCE])
                writes += self._lineage.edge_writes(links[:_EDGES_AT_ONCE], fresh=artifact_id)
            try:
                self._ledger.commit(writes)
            except ConflictError:
                # Somebody took this version, or stated one of the edges, in between.
                newest = self._newest_version(parent)
                continue
            self._remember(parent, artifact.version)
            if len(links) > _EDGES_AT_ONCE or len(nodes) > _NODES_AT_ONCE:
                # The record names its parents itself: what did not fit into its commit is not their only trace.
                self._lineage.record(links[_EDGES_AT_ONCE:], nodes[_NODES_AT_ONCE:])
            return artifact_id
        raise ConflictError(
            f"The artifact {metadata.name!r} got new versions from others {_ATTEMPTS} times in a row.",
            hint="Try again, or store under a name of its own.",
        )

    def _newest_version(self, parent: str) -> int:
        newest = self._ledger.children("artifact", parent, limit=1, reverse=True)
        return int(newest[0].order) if newest else 0

    def _remember(self, parent: str, version: int) -> None:
        if len(self._newest) >= _REMEMBERED_NAMES:
            self._newest.clear()
        self._newest[parent] = version

    def _links(self, artifact_id: str, metadata: ArtifactMetadata, edges: _Edges) -> list[LineageEdge]:
        """Complete the edges given with the artifact, and add those to the parents its metadata names."""
        links = [
            edge.model_copy(update={"source": edge.source or artifact_id, "target": edge.target or artifact_id})
            if ITSELF in (edge.source, edge.target)
            else edge
            for edge in edges
        ]
        stated = {(edge.source, edge.target, edge.relation) for edge in links}
        parents = dict.fromkeys([*metadata.parent_artifacts, metadata.derived_from or ""])
        parents.pop("", None)
        if parents:
            known = {record.id for record in self._ledger.get_many("artifact", [*parents])}
            for parent in parents:
                # Content may also be derived from a file, which lineage knows by a node of its own.
                if parent not in known and not (parent == metadata.derived_from and parent.startswith("file:")):
                    raise _unknown_id(parent)
                if (parent, artifact_id, "derived") not in stated:
                    links.append(
                        LineageEdge(source=parent, target=artifact_id, relation="derived", evidence="declared")
                    )
        return links


def is_artifact_id(text: Any) -> bool:
    """Say whether ``text`` has the shape of an artifact's id; a path or a name has not."""
    return isinstance(text, str) and is_id("art", text)


def _on(line: Line, records: Iterable[Record]) -> list[Record]:
    if len(line.ranges) == 1:  # nothing was ever restored, or all of it is one story
        story = range(line.ranges[0][0], line.head + 1)
        return [record for record in records if not is_hidden(record) and record.seq in story]
    return [record for record in records if not is_hidden(record) and record.seq in line]


def _deleted(record: Record) -> ArtifactNotFoundError:
    return ArtifactNotFoundError(
        f"The artifact {record.id!r} was deleted.",
        hint=f"`dataops artifacts restore {record.id}` brings it back as long as it was not purged.",
        artifact_id=record.id,
    )


def _unknown_id(artifact_id: Any) -> ArtifactNotFoundError:
    shown = repr(artifact_id)[:100]
    if is_artifact_id(artifact_id):
        hint = "Use an id from list_artifacts(session_id), or `dataops artifacts` in a terminal."
    else:
        hint = "An artifact id looks like art_01k9x2…; latest(session_id, name) finds an artifact by its name."
    return ArtifactNotFoundError(f"There is no artifact {shown}.", hint=hint)
