"""Every text index signs the same contract; the one on disk may be lost, damaged or shared at any time."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataops_kernel.storage.embedded import SqliteTextIndex
from dataops_kernel.storage.memory import MemoryTextIndex
from dataops_kernel.storage.textindex import TextIndex
from dataops_kernel.testing.text_index_contract import TextIndexContract, found
from tests.rights import without_override

ROOT = Path(__file__).parents[2]


class TestSqliteTextIndex(TextIndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[TextIndex]:
        index = SqliteTextIndex(tmp_path / "cache" / "messages.sqlite")
        yield index
        index.close()


class TestMemoryTextIndex(TextIndexContract):
    @pytest.fixture
    def index(self) -> TextIndex:
        return MemoryTextIndex()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "messages.sqlite"


def filled(path: Path) -> SqliteTextIndex:
    index = SqliteTextIndex(path)
    index.add("ann", "g", [(1, ["dog"]), (2, ["cat"])], 2)
    return index


def test_an_index_that_nobody_used_makes_no_file(path: Path):
    SqliteTextIndex(path).close()
    assert not path.parent.exists()


def test_what_one_process_added_is_found_by_the_next(path: Path):
    filled(path).close()
    again = SqliteTextIndex(path)
    assert found(again, "cat") == [("g", 2)]
    again.close()


@pytest.mark.parametrize("content", [b"", b"no database at all" * 500, b"SQLite format 3\x00" + b"\xff" * 8000])
def test_a_damaged_file_is_begun_anew(path: Path, content: bytes):
    filled(path).close()
    path.write_bytes(content)

    index = SqliteTextIndex(path)

    assert index.positions(["g"]) == {}
    index.add("ann", "g", [(1, ["dog"])], 1)
    assert found(index, "dog") == [("g", 1)]
    index.close()


def test_a_file_damaged_in_the_middle_is_begun_anew(path: Path):
    index = SqliteTextIndex(path)
    index.add("ann", "g", [(n, [f"w{n}", "dog"]) for n in range(1, 3000)], 3000)
    index.close()
    with path.open("r+b") as file:
        for page in range(2, 60):
            file.seek(page * 4096)
            file.write(os.urandom(4096))

    again = SqliteTextIndex(path)
    for number in range(1, 3000, 100):
        again.search("ann", {f"w{number}": 1.0})
        again.around([("g", number - 1)], 2)
    again.add("bob", "h", [(1, ["zebra"])], 1)

    assert found(again, "zebra", owner="bob") == [("h", 1)]
    again.close()


def test_a_database_of_somebody_else_is_begun_anew(path: Path):
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()

    index = filled(path)

    assert found(index, "dog") == [("g", 1)]
    index.close()


def test_a_file_deleted_while_open_is_begun_anew_by_everybody(path: Path):
    index = filled(path)
    path.unlink()
    other = SqliteTextIndex(path)

    assert other.positions(["g"]) == {}
    assert index.positions(["g"]) == {}
    index.add("ann", "g", [(1, ["horse"])], 1)

    assert found(other, "horse", "dog") == [("g", 1)]
    index.close()
    other.close()


def test_a_folder_that_may_not_be_written_leaves_the_index_in_memory(tmp_path: Path):
    code = f"""
from pathlib import Path
from tests.storage.test_text_indexes import filled, found
index = filled(Path({str(tmp_path)!r}) / "cache" / "messages.sqlite")
assert found(index, "dog") == [("g", 1)]
"""
    tmp_path.chmod(0o500)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, preexec_fn=without_override
        )
    finally:
        tmp_path.chmod(0o700)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "cache").exists()


def test_a_file_in_the_way_leaves_the_index_in_memory(tmp_path: Path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    index = filled(tmp_path / "cache" / "messages.sqlite")
    assert found(index, "dog") == [("g", 1)]
    index.close()


def test_two_processes_that_index_the_same_texts_add_them_once(path: Path):
    code = f"""
from pathlib import Path
from dataops_kernel.storage.embedded import SqliteTextIndex
index = SqliteTextIndex(Path({str(path)!r}))
for number in range(1, 101):
    index.add("ann", "g", [(number, ["dog", f"only{{number}}"])], number)
    index.search("ann", {{"dog": 1.0}})
"""
    workers = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0]

    index = SqliteTextIndex(path)
    assert index.frequencies("ann", ["dog"]) == (100, 200, {"dog": 100})
    assert found(index, "only77") == [("g", 77)]
    index.close()


def test_an_index_goes_on_in_both_sides_of_a_fork(path: Path):
    index = filled(path)
    child = os.fork()
    if child == 0:
        os._exit(0 if found(index, "dog") == [("g", 1)] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert found(index, "cat") == [("g", 2)]
    index.close()
