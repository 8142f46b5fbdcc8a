"""Size: memory does not grow with the file, and a long reading can be stopped."""

import subprocess
import sys
from pathlib import Path

import pytest

from dataops_kernel.artifacts.readers import ReadLimits, read_file
from dataops_kernel.errors import LimitExceededError

LINE = '%d,2026-01-%02d,C-%d,EMEA,%d.50,"A note, with a comma and text number %d"\n'
MEGABYTE = 2**20

MEASURE = """
import resource, sys
from pathlib import Path
from dataops_kernel.artifacts.readers import ReadLimits, read_file

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

read_file(sys.argv[1], Path(sys.argv[3]))
before = peak()
report = read_file(sys.argv[2], Path(sys.argv[3]), limits=ReadLimits(memory_bytes=512_000_000))
print(report.rows, int(before), int(peak()))
"""


def write_lines(file: Path, megabytes: int) -> int:
    row = 0
    with file.open("w") as out:
        out.write("id,day,customer,region,amount,note\n")
        while out.tell() < megabytes * MEGABYTE:
            block = []
            for _ in range(10_000):
                block.append(LINE % (row, row % 28 + 1, row % 5000, row % 1000, row))
                row += 1
            out.write("".join(block))
    return row


@pytest.mark.parametrize("ragged", [False, True])
def test_memory_does_not_grow_with_the_file(tmp_path, ragged):
    """A file of 200 MB (a ragged one of 24 MB) needs little more than the engine's own limit."""
    small, big = tmp_path / "small.csv", tmp_path / "big.csv"
    write_lines(small, 1)
    rows = write_lines(big, 24 if ragged else 200)
    if ragged:
        with big.open("a") as out:
            out.write("short,row\n")

    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(small), str(big), str(tmp_path / "out.parquet")],
        capture_output=True,
        text=True,
        check=True,
    )

    counted, before, after = map(int, done.stdout.split())
    assert counted == rows + ragged
    assert after < before + 600, f"{before} MB before, {after} MB after"


def test_a_watch_hears_what_is_going_on(tmp_path):
    write_lines(tmp_path / "a.csv", 1)
    said: list[str] = []

    read_file("a.csv", tmp_path / "out.parquet", cwd=tmp_path, watch=said.append)

    assert "Reading a.csv: checking the encoding." in said
    assert "Reading a.csv: writing." in said


class Stopped(Exception):
    """Somebody pressed cancel."""


@pytest.mark.parametrize("during", ["encoding", "counting", "columns", "writing"])
def test_a_watch_stops_the_reading_at_any_moment(tmp_path, during):
    write_lines(tmp_path / "a.csv", 4)
    heard = 0

    def watch(said: str) -> None:
        nonlocal heard
        if during in said:
            heard += 1
            raise Stopped

    with pytest.raises(Stopped):
        read_file("a.csv", tmp_path / "out.parquet", cwd=tmp_path, watch=watch)

    assert heard == 1


def test_what_does_not_fit_into_the_memory_allowed_is_an_error_that_names_the_limit(tmp_path):
    names = [f"c{number}" for number in range(1500)]
    row = ",".join(str(number) * 40 for number in range(1500))
    (tmp_path / "wide.csv").write_text(",".join(names) + "\n" + (row + "\n") * 300)

    with pytest.raises(LimitExceededError, match="64,000,000 bytes of memory"):
        read_file("wide.csv", tmp_path / "out", cwd=tmp_path, limits=ReadLimits(memory_bytes=64_000_000))
