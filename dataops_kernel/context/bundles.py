"""Exporting a session as a bundle: one zip with its log, artifacts, runs and lineage, that another workspace opens."""

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from pydantic import TypeAdapter

from dataops_kernel.artifacts.deletions import is_hidden
from dataops_kernel.artifacts.lineage import Lineage
from dataops_kernel.artifacts.records import ArtifactReader, parse
from dataops_kernel.clock import Clock
from dataops_kernel.context.bundle_form import (
    ARTIFACTS,
    BUNDLE_VERSION,
    EDGES,
    MANIFEST,
    NODES,
    PLACEHOLDER,
    RUNS,
    BundleFile,
    SealingSink,
    content_name,
    segment_name,
)
from dataops_kernel.errors import ConflictError, IntegrityError, StorageUnavailableError
from dataops_kernel.sessionlog.bodies import parse_entries
from dataops_kernel.sessionlog.segments import SEGMENT_ENTRIES, Segments, unpack
from dataops_kernel.sessions import SessionManager
from dataops_kernel.storage.blobs import Blobs
from dataops_kernel.storage.ledger import Ledger
from dataops_kernel.types import (
    Artifact,
    BundleManifest,
    BundleMember,
    BundleReport,
    LineageEdge,
    MessageAdded,
    Run,
    session_stream,
)

_BUFFER = 1024 * 1024
_PAGE = 256
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LARGE = 1024**3
_EDGES: TypeAdapter[list[LineageEdge]] = TypeAdapter(list[LineageEdge])
_RUNS: TypeAdapter[list[Run]] = TypeAdapter(list[Run])


class BundleExport:
    """Writes bundles, a chunk at a time whatever the size of the artifacts."""

    def __init__(
        self, ledger: Ledger, blobs: Blobs, sessions: SessionManager, segments: Segments, clock: Clock
    ) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._sessions = sessions
        self._segments = segments
        self._lineage = Lineage(ledger)
        self._clock = clock

    def export(self, session_id: str, target: BundleFile) -> BundleReport:
        """Write the session into a new file, which appears when it is whole, or into a stream.

        Everything a session's log and store hold goes in, and nothing else of the workspace: no settings, no user.
        Raises ``ConflictError`` when the file exists, ``IntegrityError`` when content is damaged.
        """
        self._sessions.record(session_id)
        if not isinstance(target, str | os.PathLike):
            return self._write(session_id, target)
        path = Path(target)
        with _new_file(path) as file:
            report = self._write(session_id, file)
        return report.model_copy(update={"path": str(path)})

    def _write(self, session_id: str, target: BinaryIO) -> BundleReport:
        sink = SealingSink(target)
        with zipfile.ZipFile(cast(BinaryIO, sink), "w", zipfile.ZIP_STORED) as archive:
            archive.comment = PLACEHOLDER
            bundle = _Writer(archive)
            report = self._fill(session_id, bundle)
        digest = sink.seal()
        return report.model_copy(update={"size_bytes": sink.size, "sha256": digest})

    def _fill(self, session_id: str, bundle: "_Writer") -> BundleReport:
        from dataops_kernel import __version__

        record = self._sessions.record(session_id)
        head = self._ledger.tail(session_stream(session_id))
        full = head - head % SEGMENT_ENTRIES
        # Full segments are shared with snapshots and archives; the rest goes into the bundle and nowhere else.
        sealed = self._segments.seal(session_id, full)
        rest = [self._segments.packed(session_id, full + 1, head)] if head > full else []
        segments = (*sealed, *(segment for segment, _ in rest))
        artifacts = self._artifacts(session_id, head)
        for segment in sealed:
            with self._blobs.open(segment.sha256) as stream:
                bundle.add(segment_name(segment), stream, segment.sha256)
        for segment, packed in rest:
            bundle.add(segment_name(segment), packed, segment.sha256)
        for name, artifact in {content_name(artifact): artifact for artifact in artifacts}.items():
            self._add_content(bundle, name, artifact)
        bundle.add_lines(ARTIFACTS, (_line(artifact) for artifact in artifacts))
        runs = 0
        ids = [artifact.artifact_id for artifact in artifacts]

        def run_lines() -> Iterator[bytes]:
            nonlocal runs
            for run in self._runs(session_id):
                runs += 1
                ids.append(run.run_id)
                yield run.model_copy(update={"user_id": "", "owner": ""}).to_json()

        bundle.add_lines(RUNS, run_lines())
        ids += _messages(self._segments.read_all(sealed))
        ids += _messages(line for segment, packed in rest for line in unpack(segment, packed))
        edges = self._edges(ids)
        nodes = {end for edge in edges for end in (edge.source, edge.target) if end.startswith(("stp_", "file:"))}
        found = [node for node in self._lineage.nodes(sorted(nodes)) if node.kind != "unknown"]
        bundle.add_lines(NODES, (node.to_json() for node in found))
        bundle.add_lines(EDGES, (edge.to_json() for edge in edges))
        manifest = BundleManifest(
            version=BUNDLE_VERSION,
            product=f"dataops-kernel {__version__}",
            created_at=self._clock(),
            title=record.title,
            session_created_at=record.created_at,
            user_preferences=record.user_preferences.model_dump(mode="json", exclude_unset=True),
            segments=segments,
            members=tuple(bundle.members),
        )
        bundle.add_lines(MANIFEST, [manifest.model_dump_json(indent=1).encode()])
        return BundleReport(
            session_id=session_id,
            version=BUNDLE_VERSION,
            size_bytes=0,
            sha256="",
            entries=head,
            artifacts=len(artifacts),
            runs=runs,
            edges=len(edges),
        )

    def _artifacts(self, session_id: str, head: int) -> list[Artifact]:
        """Return what is not deleted: who deleted something does not want to hand it on."""
        found = self._ledger.of_session("artifact", session_id)
        records = [record for record in found if (record.seq or 0) <= head and not is_hidden(record)]
        return ArtifactReader().read(sorted(records, key=lambda record: record.seq or 0))

    def _add_content(self, bundle: "_Writer", name: str, artifact: Artifact) -> None:
        if not artifact.inline:
            with self._blobs.open(artifact.sha256) as stream:
                return bundle.add(name, stream, artifact.sha256)
        data = self._ledger.data("artifact", artifact.artifact_id)
        return bundle.add(name, data or b"", artifact.sha256)

    def _runs(self, session_id: str) -> Iterator[Run]:
        """Yield the runs that are over, oldest first: one that still runs belongs to its own workspace."""
        after: str | None = None
        while records := self._ledger.of_session("run", session_id, after=after, limit=_PAGE):
            after = records[-1].id
            yield from (run for run in parse(_RUNS, records) if run.status != "running")

    def _edges(self, ids: list[str]) -> list[LineageEdge]:
        """Return the lineage among what the bundle holds; where it leads to another session, it ends."""
        held = set(ids)
        edges: list[LineageEdge] = []
        waiting = list(ids)
        while waiting:
            node = waiting.pop()
            for edge in parse(_EDGES, self._ledger.children("edge", node)):
                if edge.source.startswith("stp_") and edge.source not in held:
                    held.add(edge.source)
                    waiting.append(edge.source)
                if edge.source in held or edge.source.startswith("file:"):
                    edges.append(edge)
        return edges


