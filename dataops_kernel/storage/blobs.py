"""The blob seam: immutable content named by its SHA-256."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from dataops_kernel.errors import IntegrityError

WriteInto = Callable[[Path], object]
"""Writes one file at the path it is given; what it returns is ignored."""


class Blobs(ABC):
    """Content of one workspace; the same bytes are stored once, and nothing stored ever changes."""

    def put(self, content: bytes | BinaryIO) -> str:
        """Store bytes or a stream durably and return their SHA-256 in lower-case hex."""
        return self._put(content)

    def put_file(self, write_into: WriteInto) -> tuple[str, int]:
        """Let ``write_into(path)`` write a file in the store's own folder; keep it and return (sha256, size).

        The file becomes visible only when it is whole and durable; if the writer raises, nothing stays.
        """
        return self._put_file(write_into)

    def open(self, digest: str) -> BinaryIO:
        """Open content for reading; raises ``IntegrityError`` when it is not there."""
        stream = self._open(digest)
        if stream is None:
            raise IntegrityError(
                f"The content {digest!r} is missing from the blob store.",
                hint="Restore the workspace's blobs folder from a backup; `dataops doctor` lists what is missing.",
                digest=digest,
            )
        return stream

    @abstractmethod
    def path(self, digest: str) -> Path | None:
        """Return a local file that holds the content (never to be written to), or None when it is not there."""

    @abstractmethod
    def exists(self, digest: str) -> bool:
        """Say whether the content is stored."""

    @abstractmethod
    def delete(self, digest: str) -> None:
        """Remove content nobody refers to any more; removing what is gone does nothing."""

    @abstractmethod
    def list(self) -> Iterator[str]:
        """Yield the digest of everything stored, in no order."""

    @abstractmethod
    def _put(self, content: bytes | BinaryIO) -> str: ...

    @abstractmethod
    def _put_file(self, write_into: WriteInto) -> tuple[str, int]: ...

    @abstractmethod
    def _open(self, digest: str) -> BinaryIO | None: ...
