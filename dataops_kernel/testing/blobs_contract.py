"""The contract every blob store signs: subclass ``BlobsContract`` and give it one fixture, ``blobs``."""

# ruff: noqa: D102  (the name of a test is its sentence)

import hashlib
import io
from pathlib import Path
from typing import Any, cast

import pytest

from dataops_kernel.errors import IntegrityError, UsageError
from dataops_kernel.storage.blobs import Blobs
from dataops_kernel.testing.threads import run_together

_NOT_DIGESTS = [
    "",
    "ab",
    "../../../etc/passwd",
    "A" * 64,
    "g" * 64,
    "0" * 63,
    "0" * 65,
    "0" * 64 + "\n",
    "ab/" + "0" * 61,
]


def sha256(content: bytes) -> str:
    """Return the digest a store must give this content."""
    return hashlib.sha256(content).hexdigest()


class _Dripping(io.RawIOBase):
    """A stream that gives a few bytes at a time, as sockets do, and may break."""

    def __init__(self, content: bytes, *, breaks: bool = False) -> None:
        self._rest = content
        self._breaks = breaks

    def read(self, size: int = -1) -> bytes:
        if self._breaks and not self._rest:
            raise ConnectionResetError("the peer went away")
        count = 1000 if size < 0 else min(size, 1000)
        chunk, self._rest = self._rest[:count], self._rest[count:]
        return chunk

    def readall(self) -> bytes:
        chunks = []
        while chunk := self.read():
            chunks.append(chunk)
        return b"".join(chunks)


class BlobsContract:
    """Content goes in once, comes out as it was, and is never half there."""

    @pytest.mark.parametrize("content", [b"", b"x", b"\x00\xff" * 10, bytes(range(256)) * 9000], ids=len)
    def test_bytes_come_out_as_they_went_in(self, blobs: Blobs, content: bytes) -> None:
        digest = blobs.put(content)

        assert digest == sha256(content)
        assert blobs.exists(digest)
        with blobs.open(digest) as stream:
            assert stream.read() == content

    @pytest.mark.parametrize("size", [0, 1, 999, 1_048_576, 1_048_577, 2_500_000])
    def test_a_stream_of_any_size_is_stored_like_its_bytes(self, blobs: Blobs, size: int) -> None:
        content = (b"0123456789" * (size // 10 + 1))[:size]

        assert blobs.put(io.BytesIO(content)) == sha256(content)
        with blobs.open(sha256(content)) as stream:
            assert stream.read() == content

    def test_a_stream_that_gives_little_at_a_time_is_read_to_its_end(self, blobs: Blobs) -> None:
        content = bytes(range(256)) * 50

        digest = blobs.put(cast(Any, _Dripping(content)))

        with blobs.open(digest) as stream:
            assert stream.read() == content

    def test_a_stream_that_breaks_leaves_nothing(self, blobs: Blobs) -> None:
        with pytest.raises(ConnectionResetError):
            blobs.put(cast(Any, _Dripping(b"x" * 5000, breaks=True)))
        assert list(blobs.list()) == []

    def test_content_can_be_read_from_any_place(self, blobs: Blobs) -> None:
        digest = blobs.put(b"0123456789")

        with blobs.open(digest) as stream:
            stream.seek(4)
            assert stream.read(3) == b"456"
            stream.seek(-2, io.SEEK_END)
            assert stream.read() == b"89"

    def test_a_file_is_written_in_place_and_named_by_what_was_written(self, blobs: Blobs) -> None:
        content = b"rows " * 300_000

        digest, size = blobs.put_file(lambda path: path.write_bytes(content))

        assert (digest, size) == (sha256(content), len(content))
        with blobs.open(digest) as stream:
            assert stream.read() == content

    def test_a_file_writer_that_raises_leaves_nothing(self, blobs: Blobs) -> None:
        seen: list[Path] = []

        def write(path: Path) -> None:
            path.write_bytes(b"half")
            seen.append(path)
            raise RuntimeError("the query failed")

        with pytest.raises(RuntimeError, match="the query failed"):
            blobs.put_file(write)

        assert list(blobs.list()) == []
        assert not seen[0].exists()

    def test_a_file_writer_s_own_missing_file_is_not_blamed_on_the_store(self, blobs: Blobs) -> None:
        with pytest.raises(FileNotFoundError):
            blobs.put_file(lambda path: Path("/nowhere/source.csv").read_bytes())

    def test_a_file_writer_that_writes_nothing_is_told_so(self, blobs: Blobs) -> None:
        with pytest.raises(UsageError, match="without writing a file"):
            blobs.put_file(lambda path: None)

    def test_the_same_content_is_stored_once_however_it_comes(self, blobs: Blobs) -> None:
        digests = {
            blobs.put(b"same"),
            blobs.put(b"same"),
            blobs.put(io.BytesIO(b"same")),
            blobs.put_file(lambda path: path.write_bytes(b"same"))[0],
        }

        assert digests == {sha256(b"same")}
        assert list(blobs.list()) == [sha256(b"same")]

    def test_a_path_leads_to_a_file_with_the_content(self, blobs: Blobs) -> None:
        digest = blobs.put(b"content")

        path = blobs.path(digest)

        assert path is not None
        assert path.read_bytes() == b"content"
        assert blobs.path(digest) == path

    def test_what_is_missing_is_said_to_be_missing(self, blobs: Blobs) -> None:
        missing = sha256(b"never stored")

        assert not blobs.exists(missing)
        assert blobs.path(missing) is None
        with pytest.raises(IntegrityError, match=missing) as caught:
            blobs.open(missing)
        assert caught.value.facts == {"digest": missing}

    @pytest.mark.parametrize("name", _NOT_DIGESTS, ids=ascii)
    def test_what_is_not_a_digest_is_never_there(self, blobs: Blobs, name: str) -> None:
        kept = blobs.put(b"content")

        assert not blobs.exists(name)
        assert blobs.path(name) is None
        blobs.delete(name)
        with pytest.raises(IntegrityError):
            blobs.open(name)
        assert list(blobs.list()) == [kept]

    def test_deleted_content_is_gone_and_deleting_again_does_nothing(self, blobs: Blobs) -> None:
        digest = blobs.put(b"content")
        other = blobs.put(b"other")

        blobs.delete(digest)
        blobs.delete(digest)

        assert not blobs.exists(digest)
        assert blobs.path(digest) is None
        assert list(blobs.list()) == [other]
        assert blobs.put(b"content") == digest
        assert blobs.exists(digest)

    def test_everything_stored_is_listed(self, blobs: Blobs) -> None:
        stored = {blobs.put(str(number).encode()) for number in range(50)}

        assert sorted(blobs.list()) == sorted(stored)

    def test_threads_that_store_the_same_content_do_not_disturb_each_other(self, blobs: Blobs) -> None:
        contents = [str(number).encode() * 20_000 for number in range(10)]
        digests: list[str] = []

        def store(_: int) -> None:
            digests.extend(blobs.put(content) for content in contents)

        run_together(8, store)

        assert sorted(digests) == sorted([sha256(content) for content in contents] * 8)
        for content in contents:
            with blobs.open(sha256(content)) as stream:
                assert stream.read() == content