class _Writer:
    """Adds members to a zip and notes their sizes and hashes."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.members: list[BundleMember] = []

    def add(self, name: str, content: bytes | BinaryIO, expected: str) -> None:
        """Add bytes as they are stored; raises ``IntegrityError`` unless they have the hash they are named by."""
        if not isinstance(content, bytes):
            stream = content
            chunks: Iterable[bytes] = iter(lambda: stream.read(_BUFFER), b"")
        else:
            chunks = (content,)
        self._add(name, chunks, zipfile.ZIP_STORED)
        if self.members[-1].sha256 != expected:
            raise IntegrityError(
                f"The content {expected!r} is not what was stored; the session cannot be exported whole.",
                hint="Restore it from a backup of the workspace; `dataops doctor` lists what is damaged.",
                digest=expected,
            )

    def add_lines(self, name: str, lines: Iterable[bytes]) -> None:
        """Add one value a line."""
        self._add(name, (line + b"\n" for line in lines), zipfile.ZIP_DEFLATED)

    def _add(self, name: str, chunks: Iterable[bytes], compression: int) -> None:
        info = zipfile.ZipInfo(name, _EPOCH)
        info.compress_type = compression
        info.external_attr = 0o600 << 16
        found, size = hashlib.sha256(), 0
        # Sizes are not known before: room for large ones is always left.
        with self._archive.open(info, "w", force_zip64=True) as member:
            for chunk in chunks:
                found.update(chunk)
                size += len(chunk)
                member.write(chunk)
        self.members.append(BundleMember(name=name, sha256=found.hexdigest(), size_bytes=size))


def _messages(bodies: Iterable[bytes]) -> Iterator[str]:
    waiting = iter(bodies)
    while page := [*islice(waiting, _PAGE)]:
        yield from (entry.message_id for entry in parse_entries(page) if isinstance(entry, MessageAdded))


def _line(artifact: Artifact) -> bytes:
    return artifact.model_dump_json(exclude_defaults=True).encode()


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write that gets its name, durably, only when it is whole; one that is there is left alone."""
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}-{os.urandom(4).hex()}")
    try:
        if path.exists():
            raise FileExistsError
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)  # unlike a rename, never over what somebody else put there meanwhile
    except FileExistsError as err:
        raise ConflictError(
            f"The file {str(path)!r} exists already.", hint="Name another file, or remove that one."
        ) from err
    except OSError as err:
        raise StorageUnavailableError(
            f"{str(path)!r} cannot be written: {err.strerror}.", hint="Name another place."
        ) from err
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
