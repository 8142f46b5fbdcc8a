"""The state of a workspace, for people and probes."""

import os
import shutil
from pathlib import Path
from typing import Any

from dataops_kernel.errors import DataOpsError
from dataops_kernel.sessions import SessionManager
from dataops_kernel.settings import Settings
from dataops_kernel.types import User
from dataops_kernel.workflows import WorkflowRegistry

_LOW_DISK = 512 * 1024 * 1024
_READ_ONLY = {
    "message": "read-only: what is stored can be read, nothing new can be kept",
    "hint": "Make the folder writable for this user, or work on a copy of the workspace.",
}


def health(
    settings: Settings, workspace: Path, registry: WorkflowRegistry, sessions: SessionManager, user: User
) -> dict[str, Any]:
    """Return ``{"status": "healthy" | "degraded", "components": {name: {"ok", …}}}``."""
    parts = {
        "ledger": _ledger(sessions, user, workspace / "ledger.sqlite" if settings.ledger == "embedded" else None),
        "blobs": _folder(workspace / "blobs"),
        "disk": _disk(workspace),
        "workflows": _workflows(registry),
    }
    return {
        "status": "healthy" if all(part["ok"] for part in parts.values()) else "degraded",
        "workspace": str(workspace),
        "components": parts,
    }


def _ledger(sessions: SessionManager, user: User, file: Path | None) -> dict[str, Any]:
    try:
        count = len(sessions.list_sessions(user.user_id, limit=1_000_000))
    except DataOpsError as err:
        return {"ok": False, **err.to_dict()}
    # SQLite writes its journal beside the file, so both must be writable.
    writable = file is None or (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK | os.X_OK))
    return {"ok": writable, "sessions": count, **({} if writable else _READ_ONLY)}


def _folder(folder: Path) -> dict[str, Any]:
    # The folder is made with the first content that is too large for the ledger.
    writable = not folder.exists() or os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    return {"ok": writable, "path": str(folder), **({} if writable else _READ_ONLY)}


def _disk(workspace: Path) -> dict[str, Any]:
    free = shutil.disk_usage(workspace).free
    return {"ok": free > _LOW_DISK, "free_bytes": free}


def _workflows(registry: WorkflowRegistry) -> dict[str, Any]:
    listed = registry.list()
    broken = {info.name: info.error for info in listed if info.state == "broken"}
    return {"ok": not broken, "ready": [info.name for info in listed if not info.error], "broken": broken}
