"""The cache seam: JSON values that can be rebuilt, so losing them loses nothing."""

from abc import ABC, abstractmethod
from typing import Any


class Cache(ABC):
    """Hot values with a time to live in seconds, above 0 (None keeps a value until it is evicted).

    Every method but ``get`` may raise ``StorageUnavailableError``; to ``get`` a cache that fails is an empty one.
    """

    @abstractmethod
    def get(self, key: str) -> Any | None:
        """Return the value, or None when it is absent, expired or not JSON."""

    @abstractmethod
    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        """Store a JSON-shaped value; raises ``UsageError`` for any other."""

    @abstractmethod
    def add(self, key: str, value: Any, ttl: float | None = None) -> bool:
        """Store only if the key is absent, atomically across processes; say whether it was stored."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Forget a key; forgetting what is absent does nothing."""

    def close(self) -> None:  # noqa: B027  a backend without files has nothing to do
        """Let go of files; closing twice does nothing."""
