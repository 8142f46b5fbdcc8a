"""What became of the artifacts of a session between two points."""

from collections.abc import Mapping
from typing import Any

from dataops_kernel.artifacts.query import QueryService
from dataops_kernel.artifacts.store import ArtifactStore
from dataops_kernel.context.document_diff import compare_json, compare_text
from dataops_kernel.context.table_diff import Keys, TableComparison
from dataops_kernel.errors import DataOpsError
from dataops_kernel.types import Artifact, ArtifactChange

_DETAILED = 50
_DOCUMENT_BYTES = 8 * 1024 * 1024


class ArtifactComparison:
    """Compares the newest versions of every name, by content: tables by SQL, documents in memory."""

    def __init__(self, artifacts: ArtifactStore, query: QueryService, *, key: Keys = None, examples: int = 5) -> None:
        self._artifacts = artifacts
        self._examples = examples
        self._tables = TableComparison(query, key=key, examples=examples)

    def changes(
        self, before: Mapping[str, Artifact], after: Mapping[str, Artifact], *, limit: int
    ) -> tuple[tuple[ArtifactChange, ...], int]:
        """Return the first ``limit`` names that were added, changed in content, or removed, by name, and their number.

        Raises ``ParameterError`` for a key that no changed table has.
        """
        pairs = [(name, before.get(name), after.get(name)) for name in sorted({*before, *after})]
        differing = [(name, old, new) for name, old, new in pairs if old is None or new is None or _differ(old, new)]
        self._tables.check_keys({name: (old, new) for name, old, new in differing if old and new})
        made = []
        detailed = 0
        for name, old, new in differing[:limit]:
            change = ArtifactChange(
                name=name,
                change="added" if old is None else "removed" if new is None else "changed",
                before_id=old.artifact_id if old else None,
                after_id=new.artifact_id if new else None,
                rows_before=old.row_count if old else None,
                rows_after=new.row_count if new else None,
            )
            if old and new:
                detailed += 1
                details = self._details(name, old, new) if detailed <= _DETAILED else _NOT_LOOKED_INTO
                change = change.model_copy(update=details)
            made.append(change)
        return tuple(made), len(differing)

    def _details(self, name: str, old: Artifact, new: Artifact) -> dict[str, Any]:
        if old.is_table and new.is_table:
            return self._tables.compare(name, old, new)
        if old.content_type != new.content_type:
            return {"notes": (f"It was {_kind(old)} and is {_kind(new)}.",)}
        if max(old.size_bytes, new.size_bytes) > _DOCUMENT_BYTES or old.content_type not in ("json", "text"):
            return {"notes": (f"{_kind(old)}: {old.size_bytes:,} bytes before, {new.size_bytes:,} after.",)}
        try:
            was, is_now = (self._artifacts.get_artifact(version.artifact_id).content for version in (old, new))
        except DataOpsError as err:
            return {"notes": (f"The contents could not be compared: {err.message}",)}
        if isinstance(was, str) and isinstance(is_now, str):
            return {"document": compare_text(was, is_now, self._examples)}
        return {"document": compare_json(was, is_now, self._examples)}


def _differ(old: Artifact, new: Artifact) -> bool:
    return old.artifact_id != new.artifact_id and old.sha256 != new.sha256


def _kind(artifact: Artifact) -> str:
    return "a table" if artifact.is_table else "JSON" if artifact.content_type == "json" else artifact.content_type


_NOT_LOOKED_INTO = {"notes": (f"Only the first {_DETAILED} changed artifacts were looked into.",)}
