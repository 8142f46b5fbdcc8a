"""A session in plain Python: what it must read like after each operation, worked out without the kernel."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

Place = tuple[str, int]
"""An artifact's name and version."""


class Said(NamedTuple):
    """A message; ``token`` stays the same wherever the message is inherited to."""

    text: str
    token: str


class State(NamedTuple):
    """What a session reads like at one point: what was said, the context, the artifacts, and what is pinned."""

    messages: tuple[Said, ...] = ()
    context: Mapping[str, Any] = {}
    artifacts: frozenset[Place] = frozenset()
    pins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Story:
    """A session's title, its state now, at every checkpoint and snapshot, and what its log and versions counted to.

    ``left`` is the state that the newest restore went away from: an undo goes back there. What is ``hidden`` (deleted)
    or ``purged`` is in none of the states, though they still name it: deleting does not belong to a line.
    A story never changes: every method returns the story as it goes on.
    """

    title: str
    now: State = field(default_factory=State)
    checkpoints: Mapping[str, State] = field(default_factory=dict)
    snapshots: tuple[tuple[State, int], ...] = ()
    left: State | None = None
    contents: Mapping[Place, tuple[str, str]] = field(default_factory=dict)
    hidden: frozenset[Place] = frozenset()
    purged: frozenset[Place] = frozenset()
    originals: tuple[str, ...] = ()
    entries: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)
    erased: bool = False

    @property
    def artifacts(self) -> frozenset[Place]:
        """The artifacts that can be seen now."""
        return self.now.artifacts - self.hidden - self.purged

    def newest(self) -> dict[str, Place]:
        """Return the newest artifact of every name that can be seen now."""
        return {name: (name, version) for name, version in sorted(self.artifacts)}

    def pinnable(self) -> list[str]:
        """Return what can be pinned by name."""
        return [*(f"context:{key}" for key in self.now.context), *(f"artifact:{name}" for name in self.newest())]

    def titled(self, title: str) -> Self:
        return replace(self, title=title)

    def with_metadata(self, key: str, value: str) -> Self:
        return replace(self, metadata={**self.metadata, key: value})

    def heard(self, text: str, token: str, entries: int = 1) -> Self:
        return self._grown(entries, messages=(*self.now.messages, Said(text, token)))

    def with_context(self, key: str, value: Any) -> Self:
        return self._grown(context={k: v for k, v in {**self.now.context, key: value}.items() if v is not None})

    def with_artifact(self, name: str, kind: str, token: str) -> Self:
        # Versions count on over every branch, so that none is ever given twice.
        place = (name, 1 + max((v for n, v in self.contents if n == name), default=0))
        grown = self._grown(artifacts=self.now.artifacts | {place})
        return replace(grown, contents={**self.contents, place: (kind, token)})

    def with_pin(self, target: str) -> Self:
        return self._grown(pins=(*self.now.pins, target))

    def without_pin(self, target: str) -> Self:
        return self._grown(pins=tuple(pin for pin in self.now.pins if pin != target))

    def with_checkpoint(self, label: str) -> Self:
        return replace(self._grown(), checkpoints={**self.checkpoints, label: self.now})

    def with_original(self, token: str) -> Self:
        return replace(self, originals=(*self.originals, token))

    def restored(self, label: str) -> Self:
        return self._back_to(self.checkpoints[label])

    def undone(self) -> Self:
        assert self.left is not None
        return self._back_to(self.left)

    def dumped(self) -> Self:
        return replace(self, snapshots=(*self.snapshots, (self.now, self.entries)))

    def loaded(self, number: int) -> Self:
        state, entries = self.snapshots[number]
        # When nothing happened since, there is nothing to go back to.
        return self if entries == self.entries else self._back_to(state)

    def deleted(self, place: Place) -> Self:
        return replace(self, hidden=self.hidden | {place})

    def undeleted(self, place: Place) -> Self:
        return replace(self, hidden=self.hidden - {place})

    def purged_of(self, place: Place) -> Self:
        return replace(self, hidden=self.hidden - {place}, purged=self.purged | {place})

    def inherited(self, source: "Story", last: int) -> Self:
        """Bring artifacts, context, the ``last`` messages and what is pinned of it; where they differ this one's stay."""
        told = self
        mine = self.newest()
        for name, place in source.newest().items():
            if name not in mine:
                told = told.with_artifact(name, *source.contents[place])
        for key, value in source.now.context.items():
            if key not in self.now.context:
                told = told.with_context(key, value)
        for message in source.now.messages[-last:]:
            if message not in self.now.messages:
                told = told.heard(*message)
        for target in source.now.pins:
            if target in source.pinnable() and target not in self.now.pins:
                told = told.with_pin(target)
        return told

    def forked(self) -> Self:
        """Begin anew from a bundle of this session: the whole log, but no snapshots, and nothing that was deleted."""
        gone = self.hidden | self.purged
        return replace(self, snapshots=(), hidden=frozenset(), purged=gone, originals=(), metadata={})

    def _grown(self, entries: int = 1, **changes: Any) -> Self:
        return replace(self, now=self.now._replace(**changes), entries=self.entries + entries)

    def _back_to(self, state: State) -> Self:
        return replace(self, now=state, left=self.now, entries=self.entries + 1)
