"""Erasing a session: nothing of it stays, a crash in the middle is finished on the next opening, and a scan proves it.

First one commit takes the session's record away and leaves a marker: from then on nobody finds the session. Then all
it left goes, each thing only after what can be found through it: edges, blobs, run events, records, the log. What is
interrupted begins again with what is still there. The marker goes last.
"""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from dataops_kernel.artifacts.deletions import read_deletion
from dataops_kernel.artifacts.references import referred
from dataops_kernel.artifacts.unpacking import unpacked
from dataops_kernel.context.staging import KIND as IMPORT
from dataops_kernel.context.staging import staged, staged_blobs
from dataops_kernel.context.traces import MAX_TEXTS, Canaries, Hit, Scan, canaries, scan
from dataops_kernel.errors import ConflictError, DataOpsError, IntegrityError, StorageUnavailableError
from dataops_kernel.sessionlog import Archive, SessionLog
from dataops_kernel.sessionlog.bodies import parse_entries
from dataops_kernel.sessions import SessionManager
from dataops_kernel.storage.blobs import Blobs
from dataops_kernel.storage.ledger import Ledger, Put, Record, Remove
from dataops_kernel.types import (
    Artifact,
    ErasureReport,
    LineageEdge,
    MessageAdded,
    Run,
    SessionRecord,
    TraceFound,
    event_stream,
    session_stream,
)
from dataops_kernel.types.kinds import LISTED_KINDS

_NAMED_BY_OTHERS = ("art_", "snp_", "run_")
"""What may be made from, loaded from, or answered in another session, which then says so."""
_MARKER, _MARKERS = "erasure", "workspace"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PAGE = 1_000
_SAMPLE = 65_536


class _Left(NamedTuple):
    """What a session left, as far as it is still there."""

    records: list[Record]
    runs: list[str]
    messages: list[str]
    texts: list[str]
    contents: list[bytes]
    private: set[str]
    shareable: set[str]
    imports: list[Record]

    def ids(self, kind: str) -> list[str]:
        return [record.id for record in self.records if record.kind == kind]


