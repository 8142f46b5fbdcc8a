"""The session log: one append-only stream per session, read along the line that restores have drawn."""

from dataops_kernel.sessionlog.archive import Archive
from dataops_kernel.sessionlog.line import Line
from dataops_kernel.sessionlog.log import SessionLog

__all__ = ["Archive", "Line", "SessionLog"]
