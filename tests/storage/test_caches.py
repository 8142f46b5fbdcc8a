"""Every cache signs the same contract; the one on disk also refuses whatever diskcache would unpickle."""

import pickletools
import sqlite3
import stat
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import diskcache
import pytest

from dataops_kernel.storage.cache import Cache
from dataops_kernel.storage.embedded import DiskCache
from dataops_kernel.storage.memory import MemoryCache
from dataops_kernel.testing.cache_contract import CacheContract


class TestDiskCache(CacheContract):
    @pytest.fixture
    def cache(self, tmp_path: Path) -> Iterator[Cache]:
        cache = DiskCache(tmp_path / "cache")
        yield cache
        cache.close()


class TestMemoryCache(CacheContract):
    @pytest.fixture
    def cache(self) -> Cache:
        return MemoryCache()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def payload(target: Path) -> bytes:
    """Return a pickle that creates ``target`` when it is loaded (protocol 0, written by hand)."""
    pickled = f"cbuiltins\nopen\n(V{target}\nVw\ntR.".encode()
    assert next(pickletools.genops(pickled))[0].name == "GLOBAL"
    return pickled


def plant(folder: Path, mode: int, value: object, filename: str | None = None) -> None:
    """Write a row behind the cache's back, under the key ``k``."""
    with sqlite3.connect(folder / "cache.db") as connection:
        connection.execute("UPDATE Cache SET mode = ?, value = ?, filename = ?", (mode, value, filename))
    connection.close()


def test_a_planted_pickle_is_never_loaded(folder: Path, tmp_path: Path):
    cache = DiskCache(folder)
    cache.set("k", "good")
    plant(folder, diskcache.core.MODE_PICKLE, payload(tmp_path / "owned"))

    assert cache.get("k") is None
    assert not cache.add("other", 1) or cache.get("other") == 1
    assert not (tmp_path / "owned").exists()
    # The same row is deadly to diskcache itself, so the test can fail.
    with diskcache.Cache(str(folder)) as unsafe:
        key, raw = diskcache.JSONDisk(str(folder)).put("k")
        assert raw
        unsafe.get(bytes(key)).close()
    assert (tmp_path / "owned").exists()


def test_a_planted_pickle_file_is_never_loaded(folder: Path, tmp_path: Path):
    cache = DiskCache(folder)
    cache.set("k", "good")
    (folder / "ab" / "cd").mkdir(parents=True)
    (folder / "ab" / "cd" / ("0" * 28 + ".val")).write_bytes(payload(tmp_path / "owned"))

    plant(folder, diskcache.core.MODE_PICKLE, None, "ab/cd/" + "0" * 28 + ".val")

    assert cache.get("k") is None
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("mode", "value"),
    [
        (diskcache.core.MODE_RAW, "plain text"),
        (diskcache.core.MODE_RAW, 5),
        (diskcache.core.MODE_RAW, b"not zlib"),
        (diskcache.core.MODE_RAW, zlib.compress(b"not json")),
        (diskcache.core.MODE_RAW, None),
        (diskcache.core.MODE_NONE, zlib.compress(b"1")),
        (diskcache.core.MODE_TEXT, None),
        (99, zlib.compress(b"1")),
    ],
    ids=repr,
)
def test_a_row_that_is_not_json_is_read_as_absent_and_can_be_replaced(folder: Path, mode: int, value: object):
    cache = DiskCache(folder)
    cache.set("k", "good")
    plant(folder, mode, value)

    assert cache.get("k") is None
    assert cache.add("k", "new")
    assert cache.get("k") == "new"


@pytest.mark.parametrize("name", ["../victim", "../../victim", "/etc/hostname", ""])
def test_a_planted_row_cannot_reach_a_file_outside(folder: Path, tmp_path: Path, name: str):
    cache = DiskCache(folder)
    cache.set("k", "good")
    (tmp_path / "victim").write_bytes(zlib.compress(b'"secret"'))
    plant(folder, diskcache.core.MODE_BINARY, None, name)

    assert cache.get("k") is None
    cache.delete("k")

    assert (tmp_path / "victim").exists()
    assert Path("/etc/hostname").exists()


def test_only_its_owner_may_open_the_folder(folder: Path):
    folder.mkdir(mode=0o755)
    DiskCache(folder).set("k", 1)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_two_caches_on_one_folder_are_one(folder: Path):
    one, two = DiskCache(folder), DiskCache(folder)
    one.set("k", [1])
    assert two.get("k") == [1]
    assert not two.add("k", 2)
    two.delete("k")
    assert one.get("k") is None


def test_a_closed_cache_opens_again_on_use(folder: Path):
    cache = DiskCache(folder)
    cache.set("k", 1)
    cache.close()
    assert cache.get("k") == 1


def test_a_damaged_cache_is_begun_again(folder: Path):
    folder.mkdir()
    (folder / "cache.db").write_bytes(b"this is not a database, however one looks at it" * 100)
    cache = DiskCache(folder)

    assert cache.get("k") is None
    cache.set("k", 1)

    assert cache.get("k") == 1


def test_a_cache_that_nobody_used_costs_nothing(folder: Path):
    code = (
        "import sys; from dataops_kernel.storage.embedded import DiskCache;"
        f"DiskCache({str(folder)!r}).close(); sys.exit('diskcache' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert not folder.exists()
