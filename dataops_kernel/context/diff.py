"""What differs between two readings of a session: words, context and artifacts."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from dataops_kernel.artifacts.query import QueryService
from dataops_kernel.artifacts.store import ArtifactStore
from dataops_kernel.context.artifact_diff import ArtifactComparison
from dataops_kernel.context.checkpoints import NOW, Checkpoints
from dataops_kernel.context.table_diff import Keys
from dataops_kernel.errors import ParameterError
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.sessions import SessionManager
from dataops_kernel.types import ArtifactMetadata, CheckpointDiff, ContextChange

MOST_EXAMPLES = 100
"""Example rows of each kind and table that can be asked for."""

_MESSAGES = 200
_KEYS = 100
_ARTIFACTS = 200
_VALUE_BYTES = 2_000
_PARENTS = 100
_NAME = 200


class Differences:
    """Compares two points of a session."""

    def __init__(
        self,
        log: SessionLog,
        sessions: SessionManager,
        artifacts: ArtifactStore,
        query: QueryService,
        checkpoints: Checkpoints,
    ) -> None:
        self._log = log
        self._sessions = sessions
        self._artifacts = artifacts
        self._query = query
        self._checkpoints = checkpoints

    def between(
        self,
        session_id: str,
        before: str,
        after: str = NOW,
        *,
        key: Keys = None,
        examples: int = 5,
        store: bool = False,
    ) -> CheckpointDiff:
        """Say what differs between two points; see ``ContextManager.diff_checkpoints``."""
        if not 0 <= examples <= MOST_EXAMPLES:
            raise ParameterError(
                f"{examples!r} example rows cannot be shown.", hint=f"Ask for 0 to {MOST_EXAMPLES} of each kind."
            )
        first, second = (self._checkpoints.line(session_id, point) for point in (before, after))
        shared = first.common(second)
        added = self._sessions.messages_between(session_id, second, shared)
        removed = self._sessions.messages_between(session_id, first, shared)
        context = context_changes(self._sessions.context(session_id, first), self._sessions.context(session_id, second))
        comparison = ArtifactComparison(self._artifacts, self._query, key=key, examples=examples)
        changes, artifacts = comparison.changes(
            self._artifacts.at(session_id, first), self._artifacts.at(session_id, second), limit=_ARTIFACTS
        )
        diff = CheckpointDiff(
            session_id=session_id,
            before=before,
            after=after,
            common_seq=min(shared, self._log.tail(session_id)),
            messages_added=tuple(added[:_MESSAGES]),
            messages_removed=tuple(removed[:_MESSAGES]),
            context=context[:_KEYS],
            artifacts=changes,
            totals={
                "messages_added": len(added),
                "messages_removed": len(removed),
                "context": len(context),
                "artifacts": artifacts,
            },
        )
        return diff.model_copy(update={"artifact_id": self._stored(diff)}) if store else diff

    def _stored(self, diff: CheckpointDiff) -> str:
        """Keep a difference as a JSON artifact made of the versions it compares."""
        versions = [id for change in diff.artifacts for id in (change.before_id, change.after_id) if id]
        metadata = ArtifactMetadata(
            session_id=diff.session_id,
            workflow_name="checkpoint_diff",
            name=f"diff {diff.before} → {diff.after}"[:_NAME],
            description=f"What differs between {diff.before!r} and {diff.after!r}.",
            parent_artifacts=tuple(dict.fromkeys(versions))[:_PARENTS],
        )
        return self._artifacts.store_artifact(diff.model_dump(mode="json", exclude={"artifact_id"}), metadata)


def context_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[ContextChange, ...]:
    """Return every key whose value differs, by key; None stands for absent, and a long value is cut."""
    return tuple(
        ContextChange(key=key, before=_short(before.get(key)), after=_short(after.get(key)))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    )


def _short(value: Any) -> Any:
    held = to_json(value, inf_nan_mode="constants", fallback=str)
    if len(held) <= _VALUE_BYTES:
        return value
    return f"{held[:_VALUE_BYTES].decode('utf-8', 'ignore')}… ({len(held):,} bytes)"
