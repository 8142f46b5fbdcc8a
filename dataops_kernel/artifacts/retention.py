"""Deleting artifacts: never by age, only when nothing reaches them or somebody sets the reasons aside, in two steps.

A deleted artifact is hidden: it stays in its place with its content, but no list, query or id finds it, and it can be
brought back. A purge removes the content for good once the time of grace is over. What is left then is its name and
number, so that lineage can still say what there was and no version number is given twice.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import timedelta
from typing import get_args

from dataops_kernel.artifacts.deletions import (
    Deletion,
    is_hidden,
    moved,
    read_deletion,
    refusal,
    removal,
    stone_of,
    stone_write,
)
from dataops_kernel.artifacts.records import ArtifactReader
from dataops_kernel.artifacts.references import referred
from dataops_kernel.clock import Clock
from dataops_kernel.errors import ArtifactNotFoundError, ConflictError, IntegrityError, ParameterError, suggestion
from dataops_kernel.ids import is_id
from dataops_kernel.storage.blobs import Blobs
from dataops_kernel.storage.ledger import Ledger, Record, Write
from dataops_kernel.types import Artifact, DeletionPlan, KeepKind, KeepReason, Purge, WhyKept

Reach = Callable[[str, int], Iterable[KeepReason]]
"""Says what of a session shows an entry of its log: the current line, checkpoints, heads of left branches."""
Holder = Callable[[Artifact], Iterable[KeepReason]]
"""Says why somebody else needs an artifact, such as a pin."""

_AT_ONCE = 45
_CHILDREN = 1_000


class Retention:
    """Answers why an artifact is kept, and deletes in two steps; whose it is, is asked by the facade above."""

    def __init__(
        self,
        ledger: Ledger,
        blobs: Blobs,
        reach: Reach,
        clock: Clock,
        *,
        grace: timedelta = timedelta(days=7),
        holders: Sequence[Holder] = (),
    ) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._reach = reach
        self._clock = clock
        self._grace = grace
        self._holders = holders
        self._reader = ArtifactReader()

    def describe(self, artifact_id: str) -> Artifact:
        """Return an artifact without its content, also a deleted or purged one; raises ``ArtifactNotFoundError``."""
        return self._reader.read([self._record(artifact_id)])[0]

    def why_kept(self, artifact_id: str) -> WhyKept:
        """Return every reason to keep an artifact; none for one that is deleted already."""
        return self._why(self._record(artifact_id), frozenset())

    def deleted(self, session_id: str) -> list[WhyKept]:
        """Return what of a session is deleted and can still be restored, oldest first."""
        found = (read_deletion(record) for record in self._ledger.children("deletion", session_id))
        return [self.why_kept(deletion.artifact_id) for deletion in found if deletion.purged_at is None]

    def plan(self, artifact_ids: Sequence[str], despite: Collection[KeepKind] = ()) -> DeletionPlan:
        """Say what deleting these would do, without doing it: what is refused and why, and the bytes given back.

        Asking for it sets aside that the current line shows an artifact, and that the others asked for need it;
        ``despite`` sets aside further kinds of reasons.
        """
        for kind in despite:
            if kind not in get_args(KeepKind):
                known = get_args(KeepKind)
                raise ParameterError(
                    f"There is no kind of reason {kind!r}.", hint=suggestion(kind, known, f"One of {', '.join(known)}.")
                )
        records = [self._record(id) for id in dict.fromkeys(artifact_ids)]
        together = frozenset(record.id for record in records)
        aside = {"current_line", *despite}
        deleted: list[tuple[Record, WhyKept]] = []
        refused: list[WhyKept] = []
        for record in records:
            why = self._why(record, together)
            if why.state != "kept" or any(reason.kind not in aside for reason in why.reasons):
                refused.append(why)
            else:
                deleted.append((record, why))
        freed, shared = self._bytes([record for record, _ in deleted])
        return DeletionPlan(
            deleted=tuple(why for _, why in deleted),
            refused=tuple(refused),
            bytes_freed=freed,
            bytes_shared=shared,
            purge_after=self._clock() + self._grace,
        )

    def delete(self, artifact_ids: Sequence[str], despite: Collection[KeepKind] = ()) -> DeletionPlan:
        """Hide artifacts until they are restored or purged, all of them or, when one must be kept, none.

        Raises ``ConflictError`` with the reasons.
        """
        plan = self.plan(artifact_ids, despite)
        if plan.refused:
            raise refusal(plan.refused[0])
        now = self._clock()
        for start in range(0, len(plan.deleted), _AT_ONCE):
            writes: list[Write] = []
            for why in plan.deleted[start : start + _AT_ONCE]:
                made = Deletion(artifact_id=why.artifact_id, deleted_at=now, purge_after=now + self._grace)
                record = self._record(why.artifact_id)
                writes += [moved(record, workflow=None), made.write(why.session_id)]
            self._ledger.commit(writes)
        return plan

    def restore(self, artifact_ids: Sequence[str]) -> list[WhyKept]:
        """Bring deleted artifacts back, exactly where they were; raises ``ConflictError`` for one that is not."""
        found = [(self._record(id), self._standing(id)) for id in dict.fromkeys(artifact_ids)]
        for start in range(0, len(found), _AT_ONCE):
            writes: list[Write] = []
            for record, deletion in found[start : start + _AT_ONCE]:
                artifact = self._reader.read([record])[0]
                writes += [moved(record, workflow=artifact.workflow_name), removal(deletion)]
            self._ledger.commit(writes)
        return [self.why_kept(record.id) for record, _ in found]

    def purge(self, artifact_ids: Sequence[str], *, now: bool = False) -> Purge:
        """Remove the content of deleted artifacts for good; with ``now`` without waiting for the time of grace.

        A blob goes only when no other record refers to it. Raises ``ConflictError`` for an artifact that is not
        deleted, or not for long enough; then nothing is removed.
        """
        records = [self._standing(id) for id in dict.fromkeys(artifact_ids)]
        for record in records:
            deletion = read_deletion(record)
            if not now and deletion.purge_after > self._clock():
                until = f"{deletion.purge_after:%Y-%m-%d %H:%M}"
                raise ConflictError(
                    f"The artifact {deletion.artifact_id!r} can still be restored until {until}.",
                    hint="Purge it after that, or at once with now=True (`dataops artifacts purge ID --now`).",
                    artifact_id=deletion.artifact_id,
                )
        return self._purge(records)

    def purge_due(self, session_id: str) -> Purge:
        """Remove everything of a session that was deleted and whose time of grace is over."""
        due = []
        for record in self._ledger.children("deletion", session_id):
            deletion = read_deletion(record)
            if deletion.purged_at is not None:
                self._finish(deletion, session_id, record.revision)
            elif deletion.purge_after <= self._clock():
                due.append(record)
        return self._purge(due)

    def _purge(self, deletions: Sequence[Record]) -> Purge:
        contents = [self._record(deletion.id) for deletion in deletions]
        freed, shared = self._bytes(contents)
        purged = []
        for deletion_record, record in zip(deletions, contents, strict=True):
            artifact = self._reader.read([record])[0]
            stone = stone_of(artifact)
            blob = artifact.sha256 if not artifact.inline else None
            done = {"purged_at": self._clock(), "blob": blob}
            deletion = read_deletion(deletion_record).model_copy(update=done)
            # The place is never empty: who stores the same name meanwhile would be given the number again.
            self._ledger.commit(
                [
                    deletion.write(artifact.session_id, expect=deletion_record.revision),
                    stone_write(stone, expect=record.revision),
                ]
            )
            self._finish(deletion, artifact.session_id, deletion_record.revision + 1)
            purged.append(self.why_kept(record.id))
        if purged:
            self._ledger.purge()
        return Purge(purged=tuple(purged), bytes_freed=freed, bytes_shared=shared)

    def _finish(self, deletion: Deletion, session_id: str, revision: int) -> None:
        if deletion.blob is not None:
            self._remove_blob(deletion.blob)
            self._ledger.commit([deletion.model_copy(update={"blob": None}).write(session_id, expect=revision)])

    def _remove_blob(self, digest: str) -> None:
        """Delete a blob nothing refers to, unless somebody stores the same bytes at this moment.

        Whoever stores looks for the blob once more after their commit. So it is deleted first and the records are
        looked at again: either their commit is seen here, or they see that the blob is gone, and it is put back.
        """
        if referred(self._ledger, {digest}):
            return
        try:
            stream = self._blobs.open(digest)
        except IntegrityError:
            return  # it is gone already
        with stream:
            self._blobs.delete(digest)
            if referred(self._ledger, {digest}):
                self._blobs.put(stream)

    def _bytes(self, records: Sequence[Record]) -> tuple[int, int]:
        """Return the stored bytes that go with these records, and those that others refer to as well."""
        artifacts = self._reader.read(records)
        freed = sum(len(self._ledger.data("artifact", a.artifact_id) or b"") for a in artifacts if a.inline)
        digests = {artifact.sha256 for artifact in artifacts if not artifact.inline and artifact.sha256}
        kept = referred(self._ledger, digests, besides={("artifact", record.id) for record in records})
        sizes = {digest: path.stat().st_size for digest in digests if (path := self._blobs.path(digest))}
        return freed + sum(size for digest, size in sizes.items() if digest not in kept), sum(
            size for digest, size in sizes.items() if digest in kept
        )

    def _why(self, record: Record, together: Collection[str]) -> WhyKept:
        artifact = self._reader.read([record])[0]
        why = WhyKept(
            artifact_id=artifact.artifact_id,
            session_id=artifact.session_id,
            name=artifact.name,
            version=artifact.version,
            size_bytes=artifact.size_bytes,
        )
        deletion = self._ledger.get("deletion", record.id)
        if deletion is not None:
            told = read_deletion(deletion)
            state = "deleted" if told.purged_at is None else "purged"
            return why.model_copy(update={"state": state, "purge_after": told.purge_after})
        held = (reason for holder in self._holders for reason in holder(artifact))
        shown = self._reach(artifact.session_id, record.seq or 0)
        return why.model_copy(update={"reasons": (*shown, *self._descendants(artifact, together), *held)})

    def _descendants(self, artifact: Artifact, together: Collection[str]) -> list[KeepReason]:
        edges = self._ledger.children("edge_out", artifact.artifact_id, limit=_CHILDREN)
        targets = dict.fromkeys(edge.order.partition("|")[0] for edge in edges)
        ids = [id for id in targets if is_id("art", id) and id not in together and id != artifact.artifact_id]
        made = []
        for record in self._ledger.get_many("artifact", ids):
            if is_hidden(record):
                continue
            session, _, name = record.parent.partition("/")
            if session == artifact.session_id:
                made.append(KeepReason(kind="parent", name=f"{name} v{int(record.order)}", id=record.id))
            else:
                made.append(KeepReason(kind="shared", name=session, id=record.id))
        return made

    def _record(self, artifact_id: str) -> Record:
        known = isinstance(artifact_id, str) and is_id("art", artifact_id)
        record = self._ledger.get("artifact", artifact_id) if known else None
        if record is None:
            raise ArtifactNotFoundError(
                f"There is no artifact {artifact_id!r:.100}.", hint="`dataops artifacts` lists yours."
            )
        return record

    def _standing(self, artifact_id: str) -> Record:
        """Return the deletion of an artifact that is deleted and not purged."""
        artifact = self.describe(artifact_id)
        record = self._ledger.get("deletion", artifact_id)
        if record is None or read_deletion(record).purged_at is not None:
            state = "is not deleted" if record is None else "was removed for good"
            raise ConflictError(
                f"The artifact {artifact.name!r} v{artifact.version} {state}.",
                hint="`dataops artifacts deleted` lists what can be restored or purged.",
                artifact_id=artifact_id,
            )
        return record
