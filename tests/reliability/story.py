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
    """A session's title, its state now and at every checkpoint, and what its log and versions have counted to.

    A story never changes: every method returns the story as it goes on.
    """

    title: str
    now: State = field(default_factory=State)
    checkpoints: Mapping[str, State] = field(default_factory=dict)
    contents: Mapping[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    entries: int = 0

    def titled(self, title: str) -> Self:
        return replace(self, title=title)

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
        return replace(self, now=self.checkpoints[label], entries=self.entries + 1)
