"""Inheritance: what one session hands on to another, each thing recorded in lineage, no content copied."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dataops_kernel.artifacts.lineage import Lineage
from dataops_kernel.artifacts.store import ArtifactStore
from dataops_kernel.clock import Clock
from dataops_kernel.context.branching import Branches
from dataops_kernel.context.loading import chosen_values, conflict, preference_writes
from dataops_kernel.context.pins import ARTIFACT, CONTEXT, Pins
from dataops_kernel.context.transfer import Transfer, same_content
from dataops_kernel.errors import ConflictError, ParameterError, suggestion
from dataops_kernel.ids import IdSource
from dataops_kernel.sessionlog import Line, SessionLog
from dataops_kernel.sessions import SessionManager
from dataops_kernel.storage.ledger import Ledger, Write
from dataops_kernel.types import (
    Conflict,
    ContextSet,
    Inheritance,
    LineageEdge,
    Message,
    OnConflict,
    Skipped,
)

KINDS = ("messages", "context", "artifacts", "preferences")
"""What can be handed on; all of it when there are no filters."""

_FORMS = "'messages', 'messages:last=20', 'context', 'context:KEY', 'artifacts', 'artifacts:NAME', 'preferences'"
_LAST = "last="
_ATTEMPTS = 8


class Wanted(NamedTuple):
    """Filters, read: None is everything of a kind, an empty set nothing; ``last`` 0 is no message at all."""

    last: int | None
    keys: frozenset[str] | None
    names: frozenset[str] | None
    preferences: bool


class Inheriting:
    """Hands on what a session said, knows and made to another session of the same workspace."""

    def __init__(
        self,
        ledger: Ledger,
        log: SessionLog,
        sessions: SessionManager,
        artifacts: ArtifactStore,
        pins: Pins,
        branches: Branches,
        ids: IdSource,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._sessions = sessions
        self._artifacts = artifacts
        self._pins = pins
        self._branches = branches
        self._lineage = Lineage(ledger)
        self._ids = ids
        self._clock = clock

    def inherit(
        self,
        source_session: str,
        target_session: str,
        filters: Sequence[str] | None = None,
        *,
        on_conflict: OnConflict = "keep",
    ) -> Inheritance:
        """Bring messages, context keys, artifacts and preferences of one session into another, all or nothing.

        ``filters`` choose: ``messages``, ``messages:last=20``, ``context``, ``context:KEY``, ``artifacts``,
        ``artifacts:NAME``, ``preferences``; everything when None. What the target has already is not brought twice;
        where it differs the target's stays, unless ``on_conflict="take"``. Messages keep their times and come after
        the target's own. Raises ``ParameterError`` for a filter that is none or names what the source lacks.
        """
        if source_session == target_session:
            raise ParameterError("A session cannot inherit from itself.", hint="Name another session as the target.")
        if on_conflict not in ("keep", "take"):
            raise ParameterError(
                f"There is no way to settle a conflict called {on_conflict!r:.80}.",
                hint=suggestion(str(on_conflict), ("keep", "take"), "One of keep, take."),
            )
        chosen = tuple(KINDS if filters is None else filters)
        wanted = read_filters(chosen)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._inherit(
                    Inheritance(source_session=source_session, target_session=target_session, filters=chosen),
                    wanted,
                    take=on_conflict == "take",
                )
            except ConflictError:
                # Somebody wrote to the target meanwhile; what is to be done is worked out anew.
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError  # the last attempt returned or raised

    def _inherit(self, outcome: Inheritance, wanted: Wanted, *, take: bool) -> Inheritance:
        source, target = outcome.source_session, outcome.target_session
        theirs = self._log.line(source, self._log.tail(source))
        seen = self._log.tail(target)
        mine = self._log.line(target, seen)
        transfer = Transfer(target, self._ledger, self._log, self._lineage, self._ids, self._clock)
        conflicts: list[Conflict] = []
        skipped: list[Skipped] = []
        # Artifacts first: messages that name them then name what they are called here.
        self._artifacts_of(source, target, (theirs, mine), wanted, transfer, conflicts, take=take)
        context = self._context_of(source, target, (theirs, mine), wanted, transfer, conflicts, take=take)
        self._messages_of(source, target, (theirs, mine), wanted, transfer, skipped)
        pins = self._pins_of(source, target, (theirs, mine), wanted, transfer)
        writes, preferred = (
            self._preferences_of(source, target, conflicts, take=take) if wanted.preferences else ([], False)
        )
        if transfer.parts or writes:
            link = LineageEdge(source=source, target=target, relation="inherited", evidence="declared")
            writes = [*writes, *self._lineage.edge_writes([link])]
            self._branches.grow(target, transfer.parts, origin=seen, seen=seen, also=writes)
        return outcome.model_copy(
            update={
                "messages": transfer.messages,
                "context": context,
                "artifacts": transfer.artifacts,
                "pins": pins,
                "preferences": preferred,
                "conflicts": tuple(conflicts),
                "skipped": tuple(skipped),
            }
        )

    def _artifacts_of(
        self,
        source: str,
        target: str,
        lines: tuple[Line, Line],
        wanted: Wanted,
        transfer: Transfer,
        conflicts: list[Conflict],
        *,
        take: bool,
    ) -> None:
        theirs = dict(reversed(self._artifacts.at(source, lines[0]).items()))
        _check_names("artifact", wanted.names, theirs)
        mine = self._artifacts.at(target, lines[1])
        for name, artifact in theirs.items():
            other = mine.get(name)
            if (wanted.names is not None and name not in wanted.names) or (other and same_content(other, artifact)):
                continue
            if other is not None:
                conflicts.append(conflict("artifact", name, other.artifact_id, artifact.artifact_id, take=take))
            if take or other is None:
                transfer.artifact(artifact)

    def _context_of(
        self,
        source: str,
        target: str,
        lines: tuple[Line, Line],
        wanted: Wanted,
        transfer: Transfer,
        conflicts: list[Conflict],
        *,
        take: bool,
    ) -> tuple[str, ...]:
        theirs = self._sessions.context(source, lines[0])
        _check_names("context key", wanted.keys, theirs)
        mine = self._sessions.context(target, lines[1])
        origins = self._changes(source, lines[0])
        brought: list[str] = []
        for key, value in theirs.items():
            if (wanted.keys is not None and key not in wanted.keys) or (key in mine and mine[key] == value):
                continue
            if key in mine:
                conflicts.append(conflict("context", key, mine[key], value, take=take))
            if take or key not in mine:
                transfer.context(key, value, origins.get(key))
                brought.append(key)
        return tuple(brought)

    def _changes(self, session_id: str, line: Line) -> dict[str, str]:
        """Return which change gave each context key the value it has: the node that lineage begins at."""
        records = [record for record in self._ledger.children("context", session_id) if record.seq in line]
        records.sort(key=lambda record: record.seq or 0)
        return {ContextSet.model_validate_json(record.body).key: record.id for record in records}

    def _messages_of(
        self,
        source: str,
        target: str,
        lines: tuple[Line, Line],
        wanted: Wanted,
        transfer: Transfer,
        skipped: list[Skipped],
    ) -> None:
        if wanted.last == 0:
            return
        theirs = (
            self._sessions.messages_between(source, lines[0], 0)
            if wanted.last is None
            else self._sessions.messages(source, limit=wanted.last, line=lines[0])
        )
        told = {_likeness(message) for message in self._sessions.messages_between(target, lines[1], 0)}
        for message in theirs:
            if _likeness(message) in told:
                reason = "The target has it already."
                skipped.append(Skipped(what="message", key=message.message_id, reason=reason))
            else:
                transfer.message(message)

    def _pins_of(
        self, source: str, target: str, lines: tuple[Line, Line], wanted: Wanted, transfer: Transfer
    ) -> tuple[str, ...]:
        """Pin in the target what the source has pinned of what the filters let through, and the target has then."""
        keys = self._sessions.context(source, lines[0]).keys() if wanted.keys is None else wanted.keys
        held = self._artifacts.at(source, lines[0])
        names = held.keys() if wanted.names is None else wanted.names
        asked = {*(f"{CONTEXT}{key}" for key in keys), *(f"{ARTIFACT}{name}" for name in names)}
        asked |= {*transfer.messages, *transfer.artifacts}
        theirs = [pin for pin in self._pins.of(source, lines[0]) if pin.target in asked]
        return tuple(transfer.pins(theirs, self._pins.of(target, lines[1]), asked)[0])

    def _preferences_of(
        self, source: str, target: str, conflicts: list[Conflict], *, take: bool
    ) -> tuple[list[Write], bool]:
        theirs = self._sessions.record(source).user_preferences
        mine = self._sessions.record(target).user_preferences
        if mine.chosen() not in (theirs.chosen(), {}):
            values = (chosen_values(mine), chosen_values(theirs))
            conflicts.append(conflict("preferences", "", *values, take=take))
            if not take:
                return [], False
        return preference_writes(self._sessions, target, theirs)


def read_filters(filters: Sequence[str]) -> Wanted:
    """Return what filters ask for; raises ``ParameterError`` with the closest form for one that is none."""
    last: int | None = 0
    keys: frozenset[str] | None = frozenset()
    names: frozenset[str] | None = frozenset()
    preferences = False
    if isinstance(filters, str) or not filters:
        raise ParameterError(
            f"{filters!r:.80} are no filters.", hint=f'Give a list such as ["messages:last=20"]: {_FORMS}.'
        )
    for text in filters:
        kind, colon, rest = str(text).partition(":")
        if kind == "messages" and (not colon or (rest.startswith(_LAST) and _is_count(rest[len(_LAST) :]))):
            count = int(rest[len(_LAST) :]) if colon else None
            last = None if count is None or last is None else max(last, count)
        elif kind == "context" and (not colon or rest):
            keys = None if not colon or keys is None else keys | {rest}
        elif kind == "artifacts" and (not colon or rest):
            names = None if not colon or names is None else names | {rest}
        elif text == "preferences":
            preferences = True
        else:
            raise ParameterError(
                f"There is no filter {text!r:.80}.",
                hint=f"{suggestion(kind, KINDS, '')} Filters are {_FORMS}.".strip(),
                filter=str(text)[:80],
            )
    return Wanted(last, keys, names, preferences)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0


def _check_names(what: str, wanted: frozenset[str] | None, known: Mapping[str, object]) -> None:
    for name in sorted(wanted or ()):
        if name not in known:
            others = f"It has {', '.join(map(repr, list(known)[:10]))}." if known else "It has none."
            raise ParameterError(
                f"The source has no {what} {name[:200]!r}.", hint=suggestion(name, known, others), name=name[:200]
            )


def _likeness(message: Message) -> tuple[object, ...]:
    """What an inherited message has in common with the one it comes from: ids and artifacts it gets anew."""
    return (message.role, message.content, message.timestamp)
