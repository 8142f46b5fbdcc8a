"""Where content lies: small in the ledger beside its record, large in the blob store, checked whenever it is read."""

import errno
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn, cast

from dataops_kernel.artifacts.codecs import Document, Table, TableSummary, decode, decompress, read_summary
from dataops_kernel.errors import IntegrityError, StorageUnavailableError
from dataops_kernel.storage.blobs import Blobs, WriteInto
from dataops_kernel.storage.ledger import Ledger
from dataops_kernel.types import Artifact, Column, ContentEncoding, ContentForm, ContentType

INLINE_BYTES = 32 * 1024
"""Stored bytes up to this ride in the ledger: one durable write instead of three."""

_IN_MEMORY_BYTES = 1024 * 1024
_REMEMBERED_FILES = 10_000
_OUT_OF_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)

_Signature = tuple[int, int, int]


class Placed(NamedTuple):
    """Content that is stored, or (``data``) that will be stored with its record."""

    form: ContentForm
    content_type: ContentType
    sha256: str
    size_bytes: int
    encoding: ContentEncoding = "plain"
    data: bytes | None = None
    row_count: int | None = None
    columns: tuple[Column, ...] = ()

    def facts(self) -> dict[str, Any]:
        """Return what the artifact's record says of the content."""
        facts = self._asdict()
        facts["inline"] = facts.pop("data") is not None
        return facts


class ContentStore:
    """Puts content where its size belongs, and gives back exactly what was put or ``IntegrityError``."""

    def __init__(self, ledger: Ledger, blobs: Blobs) -> None:
        self._ledger = ledger
        self._blobs = blobs
        # Files whose hash was found right, by what the file system says of them: SQL asks for the same ones again.
        self._checked: dict[str, _Signature] = {}

    def place(self, content: Document | Table) -> Placed:
        """Store encoded content; what is small stays in ``data`` for the record's commit."""
        if isinstance(content, Document):
            form, kind, data, size, encoding = content
            return self._place_bytes(Placed(form, kind, "", size, encoding), data)
        if content.table.nbytes > _IN_MEMORY_BYTES:
            summaries: list[TableSummary] = []

            def write(path: Path) -> None:
                with _writing():
                    summaries.append(content.write(path))

            digest, size = self._blobs.put_file(write)
            return Placed(content.form, "parquet", digest, size, "plain", None, *summaries[0])
        data, summary = content.to_bytes()
        return self._place_bytes(Placed(content.form, "parquet", "", len(data), "plain", None, *summary), data)

    def place_file(self, write_into: WriteInto) -> Placed:
        """Store the file that ``write_into`` writes; raises ``ParameterError`` when it is not Parquet."""
        summaries: list[TableSummary] = []

        def write_and_look(path: Path) -> None:
            write_into(path)
            summaries.append(read_summary(path))

        digest, size = self._blobs.put_file(write_and_look)
        return Placed("arrow", "parquet", digest, size, "plain", None, *summaries[0])

    @contextmanager
    def held(self, placed: Placed) -> Iterator[None]:
        """Keep placed content from a purge of the same bytes until the record that refers to it is committed."""
        with self._blobs.open(placed.sha256) as stream:
            yield
            if not self._blobs.exists(placed.sha256):
                self._blobs.put(stream)

    def load(self, artifact: Artifact, riding: bytes | None = None) -> Any:
        """Return the content as the kind of value that was stored; ``riding`` is what came with its record."""
        if artifact.is_table and not artifact.inline:
            return decode(artifact.form, self._mapped(artifact))
        return decode(artifact.form, self.read(artifact, riding))

    def read(self, artifact: Artifact, riding: bytes | None = None) -> bytes:
        """Return the content's bytes, decompressed."""
        if artifact.inline:
            data = riding or self._ledger.data("artifact", artifact.artifact_id)
            if data is None:
                _damaged(artifact, "is missing from the ledger")
        else:
            with _reading(artifact), self._blob(artifact) as stream:
                data = stream.read()
        _check(artifact, hashlib.sha256(data).hexdigest(), len(data))
        return decompress(data, artifact.size_bytes) if artifact.encoding == "zstd" else data

    def open(self, artifact: Artifact) -> BinaryIO:
        """Open the content for reading; every byte was checked before the first is given."""
        if artifact.inline or artifact.encoding != "plain":
            return io.BytesIO(self.read(artifact))
        stream = self._blob(artifact)
        try:
            with _reading(artifact):
                digest = hashlib.file_digest(cast(io.BufferedReader, stream), "sha256").hexdigest()
                _check(artifact, digest, stream.tell())
                stream.seek(0)
        except BaseException:
            stream.close()
            raise
        return stream

    def path(self, artifact: Artifact) -> Path | None:
        """Return a local file of exactly the content, or None when it lies in the ledger or is compressed.

        A file is hashed again only after the file system says that it has changed since this process hashed it.
        """
        if artifact.inline or artifact.encoding != "plain":
            return None
        path = self._blobs.path(artifact.sha256)
        if path is None:
            _damaged(artifact, "is missing from the blob store")
        with _reading(artifact):
            facts = path.stat()
            signature = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
            if self._checked.get(artifact.sha256) == signature:
                return path
            with path.open("rb") as file:
                _check(artifact, hashlib.file_digest(file, "sha256").hexdigest(), facts.st_size)
        if len(self._checked) >= _REMEMBERED_FILES:
            self._checked.clear()
        self._checked[artifact.sha256] = signature
        return path

    def _place_bytes(self, placed: Placed, data: bytes) -> Placed:
        if len(data) <= INLINE_BYTES:
            return placed._replace(sha256=hashlib.sha256(data).hexdigest(), data=data)
        return placed._replace(sha256=self._blobs.put(data))

    def _mapped(self, artifact: Artifact) -> Any:
        """Return a table's checked bytes without copying them, when they lie in a file."""
        import pyarrow as pa

        path = self._blobs.path(artifact.sha256)
        if path is None:
            _damaged(artifact, "is missing from the blob store")
        with _reading(artifact):
            size = path.stat().st_size
            if size != artifact.size_bytes:  # also because an empty file cannot be mapped
                _check(artifact, "", size)
            with pa.memory_map(str(path)) as file:
                data = file.read_buffer()
        _check(artifact, hashlib.sha256(data).hexdigest(), size)
        return data

    def _blob(self, artifact: Artifact) -> BinaryIO:
        try:
            return self._blobs.open(artifact.sha256)
        except IntegrityError:
            _damaged(artifact, "is missing from the blob store")


