"""Who said what: sessions, their messages and their context."""

from dataops_kernel.sessions.lifecycle import Policy
from dataops_kernel.sessions.manager import SessionManager
from dataops_kernel.sessions.memory import Memory

__all__ = ["Memory", "Policy", "SessionManager"]
