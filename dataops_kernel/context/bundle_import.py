"""Importing a bundle: its session opens as a fork under ids of its own, wholly or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from dataops_kernel.artifacts.content import INLINE_BYTES
from dataops_kernel.artifacts.deletions import stone_write
from dataops_kernel.artifacts.lineage import Lineage
from dataops_kernel.artifacts.records import artifact_write
from dataops_kernel.clock import Clock
from dataops_kernel.context.bundle_contents import BundleContents
from dataops_kernel.context.bundle_form import MAX_TOTAL_BYTES, BundleFile, content_name
from dataops_kernel.context.bundle_reading import BundleReader
from dataops_kernel.context.staging import Staging
from dataops_kernel.errors import BundleError, FileInputError
from dataops_kernel.ids import IdKind, IdSource, is_id
from dataops_kernel.sessions import SessionManager
from dataops_kernel.storage.blobs import Blobs
from dataops_kernel.storage.ledger import Append, Ledger, Put, Write
from dataops_kernel.types import (
    Artifact,
    ArtifactAttached,
    CheckpointNamed,
    ContextSet,
    LineageEdge,
    LogEntry,
    MessageAdded,
    Restored,
    Run,
    RunFinished,
    RunStarted,
    Session,
    SessionRecord,
    session_stream,
)
from dataops_kernel.types.kinds import INDEXED_ENTRIES

_BUFFER = 1024 * 1024
_MAX_VERSION = 10**8


class BundleImport:
    """Opens bundles in this workspace.

    First what is about to come, then content, then the log and records of a session that does not exist yet, and last
    the session's own record: until that commit nothing of it can be seen, whenever it is interrupted. What a crash
    leaves is taken back on the next opening (see ``Erasure.finish``).

    ``owner`` names this process, ``abandon`` takes back what an import has written of a session.
    """

    def __init__(
        self,
        ledger: Ledger,
        blobs: Blobs,
        sessions: SessionManager,
        ids: IdSource,
        clock: Clock,
        owner: str,
        abandon: Callable[[str], object],
    ) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._sessions = sessions
        self._lineage = Lineage(ledger)
        self._ids = ids
        self._clock = clock
        self._owner = owner
        self._abandon = abandon

    def load(self, source: BundleFile, user_id: str) -> Session:
        """Open a bundle as a new session of ``user_id`` and return it without its history.

        Raises ``BundleError`` with the reason for everything that is not exactly what was exported by a version this
        one understands, and ``FileInputError`` when there is no such file. Then nothing was imported.
        """
        with _seekable(source) as stream:
            reader = BundleReader(stream)
            contents = BundleContents(reader)
            now = self._clock()
            record = SessionRecord(
                session_id=self._ids.new("ses"),
                user_id=user_id,
                created_at=now,
                last_active=now,
                title=contents.manifest.title,
                user_preferences=contents.preferences,
                metadata={"bundle": reader.digest, "exported_at": contents.manifest.created_at.isoformat()},
            )
            staging = Staging(self._ledger, record.session_id, self._owner)
            try:
                _Fork(contents, record, self._ledger, self._blobs, self._lineage, self._ids, staging).write()
                self._ledger.commit([*self._sessions.lifecycle.creation(record), *staging.end()])
            except BaseException:
                with contextlib.suppress(Exception):  # what cannot be taken back now, the next opening takes back
                    self._abandon(record.session_id)
                raise
        return self._sessions.get_session(record.session_id, history=0)


class _Fork:
    """One session being written under new ids; what its bundle does not hold it cannot refer to."""

    def __init__(
        self,
        contents: BundleContents,
        record: SessionRecord,
        ledger: Ledger,
        blobs: Blobs,
        lineage: Lineage,
        ids: IdSource,
        staging: Staging,
    ) -> None:
        self._contents = contents
        self._session = record.session_id
        self._user = record.user_id
        self._stream = session_stream(record.session_id)
        self._ledger = ledger
        self._blobs = blobs
        self._lineage = lineage
        self._ids = ids
        self._staging = staging
        self._artifacts = {artifact.artifact_id: artifact for artifact in contents.artifacts}
        self._places = {(artifact.name, artifact.version) for artifact in contents.artifacts}
        self._placed: dict[str, bytes | None] = {}
        self._names: dict[str, str] = {}
        for kind, known in (
            ("art", self._artifacts),
            ("run", {run.run_id: run for run in contents.runs}),
            ("msg", contents.messages),
            ("stp", {node.id: node for node in contents.nodes if is_id("stp", node.id)}),
        ):
            self._names |= {id: ids.new(cast(IdKind, kind)) for id in sorted(known)}

    def write(self) -> None:
        reader = self._contents.reader
        held = {a.sha256 for a in self._contents.artifacts if reader.size(content_name(a)) > INLINE_BYTES}
        self._staging.begin(sorted(held))
        for artifact in self._contents.artifacts:
            self._place(artifact)
        for _, entry in self._contents.entries():
            self._staging.add(*self._part(entry))
        for run in self._contents.runs:
            self._staging.add(self._run(run))
        self._staging.flush()
        nodes = [
            node.model_copy(
                update={
                    "id": self._names.get(node.id, node.id),
                    "facts": {**node.facts, "run_id": self._name(str(node.facts.get("run_id")))}
                    if node.kind == "step"
                    else node.facts,
                }
            )
            for node in self._contents.nodes
        ]
        files = {node.id for node in nodes if node.kind == "file"}
        edges = [self._edge(edge, files) for edge in self._contents.edges]
        self._lineage.record([edge for edge in edges if edge is not None], nodes)

    def _name(self, id: str | None) -> str | None:
        """Return what an id of the bundle is called here; None for one the bundle does not hold."""
        return self._names.get(id or "")

    def _known(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for id in ids if (name := self._name(id)))

    def _place(self, artifact: Artifact) -> None:
        """Store content once, in the ledger or as a blob by its size here."""
        if artifact.sha256 in self._placed:
            return
        name = content_name(artifact)
        with self._contents.reader.open(name) as member:
            if self._contents.reader.size(name) <= INLINE_BYTES:
                self._placed[artifact.sha256] = member.read(INLINE_BYTES)
            elif self._blobs.put(member) == artifact.sha256:
                self._placed[artifact.sha256] = None
            else:
                raise BundleError(f"The member {name!r} changed while it was read.", hint="Import it again.")

    def _part(self, entry: LogEntry) -> list[Write]:
        """Return an entry as it reads here, and the record that goes with it."""
        if isinstance(entry, MessageAdded):
            changes = {
                "message_id": self._names[entry.message_id],
                "run_id": self._name(entry.run_id),
                "artifacts": self._known(entry.artifacts),
            }
            return [self._append(entry.model_copy(update=changes))]
        if isinstance(entry, ArtifactAttached):
            artifact = self._artifacts.get(entry.artifact_id)
            artifact_id = self._name(entry.artifact_id) or self._ids.new("art")
            append = self._append(entry.model_copy(update={"artifact_id": artifact_id}))
            if artifact is None:
                return [append, *self._stone(entry, artifact_id)]
            return [append, self._artifact(artifact)]
        if isinstance(entry, RunStarted | RunFinished):
            run_id = self._names.setdefault(entry.run_id, self._ids.new("run"))
            return [self._append(entry.model_copy(update={"run_id": run_id}))]
        if isinstance(entry, CheckpointNamed):
            self._names[entry.checkpoint_id] = self._ids.new("chk")
            named = entry.model_copy(update={"checkpoint_id": self._names[entry.checkpoint_id]})
            return [self._append(named), self._put("checkpoint", named.checkpoint_id, named, order=named.label)]
        if isinstance(entry, Restored):
            restore_id = self._ids.new("rst")
            changes = {"restore_id": restore_id, "checkpoint_id": self._name(entry.checkpoint_id)}
            restored = entry.model_copy(update=changes)
            return [self._append(restored), self._put("restore", restore_id, restored)]
        if isinstance(entry, ContextSet):
            return [self._append(entry), self._put("context", self._ids.new("ctx"), entry)]
        target = getattr(entry, "target", None)
        if isinstance(target, str):
            entry = entry.model_copy(update={"target": self._name(target) or target})
        append = self._append(entry)
        kind = INDEXED_ENTRIES.get(entry.type)
        return [append] if kind is None else [append, self._put(kind, self._ids.new("ctx"), entry)]

    def _append(self, entry: LogEntry) -> Append:
        return Append(self._stream, entry.to_json())

    def _put(self, kind: str, id: str, entry: LogEntry, order: str = "") -> Put:
        return Put(
            kind, id, entry.to_json(), parent=self._session, order=order, session=self._session, stamp=self._stream
        )

    def _artifact(self, artifact: Artifact) -> Put:
        data = self._placed[artifact.sha256]
        derived = artifact.derived_from
        changes = {
            "artifact_id": self._names[artifact.artifact_id],
            "session_id": self._session,
            "run_id": self._name(artifact.run_id),
            "parent_artifacts": self._known(artifact.parent_artifacts),
            "derived_from": derived if derived and derived.startswith("file:") else self._name(derived),
            "inline": data is not None,
        }
        return artifact_write(artifact.model_copy(update=changes), data)

    def _stone(self, entry: ArtifactAttached, artifact_id: str) -> list[Write]:
        """Set a stone for a version that was deleted and so not exported: its number must not be given again."""
        place = (entry.name, entry.version)
        if place in self._places or not 0 < entry.version < _MAX_VERSION:
            return []
        self._places.add(place)
        stone = Artifact(
            artifact_id=artifact_id,
            session_id=self._session,
            workflow_name="",
            artifact_type="intermediate",
            name=entry.name,
            version=entry.version,
            content_type="binary",
            form="bytes",
            created_at=entry.time,
            size_bytes=0,
            sha256="",
        )
        return [stone_write(stone)]

    def _run(self, run: Run) -> Put:
        answer = run.answer and run.answer.model_copy(update={"artifacts": self._known(run.answer.artifacts)})
        changes = {
            "run_id": self._names[run.run_id],
            "session_id": self._session,
            "user_id": self._user,
            "owner": "",
            "message_id": self._name(run.message_id),
            "answer": answer,
            # What it waited for is in the workspace it was exported from.
            "status": "cancelled" if run.status == "waiting" else run.status,
        }
        held = run.model_copy(update=changes)
        steps = run.plan.steps if run.plan else ()
        workflow = steps[-1].workflow if steps else None
        return Put("run", held.run_id, held.to_json(), self._session, held.run_id, self._session, workflow)

    def _edge(self, edge: LineageEdge, files: set[str]) -> LineageEdge | None:
        source, target = (end if end in files else self._name(end) for end in (edge.source, edge.target))
        return edge.model_copy(update={"source": source, "target": target}) if source and target else None


@contextlib.contextmanager
def _seekable(source: BundleFile) -> Iterator[BinaryIO]:
    """Give the bundle as a stream to seek in; one that cannot is copied to a temporary file."""
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            file = path.open("rb")
        except (OSError, ValueError) as err:
            reason = getattr(err, "strerror", None) or err
            raise FileInputError(
                f"The bundle {str(path)[:200]!r} cannot be opened: {reason}.",
                hint="Name a file that `dataops snapshot export` wrote.",
            ) from err
        with file:
            yield file
        return
    if source.seekable():
        yield source
        return
    with tempfile.TemporaryFile() as copy:
        while chunk := source.read(_BUFFER):
            if copy.tell() + len(chunk) > MAX_TOTAL_BYTES:
                raise BundleError(f"The bundle is over {MAX_TOTAL_BYTES:,} bytes.", hint="Export fewer artifacts.")
            copy.write(chunk)
        yield cast(BinaryIO, copy)
