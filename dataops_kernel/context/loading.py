"""Loading a snapshot into a session: as it was, merged, or some of it; whatever the two disagree on is said."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from dataops_kernel.artifacts.deletions import is_hidden
from dataops_kernel.artifacts.lineage import Lineage
from dataops_kernel.artifacts.records import ArtifactReader
from dataops_kernel.artifacts.store import ArtifactStore
from dataops_kernel.clock import Clock
from dataops_kernel.context.branching import Branches
from dataops_kernel.context.pins import ARTIFACT, CONTEXT, Pin, Pins
from dataops_kernel.context.snapshots import Manifest, Snapshots
from dataops_kernel.context.transfer import Transfer, latest_of, same_content
from dataops_kernel.errors import ConflictError, ParameterError, suggestion
from dataops_kernel.ids import IdSource
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.sessions import SessionManager
from dataops_kernel.storage.ledger import Ledger, Write
from dataops_kernel.types import (
    Artifact,
    ArtifactAttached,
    Conflict,
    ContextLoad,
    ContextSet,
    MergeStrategy,
    MessageAdded,
    OnConflict,
    PinSet,
    SessionRecord,
    Skipped,
    TurnsFolded,
    UserPreferences,
)

ARTIFACTS = "artifacts:"
"""What an artifact's name stands behind among the keys of a selective load."""

_ATTEMPTS = 8


