"""Snapshots: a session as it was, as sealed segments of its log and one manifest that names them."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from dataops_kernel.artifacts.records import parse
from dataops_kernel.clock import Clock
from dataops_kernel.errors import IntegrityError, SnapshotNotFoundError, WorkspaceVersionError, suggestion
from dataops_kernel.ids import IdSource, is_id
from dataops_kernel.sessionlog import Line, SessionLog
from dataops_kernel.sessionlog.bodies import parse_entries, parse_lines
from dataops_kernel.sessionlog.segments import Segments, damaged, pack, unpack
from dataops_kernel.sessions import SessionManager
from dataops_kernel.storage.blobs import Blobs
from dataops_kernel.storage.ledger import Entry, Ledger, Put, Record
from dataops_kernel.types import (
    ContextSnapshot,
    Frozen,
    KeepReason,
    LogEntry,
    MessageAdded,
    Question,
    Run,
    RunStarted,
    Segment,
    Session,
    UserPreferences,
    without_collections,
)

SNAPSHOT_VERSION = 1
"""The form of manifests and records written here; a higher number is refused, never guessed at."""

_INLINE_BYTES = 32 * 1024
_RUNS_LOOKED_AT = 200
_LOOKED_BACK = 256
_RUNS: TypeAdapter[list[Run]] = TypeAdapter(list[Run])


class Manifest(Frozen):
    """What a snapshot holds beside the log."""

    version: int
    session_id: str
    head: int
    ranges: tuple[tuple[int, int], ...]
    segments: tuple[Segment, ...]
    orchestrator_state: dict[str, Any]
    workflow_states: dict[str, Any]
    artifact_refs: tuple[str, ...]

    @property
    def line(self) -> Line:
        """The entries that belong to the story as it read then."""
        return Line(self.ranges)

    @property
    def context(self) -> dict[str, Any]:
        """The context keys and values."""
        return dict(self.orchestrator_state.get("context") or {})

    @property
    def preferences(self) -> UserPreferences:
        """What the user wanted to be different."""
        return UserPreferences.model_validate(self.orchestrator_state.get("user_preferences") or {})


class _Kept(Frozen):
    """The record of a snapshot: its summary, and its manifest kept like a segment of one line."""

    version: int
    snapshot: ContextSnapshot
    manifest: Segment
    blobs: tuple[str, ...] = Field(default=(), description="Of segments that have no record of their own: the tail.")


class Snapshots:
    """Dumps sessions and reads the dumps; the manifest alone until somebody asks for the conversation."""

    def __init__(
        self,
        ledger: Ledger,
        blobs: Blobs,
        log: SessionLog,
        sessions: SessionManager,
        segments: Segments,
        ids: IdSource,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._log = log
        self._sessions = sessions
        self._segments = segments
        self._ids = ids
        self._clock = clock

    def dump(self, session_id: str, *, include_artifacts: bool = True) -> str:
        """Keep the session as it is now and return the snapshot's id, durable when this returns.

        What was sealed before is shared: a second snapshot costs what is new since the first.
        """
        record = self._sessions.record(session_id)
        head = self._log.tail(session_id)
        line = self._log.line(session_id, head)
        segments = self._segments.seal(session_id, head)
        question = self._open_question(session_id, line)
        manifest = Manifest(
            version=SNAPSHOT_VERSION,
            session_id=session_id,
            head=head,
            ranges=line.ranges,
            segments=segments,
            orchestrator_state={
                "title": record.title,
                "user_preferences": record.user_preferences.model_dump(mode="json", exclude_unset=True),
                "context": self._sessions.context(session_id, line),
                "question": question and question.model_dump(mode="json"),
            },
            workflow_states=self._workflow_states(session_id, line),
            artifact_refs=self._artifact_refs(session_id, line) if include_artifacts else (),
        )
        held, packed = pack(1, 1, [Entry(1, manifest.to_json())])
        snapshot = ContextSnapshot(
            snapshot_id=self._ids.new("snp"),
            session_id=session_id,
            created_at=self._clock(),
            original_size=held.raw_bytes + sum(segment.raw_bytes for segment in segments),
            compressed_size=held.size_bytes + sum(segment.size_bytes for segment in segments),
            head=head,
            include_artifacts=include_artifacts,
        )
        inline = len(packed) <= _INLINE_BYTES
        if not inline:
            self._blobs.put(packed)
        recorded = {segment.sha256 for segment in self._segments.sealed(session_id)}
        blobs = tuple(segment.sha256 for segment in segments if segment.sha256 not in recorded)
        kept = _Kept(version=SNAPSHOT_VERSION, snapshot=snapshot, manifest=held, blobs=blobs)
        record_write = Put(
            "snapshot",
            snapshot.snapshot_id,
            kept.to_json(),
            parent=session_id,
            session=session_id,
            data=packed if inline else None,
        )
        self._ledger.commit([record_write])
        return snapshot.snapshot_id

    def get(self, snapshot_id: str) -> ContextSnapshot:
        """Return a snapshot with its states and references; the log stays where it is.

        Raises ``SnapshotNotFoundError``, ``WorkspaceVersionError`` for one that a newer version made, and
        ``IntegrityError`` when its bytes have changed.
        """
        kept = self._kept(snapshot_id)
        manifest = self._read(snapshot_id, kept)
        return kept.snapshot.model_copy(
            update={
                "orchestrator_state": manifest.orchestrator_state,
                "workflow_states": manifest.workflow_states,
                "artifact_refs": manifest.artifact_refs,
            }
        )

    def of_session(self, session_id: str) -> list[ContextSnapshot]:
        """Return the snapshots of a session, oldest first, without states and references."""
        self._sessions.record(session_id)
        return [_read_kept(record).snapshot for record in self._ledger.children("snapshot", session_id)]

    def session_of(self, snapshot_id: str) -> str:
        """Return whose snapshot it is; raises ``SnapshotNotFoundError``."""
        return self._record(snapshot_id).parent

    def manifest(self, snapshot_id: str) -> Manifest:
        """Return what a snapshot holds beside the log."""
        return self._read(snapshot_id, self._kept(snapshot_id))

    def entries(self, manifest: Manifest) -> list[LogEntry]:
        """Return the entries of a snapshot's line, oldest first, from its segments."""
        line = manifest.line
        if line.ranges != ((1, manifest.head),):
            bodies = enumerate(self._segments.read_all(manifest.segments), 1)
            return parse_entries([body for seq, body in bodies if seq in line])
        entries: list[LogEntry] = []
        with without_collections():
            for segment, lines in self._segments.read_lines(manifest.segments):
                entries += parse_lines(lines)
                if len(entries) != segment.last:
                    raise damaged(segment, "do not unpack to the entries that were sealed")
        return entries

    def open(self, snapshot_id: str) -> Session:
        """Return the session as it was when it was dumped, read from the snapshot alone."""
        kept = self._kept(snapshot_id)
        manifest = self._read(snapshot_id, kept)
        record = self._sessions.record(manifest.session_id)
        messages = tuple([entry for entry in self.entries(manifest) if entry.__class__ is MessageAdded])
        return Session(
            **{
                **dict(record),
                "last_active": kept.snapshot.created_at,
                "title": manifest.orchestrator_state.get("title") or "",
                "user_preferences": manifest.preferences,
            },
            conversation_history=messages,
            active_workflows=tuple(dict.fromkeys(message.workflow for message in messages if message.workflow)),
            global_context=manifest.context,
        )

    def contents(self, snapshot_id: str) -> list[str]:
        """Return the digests of the blobs a snapshot needs: they are kept as long as it is."""
        kept = self._kept(snapshot_id)
        return [kept.manifest.sha256, *(s.sha256 for s in self._read(snapshot_id, kept).segments)]

    def blobs_of(self, session_id: str) -> list[str]:
        """Return the digests of all blobs that the snapshots of a session are made of."""
        records = self._ledger.children("snapshot", session_id)
        return [digest for record in records for digest in self.contents(record.id)]

    def holding(self, session_id: str, seq: int) -> list[KeepReason]:
        """Return the snapshots that refer to the artifact attached at entry ``seq`` of their session's log."""
        return [
            KeepReason(kind="snapshot", name=f"{snapshot.created_at:%Y-%m-%d %H:%M}", id=snapshot.snapshot_id)
            for snapshot in self.of_session(session_id)
            if snapshot.include_artifacts and seq in self._log.line(session_id, snapshot.head)
        ]

    # What a manifest holds

    def _open_question(self, session_id: str, line: Line) -> Question | None:
        """Return what the last message asks for; it stands among the newest entries or is long forgotten."""
        newest = islice(self._log.read_back(session_id, line), _LOOKED_BACK)
        last = next((entry for _, entry in newest if isinstance(entry, MessageAdded)), None)
        return last.question if last else None

    def _artifact_refs(self, session_id: str, line: Line) -> tuple[str, ...]:
        records = [record for record in self._ledger.of_session("artifact", session_id) if record.seq in line]
        return tuple([record.id for record in sorted(records, key=lambda record: record.seq or 0)])

    def _workflow_states(self, session_id: str, line: Line) -> dict[str, Any]:
        """Return the latest run of every workflow among the newest runs of a line."""
        states: dict[str, Any] = {}
        for run in self._newest_runs(session_id, line):
            for step in reversed(run.plan.steps if run.plan else ()):
                if step.workflow not in states:
                    states[step.workflow] = _state(run, step.parameters)
        return states

    def _newest_runs(self, session_id: str, line: Line) -> list[Run]:
        if line.ranges == ((1, line.head),):  # nothing was ever left: every run belongs to the story
            records = self._ledger.of_session("run", session_id, limit=_RUNS_LOOKED_AT, reverse=True)
            return parse(_RUNS, records)
        started: list[str] = []
        for _, entry in self._log.read_back(session_id, line):
            if isinstance(entry, RunStarted):
                started.append(entry.run_id)
                if len(started) == _RUNS_LOOKED_AT:
                    break
        return parse(_RUNS, self._ledger.get_many("run", started))

    # Records

    def _record(self, snapshot_id: str) -> Record:
        record = self._ledger.get("snapshot", snapshot_id) if is_id("snp", snapshot_id) else None
        if record is None:
            raise unknown_snapshot(snapshot_id)
        return record

    def _kept(self, snapshot_id: str) -> _Kept:
        return _read_kept(self._record(snapshot_id))

    def _read(self, snapshot_id: str, kept: _Kept) -> Manifest:
        packed = self._ledger.data("snapshot", snapshot_id)
        lines = self._segments.read(kept.manifest) if packed is None else unpack(kept.manifest, packed)
        values = _versioned(lines[0], snapshot_id)
        try:
            return Manifest.model_validate(values)
        except ValidationError as err:
            raise _unreadable(snapshot_id, err) from err


