"""What one session hands to another, as the parts of a branch: messages, context values, artifacts without copies."""

from collections.abc import Iterable, Mapping
from typing import Any

from dataops_kernel.artifacts.lineage import Lineage
from dataops_kernel.artifacts.records import artifact_parent, artifact_write
from dataops_kernel.clock import Clock
from dataops_kernel.context.branching import Part
from dataops_kernel.ids import IdSource
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.storage.ledger import Ledger, Put
from dataops_kernel.types import (
    Artifact,
    ArtifactAttached,
    ContextSet,
    LineageEdge,
    Message,
    MessageAdded,
    session_stream,
)


class Transfer:
    """Collects what goes into one target session, in the order it will be told there; nothing is written yet.

    ``edges`` is the lineage of what was collected, ``artifacts`` and ``messages`` say what each id became.
    """

    def __init__(
        self, target: str, ledger: Ledger, log: SessionLog, lineage: Lineage, ids: IdSource, clock: Clock
    ) -> None:
        self._target = target
        self._stream = session_stream(target)
        self._ledger = ledger
        self._log = log
        self._lineage = lineage
        self._ids = ids
        self._clock = clock
        self._versions: dict[str, int] = {}
        self.parts: list[Part] = []
        self.artifacts: dict[str, str] = {}
        self.messages: dict[str, str] = {}

    def message(self, message: Message, *, inherited: bool = True) -> None:
        """Add a message under a new id; the artifacts it names are those it became here, where it did."""
        message_id = self._ids.new("msg")
        told = MessageAdded.model_validate(
            {
                **vars(message),
                "message_id": message_id,
                "artifacts": tuple(self.artifacts.get(id, id) for id in message.artifacts),
                "type": "message",
            }
        )
        self.messages[message.message_id] = message_id
        edges = [_inherited(message.message_id, message_id)] if inherited else []
        self.parts.append([*self._log.appends(self._target, told), *self._lineage.edge_writes(edges, fresh=message_id)])

    def context(self, key: str, value: Any, source: str | None = None) -> None:
        """Give a context key a value (None removes it); ``source`` is what lineage says it comes from."""
        change = ContextSet(time=self._clock(), key=key, value=value)
        change_id = self._ids.new("ctx")
        edges = [_inherited(source, change_id)] if source else []
        self.parts.append(
            [
                *self._log.appends(self._target, change),
                Put("context", change_id, change.to_json(), parent=self._target, stamp=self._stream),
                *self._lineage.edge_writes(edges, fresh=change_id),
            ]
        )

    def artifact(self, source: Artifact) -> Artifact:
        """Add the next version of an artifact's name, with the very same content: a blob is shared, never copied."""
        parent = artifact_parent(self._target, source.name)
        version = (self._versions.get(parent) or self._newest_version(parent)) + 1
        self._versions[parent] = version
        shared = source.model_copy(
            update={
                "artifact_id": self._ids.new("art"),
                "session_id": self._target,
                "version": version,
                "created_at": self._clock(),
                "derived_from": source.artifact_id,
                "parent_artifacts": (),
                "access_count": 0,
                "last_accessed": None,
            }
        )
        entry = ArtifactAttached(
            time=shared.created_at, artifact_id=shared.artifact_id, name=shared.name, version=version
        )
        data = self._ledger.data("artifact", source.artifact_id) if source.inline else None
        edge = LineageEdge(
            source=source.artifact_id, target=shared.artifact_id, relation="derived", evidence="declared"
        )
        self.artifacts[source.artifact_id] = shared.artifact_id
        self.parts.append(
            [
                *self._log.appends(self._target, entry),
                artifact_write(shared, data),
                *self._lineage.edge_writes([edge], fresh=shared.artifact_id),
            ]
        )
        return shared

    def _newest_version(self, parent: str) -> int:
        newest = self._ledger.children("artifact", parent, limit=1, reverse=True)
        return int(newest[0].order) if newest else 0


def same_content(first: Artifact, second: Artifact) -> bool:
    """Say whether two artifacts hold the same bytes of the same kind."""
    return (first.sha256, first.form, first.encoding) == (second.sha256, second.form, second.encoding)


def latest_of(artifacts: Iterable[Artifact]) -> Mapping[str, Artifact]:
    """Return the last artifact of every name, in the order of the names' first appearance."""
    return {artifact.name: artifact for artifact in artifacts}


def _inherited(source: str, target: str) -> LineageEdge:
    return LineageEdge(source=source, target=target, relation="inherited", evidence="declared")
