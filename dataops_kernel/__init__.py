"""The kernel of the DataOps workbench: ``import dataops_kernel as dk; wb = dk.connect()``.

Nothing heavy is imported here; every public name is loaded on first use.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_ORIGINS = {
    "dataops_kernel.wiring": ("connect",),
    "dataops_kernel.workbench": ("Workbench",),
    "dataops_kernel.engine": ("RunHandle",),
    "dataops_kernel.sessions": ("SessionManager",),
    "dataops_kernel.artifacts": ("ArtifactStore",),
    "dataops_kernel.context": ("ContextManager",),
    "dataops_kernel.workflows": ("BaseWorkflow", "WorkflowContext", "WorkflowRegistry", "WorkflowResult"),
    "dataops_kernel.types": (
        "Answer",
        "Artifact",
        "ArtifactChange",
        "ArtifactMetadata",
        "BundleReport",
        "Checkpoint",
        "CheckpointDiff",
        "CheckpointTree",
        "CleanupReport",
        "CompressedContext",
        "Conflict",
        "ContextBlock",
        "ContextLoad",
        "ContextSnapshot",
        "ContextView",
        "DeletionPlan",
        "ErasureReport",
        "Event",
        "FoundSection",
        "Inheritance",
        "KeepReason",
        "LineageGraph",
        "Message",
        "MessageHit",
        "Plan",
        "Purge",
        "Run",
        "Session",
        "SessionStatus",
        "Skipped",
        "TraceFound",
        "User",
        "UserPreferences",
        "WhyKept",
    ),
    "dataops_kernel.errors": ("DataOpsError",),
    "dataops_kernel.settings": ("Settings",),
}
_HOME = {name: module for module, names in _ORIGINS.items() for name in names}

__all__ = sorted([*_HOME, "__version__"])

if TYPE_CHECKING:
    from dataops_kernel.artifacts import ArtifactStore
    from dataops_kernel.context import ContextManager
    from dataops_kernel.engine import RunHandle
    from dataops_kernel.errors import DataOpsError
    from dataops_kernel.sessions import SessionManager
    from dataops_kernel.settings import Settings
    from dataops_kernel.types import (
        Answer,
        Artifact,
        ArtifactChange,
        ArtifactMetadata,
        BundleReport,
        Checkpoint,
        CheckpointDiff,
        CheckpointTree,
        CleanupReport,
        CompressedContext,
        Conflict,
        ContextBlock,
        ContextLoad,
        ContextSnapshot,
        ContextView,
        DeletionPlan,
        ErasureReport,
        Event,
        FoundSection,
        Inheritance,
        KeepReason,
        LineageGraph,
        Message,
        MessageHit,
        Plan,
        Purge,
        Run,
        Session,
        SessionStatus,
        Skipped,
        TraceFound,
        User,
        UserPreferences,
        WhyKept,
    )
    from dataops_kernel.wiring import connect
    from dataops_kernel.workbench import Workbench
    from dataops_kernel.workflows import BaseWorkflow, WorkflowContext, WorkflowRegistry, WorkflowResult


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
