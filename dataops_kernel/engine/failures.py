"""Exceptions nobody expected, said as one plain sentence."""

import os
import traceback
from pathlib import Path
from typing import Any

from dataops_kernel.errors import StepFailedError
from dataops_kernel.telemetry import log

MAX_ERROR_TEXT = 2_000
_LIBRARY = str(Path(os.__file__).parent)
_KERNEL = str(Path(__file__).parents[1])


def as_step_error(failure: BaseException, what: str, **facts: Any) -> StepFailedError:
    """Return the error that tells people of ``failure``; its traceback goes to the log, at level info."""
    log("unexpected_error", error=failure, **facts)
    text = _text_of(failure)
    cause = f"{type(failure).__name__}: {text}" if text else type(failure).__name__
    where = place_of(failure)
    return StepFailedError(
        f"{what} failed: {cause}" + ("" if cause.endswith((".", "!", "?")) else "."),
        hint=f"Look at {where}; DATAOPS_LOG_LEVEL=info prints the whole traceback." if where else "",
        **facts,
        **({"where": where} if where else {}),
    )


def place_of(failure: BaseException) -> str:
    """Return ``file:line`` of the last frame in somebody's own code, else of the last frame; empty without any."""
    frames = traceback.extract_tb(failure.__traceback__)
    # The line to look at is the last one of somebody's own code, not where a library gave up.
    own = [
        frame
        for frame in frames
        if not frame.filename.startswith((_LIBRARY, _KERNEL, "<")) and "site-packages" not in frame.filename
    ]
    last = (own or frames)[-1:]
    return f"{last[0].filename}:{last[0].lineno}" if last else ""


def _text_of(failure: BaseException) -> str:
    try:
        return str(failure).strip().partition("\n")[0][:MAX_ERROR_TEXT]
    except Exception:  # its __str__ is somebody else's code too
        return ""
