"""Sessions are readings of their log; only what a list must show is kept in a record beside it."""

import contextlib
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from pydantic import TypeAdapter

from dataops_kernel.clock import Clock
from dataops_kernel.errors import ConflictError, ParameterError, SessionNotFoundError
from dataops_kernel.ids import IdSource, is_id
from dataops_kernel.sessionlog import Line, SessionLog
from dataops_kernel.sessions.memory import Memory
from dataops_kernel.sessions.rolling import RollingSummaries
from dataops_kernel.sessions.summary import ContextSummaries
from dataops_kernel.storage.ledger import Ledger, Put, Record, Write
from dataops_kernel.storage.memory.textindex import MemoryTextIndex
from dataops_kernel.types import (
    ContextSet,
    Message,
    MessageAdded,
    Run,
    RunFinished,
    Session,
    SessionRecord,
    read_bodies,
    session_stream,
)
from dataops_kernel.types.memory import MessageHit

# The record's last_active is for ordering lists; writing it with every message would double the bytes of an append.
_ACTIVITY_GRAIN = timedelta(seconds=60)
_REMEMBERED_SESSIONS = 10_000
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_TITLE_LENGTH = 200


_RECORDS: TypeAdapter[list[SessionRecord]] = TypeAdapter(list[SessionRecord])


