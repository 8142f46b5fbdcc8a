"""The records of deletions, and what is left of an artifact after a purge."""

from datetime import datetime

from pydantic import TypeAdapter

from dataops_kernel.artifacts.records import artifact_parent, parse
from dataops_kernel.errors import ConflictError
from dataops_kernel.storage.ledger import Put, Record, Remove
from dataops_kernel.types import Artifact, Frozen, WhyKept


class Deletion(Frozen):
    """The record of a deletion; ``blob`` is what a purge has yet to remove: the next one ends what was cut off."""

    artifact_id: str
    deleted_at: datetime
    purge_after: datetime
    purged_at: datetime | None = None
    blob: str | None = None

    def write(self, session_id: str, expect: int = 0) -> Put:
        """Return the write that keeps it."""
        return Put("deletion", self.artifact_id, self.to_json(), session_id, session=session_id, expect=expect)


_DELETIONS: TypeAdapter[list[Deletion]] = TypeAdapter(list[Deletion])


def read_deletion(record: Record) -> Deletion:
    """Return the deletion a record holds; raises ``IntegrityError`` for a body nobody can read."""
    return parse(_DELETIONS, [record])[0]


def is_hidden(record: Record) -> bool:
    """Say whether an artifact's record is that of a deleted one: it stays in its place, but belongs to no workflow."""
    return record.workflow is None


def moved(record: Record, workflow: str | None) -> Put:
    """Return the write that hides an artifact (None) or brings it back under its workflow; its place stays."""
    return Put(
        "artifact",
        record.id,
        record.body,
        parent=record.parent,
        order=record.order,
        session=record.session,
        workflow=workflow,
        expect=record.revision,
    )


def removal(record: Record) -> Remove:
    """Return the write that takes a record away as it is now."""
    return Remove(record.kind, record.id, record.revision)


def stone_of(artifact: Artifact) -> Artifact:
    """Return what a purge leaves: which artifact it was, and nothing that came from its content."""
    gone = {"columns": (), "row_count": None, "description": "", "tags": (), "sha256": "", "size_bytes": 0}
    return artifact.model_copy(update={**gone, "inline": False, "encoding": "plain"})


def stone_write(stone: Artifact, expect: int = 0) -> Put:
    """Return the write that sets a stone in the artifact's place, so that its number is not given twice."""
    parent = artifact_parent(stone.session_id, stone.name)
    return Put(
        "artifact",
        stone.artifact_id,
        stone.to_json(),
        parent,
        order=f"{stone.version:08d}",
        session=stone.session_id,
        expect=expect,
        data=b"" if expect else None,
    )


def refusal(why: WhyKept) -> ConflictError:
    """Return the error for an artifact that is needed, or deleted already."""
    if why.state != "kept":
        return ConflictError(
            f"The artifact {why.name!r} v{why.version} is {why.state} already.",
            hint="`dataops artifacts deleted` lists what can be restored or purged.",
            artifact_id=why.artifact_id,
        )
    blocking = [reason for reason in why.reasons if reason.kind != "current_line"]
    shown = ", ".join(f"{reason.kind} {reason.name!r}" for reason in blocking[:5])
    kinds = ",".join(dict.fromkeys(reason.kind for reason in blocking))
    return ConflictError(
        f"The artifact {why.name!r} v{why.version} is still needed: {shown}"
        + (f" and {len(blocking) - 5:,} more." if len(blocking) > 5 else "."),
        hint=f"`dataops artifacts delete {why.artifact_id} --despite {kinds}` deletes it all the same, "
        "and `restore` brings it back.",
        artifact_id=why.artifact_id,
        reasons=[reason.model_dump() for reason in blocking],
    )
