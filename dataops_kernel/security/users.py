"""The users a workspace knows."""

from dataops_kernel.errors import PermissionDeniedError
from dataops_kernel.storage.ledger import Ledger, Put
from dataops_kernel.types import User

_DIRECTORY = "workspace"


class Users:
    """The directory of users; whoever is not in it has the role ``user`` and nothing more."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def get(self, user_id: str) -> User:
        """Return a known user, or a new face with the role ``user``."""
        record = self._ledger.get("user", user_id)
        return User.model_validate_json(record.body) if record else User(user_id=user_id)

    def list(self) -> list[User]:
        """Return every user that was saved, by id."""
        return [User.model_validate_json(record.body) for record in self._ledger.children("user", _DIRECTORY)]

    def save(self, user: User, acting: User) -> None:
        """Add or change a user; raises ``PermissionDeniedError`` unless the acting user is an admin."""
        if "admin" not in acting.roles:
            raise PermissionDeniedError(
                f"The user {acting.user_id!r} may not change users.",
                hint="Ask a user with the role 'admin'.",
                permission="*",
            )
        known = self._ledger.get("user", user.user_id)
        body = user.to_json()
        self._ledger.commit([Put("user", user.user_id, body, parent=_DIRECTORY, expect=known.revision if known else 0)])
