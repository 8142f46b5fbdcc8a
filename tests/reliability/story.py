"""A session in plain Python: what it must read like after each operation, worked out without the kernel."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self


class State(NamedTuple):
    """What a session reads like at one point: what was said, the context, and the artifacts as (name, version)."""

    messages: tuple[str, ...] = ()
    context: Mapping[str, Any] = {}
    artifacts: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True)
class Story:
    """A session's title, its state now, at every checkpoint and snapshot, and what its log and versions counted to.

    ``left`` is the state that the newest restore went away from: an undo goes back there.
    A story never changes: every method returns the story as it goes on.
    """

    title: str
    now: State = field(default_factory=State)
    checkpoints: Mapping[str, State] = field(default_factory=dict)
    snapshots: tuple[tuple[State, int], ...] = ()
    left: State | None = None
    contents: Mapping[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    entries: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)
    erased: bool = False

    def titled(self, title: str) -> Self:
        return replace(self, title=title)

    def with_metadata(self, key: str, value: str) -> Self:
        return replace(self, metadata={**self.metadata, key: value})

    def heard(self, text: str, entries: int = 1) -> Self:
        now = self.now._replace(messages=(*self.now.messages, text))
        return replace(self, now=now, entries=self.entries + entries)

    def with_context(self, key: str, value: Any) -> Self:
        context = {k: v for k, v in {**self.now.context, key: value}.items() if v is not None}
        return replace(self, now=self.now._replace(context=context), entries=self.entries + 1)

    def with_artifact(self, name: str, kind: str, token: str) -> Self:
        # Versions count on over every branch, so that none is ever given twice.
        version = 1 + max((v for n, v in self.contents if n == name), default=0)
        now = self.now._replace(artifacts=self.now.artifacts | {(name, version)})
        contents = {**self.contents, (name, version): (kind, token)}
        return replace(self, now=now, contents=contents, entries=self.entries + 1)

    def with_checkpoint(self, label: str) -> Self:
        return replace(self, checkpoints={**self.checkpoints, label: self.now}, entries=self.entries + 1)

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

    def _back_to(self, state: State) -> Self:
        return replace(self, now=state, left=self.now, entries=self.entries + 1)