@contextmanager
def _reading(artifact: Artifact) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        raise StorageUnavailableError(
            f"The content of artifact {artifact.artifact_id!r} cannot be read: {err.strerror or err}.",
            hint=f"Check that this user may read the workspace's {_place(artifact)} and that its disk is well.",
        ) from err


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError) as err:
        refused = _refusal(err)
        if refused is None:
            raise
        if refused.errno in _OUT_OF_ROOM:
            raise refused from None  # the blob store, whose folder it is, says this itself
        raise StorageUnavailableError(
            f"The content cannot be written: {refused.strerror or refused}.",
            hint="Check that the disk of the workspace is well and that this user may write to its blobs folder.",
        ) from err


def _refusal(error: BaseException | None) -> OSError | None:
    """Return the system's error behind an error; pyarrow closes a file it cannot write with one of its own."""
    while error is not None and not isinstance(error, OSError):
        error = error.__context__
    return error


def _place(artifact: Artifact) -> str:
    return "ledger.sqlite" if artifact.inline else f"blobs/{artifact.sha256[:2]}/{artifact.sha256}"


def _check(artifact: Artifact, digest: str, size: int) -> None:
    if digest != artifact.sha256:
        expected = f" where {artifact.size_bytes:,} were stored" if artifact.encoding == "plain" else ""
        _damaged(artifact, f"is not what was stored ({size:,} bytes{expected})")


def _damaged(artifact: Artifact, what: str) -> NoReturn:
    raise IntegrityError(
        f"The content of artifact {artifact.artifact_id!r} ({artifact.name!r} version {artifact.version}) {what}.",
        hint=f"Restore {_place(artifact)} from a backup of the workspace. Without a backup, "
        + ("" if artifact.inline else "delete that file and ")
        + f"run {artifact.workflow_name!r} again for a new version.",
        artifact_id=artifact.artifact_id,
        sha256=artifact.sha256,
    )
