"""Cleaning up: sessions whose time is over are put away as archives, which read as before and wake when written to.

The order of an archiving is: seal the entries into blobs, record it with the session's new status, erase the entries
from the ledger, take the session out of those the clean-up looks at. Whoever is killed in between has lost nothing,
and the next clean-up goes on; two at once do the same work once.
"""

from datetime import datetime

from dataops_kernel.clock import Clock
from dataops_kernel.errors import ConflictError, DataOpsError
from dataops_kernel.sessionlog import Archive
from dataops_kernel.sessions.lifecycle import Lifecycle
from dataops_kernel.sessions.preferences import laid_over
from dataops_kernel.storage.ledger import Ledger
from dataops_kernel.types import (
    CleanupReport,
    Session,
    SessionRecord,
    SessionStatus,
    UserPreferences,
    session_stream,
)


class Cleanup:
    """Puts away what nobody uses."""

    def __init__(self, ledger: Ledger, clock: Clock, lifecycle: Lifecycle, archive: Archive) -> None:
        self._ledger = ledger
        self._clock = clock
        self._lifecycle = lifecycle
        self._archive = archive

    def run(self, *, dry_run: bool = False) -> CleanupReport:
        """Archive every session whose time is over; see ``SessionManager.cleanup_expired_sessions``."""
        users: dict[str, UserPreferences] = {}
        now = self._clock()
        looked_at = idle = 0
        expired: list[Session] = []
        for session in self._lifecycle.activity.live():
            looked_at += 1
            if session.user_id not in users:
                users[session.user_id] = self._lifecycle.preferences.get(session.user_id)
            chosen = laid_over(users[session.user_id], session.user_preferences)
            status = self._lifecycle.status(session, chosen, session.last_active, now)
            idle += status is SessionStatus.IDLE
            if status is SessionStatus.EXPIRED:
                expired.append(session)
        archived: list[str] = []
        errors: dict[str, str] = {}
        entries = archive_bytes = raw_bytes = 0
        for session in [] if dry_run else expired:
            try:
                gone = self.archive(session.session_id, session)
            except ConflictError:
                continue  # it is in use again, or another clean-up has it in hand
            except DataOpsError as err:
                errors[session.session_id] = str(err)
                continue
            archived.append(session.session_id)
            entries += gone
            packed, raw = self._archive.sizes(session.session_id)
            archive_bytes, raw_bytes = archive_bytes + packed, raw_bytes + raw
        return CleanupReport(
            dry_run=dry_run,
            looked_at=looked_at,
            idle=idle,
            expired=tuple(session.session_id for session in expired),
            archived=tuple(archived),
            entries=entries,
            archive_bytes=archive_bytes,
            raw_bytes=raw_bytes,
            errors=errors,
        )

    def archive(self, session_id: str, seen: SessionRecord | None = None) -> int:
        """Put one session away and return how many entries left the ledger.

        With ``seen`` only as long as nobody used it since. Raises ``ConflictError`` when somebody does.
        """
        stored = self._lifecycle.stored(session_id)
        known = SessionRecord.model_validate_json(stored.body)
        if seen is not None and known.last_active != seen.last_active:
            raise ConflictError(f"The session {session_id!r} is in use again.", hint="Leave it as it is.")
        now: datetime = max(self._clock(), known.last_active)
        made, write = self._archive.seal(session_id, now)
        # Not archived_at yet: until the entries are gone, the next clean-up has to find it.
        put_away = known.model_copy(update={"status": SessionStatus.EXPIRED, "status_since": now, "archived_at": None})
        self._ledger.commit([write, *self._lifecycle.replacement(stored, known, put_away)])
        gone = self._ledger.erase(streams={session_stream(session_id): made.upto}) if made.upto else 0
        finished = put_away.model_copy(update={"archived_at": now})
        stored = stored._replace(revision=stored.revision + 1)
        self._ledger.commit(self._lifecycle.replacement(stored, put_away, finished))
        return gone