def unknown_snapshot(snapshot_id: str, known: tuple[str, ...] = ()) -> SnapshotNotFoundError:
    """Return the error for a snapshot that is not there or not the caller's."""
    shown = snapshot_id[:80]
    hint = suggestion(shown, known, "`dataops snapshot list` shows those of a session; an id looks like snp_01k9….")
    return SnapshotNotFoundError(f"There is no snapshot {shown!r}.", hint=hint, snapshot_id=shown)


def _read_kept(record: Record) -> _Kept:
    try:
        return _Kept.model_validate(_versioned(record.body, record.id))
    except ValidationError as err:
        raise _unreadable(record.id, err) from err


def _versioned(body: bytes, snapshot_id: str) -> Mapping[str, Any]:
    """Return a body's values, if this version knows their form: only then do unknown fields mean damage."""
    try:
        values: dict[str, Any] = orjson.loads(body)
        version = int(values["version"])
    except (ValueError, TypeError, KeyError) as err:
        raise _unreadable(snapshot_id, err) from err
    if version > SNAPSHOT_VERSION:
        raise WorkspaceVersionError(
            f"The snapshot {snapshot_id!r} has the form {version}; this version reads forms up to {SNAPSHOT_VERSION}.",
            hint="Upgrade dataops-kernel to the version that made it, or newer.",
            version=version,
        )
    return values


def _unreadable(snapshot_id: str, err: Exception) -> IntegrityError:
    return IntegrityError(
        f"The snapshot {snapshot_id!r} cannot be read: {str(err).splitlines()[0]}.",
        hint="Run `dataops doctor`; restore the workspace from a backup if it was edited by hand.",
        snapshot_id=snapshot_id,
    )


def _state(run: Run, parameters: Mapping[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = {
        "run_id": run.run_id,
        "status": run.status,
        "parameters": dict(parameters),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
    }
    # A plan of several steps has one answer, which is its last step's.
    if run.answer is not None:
        state["result"] = {"text": run.answer.text, "data": run.answer.data, "artifacts": list(run.answer.artifacts)}
    if run.error is not None:
        state["error"] = run.error
    return state
