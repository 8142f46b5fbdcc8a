"""From a message to a plan, and from a plan to runs."""

from dataops_kernel.orchestration.orchestrator import Orchestrator
from dataops_kernel.orchestration.planner import Planner, SessionView

__all__ = ["Orchestrator", "Planner", "SessionView"]
