"""Who may do what: role-based access control as one pure function, deny by default."""

from collections.abc import Mapping

from dataops_kernel.types import User

_USER = (
    "workflow.*.invoke",
    "workflow.read",
    "artifact.read",
    "session.read",
    "session.write",
    "session.erase",
    "checkpoint.read",
    "checkpoint.write",
    "run.read",
    "run.cancel",
    "sql.query",
)

PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    "admin": ("*",),
    "developer": (*_USER, "workflow.create", "artifact.write"),
    "user": _USER,
}


def matches(pattern: str, permission: str) -> bool:
    """Say whether a granted pattern covers a permission.

    ``*`` stands for exactly one dot-separated segment, or for everything when it stands alone.
    """
    if pattern == "*":
        return True
    granted, wanted = pattern.split("."), permission.split(".")
    return len(granted) == len(wanted) and all(g in ("*", w) for g, w in zip(granted, wanted, strict=True))


def allows(user: User, permission: str) -> bool:
    """Say whether the user's roles or own grants cover the permission; an unknown role grants nothing."""
    patterns = [*user.permissions, *(p for role in user.roles for p in PERMISSIONS.get(role, ()))]
    return any(matches(pattern, permission) for pattern in patterns)
