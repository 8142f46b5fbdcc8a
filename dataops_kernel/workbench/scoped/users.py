"""The directory of users, as one of them may change it."""

from dataops_kernel.security import Users
from dataops_kernel.types import User
from dataops_kernel.workbench.guard import Guard


class UserDirectory:
    """The users of the workspace, as the acting user may change them."""

    def __init__(self, guard: Guard, users: Users) -> None:
        self._guard = guard
        self._users = users

    def me(self) -> User:
        """Return the acting user."""
        return self._guard.user

    def list(self) -> list[User]:
        """Return the users that were saved; only for admins."""
        self._guard.require("user.read")
        return self._users.list()

    def save(self, user: User) -> None:
        """Add or change a user; only for admins."""
        self._users.save(user, self._guard.user)
