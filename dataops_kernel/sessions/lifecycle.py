"""The life of a session's record: what callers may change, how two of them meet, and what time makes of it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from dataops_kernel.clock import Clock
from dataops_kernel.errors import ConflictError, ParameterError, SessionNotFoundError, suggestion
from dataops_kernel.ids import is_id
from dataops_kernel.sessions.activity import Activity, check_cursor
from dataops_kernel.sessions.preferences import PreferenceStore, changed_preferences, laid_over
from dataops_kernel.sessions.values import checked_metadata, checked_title
from dataops_kernel.storage.ledger import Ledger, Put, Record, Write
from dataops_kernel.types import Session, SessionRecord, SessionStatus, UserPreferences

CHANGEABLE = ("title", "metadata", "user_preferences", "status")
"""The fields of a session that its user may change."""

_ELSEWHERE = {
    "global_context": "set_context(session_id, key, value)",
    "conversation_history": "add_message(session_id, message)",
    "archived_at": "archive_session(session_id)",
}
_ATTEMPTS = 32
_LARGEST_PAGE = 512
_COPIES = 16_384
_ACTIVE, _IDLE, _EXPIRED = SessionStatus.ACTIVE, SessionStatus.IDLE, SessionStatus.EXPIRED


class Policy(NamedTuple):
    """When a session nobody writes to becomes idle, and when its time is over."""

    idle_after: timedelta = timedelta(minutes=30)
    expire_after: timedelta = timedelta(days=90)


class Lifecycle:
    """Reads and writes the records of sessions."""

    def __init__(self, ledger: Ledger, clock: Clock, policy: Policy | None = None) -> None:
        self._ledger = ledger
        self._clock = clock
        self._policy = policy or Policy()
        self._copies: dict[int, tuple[Session, Session]] = {}
        self.activity = Activity(ledger)
        self.preferences = PreferenceStore(ledger)

    def stored(self, session_id: str) -> Record:
        """Return a session's record as the ledger holds it; raises ``SessionNotFoundError``."""
        record = self._ledger.get("session", session_id) if is_id("ses", session_id) else None
        if record is None:
            raise SessionNotFoundError(
                f"There is no session {session_id[:80]!r}.",
                hint="`dataops sessions` lists yours; an id looks like ses_01k9….",
                session_id=session_id[:80],
            )
        return record

    def creation(self, record: SessionRecord) -> list[Write]:
        """Return the writes that create a session."""
        body = record.body()
        put = Put("session", record.session_id, body, parent=record.user_id)
        return [put, self.activity.placing(record, body)]

    def replacement(self, stored: Record, old: SessionRecord, new: SessionRecord) -> list[Write]:
        """Return the writes that put ``new`` in the place of the record that was read as ``stored``."""
        put = Put("session", new.session_id, new.body(), parent=new.user_id, expect=stored.revision)
        return [put, *self.activity.writes(old, new)]

    def update(self, session_id: str, updates: Mapping[str, Any], expect: int | None) -> SessionRecord:
        """Change the named fields; see ``SessionManager.update_session``."""
        _check_names(updates)
        base: SessionRecord | None = None
        for _ in range(_ATTEMPTS):
            stored = self.stored(session_id)
            known = SessionRecord.model_validate_json(stored.body)
            if expect is not None and known.revision != expect:
                raise _changed(known, f"is at revision {known.revision}, not at {expect}", expected=expect)
            if base is not None and (lost := _overtaken(base, known, updates)):
                raise _changed(known, f"got another {' and another '.join(lost)} in the same moment", fields=lost)
            base = base or known
            changed = known.model_copy(update={**self._changes(known, updates), "revision": known.revision + 1})
            try:
                self._ledger.commit(self.replacement(stored, known, changed))
                return changed
            except ConflictError:
                continue  # somebody wrote in between: look whether to the same fields
        raise _changed(base or known, f"was changed by others {_ATTEMPTS} times in a row")

    def touch(self, session_id: str, now: datetime, grain: timedelta) -> None:
        """Say that a session is in use: it moves up in lists when it was moved ``grain`` ago, and it is active."""
        for _ in range(_ATTEMPTS):
            stored = self.stored(session_id)
            known = SessionRecord.model_validate_json(stored.body)
            if now - known.last_active < grain and known.status is SessionStatus.ACTIVE and not known.archived_at:
                return
            fresh = {"last_active": max(now, known.last_active), "status": SessionStatus.ACTIVE}
            changed = known.model_copy(update={**fresh, "status_since": None, "archived_at": None})
            try:
                self._ledger.commit(self.replacement(stored, known, changed))
                return
            except ConflictError:
                continue  # most often another process said the same

    def reading(self, record: SessionRecord, last_active: datetime) -> dict[str, Any]:
        """Return the fields of a session that depend on time and on its user."""
        chosen = laid_over(self.preferences.get(record.user_id), record.user_preferences)
        status = self.status(record, chosen, last_active, self._clock())
        return {"last_active": last_active, "user_preferences": chosen, "status": status}

    def status(
        self, record: SessionRecord, preferences: UserPreferences, last_active: datetime, now: datetime
    ) -> SessionStatus:
        """Return where a session is in its life at a moment; a clock that was set back makes nothing older."""
        quiet = now - last_active
        if quiet >= (preferences.expire_after or self._policy.expire_after):
            return SessionStatus.EXPIRED
        # What was set by hand or by a clean-up holds until the session is used again.
        if record.status_since is not None and record.status_since >= last_active:
            return record.status
        idle = quiet >= (preferences.idle_after or self._policy.idle_after)
        return SessionStatus.IDLE if idle else SessionStatus.ACTIVE

    def listed(self, user_id: str, limit: int, before: str | None, status: str | None) -> list[Session]:
        """Return a user's sessions; see ``SessionManager.list_sessions``."""
        check_cursor(before)
        wanted = None if status is None else _known_status(status)
        return [*islice(self._descend(user_id, before, limit, wanted), limit)] if limit > 0 else []

    def _descend(self, user_id: str, before: str | None, limit: int, wanted: SessionStatus | None) -> Iterator[Session]:
        size = limit if wanted is None else max(64, min(limit, _LARGEST_PAGE))
        while page := self.activity.page(user_id, before, size):
            for session in self._as_of_now(page, self.preferences.get(user_id)):
                if wanted is None or session.status is wanted:
                    yield session
            if len(page) < size:
                return
            before = page[-1].cursor

    def _as_of_now(self, page: list[Session], user: UserPreferences) -> list[Session]:
        """Return sessions as stored with the status and preferences they have now."""
        now = self._clock()
        idle_from = now - (user.idle_after or self._policy.idle_after)
        expired_from = now - (user.expire_after or self._policy.expire_after)
        plain = not user.model_fields_set
        found = []
        for session in page:
            own = session.user_preferences.model_fields_set
            chosen = laid_over(user, session.user_preferences) if own else user
            if own or session.status_since is not None:
                status = self.status(session, chosen, session.last_active, now)
            else:
                last = session.last_active
                status = _ACTIVE if last > idle_from else _IDLE if last > expired_from else _EXPIRED
            same = session.status is status and (plain or session.user_preferences == chosen)
            found.append(session if same else self._copy(session, status, chosen, plain))
        return found

    def _copy(self, session: Session, status: SessionStatus, chosen: UserPreferences, plain: bool) -> Session:
        # What most of a long list was a moment ago it still is, and making copies takes longer than reading them.
        known = self._copies.get(id(session))
        if known and known[0] is session and known[1].status is status:  # noqa: SIM102
            if plain or known[1].user_preferences == chosen:
                return known[1]
        if len(self._copies) >= _COPIES:
            self._copies.clear()
        copy = session.model_copy(update={"status": status, "user_preferences": chosen})
        self._copies[id(session)] = (session, copy)
        return copy

    def forget(self) -> None:
        """Keep nothing of any session in memory."""
        self._copies.clear()
        self.activity.forget()

    def _changes(self, known: SessionRecord, updates: Mapping[str, Any]) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if "title" in updates:
            changes["title"] = checked_title(updates["title"])
        if "metadata" in updates:
            merged = {**known.metadata, **checked_metadata(updates["metadata"])}
            changes["metadata"] = checked_metadata({k: v for k, v in merged.items() if v is not None})
        if "user_preferences" in updates:
            changes["user_preferences"] = changed_preferences(known.user_preferences, updates["user_preferences"])
        if "status" in updates:
            changes |= self._set_status(known, updates["status"])
        return changes

    def _set_status(self, known: SessionRecord, status: Any) -> dict[str, Any]:
        now = max(self._clock(), known.last_active)
        wanted = _known_status(status)
        if wanted is SessionStatus.EXPIRED:
            raise ParameterError(
                "A session expires with time; its status cannot be set to 'expired'.",
                hint="archive_session(session_id) puts it away, erase_session(session_id) removes it for good.",
            )
        if wanted is SessionStatus.IDLE:
            return {"status": wanted, "status_since": now}
        return {"status": wanted, "status_since": None, "last_active": now, "archived_at": None}


