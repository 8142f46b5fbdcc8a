"""Who said what: sessions, their messages and their context."""

from dataops_kernel.sessions.manager import SessionManager

__all__ = ["SessionManager"]