class SessionManager:
    """Session lifecycle, conversation and context; whose session it is, is asked by the facade above."""

    def __init__(
        self, ledger: Ledger, log: SessionLog, ids: IdSource, clock: Clock, memory: Memory | None = None
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._ids = ids
        self._clock = clock
        self.memory = memory or Memory(ledger, log, MemoryTextIndex())
        self.summaries = ContextSummaries(log, RollingSummaries(ledger, log), self.memory)
        self._owners: dict[str, str] = {}
        self._touched: dict[str, datetime] = {}

    def create_session(self, user_id: str, title: str = "") -> Session:
        """Create a session, durable when this returns."""
        if len(title) > _TITLE_LENGTH:
            raise ParameterError(
                f"A title of {len(title):,} characters is over the limit of {_TITLE_LENGTH}.", hint="Shorten the title."
            )
        now = self._clock()
        record = SessionRecord(
            session_id=self._ids.new("ses"), user_id=user_id, created_at=now, last_active=now, title=title
        )
        self._ledger.commit([_put(record, expect=0)])
        return Session(**dict(record))

    def owner(self, session_id: str) -> str:
        """Return whose session it is, which never changes; raises ``SessionNotFoundError``."""
        known = self._owners.get(session_id)
        if known is None:
            known = self.record(session_id).user_id
            if len(self._owners) >= _REMEMBERED_SESSIONS:
                self._owners.clear()
            self._owners[session_id] = known
        return known

    def record(self, session_id: str) -> SessionRecord:
        """Return what is kept beside the log; raises ``SessionNotFoundError``."""
        return SessionRecord.model_validate_json(self._stored(session_id).body)

    def get_session(self, session_id: str, *, history: int | None = None) -> Session:
        """Return the session as its line reads now, with the newest ``history`` messages (all when None)."""
        record = self.record(session_id)
        line = self._log.line(session_id)
        messages = (
            self.messages_between(session_id, line, after=0)
            if history is None
            else self.messages(session_id, limit=history, line=line)
        )
        newest = messages[-1].timestamp if messages else None
        active = tuple(dict.fromkeys(m.workflow for m in messages if m.workflow))
        return Session(
            **{**dict(record), "last_active": max(record.last_active, newest) if newest else record.last_active},
            conversation_history=tuple(messages),
            active_workflows=active,
            global_context=self.context(session_id, line),
        )

    def list_sessions(self, user_id: str, *, limit: int = 50) -> list[Session]:
        """Return a user's sessions without their history, most recently active first."""
        records = read_bodies(_RECORDS, [record.body for record in self._ledger.children("session", user_id)])
        records.sort(key=lambda record: (record.last_active, record.session_id), reverse=True)
        return [Session(**dict(record)) for record in records[:limit]]

    def rename(self, session_id: str, title: str) -> None:
        """Give a session another title."""
        stored = self._stored(session_id)
        record = SessionRecord.model_validate_json(stored.body)
        changed = record.model_copy(update={"title": title[:_TITLE_LENGTH]})
        self._ledger.commit([_put(changed, expect=stored.revision)])

    def add_message(self, session_id: str, message: Message) -> Message:
        """Append a message and return it with its id and time; one durable write."""
        complete, writes = self.message_writes(session_id, message)
        self._ledger.commit(writes)
        self.touch(session_id)
        return complete

    def message_writes(self, session_id: str, message: Message) -> tuple[Message, list[Write]]:
        """Return the completed message and the write that adds it, for a commit that does more."""
        self.owner(session_id)
        complete = MessageAdded.model_validate(
            {
                **vars(message),
                "message_id": message.message_id or self._ids.new("msg"),
                "timestamp": message.timestamp or self._clock(),
                "type": "message",
            }
        )
        return complete, self._log.appends(session_id, complete)

    def closing_writes(self, run: Run) -> list[Write]:
        """Return what a closed run leaves in its session: the assistant's words and the entry that it finished."""
        if run.session_id is None:
            return []
        _, writes = self.message_writes(run.session_id, _last_words(run))
        closed = RunFinished(time=run.finished_at or self._clock(), run_id=run.run_id, status=run.status)
        return [*writes, *self._log.appends(run.session_id, closed)]

    def touch(self, session_id: str) -> None:
        """Move a session up in lists, at most once a minute."""
        now = self._clock()
        if now - self._touched.get(session_id, _LONG_AGO) < _ACTIVITY_GRAIN:
            return
        stored = self._stored(session_id)
        record = SessionRecord.model_validate_json(stored.body)
        if now - record.last_active >= _ACTIVITY_GRAIN:
            # When another process refreshed it first, it is fresh enough.
            with contextlib.suppress(ConflictError):
                self._ledger.commit([_put(record.model_copy(update={"last_active": now}), expect=stored.revision)])
        if len(self._touched) >= _REMEMBERED_SESSIONS:
            self._touched.clear()
        self._touched[session_id] = now

    def messages(self, session_id: str, *, limit: int = 50, line: Line | None = None) -> list[Message]:
        """Return the newest ``limit`` messages of the line, oldest of them first."""
        if limit < 1:
            return []
        line = line or self._log.line(session_id)
        entries = self._log.read_back(session_id, line, page=min(256, limit))
        newest: list[Message] = [*islice((entry for _, entry in entries if isinstance(entry, MessageAdded)), limit)]
        return newest[::-1]

    def messages_between(self, session_id: str, line: Line, after: int) -> list[Message]:
        """Return the messages of a line that come after entry ``after``, oldest first."""
        return [entry for entry in self._log.read_all(session_id, line, after) if isinstance(entry, MessageAdded)]

    def search_messages(
        self, text: str, *, session_id: str | None = None, user_id: str | None = None, k: int = 10, left: bool = False
    ) -> list[MessageHit]:
        """Return up to ``k`` messages that have to do with ``text``, best first: of a session or of all of a user's.

        What a restore left is found only with ``left``. Raises ``ParameterError`` for a ``k`` outside 1 to 1,000, a
        text without words, or neither a session nor a user, and ``LimitExceededError`` for a very long text.
        """
        if session_id is not None:
            user_id = self.owner(session_id)
        if user_id is None:
            raise ParameterError("Nobody's messages can be searched.", hint="Give a session_id or a user_id.")
        return self.memory.search(user_id, text, session_id=session_id, k=k, left=left)

    def get_context_summary(self, session_id: str, max_tokens: int) -> str:
        """Return the session in at most ``max_tokens`` tokens: a rolling summary, relevant turns, the newest turns.

        "" for a budget of 0; raises ``ParameterError`` below. What a restore left behind is not in it.
        """
        self._stored(session_id)
        return self.summaries.text(session_id, max_tokens)

    def context(self, session_id: str, line: Line | None = None) -> dict[str, Any]:
        """Return the context keys and values as the line reads."""
        line = line or self._log.line(session_id)
        values: dict[str, Any] = {}
        records = [r for r in self._ledger.children("context", session_id) if r.seq in line]
        for record in sorted(records, key=lambda r: r.seq or 0):
            change = ContextSet.model_validate_json(record.body)
            values[change.key] = change.value
        return {key: value for key, value in values.items() if value is not None}

    def set_context(self, session_id: str, key: str, value: Any) -> None:
        """Give a context key a JSON-shaped value; None removes it."""
        self._stored(session_id)
        change = ContextSet(time=self._clock(), key=key, value=value)
        index = Put(
            "context",
            self._ids.new("ctx"),
            change.to_json(),
            parent=session_id,
            stamp=session_stream(session_id),
        )
        self._log.append(session_id, change, also=[index])

    def _stored(self, session_id: str) -> Record:
        record = self._ledger.get("session", session_id) if is_id("ses", session_id) else None
        if record is None:
            raise SessionNotFoundError(
                f"There is no session {session_id[:80]!r}.",
                hint="`dataops sessions` lists yours; an id looks like ses_01k9….",
                session_id=session_id[:80],
            )
        return record


def _last_words(run: Run) -> Message:
    if run.answer is not None:
        answer = run.answer
        return Message(
            role="assistant",
            content=answer.text,
            workflow=answer.workflow,
            artifacts=answer.artifacts,
            run_id=run.run_id,
            engine=answer.engine,
            question=answer.question,
        )
    error = run.error or {}
    text = "Stopped." if run.status == "cancelled" else str(error.get("message") or "The run failed.")
    if error.get("hint"):
        text = f"{text}\n\n{error['hint']}"
    return Message(role="assistant", content=text, run_id=run.run_id, engine="rules")


def _put(record: SessionRecord, expect: int) -> Put:
    return Put("session", record.session_id, record.to_json(), parent=record.user_id, expect=expect)
