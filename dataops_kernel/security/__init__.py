"""Who acts: the users of a workspace."""

from dataops_kernel.access import PERMISSIONS
from dataops_kernel.security.users import Users

__all__ = ["PERMISSIONS", "Users"]
