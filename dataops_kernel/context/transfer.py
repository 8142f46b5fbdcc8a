"""What one session hands to another, as the parts of a branch: messages, context values, artifacts, pins; no copies."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from dataops_kernel.artifacts.lineage import Lineage
from dataops_kernel.artifacts.records import artifact_parent, artifact_write
from dataops_kernel.clock import Clock
from dataops_kernel.context.branching import Part
from dataops_kernel.context.pins import KIND as PIN
from dataops_kernel.context.pins import MAX_PINS, Pin
from dataops_kernel.context.view import KIND as FOLD
from dataops_kernel.ids import IdSource, is_id
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.storage.ledger import Ledger, Put, Write
from dataops_kernel.types import (
    Artifact,
    ArtifactAttached,
    ContextSet,
    LineageEdge,
    Message,
    MessageAdded,
    PinSet,
    Skipped,
    TurnsFolded,
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
        self._places: dict[str, int] = {}  # message ids here: which part tells it
        self._pinned: dict[str, None] = {}
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
        self._places[message_id] = len(self.parts)
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

    def pin(self, change: PinSet) -> bool:
        """Add a pin or its end by what its target became here; say whether the target is known here at all."""
        target = self.messages.get(change.target) or self.artifacts.get(change.target) or change.target
        place = self._places.get(target)
        if place is None and (is_id("msg", target) or (target == change.target and is_id("art", target))):
            return False
        self._pin(PinSet(time=self._clock(), target=target, pinned=change.pinned), place)
        return True

    def pins(self, theirs: Iterable[Pin], mine: Sequence[Pin], here: Container[str]) -> tuple[list[str], list[Skipped]]:
        """Pin what another session has pinned, as far as it is ``here`` or comes along; return also what could not be.

        Nothing is said of what is pinned here already.
        """
        pinned = {pin.target for pin in mine}
        brought: list[str] = []
        skipped: list[Skipped] = []
        for pin in theirs:
            target = self.messages.get(pin.target) or self.artifacts.get(pin.target) or pin.target
            if target in pinned:
                continue
            if target == pin.target and target not in here:  # it has no other name here: it did not come along
                skipped.append(Skipped(what="pin", key=pin.target, reason="What it pins is not in this session."))
            elif len(pinned) >= MAX_PINS:
                skipped.append(Skipped(what="pin", key=pin.target, reason=f"There are {MAX_PINS} pins already."))
            else:
                self._pin(PinSet(time=self._clock(), target=target, pinned=True), self._places.get(target))
                pinned.add(target)
                brought.append(target)
        return brought, skipped

    @property
    def pinned(self) -> tuple[str, ...]:
        """What is pinned at the end of the story told so far."""
        return tuple(self._pinned)

    def _pin(self, change: PinSet, place: int | None) -> None:
        pin_id = self._ids.new("ctx")
        self._pinned.pop(change.target, None)
        if change.pinned:
            self._pinned[change.target] = None

        def writes(numbers: Sequence[int]) -> list[Write]:
            found = change if place is None else change.model_copy(update={"at": numbers[place]})
            return self._beside(PIN, pin_id, found)

        self.parts.append(writes)

    def fold(self, folding: TurnsFolded, last: str) -> None:
        """Say that the messages up to ``last``, an id of the source, are shown through the summary."""
        fold_id, place = self._ids.new("ctx"), self._places[self.messages[last]]

        def writes(numbers: Sequence[int]) -> list[Write]:
            return self._beside(FOLD, fold_id, folding.model_copy(update={"seq": numbers[place]}))

        self.parts.append(writes)

    def _beside(self, kind: str, id: str, entry: PinSet | TurnsFolded) -> list[Write]:
        """Return an entry with the record of the same body beside it."""
        record = Put(kind, id, entry.to_json(), parent=self._target, session=self._target, stamp=self._stream)
        return [*self._log.appends(self._target, entry), record]

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
