"""The order of sessions by their last activity: a record beside each session's own that moves when the session does.

An ``activity`` record lies under its user at the place of the session's last activity and holds the same body as the
session's record, so that a page of a list is one range of one order. Records cannot move: the old one is removed and
another created, in the commit that changes the session. Those of sessions that are not archived are found together,
longest quiet first, for the clean-up.
"""

import contextlib
from collections.abc import Iterator

from pydantic import TypeAdapter

from dataops_kernel.errors import ConflictError, ParameterError, StorageUnavailableError
from dataops_kernel.storage.ledger import MAX_COMMIT_WRITES, Ledger, Put, Record, Remove, Write
from dataops_kernel.types import Session, SessionRecord, read_bodies
from dataops_kernel.types.readonly import NOTHING, read_only

KIND = "activity"
_LIVE = "live"
_MARK = ("activity_order", "everyone")
_PAGE = 1024
_KEPT = 16_384
_SESSIONS: TypeAdapter[list[Session]] = TypeAdapter(list[Session])


class Activity:
    """Where every session stands among those of its user."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._complete = False
        self._kept: dict[bytes, Session] = {}

    def writes(self, old: SessionRecord | None, new: SessionRecord) -> list[Write]:
        """Return the writes that bring the order from one state of a session to another (None: it is new)."""
        placing = self.placing(new, new.body())
        if old is None:
            return [placing]
        known = self._ledger.get(KIND, old.cursor)
        if known is not None and known.id == placing.id:
            return [placing._replace(expect=known.revision)]
        removal: list[Write] = [] if known is None else [Remove(KIND, known.id, known.revision)]
        return [*removal, placing]

    def placing(self, session: SessionRecord, body: bytes) -> Put:
        """Return the write that gives a session its place for the first time; ``body`` is its record's."""
        live = None if session.archived_at else _LIVE
        return Put(KIND, session.cursor, body, parent=session.user_id, workflow=live)

    def page(self, user_id: str, before: str | None, limit: int | None) -> list[Session]:
        """Return a user's sessions as stored, most recently active first, those behind ``before``."""
        self._make_complete()
        records = self._ledger.children(KIND, user_id, before=before, limit=limit, reverse=True)
        # Lists are drawn again and again, and the same bytes are always the same session.
        try:
            return [self._kept[record.body] for record in records]
        except KeyError:
            return self._read_new([record.body for record in records])

    def _read_new(self, bodies: list[bytes]) -> list[Session]:
        kept = self._kept if len(self._kept) + len(bodies) <= _KEPT else {}
        fresh = [body for body in bodies if body not in kept]
        for body, session in zip(fresh, read_bodies(_SESSIONS, fresh), strict=True):
            # Everybody who lists gets this very session, so nobody may change what is in it.
            vars(session).update(metadata=read_only(session.metadata), global_context=NOTHING)
            kept[body] = session
        self._kept = kept
        return [kept[body] for body in bodies]

    def forget(self) -> None:
        """Keep nothing of any session in memory."""
        self._kept = {}

    def live(self) -> Iterator[Session]:
        """Yield the sessions of all users that are not archived, the longest quiet first."""
        self._make_complete()
        after: str | None = None
        while records := self._ledger.of_workflow(KIND, _LIVE, after=after, limit=_PAGE):
            yield from _read(records)
            after = records[-1].id

    def _make_complete(self) -> None:
        """Once in a workspace's life: give sessions their place that were made before there was this order."""
        if self._complete or self._ledger.get(*_MARK):
            self._complete = True
            return
        after: str | None = None
        while records := self._ledger.scan("session", after=after, limit=_PAGE):
            for start in range(0, len(records), MAX_COMMIT_WRITES):
                self._place(records[start : start + MAX_COMMIT_WRITES])
            after = records[-1].id
        # Another process may have come to the same end; and who may not write may read all the same.
        with contextlib.suppress(ConflictError, StorageUnavailableError):
            self._ledger.commit([Put(*_MARK, b"{}")])
        self._complete = True

    def _place(self, records: list[Record]) -> None:
        sessions = [SessionRecord.model_validate_json(record.body) for record in records]
        known = {record.id for record in self._ledger.get_many(KIND, [session.cursor for session in sessions])}
        writes = [write for session in sessions if session.cursor not in known for write in self.writes(None, session)]
        try:
            self._ledger.commit(writes)
        except ConflictError:
            if len(records) > 1:
                for record in records:
                    fresh = self._ledger.get("session", record.id)
                    self._place([fresh] if fresh else [])


def check_cursor(before: str | None) -> None:
    """Raise ``ParameterError`` for what is no place in a list."""
    if before is not None and (not isinstance(before, str) or "/ses_" not in before or len(before) > 200):
        raise ParameterError(
            f"{before!r:.80} is no place in a list of sessions.",
            hint="For the next page pass the cursor of the last session of the page you have.",
        )


def _read(records: list[Record]) -> list[Session]:
    return read_bodies(_SESSIONS, [record.body for record in records])
