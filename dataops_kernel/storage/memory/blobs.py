"""Blobs in memory."""

import hashlib
import io
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dataops_kernel.errors import UsageError
from dataops_kernel.storage.blobs import Blobs, WriteInto

_BUFFER = 1024 * 1024


class MemoryBlobs(Blobs):
    """Content in a dict; files appear in a private folder only for those who ask for a path."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._folder: Path | None = None

    def path(self, digest: str) -> Path | None:
        """Return a file with a copy of the content, as a remote backend would fetch one."""
        content = self._contents.get(digest)
        if content is None:
            return None
        path = self._files() / digest
        with self._lock:
            if not path.exists():
                path.write_bytes(content)
        return path

    def exists(self, digest: str) -> bool:
        """Say whether the content is stored."""
        return digest in self._contents

    def delete(self, digest: str) -> None:
        """Forget the content and its file."""
        if self._contents.pop(digest, None) is not None and self._folder is not None:
            (self._folder / digest).unlink(missing_ok=True)

    def list(self) -> Iterator[str]:
        """Yield every digest."""
        yield from list(self._contents)

    def _open(self, digest: str) -> BinaryIO | None:
        content = self._contents.get(digest)
        return None if content is None else io.BytesIO(content)

    def _put(self, content: bytes | BinaryIO) -> str:
        # In pieces: a raw stream may give less than all of itself in one read.
        stored = content if isinstance(content, bytes) else b"".join(iter(lambda: content.read(_BUFFER), b""))
        digest = hashlib.sha256(stored).hexdigest()
        self._contents.setdefault(digest, stored)
        return digest

    def _put_file(self, write_into: WriteInto) -> tuple[str, int]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "content"
            write_into(path)
            if not path.exists():
                raise UsageError(
                    f"The writer {write_into!r} returned without writing a file.",
                    hint="Write the content to the path it is called with.",
                )
            content = path.read_bytes()
        return self._put(content), len(content)

    def _files(self) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="dataops-blobs-"))
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            return self._folder
