"""Every system call by which an operation writes fails once: nothing is acknowledged that is not there."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count, product
from pathlib import Path

import pytest

from dataops_kernel.testing.crash import Nursery
from dataops_kernel.testing.faults import CALLS, failing_calls
from tests.reliability.deeds import every_deed_once
from tests.reliability.failing import MAKE, OPEN, OPERATIONS, prepare

FAULTS = ["ENOSPC", "EIO"]
_ALL = 20
"""So many calls of a kind each fail; what an operation does still more often (reading files), only now and then."""
_MOST = 1_000
_LIMITS = [10, 2_000, 4_200, 9_000, 30_000]
"""In the first header of SQLite's log, in its first page, in later ones; and in the middle of a blob."""


@pytest.mark.timeout(600)
def test_whichever_call_fails_nothing_is_acknowledged_that_is_not_there(tmp_path: Path, capsys):
    ids = prepare(tmp_path / "template")
    with ThreadPoolExecutor(len(FAULTS)) as pool:
        outcomes = [*pool.map(lambda fault: _strike_all(tmp_path, ids, fault), FAULTS)]

    ended = sum((ended for _, ended in outcomes), Counter())
    with capsys.disabled():
        print(f"\n{ended.total():,} calls failed in {len(OPERATIONS)} operations:")
        for fault, (struck, _) in zip(FAULTS, outcomes, strict=True):
            print(f"  {fault}: {_listed(struck)}")
        print(f"  how the operations ended: {_listed(ended)}; 0 false acknowledgements")
    for struck, _ in outcomes:
        assert {*struck} >= {"write", "pwrite64", "fsync", "fdatasync", "openat", "rename", "mkdir"}
    assert ended["storage_unavailable"] > 100


def _strike_all(folder: Path, ids: dict[str, str], fault: str) -> tuple[Counter[str], Counter[str]]:
    """Let calls fail in one way; return how many of each kind did, and how the operations ended."""
    struck: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    with closing(_nursery(folder / fault, fault)) as nursery:
        for operation, call in product(OPERATIONS, CALLS):
            for number in _numbers(operation, fault):
                place = {"call": call, "number": number, "fault": fault}
                [told] = nursery.run({**_plan(folder, ids, operation, fault), **place})
                if told == "passed":
                    break
                struck[call] += 1
                ended[told] += 1
                assert number < _MOST, f"{operation!r} makes over {_MOST} calls of {call}"
    return struck, ended


def _numbers(operation: str, fault: str) -> Iterator[int]:
    """Yield which calls of a kind fail in this way: the first in every way, further ones by turns, at last some."""
    own = FAULTS.index(fault)
    if operation not in (OPEN, MAKE) and own != 1 % len(FAULTS):
        yield 1
    for number in count(1):
        if number % len(FAULTS) == own and (number <= _ALL or number % 7 == 0):
            yield number


def _nursery(folder: Path, fault: str) -> Nursery:
    warm = {"workspace": str(folder), "ids": {}, "steps": every_deed_once()}
    return Nursery("tests.reliability.failing:fail_once", warm, under=failing_calls(fault))


def test_a_write_cut_short_is_not_acknowledged(tmp_path: Path, capsys):
    ids = prepare(tmp_path / "template")
    warm = {"workspace": str(tmp_path / "warm"), "ids": {}, "steps": every_deed_once()}
    nursery = Nursery("tests.reliability.failing:fail_once", warm)
    ended: Counter[str] = Counter()
    # How a run ends whose closing is refused is the engine's own story (tests/engine/test_journal.py).
    for operation, limit in product([*{*OPERATIONS} - {OPEN, MAKE, "run", "ask"}], _LIMITS):
        plan = {**_plan(tmp_path, ids, operation, "short"), "limit": limit}
        ended.update(nursery.run(plan))
    nursery.close()

    with capsys.disabled():
        print(f"\n{ended.total()} operations with files cut at {_LIMITS} bytes: {_listed(ended)}")
    assert ended["storage_unavailable"] > 30


def _plan(folder: Path, ids: dict[str, str], operation: str, fault: str) -> dict:
    return {
        "template": str(folder / "template"),
        "workspace": str(folder / f"ws {fault}"),
        "ids": ids,
        "operation": operation,
    }


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
