"""One workspace, several processes: runs are followed, cancelled and recovered across them."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from dataops_kernel.clock import system_clock
from dataops_kernel.engine import owner
from dataops_kernel.engine.local import LocalEngine
from dataops_kernel.errors import DataOpsError, RunCancelledError
from dataops_kernel.ids import IdSource
from dataops_kernel.storage.embedded import SqliteLedger
from dataops_kernel.testing.engine_site import PATIENCE, answer_at_once, lawful

# A process that starts one run, prints its id, and does with it what its argument says.
OTHER = """
import asyncio, sys, threading
from pathlib import Path
from dataops_kernel.clock import system_clock
from dataops_kernel.engine.local import LocalEngine
from dataops_kernel.ids import IdSource
from dataops_kernel.storage.embedded import SqliteLedger
from dataops_kernel.testing.engine_site import Gate, new_run
from dataops_kernel.types import Answer

path, wish = sys.argv[1:]

async def chatty(run, emit, cancelled):
    for number in range(1000):
        emit("progress", text="line", done=number)
        if number % 50 == 0:
            await asyncio.sleep(0.002)
    return Answer(text="all said")

async def stuck(run, emit, cancelled):
    emit("progress", text="stuck")
    await asyncio.to_thread(threading.Event().wait)

bodies = {"talk": chatty, "hang": Gate("waiting"), "stuck": stuck}
engine = LocalEngine(SqliteLedger(Path(path)), bodies[wish], IdSource(), system_clock, close_seconds=0.2)
handle = engine.submit(new_run())
sys.stdout.write(handle.run_id + "\\n")
sys.stdout.flush()
if wish == "stuck":
    while len(list(zip(range(2), handle.events()))) < 2:
        pass
    engine.close()
else:
    try:
        sys.stdout.write(handle.result().text)
    except Exception as err:
        sys.stdout.write(type(err).__name__)
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ledger.sqlite"
    SqliteLedger(path).close()
    return path


@pytest.fixture
def here(path):
    ledger = SqliteLedger(path)
    engine = LocalEngine(ledger, answer_at_once, IdSource(), system_clock, close_seconds=0.1)
    yield engine
    engine.close()
    ledger.close()


@pytest.fixture
def start(path):
    started = []

    def start(wish):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(OTHER), str(path), wish], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_run_of_another_process_is_followed_from_the_first_event_to_the_last(here, start):
    process, run_id = start("talk")

    events = list(here.attach(run_id).events())

    assert lawful(events)
    assert [event.data["done"] for event in events if event.type == "progress"] == list(range(1000))
    assert here.attach(run_id).result(PATIENCE).text == "all said"
    assert process.communicate(timeout=PATIENCE)[0] == "all said"


def test_a_run_of_another_process_can_be_cancelled(here, start):
    process, run_id = start("hang")
    handle = here.attach(run_id)
    assert handle.status == "running"

    handle.cancel()

    with pytest.raises(RunCancelledError):
        handle.result(PATIENCE)
    assert process.communicate(timeout=PATIENCE)[0] == "RunCancelledError"
    assert lawful(list(handle.events()))


def test_a_run_whose_process_was_killed_is_closed_and_keeps_what_it_said(here, start):
    process, run_id = start("hang")
    reading = here.attach(run_id).events()
    said = [next(reading), next(reading)]
    assert here.recover() == []

    process.send_signal(signal.SIGKILL)
    process.wait()

    assert here.recover() == [run_id]
    assert here.recover() == []
    events = [*said, *reading]
    assert lawful(events)
    assert [event.type for event in events] == ["run_started", "progress", "run_failed"]
    with pytest.raises(DataOpsError, match="ended before the run did") as caught:
        here.attach(run_id).result(PATIENCE)
    assert caught.value.code == "owner_died"


def test_waiting_for_a_run_whose_process_was_killed_ends_without_anybody_recovering(here, start):
    process, run_id = start("hang")
    handle = here.attach(run_id)

    process.send_signal(signal.SIGKILL)

    with pytest.raises(DataOpsError, match="ended before the run did"):
        handle.result(PATIENCE)


def test_a_node_that_never_returns_does_not_keep_its_process_alive(here, start):
    process, run_id = start("stuck")

    process.communicate(timeout=PATIENCE)

    assert process.returncode == 0
    assert here.run(run_id).status == "cancelled"


def test_this_process_is_alive_and_an_ended_one_is_not():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True)
    host, _, start = owner.this_process().split(":")
    ticks = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    living = f"{host}:{child.pid}:{start.split('-')[0]}-{ticks}"

    assert owner.is_alive(owner.this_process())
    assert owner.is_alive(living)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not owner.is_alive(living), "a process that nobody has waited for yet is dead all the same"
    child.communicate()
    assert not owner.is_alive(living)


def test_a_recycled_process_number_is_not_the_old_owner():
    host, pid, start = owner.this_process().split(":")

    assert not owner.is_alive(f"{host}:{pid}:{start}1")


@pytest.mark.parametrize("unknowable", ["elsewhere:1:x-1", "", "nonsense", "host:pid:start"])
def test_an_owner_that_cannot_be_looked_up_counts_as_alive(unknowable):
    assert owner.is_alive(unknowable)
