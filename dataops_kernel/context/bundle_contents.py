"""What a bundle holds, read and checked as a whole before any of it is written: values of ours, ids that fit."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dataops_kernel.artifacts.nodes import file_node
from dataops_kernel.artifacts.records import check_metadata
from dataops_kernel.artifacts.store import MAX_CONTENT_BYTES
from dataops_kernel.context.bundle_form import ARTIFACTS, EDGES, NODES, RUNS, content_name
from dataops_kernel.context.bundle_reading import BundleReader
from dataops_kernel.errors import BundleError, DataOpsError
from dataops_kernel.ids import is_id
from dataops_kernel.sessionlog.bodies import parse_entries
from dataops_kernel.sessionlog.segments import LARGE_SEGMENT_ENTRIES, unpack
from dataops_kernel.storage.ledger import MAX_RECORD_BYTES
from dataops_kernel.types import (
    Artifact,
    ArtifactAttached,
    ArtifactMetadata,
    CheckpointNamed,
    LineageEdge,
    LineageNode,
    LogEntry,
    MessageAdded,
    Restored,
    Run,
    RunStarted,
    UserPreferences,
)

M = TypeVar("M", bound=BaseModel)

_TITLE = 200
_LABEL = 200
_BUFFER = 1024 * 1024


class BundleContents:
    """A bundle's artifacts, runs and lineage as values; the log is read from it again, segment by segment."""

    def __init__(self, reader: BundleReader) -> None:
        self.reader = reader
        self.manifest = reader.manifest
        if len(self.manifest.title) > _TITLE or not self.manifest.title.replace(" ", "x").isprintable():
            raise _refused("its title cannot be one")
        try:
            self.preferences = UserPreferences.model_validate(self.manifest.user_preferences)
        except ValidationError as err:
            raise _refused(f"its preferences do not fit: {err.errors()[0]['msg']}") from err
        self.messages: set[str] = set()
        self._attached: dict[str, tuple[str, int]] = {}
        self._started: set[str] = set()
        self._check_log()
        self.artifacts = self._read_artifacts()
        self.runs = self._read_runs()
        self.nodes = self._read_nodes()
        self.edges = [*self._values(EDGES, LineageEdge)]

    def entries(self) -> Iterator[tuple[int, LogEntry]]:
        """Yield the log's entries with their numbers, holding one segment in memory at a time."""
        for segment in self.manifest.segments:
            try:
                bodies = unpack(segment, self.reader.segment(segment))
                yield from enumerate(parse_entries(bodies), segment.first)
            except BundleError:
                raise
            except DataOpsError as err:
                raise _refused(f"its log cannot be read: {err.message}") from err

    def _check_log(self) -> None:
        following = 1
        for segment in self.manifest.segments:
            if segment.first != following or not 0 <= segment.last - segment.first < LARGE_SEGMENT_ENTRIES:
                raise _refused(f"its log has a gap or an overlap at entry {following}")
            following = segment.last + 1
        labels: set[str] = set()
        for seq, entry in self.entries():
            if len(entry.to_json()) > MAX_RECORD_BYTES:
                raise _refused(f"entry {seq} of its log is over {MAX_RECORD_BYTES:,} bytes")
            if isinstance(entry, MessageAdded):
                self.messages.add(_id("msg", entry.message_id))
            elif isinstance(entry, ArtifactAttached):
                self._attached[_id("art", entry.artifact_id)] = (entry.name, entry.version)
            elif isinstance(entry, RunStarted):
                self._started.add(_id("run", entry.run_id))
            elif isinstance(entry, CheckpointNamed):
                label = entry.label
                if label in labels or not 0 < len(label) <= _LABEL or not label.isprintable():
                    raise _refused(f"entry {seq} of its log names a checkpoint {label[:80]!r}")
                labels.add(label)
            if isinstance(entry, CheckpointNamed | Restored) and not 0 <= (entry.seq or 0) < seq:
                raise _refused(f"entry {seq} of its log points at entry {entry.seq}")

    def _read_artifacts(self) -> list[Artifact]:
        found: dict[str, Artifact] = {}
        checked: set[tuple[str, int]] = set()
        for artifact in self._values(ARTIFACTS, Artifact):
            if self._attached.get(artifact.artifact_id) != (artifact.name, artifact.version):
                raise _refused(f"the artifact {artifact.name[:80]!r} is none that its log attaches")
            if artifact.artifact_id in found:
                raise _refused(f"the artifact {artifact.artifact_id!r} is there twice")
            try:
                check_metadata(ArtifactMetadata(**{k: getattr(artifact, k) for k in ArtifactMetadata.model_fields}))
            except (ValidationError, DataOpsError) as err:
                raise _refused(f"the artifact {artifact.artifact_id!r} is described wrongly: {err!s:.200}") from err
            if (artifact.sha256, artifact.size_bytes) not in checked:
                self._check_content(artifact)
                checked.add((artifact.sha256, artifact.size_bytes))
            found[artifact.artifact_id] = artifact
        if len({(artifact.name, artifact.version) for artifact in found.values()}) != len(found):
            raise _refused("two of its artifacts are the same version of one name")
        return [*found.values()]

    def _check_content(self, artifact: Artifact) -> None:
        """Have the content itself in the bundle: a hash alone would open what others stored in this workspace."""
        name = content_name(artifact)
        if not self.reader.has(name):
            raise _refused(f"the content of {artifact.name[:80]!r} is not in it")
        digest = next(member.sha256 for member in self.manifest.members if member.name == name)
        size = self.reader.size(name)
        if artifact.encoding == "zstd":
            size = self._unpacked(name, min(artifact.size_bytes, MAX_CONTENT_BYTES))
        if digest != artifact.sha256 or size != artifact.size_bytes:
            raise _refused(f"the content of {artifact.name[:80]!r} is not what its description says")

    def _unpacked(self, name: str, limit: int) -> int:
        import zstandard

        size = 0
        with self.reader.open(name) as member:
            try:
                with zstandard.ZstdDecompressor().stream_reader(member) as plain:
                    while size <= limit and (chunk := plain.read(_BUFFER)):
                        size += len(chunk)
            except zstandard.ZstdError as err:
                raise _refused(f"{name!r} cannot be unpacked") from err
        return size

    def _read_runs(self) -> list[Run]:
        runs: dict[str, Run] = {}
        for run in self._values(RUNS, Run):
            if run.run_id not in self._started or run.run_id in runs or run.status == "running":
                raise _refused(f"the run {run.run_id[:80]!r} is none that its log tells of, or not over")
            runs[run.run_id] = run
        return [*runs.values()]

    def _read_nodes(self) -> list[LineageNode]:
        """Return steps, and files that are what their ids say: a made-up one could rename a file of this workspace."""
        return [node for node in self._values(NODES, LineageNode) if is_id("stp", node.id) or _is_file(node)]

    def _values(self, name: str, kind: type[M]) -> Iterator[M]:
        if not self.reader.has(name):
            return
        for place, line in enumerate(self.reader.lines(name), 1):
            try:
                yield kind.model_validate_json(line)
            except ValidationError as err:
                raise _refused(f"line {place} of {name!r} cannot be read: {err.errors()[0]['msg']}") from err


def _is_file(node: LineageNode) -> bool:
    facts: Any = node.facts
    try:
        path, modified = str(facts["path"]), facts["modified"]
        made = file_node(path, str(facts["sha256"]), int(facts["size_bytes"]), datetime.fromisoformat(modified))
    except (KeyError, ValueError, TypeError):
        return False
    return made.id == node.id and made.label == node.label


def _id(kind: Any, text: str) -> str:
    if not is_id(kind, text):
        raise _refused(f"{text[:80]!r} is no id")
    return text


def _refused(reason: str) -> BundleError:
    return BundleError(
        f"The bundle is refused: {reason}.", hint="Export the session again with `dataops snapshot export`."
    )
