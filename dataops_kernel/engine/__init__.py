"""Where runs execute: the seam, and handles that follow a run from any process."""

from dataops_kernel.engine.base import Body, Cancellation, ClosingWrites, Emit, Engine, RunHandle

__all__ = ["Body", "Cancellation", "ClosingWrites", "Emit", "Engine", "RunHandle"]
