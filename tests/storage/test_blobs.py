"""Every blob store signs the same contract; the file store also keeps its order of writing."""

import hashlib
import io
import os
import re
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dataops_kernel.errors import IntegrityError
from dataops_kernel.storage.blobs import Blobs
from dataops_kernel.storage.embedded import FileBlobs
from dataops_kernel.storage.memory import MemoryBlobs
from dataops_kernel.testing.blobs_contract import BlobsContract, sha256


class TestFileBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> Iterator[Blobs]:
        yield FileBlobs(tmp_path / "blobs")
        # Whatever a test did, no temporary file is left.
        assert not list((tmp_path / "blobs").glob("tmp/*"))


class TestMemoryBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self) -> Blobs:
        return MemoryBlobs()


def test_content_lies_in_a_folder_named_by_its_first_two_digits(tmp_path: Path):
    digest = FileBlobs(tmp_path).put(b"content")

    path = tmp_path / digest[:2] / digest
    assert path.read_bytes() == b"content"
    assert FileBlobs(tmp_path).path(digest) == path


def test_no_name_leads_out_of_the_folder(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    blobs = FileBlobs(tmp_path / "a" / "blobs")
    blobs.put(b"content")

    for name in ("../secret", str(secret), "../../secret"):
        assert not blobs.exists(name)
        assert blobs.path(name) is None
        blobs.delete(name)
        with pytest.raises(IntegrityError):
            blobs.open(name)

    assert secret.exists()


def test_a_stored_file_is_write_protected(tmp_path: Path):
    blobs = FileBlobs(tmp_path)
    digests = [blobs.put(b"bytes"), blobs.put_file(lambda path: path.write_bytes(b"file"))[0]]

    for digest in digests:
        path = blobs.path(digest)
        assert path is not None
        assert stat.S_IMODE(path.stat().st_mode) & 0o222 == 0


@pytest.mark.parametrize("way", ["bytes", "stream", "file"])
def test_the_order_of_writing_is_file_name_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str):
    steps: list[str] = []
    sync, rename = os.fsync, os.rename

    def name(path: object) -> str:
        return re.sub(r"tmp/.*", "temporary", str(path).removeprefix(str(tmp_path)).lstrip("/"))

    def spy_sync(descriptor: int) -> None:
        steps.append(f"sync {name(Path(f'/proc/self/fd/{descriptor}').readlink())}")
        sync(descriptor)

    def spy_rename(source: Path, target: Path) -> None:
        steps.append(f"rename {name(source)} {name(target)}")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", spy_sync)
    monkeypatch.setattr(os, "rename", spy_rename)
    blobs = FileBlobs(tmp_path)

    for content in (b"content", b"content"):
        if way == "file":
            blobs.put_file(lambda path, content=content: path.write_bytes(content))
        else:
            blobs.put(content if way == "bytes" else io.BytesIO(content))

    digest = sha256(b"content")
    folder = digest[:2]
    first = ["sync temporary", f"rename temporary {folder}/{digest}", f"sync {folder}", "sync "]
    # The second time only the name is made durable: whoever stored it might not have come to that yet.
    assert steps == [*first, f"sync {folder}"]


def test_content_cut_short_on_disk_is_written_anew(tmp_path: Path):
    blobs = FileBlobs(tmp_path)
    path = blobs.path(blobs.put(b"content"))
    assert path is not None
    path.chmod(0o600)
    path.write_bytes(b"cont")

    blobs.put(b"content")

    assert path.read_bytes() == b"content"


@pytest.mark.parametrize("way", ["bytes", "stream", "file"])
@pytest.mark.parametrize("witness", ["the process that stored it", "a new process"])
def test_content_changed_on_disk_is_healed_by_storing_it_again(tmp_path: Path, way: str, witness: str):
    blobs = FileBlobs(tmp_path)
    path = blobs.path(blobs.put(b"content"))
    assert path is not None
    path.chmod(0o600)
    path.write_bytes(b"cOntent")
    os.utime(path, (0, 0))
    if witness == "a new process":
        blobs = FileBlobs(tmp_path)

    put_again(blobs, b"content", way)

    assert path.read_bytes() == b"content"


def put_again(blobs: FileBlobs, content: bytes, way: str) -> None:
    if way == "file":
        blobs.put_file(lambda path: path.write_bytes(content))
    else:
        blobs.put(content if way == "bytes" else io.BytesIO(content))


def test_content_that_is_there_is_read_once_per_process_before_it_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    FileBlobs(tmp_path).put(b"content")
    hashed: list[str] = []
    digest_of = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda file, name: hashed.append(file.name) or digest_of(file, name))
    blobs = FileBlobs(tmp_path)

    for _ in range(3):
        blobs.put(b"content")
        blobs.put(b"new content")

    assert [Path(name).name for name in hashed] == [sha256(b"content")]


def test_opening_a_store_creates_nothing(tmp_path: Path):
    blobs = FileBlobs(tmp_path / "blobs")

    assert list(blobs.list()) == []
    assert not blobs.exists(sha256(b"x"))
    assert not (tmp_path / "blobs").exists()


def test_leftovers_of_dead_writers_are_removed_after_a_day(tmp_path: Path):
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    (tmp_path / "tmp").mkdir()
    finished = _finished_process()
    old, young = now - timedelta(hours=25), now - timedelta(hours=23)
    kept = {
        _leftover(tmp_path, f"{finished}-aa", young),
        _leftover(tmp_path, f"{os.getpid()}-bb", old),
        _leftover(tmp_path, "not-ours", old),
    }
    _leftover(tmp_path, f"{finished}-cc", old)

    FileBlobs(tmp_path, clock=lambda: now)

    assert set((tmp_path / "tmp").iterdir()) == kept


def test_content_is_not_there_before_it_is_whole(tmp_path: Path):
    blobs = FileBlobs(tmp_path)
    half, go_on = threading.Event(), threading.Event()

    def write(path: Path) -> None:
        path.write_bytes(b"ha")
        half.set()
        go_on.wait(10)
        path.write_bytes(b"half and half")

    thread = threading.Thread(target=blobs.put_file, args=(write,))
    thread.start()
    half.wait(10)
    assert list(blobs.list()) == []
    go_on.set()
    thread.join()

    assert list(blobs.list()) == [sha256(b"half and half")]


def _finished_process() -> int:
    process = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitpid(process, 0)
    return process


def _leftover(folder: Path, name: str, modified: datetime) -> Path:
    path = folder / "tmp" / name
    path.write_bytes(b"half")
    os.utime(path, (modified.timestamp(), modified.timestamp()))
    return path
