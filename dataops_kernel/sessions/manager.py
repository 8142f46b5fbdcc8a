"""Sessions are readings of their log; only what a list must show is kept in a record beside it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from dataops_kernel.clock import Clock
from dataops_kernel.errors import BackendError, ConflictError, ParameterError, SessionNotFoundError, UsageError
from dataops_kernel.ids import IdSource
from dataops_kernel.sessionlog import Archive, Line, SessionLog
from dataops_kernel.sessions.cleanup import Cleanup
from dataops_kernel.sessions.lifecycle import Lifecycle, Policy
from dataops_kernel.sessions.memory import Memory
from dataops_kernel.sessions.rolling import RollingSummaries
from dataops_kernel.sessions.summary import ContextSummaries
from dataops_kernel.sessions.values import checked_title
from dataops_kernel.storage.ledger import Ledger, Put, Record, Write
from dataops_kernel.storage.memory.textindex import MemoryTextIndex
from dataops_kernel.telemetry import log
from dataops_kernel.types import (
    CleanupReport,
    ContextSet,
    Message,
    MessageAdded,
    Run,
    RunFinished,
    Session,
    SessionRecord,
    UserPreferences,
    session_stream,
)
from dataops_kernel.types.memory import MessageHit

# The record's last_active is for ordering lists; writing it with every message would double the bytes of an append.
_ACTIVITY_GRAIN = timedelta(seconds=60)
_REMEMBERED_SESSIONS = 10_000
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class SessionManager:
    """Session lifecycle, conversation and context; whose session it is, is asked by the facade above."""

    def __init__(
        self,
        ledger: Ledger,
        log: SessionLog,
        ids: IdSource,
        clock: Clock,
        memory: Memory | None = None,
        archive: Archive | None = None,
        policy: Policy | None = None,
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._ids = ids
        self._clock = clock
        self._archive = archive
        self.lifecycle = Lifecycle(ledger, clock, policy)
        self.memory = memory or Memory(ledger, log, MemoryTextIndex())
        self.summaries = ContextSummaries(log, RollingSummaries(ledger, log), self.memory)
        self._owners: dict[str, str] = {}
        self._touched: dict[str, datetime] = {}

    def create_session(self, user_id: str, title: str = "") -> Session:
        """Create a session, durable when this returns."""
        checked_title(title)
        now = self._clock()
        session = Session(
            session_id=self._ids.new("ses"), user_id=user_id, created_at=now, last_active=now, title=title
        )
        self._ledger.commit(self.lifecycle.creation(session))
        chosen = self.lifecycle.preferences.get(user_id)
        return session.model_copy(update={"user_preferences": chosen}) if chosen.model_fields_set else session

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
            **{**dict(record), **self.lifecycle.reading(record, max(record.last_active, newest or _LONG_AGO))},
            conversation_history=tuple(messages),
            active_workflows=active,
            global_context=self.context(session_id, line),
        )

    def list_sessions(
        self, user_id: str, *, limit: int = 50, before: str | None = None, status: str | None = None
    ) -> list[Session]:
        """Return a user's sessions without their history, most recently active first, optionally of one status.

        For the next page pass the ``cursor`` of the last session as ``before``. Raises ``ParameterError`` for what is
        no cursor and no status.
        """
        return self.lifecycle.listed(user_id, limit, before, status)

    def update_session(self, session_id: str, updates: Mapping[str, Any], *, expect: int | None = None) -> Session:
        """Change ``title``, ``metadata``, ``user_preferences`` or ``status`` and return the session without history.

        Metadata and preferences change key by key (None removes one), the rest of them stays. With ``expect`` only at
        that ``revision``. Without it two writers of different fields or keys both win; of two writers of the same
        field in the same moment the later one gets ``ConflictError``. Raises ``ParameterError`` for a field that is
        unknown or not for callers, and for values that do not fit.
        """
        record = self.lifecycle.update(session_id, updates, expect)
        self._touched.pop(session_id, None)
        return Session(**{**dict(record), **self.lifecycle.reading(record, record.last_active)})

    def rename(self, session_id: str, title: str) -> None:
        """Give a session another title; raises ``ParameterError`` when it is too long to be shown."""
        self.update_session(session_id, {"title": title})

    def preferences(self, user_id: str) -> UserPreferences:
        """Return what a user chose for all their sessions; what they never chose has its default."""
        return self.lifecycle.preferences.get(user_id)

    def update_preferences(self, user_id: str, changes: Mapping[str, Any]) -> UserPreferences:
        """Change what a user wants in all their sessions; None takes a choice back."""
        return self.lifecycle.preferences.update(user_id, changes)

    def cleanup_expired_sessions(self, *, dry_run: bool = False) -> CleanupReport:
        """Archive the conversation of every session whose time is over, of all users, and say what was done.

        An archived session reads as before and is active again as soon as somebody writes to it. Doing it again, in
        two processes at once, or after a kill in the middle ends in the same state.
        """
        return self._cleanup().run(dry_run=dry_run)

    def archive_session(self, session_id: str) -> int:
        """Archive one session now and return how many log entries went from the ledger into the blob store."""
        self._touched.pop(session_id, None)
        return self._cleanup().archive(session_id)

    def forget(self, session_id: str) -> None:
        """Keep nothing of a session in memory, and nothing of it in the index of messages."""
        self._owners.pop(session_id, None)
        self._touched.pop(session_id, None)
        self._log.forget(session_id)
        self.lifecycle.forget()
        self.memory.forget(session_id)

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
        try:
            self.lifecycle.touch(session_id, now, _ACTIVITY_GRAIN)
        except SessionNotFoundError:
            # Another process erased it, and this one still knew it: what was said since goes too.
            self.forget(session_id)
            self._ledger.erase(streams={session_stream(session_id): None})
            raise
        except (BackendError, ConflictError) as err:
            # What was said is durable; an error now would have it said again.
            log("session_not_moved_up", error=err, session_id=session_id)
            return
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
        return self.lifecycle.stored(session_id)

    def _cleanup(self) -> Cleanup:
        if self._archive is None:
            raise UsageError("This workspace has no archive.", hint="Open it with dataops_kernel.connect().")
        return Cleanup(self._ledger, self._clock, self.lifecycle, self._archive)


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
