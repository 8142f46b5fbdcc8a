"""What a session was and is: checkpoints, restores and the difference between two points."""

from dataops_kernel.context.erasure import Erasure
from dataops_kernel.context.manager import ContextManager

__all__ = ["ContextManager", "Erasure"]
