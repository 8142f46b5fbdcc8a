"""Who acts."""

from dataops_kernel.types.base import Frozen


class User(Frozen):
    """A person or agent, with roles (see ``dataops_kernel.access.PERMISSIONS``) and extra permissions."""

    user_id: str
    email: str = ""
    roles: tuple[str, ...] = ("user",)
    permissions: tuple[str, ...] = ()
