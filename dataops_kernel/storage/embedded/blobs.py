"""Blobs of a local workspace: files named by their SHA-256, visible only when they are whole and durable."""

import contextlib
import errno
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from dataops_kernel.clock import Clock, system_clock
from dataops_kernel.errors import UsageError
from dataops_kernel.storage.blobs import Blobs, WriteInto
from dataops_kernel.storage.embedded.faults import OUT_OF_ROOM, from_system

_BUFFER = 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LEFTOVER_AGE = timedelta(days=1)
_REMEMBERED_FILES = 10_000

_Signature = tuple[int, int, int]


class FileBlobs(Blobs):
    """Content as files ``ab/abcd…`` in one folder; temporary files in ``tmp/`` of the same folder.

    The order of writing is: temporary file, content, fsync, rename, fsync of the folder. A folder that cannot be
    written can still be read.
    """

    def __init__(self, folder: str | os.PathLike[str], *, clock: Clock = system_clock) -> None:
        self._folder = Path(folder).absolute()
        self._temporary = self._folder / "tmp"
        self._rooted: set[str] = set()  # prefix folders whose own entry is known to be durable
        # Files known to hold what their name says, by what the file system says of them: hashed once per process.
        self._sound: dict[str, _Signature] = {}
        with contextlib.suppress(OSError):
            self._remove_leftovers(clock().timestamp() - _LEFTOVER_AGE.total_seconds())

    def path(self, digest: str) -> Path | None:
        """Return the file that holds the content."""
        path = self._path(digest)
        return path if path is not None and path.is_file() else None

    def exists(self, digest: str) -> bool:
        """Say whether the content is stored."""
        return self.path(digest) is not None

    def delete(self, digest: str) -> None:
        """Remove the file."""
        path = self._path(digest)
        if path is not None:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise from_system(error, path) from error

    def list(self) -> Iterator[str]:
        """Yield every digest, folder by folder."""
        try:
            for folder in self._folder.iterdir():
                if len(folder.name) == 2 and folder.is_dir():
                    yield from (file.name for file in folder.iterdir() if _DIGEST.fullmatch(file.name))
        except FileNotFoundError:
            return  # nothing was ever stored
        except OSError as error:
            raise from_system(error, self._folder) from error

    def _open(self, digest: str) -> BinaryIO | None:
        path = self._path(digest)
        try:
            return None if path is None else path.open("rb")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise from_system(error, path or self._folder) from error

    def _put(self, content: bytes | BinaryIO) -> str:
        if isinstance(content, bytes):
            hashed = hashlib.sha256(content)
            if self._has(hashed.hexdigest(), len(content)):
                return hashed.hexdigest()
            chunks: Iterable[bytes] = (content,)
        else:
            hashed = hashlib.sha256()
            chunks = _hashed_chunks(content, hashed)
        with self._temporary_file() as temporary, self._create(temporary) as file:
            size = sum(self._write(file.fileno(), chunk) for chunk in chunks)
            self._keep(file.fileno(), temporary, hashed.hexdigest(), size)
        return hashed.hexdigest()

    def _put_file(self, write_into: WriteInto) -> tuple[str, int]:
        with self._temporary_file() as temporary:
            # A folder that refuses us must not look like the writer's own error.
            self._create(temporary).close()
            try:
                temporary.unlink()
            except OSError as error:
                raise from_system(error, self._folder) from error
            try:
                write_into(temporary)
            except OSError as error:
                # Of the writer's own errors only those are ours that speak of the place it was told to write to.
                if error.errno in OUT_OF_ROOM:
                    raise from_system(error, self._folder) from error
                raise
            try:
                with temporary.open("rb") as file:
                    size = os.fstat(file.fileno()).st_size
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                    self._keep(file.fileno(), temporary, digest, size)
            except FileNotFoundError as error:
                raise UsageError(
                    f"The writer {write_into!r} returned without writing a file.",
                    hint="Write the content to the path it is called with.",
                ) from error
            except OSError as error:
                raise from_system(error, self._folder) from error
        return digest, size

    # Steps of the order of writing

    @contextlib.contextmanager
    def _temporary_file(self) -> Iterator[Path]:
        try:
            self._temporary.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise from_system(error, self._folder) from error
        # The name says whose it is, so that another process can tell whether it is still being written.
        temporary = self._temporary / f"{os.getpid()}-{os.urandom(8).hex()}"
        try:
            yield temporary
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _create(self, temporary: Path) -> BinaryIO:
        try:
            # Content never changes, so nobody may write to the file, not even we but through this descriptor.
            return os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444), "wb", buffering=0)
        except OSError as error:
            raise from_system(error, self._folder) from error

    def _write(self, descriptor: int, chunk: bytes) -> int:
        rest = memoryview(chunk)
        try:
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError as error:
            raise from_system(error, self._folder) from error
        return len(chunk)

    def _keep(self, descriptor: int, temporary: Path, digest: str, size: int) -> None:
        """Make a written file durable, then give it its name; content that is there already stays as it is."""
        if self._has(digest, size):
            return
        path = self._folder / digest[:2] / digest
        try:
            os.fchmod(descriptor, os.fstat(descriptor).st_mode & 0o444)
            os.fsync(descriptor)
            path.parent.mkdir(exist_ok=True)
            temporary.rename(path)
            self._make_name_durable(digest)
            self._remember(digest, os.fstat(descriptor))
        except OSError as error:
            raise from_system(error, self._folder) from error

    def _has(self, digest: str, size: int) -> bool:
        """Say whether the content is stored; a file that a broken disk cut short or changed is written anew."""
        try:
            facts = (self._folder / digest[:2] / digest).stat()
            if facts.st_size != size or not self._is_sound(digest, facts):
                return False
            # Whoever stored it may not have come to this yet, and our caller is about to rely on it.
            self._make_name_durable(digest)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise from_system(error, self._folder) from error
        return True

    def _is_sound(self, digest: str, facts: os.stat_result) -> bool:
        """Say whether a file holds what its name says; it is read again only after it has changed."""
        if self._sound.get(digest) == _signature(facts):
            return True
        try:
            with (self._folder / digest[:2] / digest).open("rb") as file:
                facts = os.fstat(file.fileno())
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            if error.errno == errno.EIO:  # the disk cannot give it back: as good as not there
                return False
            raise
        if found == digest:
            self._remember(digest, facts)
        return found == digest

    def _remember(self, digest: str, facts: os.stat_result) -> None:
        if len(self._sound) >= _REMEMBERED_FILES:
            self._sound.clear()
        self._sound[digest] = _signature(facts)

    def _make_name_durable(self, digest: str) -> None:
        _sync_folder(self._folder / digest[:2])
        if digest[:2] not in self._rooted:
            _sync_folder(self._folder)
            self._rooted.add(digest[:2])

    def _path(self, digest: str) -> Path | None:
        # Anything but a digest could lead out of the folder.
        return self._folder / digest[:2] / digest if _DIGEST.fullmatch(digest) else None

    def _remove_leftovers(self, before: float) -> None:
        for file in self._temporary.iterdir():
            owner = file.name.partition("-")[0]
            if owner.isdigit() and not _alive(int(owner)) and file.stat().st_mtime < before:
                file.unlink(missing_ok=True)


def _signature(facts: os.stat_result) -> _Signature:
    return facts.st_size, facts.st_mtime_ns, facts.st_ino


def _hashed_chunks(stream: BinaryIO, hashed: "hashlib._Hash") -> Iterator[bytes]:
    while chunk := stream.read(_BUFFER):
        hashed.update(chunk)
        yield chunk


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is there, but another user's
    return True