def _check_names(updates: Any) -> None:
    if not isinstance(updates, Mapping) or not updates:
        raise ParameterError(
            f"An update names the fields to change, unlike {updates!r:.80}.",
            hint='For example: {"title": "March load"}',
        )
    for name in updates:
        if name in CHANGEABLE:
            continue
        protected = isinstance(name, str) and name in Session.model_fields
        raise ParameterError(
            f"The field {name!r} is not for callers to change." if protected else f"There is no field {name!r:.80}.",
            hint=f"Use {_ELSEWHERE[name]}."
            if name in _ELSEWHERE
            else suggestion(str(name)[:80], CHANGEABLE, f"Fields that can be changed: {', '.join(CHANGEABLE)}."),
            field=str(name)[:80],
        )


def _known_status(status: Any) -> SessionStatus:
    try:
        return SessionStatus(status)
    except ValueError as err:
        known = [each.value for each in SessionStatus]
        raise ParameterError(
            f"There is no status {status!r:.80}.",
            hint=suggestion(str(status)[:80], known, f"One of {', '.join(known)}."),
        ) from err


def _overtaken(base: SessionRecord, known: SessionRecord, updates: Mapping[str, Any]) -> list[str]:
    """Return which of the fields (or keys of them) to be changed somebody else changed since ``base``."""
    lost = []
    for name, value in updates.items():
        before, after = getattr(base, name), getattr(known, name)
        if isinstance(before, dict):
            lost += [f"{name}.{key}" for key in value if before.get(key) != after.get(key)]
        elif isinstance(before, UserPreferences):
            keys = value.chosen() if isinstance(value, UserPreferences) else value
            lost += [f"{name}.{key}" for key in keys if before.chosen().get(key) != after.chosen().get(key)]
        elif before != after:
            lost.append(name)
    return lost


def _changed(known: SessionRecord, what: str, **facts: Any) -> ConflictError:
    return ConflictError(
        f"The session {known.session_id!r} {what}: somebody else changed it.",
        hint="Read the session again, decide, and update it with the revision it has then.",
        session_id=known.session_id,
        found=known.revision,
        **facts,
    )
