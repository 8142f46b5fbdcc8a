"""Every system call by which an operation writes fails once: nothing is acknowledged that is not there."""

from collections import Counter
from itertools import count, product
from pathlib import Path

import pytest

from dataops_kernel.testing.crash import Nursery
from dataops_kernel.testing.faults import CALLS, failing_calls
from tests.reliability.deeds import every_deed_once
from tests.reliability.failing import MAKE, OPEN, OPERATIONS, prepare

_MOST = 300
_LIMITS = [10, 2_000, 4_200, 9_000, 30_000]
"""In the first header of SQLite's log, in its first page, in later ones; and in the middle of a blob."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", ["ENOSPC", "EIO"])
def test_whichever_call_fails_nothing_is_acknowledged_that_is_not_there(tmp_path: Path, capsys, fault: str):
    ids = prepare(tmp_path / "template")
    warm = {"workspace": str(tmp_path / "warm"), "ids": {}, "steps": every_deed_once()}
    nursery = Nursery("tests.reliability.failing:fail_once", warm, under=failing_calls(fault))
    struck: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    for operation, call in product(OPERATIONS, CALLS):
        for number in count(1):
            [told] = nursery.run({**_plan(tmp_path, ids, operation), "call": call, "number": number, "fault": fault})
            if told == "passed":
                break
            struck[call] += 1
            ended[told] += 1
            assert number < _MOST, f"{operation!r} makes over {_MOST} calls of {call}"
    nursery.close()

    with capsys.disabled():
        print(f"\n{struck.total():,} calls failed with {fault} in {len(OPERATIONS)} operations: {_listed(struck)}")
        print(f"  how the operations ended: {_listed(ended)}; 0 false acknowledgements")
    assert {*struck} >= {"write", "pwrite64", "fsync", "fdatasync", "openat", "rename", "mkdir"}
    assert ended["storage_unavailable"] > 50


def test_a_write_cut_short_is_not_acknowledged(tmp_path: Path, capsys):
    ids = prepare(tmp_path / "template")
    warm = {"workspace": str(tmp_path / "warm"), "ids": {}, "steps": every_deed_once()}
    nursery = Nursery("tests.reliability.failing:fail_once", warm)
    ended: Counter[str] = Counter()
    # How a run ends whose closing is refused is the engine's own story (tests/engine/test_journal.py).
    for operation, limit in product([*{*OPERATIONS} - {OPEN, MAKE, "run"}], _LIMITS):
        plan = {**_plan(tmp_path, ids, operation), "limit": limit}
        ended.update(nursery.run(plan))
    nursery.close()

    with capsys.disabled():
        print(f"\n{ended.total()} operations with files cut at {_LIMITS} bytes: {_listed(ended)}")
    assert ended["storage_unavailable"] > 30


def _plan(folder: Path, ids: dict[str, str], operation: str) -> dict:
    return {
        "template": str(folder / "template"),
        "workspace": str(folder / "ws"),
        "ids": ids,
        "operation": operation,
    }


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