class Loading:
    """Brings snapshots back. Nothing is destroyed: what a session read before stays in its log as another branch."""

    def __init__(
        self,
        ledger: Ledger,
        log: SessionLog,
        sessions: SessionManager,
        artifacts: ArtifactStore,
        snapshots: Snapshots,
        pins: Pins,
        branches: Branches,
        ids: IdSource,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._sessions = sessions
        self._artifacts = artifacts
        self._snapshots = snapshots
        self._pins = pins
        self._branches = branches
        self._lineage = Lineage(ledger)
        self._ids = ids
        self._clock = clock

    def load(
        self,
        snapshot_id: str,
        merge_strategy: MergeStrategy = "replace",
        *,
        keys: Sequence[str] | None = None,
        session_id: str | None = None,
        on_conflict: OnConflict = "keep",
    ) -> ContextLoad:
        """Load a snapshot into its own session or, with ``session_id``, into another.

        ``replace``: the session reads as the snapshot, on a new branch. ``merge``: context keys and artifact names
        the session lacks are added; equal ones stay; where they differ the session's stay (``on_conflict="take"``:
        the snapshot's are taken). ``selective``: the same for ``keys`` only, which are context keys, or
        ``artifacts:NAME``. All or nothing, whenever it is interrupted.
        """
        _check(merge_strategy, get_args(MergeStrategy), "merge strategy")
        _check(on_conflict, get_args(OnConflict), "way to settle a conflict")
        if (keys is not None) != (merge_strategy == "selective"):
            raise ParameterError(
                "Keys are what a selective load takes; this one is "
                + ("without any." if keys is None else f"{merge_strategy!r}."),
                hint='For example merge_strategy="selective", keys=["region", "artifacts:orders"].',
            )
        manifest = self._snapshots.manifest(snapshot_id)
        target = session_id or manifest.session_id
        for attempt in range(1, _ATTEMPTS + 1):
            load = ContextLoad(snapshot_id=snapshot_id, session_id=target, merge_strategy=merge_strategy)
            try:
                if merge_strategy == "replace":
                    return self._replace(load, manifest)
                return self._merge(load, manifest, keys, take=on_conflict == "take")
            except ConflictError:
                # Somebody wrote to the session meanwhile; what is to be done is worked out anew.
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError  # the last attempt returned or raised

    def _replace(self, load: ContextLoad, manifest: Manifest) -> ContextLoad:
        seen = self._log.tail(load.session_id)
        before = self._sessions.context(load.session_id, self._log.line(load.session_id, seen))
        writes, preferred = preference_writes(self._sessions, load.session_id, manifest.preferences)
        conflicts = _context_conflicts(before, manifest.context)
        if load.session_id == manifest.session_id and manifest.head <= seen:
            self._branches.grow(load.session_id, (), origin=manifest.head, seen=seen, also=writes)
            story = self._snapshots.entries(manifest)
            messages = sum(isinstance(entry, MessageAdded) for entry in story)
            artifacts = {id: id for id in manifest.artifact_refs}
            return load.model_copy(
                update={
                    "messages": messages,
                    "context": tuple(manifest.context),
                    "artifacts": artifacts,
                    "pins": tuple(pin.target for pin in self._pins.of(manifest.session_id, manifest.line)),
                    "preferences": preferred,
                    "conflicts": conflicts,
                }
            )
        transfer, skipped = self._retold(load.session_id, manifest)
        self._branches.grow(load.session_id, transfer.parts, origin=0, seen=seen, also=writes)
        return load.model_copy(
            update={
                "messages": len(transfer.messages),
                "context": tuple(manifest.context),
                "artifacts": transfer.artifacts,
                "pins": transfer.pinned,
                "preferences": preferred,
                "conflicts": conflicts,
                "skipped": skipped,
            }
        )

    def _retold(self, target: str, manifest: Manifest) -> tuple[Transfer, tuple[Skipped, ...]]:
        """Return a snapshot's story for another session, in the order it happened."""
        transfer = self._transfer(target)
        artifacts, skipped = self._held(manifest)
        told: list[tuple[int, str]] = []
        numbers = (seq for first, last in manifest.ranges for seq in range(first, last + 1))
        for seq, entry in zip(numbers, self._snapshots.entries(manifest), strict=True):
            if isinstance(entry, MessageAdded):
                transfer.message(entry, inherited=False)
                told.append((seq, entry.message_id))
            elif isinstance(entry, ContextSet):
                transfer.context(entry.key, entry.value)
            elif isinstance(entry, ArtifactAttached) and entry.artifact_id in artifacts:
                transfer.artifact(artifacts[entry.artifact_id])
            elif isinstance(entry, PinSet):
                transfer.pin(entry)
            elif isinstance(entry, TurnsFolded) and (folded := [id for number, id in told if number <= entry.seq]):
                transfer.fold(entry, folded[-1])
        return transfer, skipped

    def _merge(self, load: ContextLoad, manifest: Manifest, keys: Sequence[str] | None, *, take: bool) -> ContextLoad:
        held, skipped = self._held(manifest)
        theirs = latest_of(held.values())
        chosen_keys, chosen_names = _chosen(keys, manifest.context, theirs) if keys is not None else (None, None)
        seen = self._log.tail(load.session_id)
        line = self._log.line(load.session_id, seen)
        transfer = self._transfer(load.session_id)
        conflicts: list[Conflict] = []
        context: list[str] = []
        mine = self._sessions.context(load.session_id, line)
        for key, value in manifest.context.items():
            if (chosen_keys is not None and key not in chosen_keys) or mine.get(key) == value:
                continue
            if key in mine:
                conflicts.append(conflict("context", key, mine[key], value, take=take))
            if take or key not in mine:
                transfer.context(key, value)
                context.append(key)
        here = self._artifacts.at(load.session_id, line)
        for name, artifact in theirs.items():
            other = here.get(name)
            if (chosen_names is not None and name not in chosen_names) or (other and same_content(other, artifact)):
                continue
            if other is not None:
                conflicts.append(conflict("artifact", name, other.artifact_id, artifact.artifact_id, take=take))
            if take or other is None:
                transfer.artifact(artifact)
        pinned = [
            pin
            for pin in self._pins.of(manifest.session_id, manifest.line)
            if keys is None or _pinned_by(pin, chosen_keys or set(), chosen_names or set(), held)
        ]
        names = here.keys() | theirs.keys()
        there = {*(f"{CONTEXT}{key}" for key in (*mine, *context)), *(f"{ARTIFACT}{name}" for name in names)}
        there |= {artifact.artifact_id for artifact in here.values()}
        pins, unpinned = transfer.pins(pinned, self._pins.of(load.session_id, line), there)
        skipped += tuple(unpinned)
        writes: list[Write] = []
        preferred = False
        if keys is None:
            skipped += (Skipped(what="messages", key="", reason="A merge leaves the conversation as it is."),)
            current = self._sessions.record(load.session_id).user_preferences
            if current.chosen() != manifest.preferences.chosen():
                values = (chosen_values(current), chosen_values(manifest.preferences))
                conflicts.append(conflict("preferences", "", *values, take=take))
                if take:
                    writes, preferred = preference_writes(self._sessions, load.session_id, manifest.preferences)
        self._branches.grow(load.session_id, transfer.parts, origin=seen, seen=seen, also=writes)
        return load.model_copy(
            update={
                "context": tuple(context),
                "artifacts": transfer.artifacts,
                "pins": tuple(pins),
                "preferences": preferred,
                "conflicts": tuple(conflicts),
                "skipped": skipped,
            }
        )

    def _held(self, manifest: Manifest) -> tuple[dict[str, Artifact], tuple[Skipped, ...]]:
        """Return the artifacts a snapshot refers to, oldest first, and those that are gone."""
        held = self._ledger.get_many("artifact", manifest.artifact_refs)
        records = [record for record in held if not is_hidden(record)]
        found = {artifact.artifact_id: artifact for artifact in ArtifactReader().read(records)}
        gone = (id for id in manifest.artifact_refs if id not in found)
        return found, tuple(Skipped(what="artifact", key=id, reason="It was deleted since.") for id in gone)

    def _transfer(self, target: str) -> Transfer:
        return Transfer(target, self._ledger, self._log, self._lineage, self._ids, self._clock)


def preference_writes(sessions: SessionManager, session_id: str, wanted: UserPreferences) -> tuple[list[Write], bool]:
    """Return the writes that give a session other preferences, and whether there are any."""
    stored = sessions.lifecycle.stored(session_id)
    record = SessionRecord.model_validate_json(stored.body)
    if record.user_preferences.chosen() == wanted.chosen():  # choosing what is the default anyway is a choice
        return [], False
    changed = record.model_copy(update={"user_preferences": wanted, "revision": record.revision + 1})
    return sessions.lifecycle.replacement(stored, record, changed), True


def chosen_values(preferences: UserPreferences) -> dict[str, Any]:
    """Return what was chosen, as JSON values."""
    return preferences.model_dump(mode="json", exclude_unset=True)


def _chosen(keys: Sequence[str], context: dict[str, Any], artifacts: Any) -> tuple[set[str], set[str]]:
    """Tell context keys from artifact names; raises ``ParameterError`` with the closest for what the snapshot lacks."""
    known = [*context, *(f"{ARTIFACTS}{name}" for name in artifacts)]
    for key in keys:
        if key not in known:
            raise ParameterError(
                f"The snapshot holds no {key[:200]!r}.",
                hint=suggestion(
                    key, known, f"It holds {', '.join(map(repr, known[:10]))}." if known else "It is empty."
                ),
            )
    chosen = {key for key in keys if key in context}
    return chosen, {key.removeprefix(ARTIFACTS) for key in keys if key not in chosen}


def _pinned_by(pin: Pin, keys: set[str], names: set[str], artifacts: Mapping[str, Artifact]) -> bool:
    """Say whether a pin is on one of the chosen context keys or artifact names."""
    artifact = artifacts.get(pin.target)
    if artifact is not None:
        return artifact.name in names
    return pin.target in {*(f"{CONTEXT}{key}" for key in keys), *(f"{ARTIFACT}{name}" for name in names)}


def _context_conflicts(target: dict[str, Any], source: dict[str, Any]) -> tuple[Conflict, ...]:
    """Return the keys whose values a replacement changed or left behind."""
    return tuple(
        Conflict(what="context", key=key, target=value, source=source.get(key), kept="source")
        for key, value in target.items()
        if source.get(key) != value
    )


def conflict(what: Any, key: str, target: Any, source: Any, *, take: bool) -> Conflict:
    """Return one thing the two sides hold differently, kept at the source's value when told to take."""
    return Conflict(what=what, key=key, target=target, source=source, kept="source" if take else "target")


def _check(value: str, known: Sequence[str], what: str) -> None:
    if value not in known:
        raise ParameterError(
            f"There is no {what} {value!r:.80}.", hint=suggestion(str(value), known, f"One of {', '.join(known)}.")
        )
