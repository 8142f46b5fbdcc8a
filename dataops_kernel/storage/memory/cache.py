"""A cache in memory."""

import json
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, NamedTuple

from dataops_kernel.errors import UsageError
from dataops_kernel.storage.cache import Cache


class _Value(NamedTuple):
    text: str
    expires: float | None


class MemoryCache(Cache):
    """Values as JSON text, so that what comes back is what any other cache would give; safe for threads."""

    def __init__(self, *, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._values: dict[str, _Value] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Any | None:
        """Return the value, or None."""
        with self._lock:
            value = self._live(key)
        return None if value is None else json.loads(value.text)

    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        """Store a JSON-shaped value."""
        stored = self._value(value, ttl)
        with self._lock:
            self._values[key] = stored

    def add(self, key: str, value: Any, ttl: float | None = None) -> bool:
        """Store only if the key is absent."""
        stored = self._value(value, ttl)
        with self._lock:
            if self._live(key) is not None:
                return False
            self._values[key] = stored
            return True

    def delete(self, key: str) -> None:
        """Forget a key."""
        with self._lock:
            self._values.pop(key, None)

    def _live(self, key: str) -> _Value | None:
        value = self._values.get(key)
        if value is not None and value.expires is not None and value.expires <= self._now():
            del self._values[key]
            return None
        return value

    def _value(self, value: Any, ttl: float | None) -> _Value:
        try:
            text = json.dumps(value)
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"The value is not JSON-shaped: {error}.", hint="Store text, numbers, lists and dicts only."
            ) from error
        return _Value(text, None if ttl is None else self._now() + ttl)
