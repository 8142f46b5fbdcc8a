"""Time, memory, crashes and many threads: a query may fail, the service goes on."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dataops_kernel.artifacts.query import QueryService
from dataops_kernel.errors import QueryTimeoutError, RunCancelledError

# Heeds an interrupt, ignores it (one long call inside one function), recurses, and multiplies.
RUNAWAYS = [
    "select count(*) from range(1000000000000) t(i) where i % 7 = 3",
    "select levenshtein(repeat('a', 300000), repeat('b', 300000))",
    "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
    "select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = -1",
    "explain analyze select count(*) from range(1000000000000) t(i) where i % 7 = 3",
]
BOMBS = [
    "select count(*) from (select i from range(1000000000) t(i) group by i)",
    "select list(i) from range(1000000000) t(i)",
    "select range(2000000000)",
    "select length(format('{:>2000000000}', 'x'))",
    "with recursive r as (select range(1000) as l union all select l || l from r) select count(*) from r",
]


def answers(service: QueryService) -> bool:
    return service.run("select 42 as x", {}).table.to_pylist() == [{"x": 42}]


@pytest.fixture(scope="module")
def hasty(shelf) -> QueryService:
    made = shelf.service(seconds=0.3, processes=1)
    assert answers(made)
    return made


@pytest.mark.parametrize("sql", RUNAWAYS)
def test_a_runaway_query_is_stopped_within_two_seconds_of_its_limit(hasty, sql):
    assert answers(hasty)
    started = time.monotonic()

    with pytest.raises(QueryTimeoutError, match=r"stopped after 0\.3 s") as stopped:
        hasty.run(sql, {})

    assert time.monotonic() - started < 2.3
    assert stopped.value.hint
    assert answers(hasty)


def test_a_query_that_heeds_the_stop_keeps_its_process(hasty):
    assert answers(hasty)
    before = hasty.processes()

    with pytest.raises(QueryTimeoutError):
        hasty.run(RUNAWAYS[0], {})

    assert hasty.processes() == before


@pytest.fixture(scope="module")
def small(shelf) -> QueryService:
    return shelf.service(seconds=20, memory_mb=128)


@pytest.mark.parametrize("sql", BOMBS)
def test_a_memory_bomb_is_defused(small, sql):
    with pytest.raises(QueryTimeoutError, match="more than its 128 MB of memory") as stopped:
        small.run(sql, {})

    assert "Filter earlier" in stopped.value.hint
    assert answers(small)


def test_a_killed_process_is_replaced_before_the_next_query(shelf):
    service = shelf.service(processes=1)
    for _ in range(3):
        assert answers(service)
        [pid] = service.processes()
        os.kill(pid, signal.SIGKILL)
        assert answers(service)
        assert service.processes() != (pid,)


def test_a_process_killed_during_a_query_fails_that_query_only(shelf):
    service = shelf.service(processes=1)
    assert answers(service)
    [pid] = service.processes()

    with ThreadPoolExecutor() as threads:
        running = threads.submit(service.run, RUNAWAYS[0], {})
        until_busy(pid)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(QueryTimeoutError, match=r"ended the query before it answered \(SIGKILL\)"):
            running.result(timeout=10)

    assert answers(service)


def test_a_query_is_cancelled_from_another_thread(shelf):
    service = shelf.service(processes=1)
    assert answers(service)
    [pid] = service.processes()
    cancelled = threading.Event()

    with ThreadPoolExecutor() as threads:
        running = threads.submit(service.run, RUNAWAYS[0], {}, cancelled=cancelled)
        until_busy(pid)
        started = time.monotonic()
        cancelled.set()
        with pytest.raises(RunCancelledError, match="cancelled"):
            running.result(timeout=10)

    assert time.monotonic() - started < 2
    assert answers(service)


def test_a_query_cancelled_beforehand_never_runs(shelf):
    service = shelf.service()
    cancelled = threading.Event()
    cancelled.set()

    with pytest.raises(RunCancelledError):
        service.run("select 1", {}, cancelled=cancelled)
    assert service.processes() == ()


def test_closing_cuts_off_a_running_query(shelf):
    service = shelf.service()
    assert answers(service)
    [pid] = service.processes()

    with ThreadPoolExecutor() as threads:
        running = threads.submit(service.run, RUNAWAYS[0], {})
        until_busy(pid)
        service.close()
        with pytest.raises(RunCancelledError, match="the service was closed"):
            running.result(timeout=10)

    assert service.processes() == ()


def test_many_threads_get_their_own_answers(shelf):
    service = shelf.service(processes=2)

    def query(number: int) -> int:
        if number % 5 == 0:
            table = service.run("select sum(order_id) + $n as x from orders", shelf.tables, {"n": number}).table
            return table.to_pylist()[0]["x"] - 21
        return service.run("select $n as x from range(1000) limit 1", {}, {"n": number}).table.to_pylist()[0]["x"]

    with ThreadPoolExecutor(12) as threads:
        assert list(threads.map(query, range(120))) == list(range(120))
    assert len(service.processes()) == 2


def test_a_slow_query_does_not_hold_up_the_others(shelf):
    service = shelf.service(seconds=30, processes=2)
    cancelled = threading.Event()
    assert answers(service)
    [pid] = service.processes()

    with ThreadPoolExecutor() as threads:
        slow = threads.submit(service.run, RUNAWAYS[0], {}, cancelled=cancelled)
        until_busy(pid)
        assert answers(service)
        assert not slow.done()
        cancelled.set()
        with pytest.raises(RunCancelledError):
            slow.result(timeout=10)


def until_busy(pid: int) -> None:
    """Return once the process has used processor time since the call: the query has begun."""

    def used() -> int:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before, deadline = used(), time.monotonic() + 20
    while used() < before + 5:
        assert time.monotonic() < deadline, "the query never began"