@contextlib.contextmanager
def _searching(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        raise StorageUnavailableError(
            f"The workspace {str(root)!r} cannot be searched for traces: {err.strerror or err}.",
            hint="Check the disk, then open the workspace again: that finishes the erasure.",
        ) from err


class Erasure:
    """Removes sessions with every trace; whose they are, is asked by the facade above."""

    def __init__(
        self,
        ledger: Ledger,
        blobs: Blobs,
        log: SessionLog,
        archive: Archive,
        sessions: SessionManager,
        snapshot_blobs: Callable[[str], Iterable[str]],
        root: Path,
    ) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._log = log
        self._archive = archive
        self._sessions = sessions
        self._snapshot_blobs = snapshot_blobs
        self._root = root

    def erase(self, session_id: str) -> ErasureReport:
        """Remove every trace of a session and prove it by a scan of the workspace's files.

        Raises ``SessionNotFoundError``, and ``ConflictError`` while a run of the session is still working.
        """
        stored = self._sessions.lifecycle.stored(session_id)
        for record in self._ledger.of_session("run", session_id):
            if b'"status":"running"' in record.body:
                raise ConflictError(
                    f"The run {record.id!r} of this session is still working.",
                    hint=f"Wait for it, or cancel it: runs.cancel({record.id!r}).",
                    run_id=record.id,
                )
        known = SessionRecord.model_validate_json(stored.body)
        place = self._ledger.get("activity", known.cursor)
        self._ledger.commit(
            [
                Put(_MARKER, session_id, b"{}", parent=_MARKERS),
                Remove("session", session_id, stored.revision),
                *([] if place is None else [Remove("activity", place.id, place.revision)]),
            ]
        )
        with _searching(self._root):
            return self._finish(session_id, [known.title])

    def finish(self, is_alive: Callable[[str], bool]) -> list[ErasureReport]:
        """Finish erasures that were interrupted, and take back imports whose owner died; for opening a workspace."""
        begun = [record.id for record in self._ledger.children(_MARKER, _MARKERS)]
        begun += [session for session, owner in staged(self._ledger).items() if not is_alive(owner)]
        with _searching(self._root):
            return [self._finish(session_id, []) for session_id in begun]

    def abandon(self, session_id: str) -> None:
        """Take back what an import of this process has written of a session that nobody knows yet."""
        if session_id in staged(self._ledger):
            with _searching(self._root):
                self._finish(session_id, [])

    def _finish(self, session_id: str, texts: Sequence[str]) -> ErasureReport:
        left = self._left(session_id)
        nodes = [session_id, *left.messages, *left.runs, *left.ids("artifact"), *left.ids("context")]
        edges, steps, files = self._edges(nodes)
        ids = {*nodes, *steps, *(record.id for record in left.records)}
        wanted = canaries(ids, [*texts, *left.texts], left.contents, ())
        records = self._ledger.erase(records=edges)
        records += self._ledger.erase(records=[("file", id) for id in files if not self._is_linked(id)])
        kept = self._delete_blobs(left)
        entries = self._ledger.erase(streams={event_stream(run): None for run in left.runs})
        records += self._ledger.erase(
            records=[
                *(("step", id) for id in steps),
                *(("cancel", id) for id in left.runs),
                *((record.kind, record.id) for record in left.records),
            ]
        )
        entries += self._ledger.erase(streams={session_stream(session_id): None})
        self._sessions.forget(session_id)
        self._archive.forget()
        self._sessions.memory.purge()
        self._ledger.erase(records=[(_MARKER, session_id), *((record.kind, record.id) for record in left.imports)])
        self._ledger.purge()
        gone = (left.private | left.shareable) - kept
        report = ErasureReport(
            session_id=session_id,
            entries=entries,
            records=records + 1,
            artifacts=len(left.ids("artifact")),
            blobs=len(gone),
            blobs_kept=len(kept),
            searched_ids=len(wanted.ids),
            searched_texts=len(wanted.texts) + len(wanted.contents),
        )
        return self._proved(report, wanted._replace(digests=frozenset(gone)), kept)

    # What there is

    def _left(self, session_id: str) -> _Left:
        records = {
            (record.kind, record.id): record
            for kind in LISTED_KINDS
            for record in (*self._ledger.children(kind, session_id), *self._ledger.of_session(kind, session_id))
        }
        found = list(records.values())
        runs = [record.id for record in found if record.kind == "run"]
        messages, texts = [], []
        with contextlib.suppress(IntegrityError):  # an erasure was interrupted after the archive's blobs were deleted
            for message in self._messages(session_id):
                messages.append(message.message_id)
                texts.append(message.content)
        for record in found:
            if record.kind == "run" and (run := Run.model_validate_json(record.body)).message_id:
                messages.append(run.message_id)
        artifacts = [Artifact.model_validate_json(r.body) for r in found if r.kind == "artifact"]
        shareable = {artifact.sha256 for artifact in artifacts if artifact.sha256 and not artifact.inline}
        shareable |= {record.order.partition("/")[0] for record in found if record.kind == "original"}
        purging = (read_deletion(record).blob for record in found if record.kind == "deletion")
        shareable |= {digest for digest in purging if digest}
        private = set(self._archive.digests(session_id))
        with contextlib.suppress(DataOpsError):
            private |= set(self._snapshot_blobs(session_id))
        contents = list(self._contents([artifact for artifact in artifacts if artifact.sha256][:MAX_TEXTS]))
        imports = self._ledger.of_session(IMPORT, session_id)
        shareable |= staged_blobs(imports)
        return _Left(found, runs, list(dict.fromkeys(messages)), texts, contents, private, shareable, imports)

    def _messages(self, session_id: str) -> Iterator[MessageAdded]:
        tail = self._log.tail(session_id)
        for first in range(1, tail + 1, _PAGE):
            rows = self._log.entries(session_id, first, min(tail, first + _PAGE - 1))
            entries = parse_entries([row.body for row in rows])
            yield from (entry for entry in entries if isinstance(entry, MessageAdded))

    def _contents(self, artifacts: Sequence[Artifact]) -> Iterator[bytes]:
        for artifact in artifacts:
            if artifact.inline:
                data = self._ledger.data("artifact", artifact.artifact_id) or b""
            else:
                path = self._blobs.path(artifact.sha256)
                if path is None:
                    continue
                with path.open("rb") as file:
                    data = file.read() if path.stat().st_size <= _SAMPLE * 16 else file.read(_SAMPLE)
            yield data
            with contextlib.suppress(Exception):  # whatever a reader says of half a file: its bytes are searched for
                yield unpacked(data)

    def _edges(self, nodes: Iterable[str]) -> tuple[list[tuple[str, str]], list[str], set[str]]:
        """Return the edge records around nodes and the steps among them, those steps, and files they touch."""
        found: dict[tuple[str, str], None] = {}
        steps: dict[str, None] = {}
        files: set[str] = set()
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            for record in (*self._ledger.children("edge", node), *self._ledger.children("edge_out", node)):
                edge = LineageEdge.model_validate_json(record.body)
                found["edge", f"{edge.target}<{edge.source}|{edge.relation}"] = None
                found["edge_out", f"{edge.source}>{edge.target}|{edge.relation}"] = None
                for end in (edge.source, edge.target):
                    if end.startswith("file:"):
                        files.add(end)
                    elif end.startswith("stp_") and end not in steps:
                        steps[end] = None
                        waiting.append(end)
        return list(found), list(steps), files

    def _is_linked(self, id: str) -> bool:
        return any(self._ledger.children(way, id, limit=1) for way in ("edge", "edge_out"))

    # Blobs

    def _delete_blobs(self, left: _Left) -> set[str]:
        """Delete the blobs nobody else refers to and return those that somebody does.

        Whoever stores the same bytes at this moment looks for them once more after their commit; whoever committed
        before is seen by the second look, and gets them back.
        """
        own = {(record.kind, record.id) for record in (*left.records, *left.imports)}
        for digest in left.private:
            self._blobs.delete(digest)
        kept = referred(self._ledger, left.shareable, besides=own)
        for digest in left.shareable - kept:
            try:
                stream = self._blobs.open(digest)
            except IntegrityError:
                continue  # it is gone already
            with stream:
                self._blobs.delete(digest)
                if referred(self._ledger, {digest}, besides=own):
                    self._blobs.put(stream)
                    kept.add(digest)
        return kept

    # The proof

    def _proved(self, report: ErasureReport, wanted: Canaries, kept: set[str]) -> ErasureReport:
        looked = scan(self._root, wanted)
        strays = self._strays(looked)
        for digest in strays:
            self._blobs.delete(digest)
        if strays:
            looked = scan(self._root, wanted)
        rewritten = any(self._in_ledger(hit) for hit in looked.hits)
        if rewritten:  # in a gap between records, or in a record of somebody else: only a copy without gaps can tell
            self._ledger.purge(rewrite=True)
            looked = scan(self._root, wanted)
        others = referred(self._ledger, {hit.file.name for hit in looked.hits if not self._in_ledger(hit)})
        return report.model_copy(
            update={
                "blobs": report.blobs + len(strays),
                "rewritten": rewritten,
                "files_scanned": looked.files,
                "bytes_scanned": looked.bytes,
                "found": self._told(looked, kept, others, shared=False),
                "shared": self._told(looked, kept, others, shared=True),
            }
        )

    def _strays(self, looked: Scan) -> set[str]:
        """Return blobs with words of the session that no record names: what a crash left between blob and record."""
        own = {hit.file.name for hit in looked.hits if hit.what == "id" and hit.value.startswith(("ses_", "msg_"))}
        blobs = {name for name in own if _DIGEST.fullmatch(name)}
        return blobs - referred(self._ledger, blobs)

    def _told(self, looked: Scan, kept: set[str], others: set[str], *, shared: bool) -> tuple[TraceFound, ...]:
        told = []
        for hit in looked.hits:
            why = self._owner(hit, kept, others)
            if bool(why) is shared:
                file = str(hit.file.relative_to(self._root))
                told.append(TraceFound(file=file, what=hit.what, why=why or f"left over: {hit.value:.80}"))
        return tuple(told)

    def _owner(self, hit: Hit, kept: set[str], others: set[str]) -> str:
        """Say who else holds what was found; nothing when it is left over."""
        if hit.file.name in kept:
            return "another session stored the same content"
        if hit.file.name not in others and not self._in_ledger(hit):
            return ""
        if hit.what == "id":
            return "a record of another session names it" if hit.value.startswith(_NAMED_BY_OTHERS) else ""
        return "another session holds the same words or content"

    def _in_ledger(self, hit: Hit) -> bool:
        return hit.file.parent == self._root and hit.file.name.startswith("ledger.sqlite")
