"""Pins: what the user wants the model to see whatever else there is no room for; a restore brings them back too."""

from typing import NamedTuple

from dataops_kernel.artifacts.store import ArtifactStore
from dataops_kernel.clock import Clock
from dataops_kernel.errors import LimitExceededError, NotFoundError, suggestion
from dataops_kernel.ids import IdSource, is_id
from dataops_kernel.sessionlog import Line, SessionLog
from dataops_kernel.sessions import SessionManager
from dataops_kernel.storage.ledger import Ledger, Put
from dataops_kernel.types import Artifact, KeepReason, MessageAdded, PinSet, session_stream

KIND = "pin"
"""Records of pins, stamped with their log entry, so that a view need not read the log for them."""

CONTEXT, ARTIFACT = "context:", "artifact:"
MAX_PINS = 50


class Pin(NamedTuple):
    """What is pinned; ``at`` is the log entry of a message."""

    target: str
    at: int | None = None


class Pins:
    """The pins of every session."""

    def __init__(
        self,
        ledger: Ledger,
        log: SessionLog,
        sessions: SessionManager,
        artifacts: ArtifactStore,
        ids: IdSource,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._sessions = sessions
        self._artifacts = artifacts
        self._ids = ids
        self._clock = clock

    def pin(self, session_id: str, target: str) -> str:
        """Pin a message (id), a context key (``context:KEY`` or KEY) or an artifact (id or name); return its target.

        Pinning what is pinned does nothing. Raises ``NotFoundError`` with the closest name, and
        ``LimitExceededError`` above ``MAX_PINS`` pins.
        """
        line = self._log.line(session_id, self._log.tail(session_id))
        found = self._resolved(session_id, target, line)
        pinned = self.of(session_id, line)
        if found.target in {pin.target for pin in pinned}:
            return found.target
        if len(pinned) >= MAX_PINS:
            raise LimitExceededError(
                f"This session has {len(pinned)} pins already, the most there may be.", hint="Unpin something first."
            )
        self._write(session_id, found, pinned=True)
        return found.target

    def unpin(self, session_id: str, target: str) -> str:
        """Let a pin go and return its target; raises ``NotFoundError`` for what is not pinned."""
        line = self._log.line(session_id, self._log.tail(session_id))
        pinned = {pin.target: pin for pin in self.of(session_id, line)}
        for name in (target, f"{CONTEXT}{target}", f"{ARTIFACT}{target}"):
            if name in pinned:
                self._write(session_id, pinned[name], pinned=False)
                return name
        raise NotFoundError(
            f"{target[:80]!r} is not pinned.",
            hint=suggestion(target, pinned, f"Pinned: {', '.join(pinned)}." if pinned else "Nothing is pinned here."),
        )

    def of(self, session_id: str, line: Line) -> list[Pin]:
        """Return what is pinned on a line, in the order it was pinned."""
        changes = [record for record in self._ledger.children(KIND, session_id) if record.seq in line]
        pins: dict[str, Pin] = {}
        for record in sorted(changes, key=lambda record: record.seq or 0):
            change = PinSet.model_validate_json(record.body)
            pins.pop(change.target, None)
            if change.pinned:
                pins[change.target] = Pin(change.target, change.at)
        return list(pins.values())

    def holding(self, artifact: Artifact) -> list[KeepReason]:
        """Return the pins that show an artifact now: those of its id, or of its name when it is the newest of it."""
        line = self._log.line(artifact.session_id, self._log.tail(artifact.session_id))
        wanted = {artifact.artifact_id, f"{ARTIFACT}{artifact.name}"}
        pinned = [pin.target for pin in self.of(artifact.session_id, line) if pin.target in wanted]
        if f"{ARTIFACT}{artifact.name}" in pinned:
            newest = self._artifacts.at(artifact.session_id, line).get(artifact.name)
            if newest is None or newest.artifact_id != artifact.artifact_id:
                pinned.remove(f"{ARTIFACT}{artifact.name}")
        return [KeepReason(kind="pinned", name=target) for target in pinned]

    def _write(self, session_id: str, pin: Pin, *, pinned: bool) -> None:
        change = PinSet(time=self._clock(), target=pin.target, pinned=pinned, at=pin.at)
        stream = session_stream(session_id)
        record = Put(KIND, self._ids.new("ctx"), change.to_json(), parent=session_id, session=session_id, stamp=stream)
        self._log.append(session_id, change, also=[record])

    def _resolved(self, session_id: str, target: str, line: Line) -> Pin:
        if is_id("msg", target):
            for seq, entry in self._log.read_back(session_id, line):
                if isinstance(entry, MessageAdded) and entry.message_id == target:
                    return Pin(target, seq)
        keys = self._sessions.context(session_id, line)
        if (key := target.removeprefix(CONTEXT)) in keys:
            return Pin(f"{CONTEXT}{key}")
        artifacts = self._artifacts.at(session_id, line)
        if (name := target.removeprefix(ARTIFACT)) in artifacts:
            return Pin(f"{ARTIFACT}{name}")
        if any(artifact.artifact_id == target for artifact in artifacts.values()) or self._on_line(
            session_id, target, line
        ):
            return Pin(target)
        known = [*(f"{CONTEXT}{key}" for key in keys), *keys, *artifacts]
        raise NotFoundError(
            f"There is nothing named {target[:80]!r} in this session to pin.",
            hint=suggestion(target, known, "Name a message's id, a context key or an artifact of this session."),
        )

    def _on_line(self, session_id: str, artifact_id: str, line: Line) -> bool:
        record = self._ledger.get("artifact", artifact_id) if is_id("art", artifact_id) else None
        return record is not None and record.session == session_id and record.seq in line
