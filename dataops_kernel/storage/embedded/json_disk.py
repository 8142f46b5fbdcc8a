"""diskcache without pickle; imported only when a cache is opened."""

import os
import re
from pathlib import Path
from typing import Any

import diskcache
from diskcache.core import MODE_BINARY, MODE_RAW

_VALUE_FILE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{28}\.val")


def open_json_cache(folder: Path) -> diskcache.Cache:
    """Open a cache in which a row is JSON, or is not there."""
    return diskcache.Cache(str(folder), disk=_JsonOnly)


class _JsonOnly(diskcache.JSONDisk):  # type: ignore[misc]
    # An OSError is what diskcache takes for a value that is gone.

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        in_row = mode == MODE_RAW and isinstance(value, bytes)
        in_file = mode == MODE_BINARY and _inside(filename)
        if read or not (in_row or in_file):
            raise OSError(f"refused a row that is not JSON (mode {mode})")
        try:
            return super().fetch(mode, filename, value, read)
        except Exception as error:
            raise OSError(f"refused a row that is not JSON: {error}") from error

    def get(self, key: Any, raw: bool) -> Any:
        if not raw:
            raise OSError("refused a key that is not JSON")
        return super().get(key, raw)

    def remove(self, file_path: str) -> None:
        # A row names the file that goes with it, and a planted row could name any file of this user.
        if _inside(file_path):
            super().remove(file_path)


def _inside(filename: str | None) -> bool:
    return _VALUE_FILE.fullmatch((filename or "").replace(os.sep, "/")) is not None
