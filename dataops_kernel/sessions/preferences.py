"""What users want to be different: for all their sessions in a ``preferences`` record, for one in the session's own."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from dataops_kernel.errors import ConflictError, ParameterError, suggestion
from dataops_kernel.storage.ledger import Ledger, Put, Record
from dataops_kernel.types import UserPreferences

_KIND = "preferences"
_DIRECTORY = "workspace"
_ATTEMPTS = 16
_KNOWN = tuple(UserPreferences.model_fields)


class PreferenceStore:
    """The preferences users have for all their sessions."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def get(self, user_id: str) -> UserPreferences:
        """Return a user's preferences; the defaults for whoever never chose any."""
        return _read(self._ledger.get(_KIND, user_id))

    def update(self, user_id: str, changes: Mapping[str, Any] | UserPreferences) -> UserPreferences:
        """Change only the named preferences; None takes one back. Raises ``ParameterError`` with the closest name."""
        for _ in range(_ATTEMPTS):
            record = self._ledger.get(_KIND, user_id)
            changed = changed_preferences(_read(record), changes)
            body = changed.model_dump_json(exclude_unset=True).encode()
            try:
                self._ledger.commit(
                    [Put(_KIND, user_id, body, parent=_DIRECTORY, expect=record.revision if record else 0)]
                )
                return changed
            except ConflictError:
                continue  # only what is named here changes, so two writers of different preferences both win
        raise ConflictError(f"The preferences of {user_id!r} keep changing.", hint="Try again.")


def laid_over(user: UserPreferences, session: UserPreferences) -> UserPreferences:
    """Return what holds in a session: its own choices, then its user's, then the defaults."""
    return session if not user.model_fields_set else user.model_copy(update=session.chosen())


def changed_preferences(known: UserPreferences, changes: Any) -> UserPreferences:
    """Return preferences with the named ones changed; None takes a choice back."""
    if isinstance(changes, UserPreferences):
        changes = changes.chosen()
    if not isinstance(changes, Mapping):
        raise ParameterError(
            f"Preferences are names with values, not {changes!r:.80}.", hint='For example: {"row_limit": 50}'
        )
    for name in changes:
        if name not in _KNOWN:
            raise ParameterError(
                f"There is no preference {name!r:.80}.",
                hint=suggestion(str(name)[:80], _KNOWN, f"Preferences are {', '.join(_KNOWN)}."),
            )
    chosen = {name: value for name, value in {**known.chosen(), **changes}.items() if value is not None}
    try:
        found = UserPreferences(**chosen)
    except ValidationError as err:
        first = err.errors()[0]
        name = str(first["loc"][0])
        raise ParameterError(
            f"The preference {name} cannot be {first['input']!r:.80}: {first['msg'].lower()}.",
            hint=UserPreferences.model_fields[name].description or "Give a value that fits.",
        ) from err
    if "timezone" in changes:
        _check_timezone(found.timezone)
    return found


def _check_timezone(name: str) -> None:
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError) as err:
        raise ParameterError(
            f"There is no time zone {name!r:.80}.",
            hint=suggestion(name, available_timezones(), "Give an IANA name, such as Europe/Zurich or UTC."),
        ) from err


def _read(record: Record | None) -> UserPreferences:
    return UserPreferences.model_validate_json(record.body) if record else UserPreferences()
