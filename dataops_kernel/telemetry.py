"""Logs: one JSON object a line on standard error, with ids and timings and never with content or credentials."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

LOGGER = "dataops"


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure(level: str) -> None:
    """Send the kernel's log lines of ``level`` and above to standard error; calling again replaces the level."""
    logger = logging.getLogger(LOGGER)
    logger.setLevel(level.upper())
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_JsonLines())
        logger.addHandler(handler)
        logger.propagate = False


def log(event: str, *, level: int = logging.INFO, error: BaseException | None = None, **facts: Any) -> None:
    """Write one line; ``facts`` are ids, counts and seconds, never what people or data said."""
    logging.getLogger(LOGGER).log(level, event, extra={"facts": facts}, exc_info=error)
