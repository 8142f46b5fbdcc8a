"""A user's sessions."""

from collections.abc import Mapping
from typing import Any

from dataops_kernel.context import Erasure
from dataops_kernel.errors import PermissionDeniedError
from dataops_kernel.sessions import SessionManager
from dataops_kernel.types import CleanupReport, ErasureReport, Message, Session, UserPreferences
from dataops_kernel.types.memory import MessageHit
from dataops_kernel.workbench.guard import Guard
from dataops_kernel.workbench.inputs import CONTEXT_BYTES, context_key, json_value, storable


class UserSessions:
    """The user's sessions."""

    def __init__(self, guard: Guard, sessions: SessionManager, erasure: Erasure) -> None:
        self._guard = guard
        self._sessions = sessions
        self._erasure = erasure

    def create_session(self, user_id: str | None = None, title: str = "") -> Session:
        """Create a session of the acting user, durable when this returns."""
        self._guard.require("session.write")
        if user_id not in (None, self._guard.user.user_id):
            raise PermissionDeniedError(
                f"The user {self._guard.user.user_id!r} cannot create a session for {user_id!r}.",
                hint="Use acting_as(user) to act for somebody else.",
                permission="session.write",
            )
        return self._sessions.create_session(self._guard.user.user_id, storable(title))

    def get_session(self, session_id: str, history: int | None = None) -> Session:
        """Return a session with its newest ``history`` messages (all when None) and its context."""
        self._guard.session(session_id, "session.read")
        return self._sessions.get_session(session_id, history=history)

    def list_sessions(self, limit: int = 50, before: str | None = None, status: str | None = None) -> list[Session]:
        """Return the user's sessions, most recently active first, without their history.

        For the next page pass the ``cursor`` of the last session as ``before``.
        """
        self._guard.require("session.read")
        return self._sessions.list_sessions(self._guard.user.user_id, limit=limit, before=before, status=status)

    def current(self) -> Session:
        """Return the session the user was last active in; creates one when there is none."""
        newest = self.list_sessions(limit=1)
        return newest[0] if newest else self.create_session()

    def update_session(self, session_id: str, updates: Mapping[str, Any], expect: int | None = None) -> Session:
        """Change title, metadata, preferences or status; with ``expect`` only at that revision of the session."""
        self._guard.session(session_id, "session.write")
        return self._sessions.update_session(session_id, updates, expect=expect)

    def archive_session(self, session_id: str) -> int:
        """Put a session away as it is; it reads as before and wakes when written to. Return the entries moved."""
        self._guard.session(session_id, "session.write")
        return self._sessions.archive_session(session_id)

    def erase_session(self, session_id: str) -> ErasureReport:
        """Remove every trace of a session for good and prove it by a scan of the workspace's files."""
        self._guard.session(session_id, "session.erase")
        return self._erasure.erase(session_id)

    def cleanup_expired_sessions(self, dry_run: bool = False) -> CleanupReport:
        """Archive the sessions of all users whose time is over; only for admins."""
        self._guard.require("session.cleanup")
        return self._sessions.cleanup_expired_sessions(dry_run=dry_run)

    def preferences(self) -> UserPreferences:
        """Return what the user chose for all sessions."""
        self._guard.require("session.read")
        return self._sessions.preferences(self._guard.user.user_id)

    def update_preferences(self, changes: Mapping[str, Any]) -> UserPreferences:
        """Change what the user wants in all sessions; None takes a choice back."""
        self._guard.require("session.write")
        return self._sessions.update_preferences(self._guard.user.user_id, changes)

    def rename(self, session_id: str, title: str) -> None:
        """Give a session another title."""
        self._guard.session(session_id, "session.write")
        self._sessions.rename(session_id, storable(title))

    def add_message(self, session_id: str, message: Message) -> Message:
        """Append a message without asking anything of it; durable when this returns."""
        self._guard.session(session_id, "session.write")
        return self._sessions.add_message(session_id, message)

    def messages(self, session_id: str, limit: int = 50) -> list[Message]:
        """Return the newest messages of the current line, oldest of them first."""
        self._guard.session(session_id, "session.read")
        return self._sessions.messages(session_id, limit=limit)

    def search_messages(
        self, text: str, session_id: str | None = None, k: int = 10, left: bool = False
    ) -> list[MessageHit]:
        """Return up to ``k`` messages that have to do with ``text``, best first; of all the user's sessions when None.

        What a restore left behind is found only with ``left``. Raises ``ParameterError`` for a text without words.
        """
        if session_id is None:
            self._guard.require("session.read")
            return self._sessions.search_messages(text, user_id=self._guard.user.user_id, k=k, left=left)
        self._guard.session(session_id, "session.read")
        return self._sessions.search_messages(text, session_id=session_id, k=k, left=left)

    def get_context_summary(self, session_id: str, max_tokens: int) -> str:
        """Return the session in at most ``max_tokens`` tokens, for a model or a person who comes back to it."""
        self._guard.session(session_id, "session.read")
        return self._sessions.get_context_summary(session_id, max_tokens)

    def set_context(self, session_id: str, key: str, value: Any) -> None:
        """Give a context key a JSON-shaped value; None removes it."""
        self._guard.session(session_id, "session.write")
        value = json_value(value, f"The value of {key[:80]!r}", CONTEXT_BYTES)
        self._sessions.set_context(session_id, context_key(key), value)
