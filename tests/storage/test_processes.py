"""Processes that write at the same time: none waits for ever, and nothing is lost, doubled or reordered."""

from pathlib import Path

from dataops_kernel.storage.embedded import SqliteLedger
from dataops_kernel.testing.processes import run, start

_APPENDER = """
import sys
from dataops_kernel.storage.embedded.ledger import SqliteLedger
from dataops_kernel.storage.ledger import Append

ledger = SqliteLedger(sys.argv[1])
sys.stdout.write("ready\\n"); sys.stdout.flush()
sys.stdin.readline()
given = [ledger.commit([Append("s", f"{sys.argv[2]}.{turn}".encode())])[0] for turn in range(500)]
sys.stdout.write(" ".join(map(str, given)))
"""


def test_four_processes_append_two_thousand_entries_at_once(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    processes = [start(_APPENDER, path, worker) for worker in range(4)]
    # The file does not exist yet: all four also create it at once.
    assert [process.stdout.readline() for process in processes if process.stdout] == [b"ready\n"] * 4

    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    given = [[int(number) for number in process.communicate()[0].split()] for process in processes]

    ledger = SqliteLedger(path)
    bodies = {entry.seq: entry.body.decode() for entry in ledger.entries("s")}
    assert list(bodies) == list(range(1, 2001))
    assert sorted(number for numbers in given for number in numbers) == list(bodies)
    for worker, numbers in enumerate(given):
        assert numbers == sorted(numbers)
        assert [bodies[number] for number in numbers] == [f"{worker}.{turn}" for turn in range(500)]
    ledger.close()


def test_what_another_process_committed_is_read_at_once(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    ledger = SqliteLedger(path)
    process = start(_ECHO, path)
    assert process.stdin is not None
    assert process.stdout is not None

    for number in range(1, 21):
        process.stdin.write(b"append\n")
        process.stdin.flush()
        assert process.stdout.readline() == f"{number}\n".encode()
        assert ledger.tail("s") == number
        assert ledger.get("k", f"r{number}") is not None

    process.communicate()
    ledger.close()


_ECHO = """
import sys
from dataops_kernel.storage.embedded.ledger import SqliteLedger
from dataops_kernel.storage.ledger import Append, Put

ledger = SqliteLedger(sys.argv[1])
for line in sys.stdin:
    number = ledger.tail("s") + 1
    ledger.commit([Append("s", b"", expect=number - 1), Put("k", f"r{number}", b"")])
    sys.stdout.write(f"{number}\\n"); sys.stdout.flush()
"""

_FORKING = """
import os, sys, threading
from dataops_kernel.storage.embedded.ledger import SqliteLedger
from dataops_kernel.storage.ledger import Append

ledger = SqliteLedger(sys.argv[1])
ledger.commit([Append("s", b"start")])
stop = threading.Event()

def write():
    while not stop.is_set():
        ledger.commit([Append("noise", b"")])
        ledger.entries("noise", limit=10)

writers = [threading.Thread(target=write) for _ in range(3)]
for writer in writers:
    writer.start()
children = []
for child in range(4):
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        for turn in range(20):
            ledger.commit([Append("s", f"{child}.{turn}".encode())])
        os.close(writing)
        os.read(reading, 1)  # until the parent has closed the ledger
        for turn in range(20, 40):
            ledger.commit([Append("s", f"{child}.{turn}".encode())])
        assert ledger.tail("noise") >= 0
        os._exit(0)
    os.close(reading)
    children.append((pid, writing))
stop.set()
for writer in writers:
    writer.join()
for turn in range(40):
    ledger.commit([Append("s", f"parent.{turn}".encode())])
ledger.close()
for pid, writing in children:
    os.close(writing)
for pid, writing in children:
    assert os.waitpid(pid, 0)[1] == 0
"""


def test_a_fork_while_threads_write_loses_nothing_on_either_side(tmp_path: Path):
    run(_FORKING, tmp_path / "ledger.sqlite")

    ledger = SqliteLedger(tmp_path / "ledger.sqlite")
    bodies = [entry.body.decode() for entry in ledger.entries("s")]
    for writer in ("0", "1", "2", "3", "parent"):
        mine = [body for body in bodies if body.startswith(f"{writer}.")]
        assert mine == [f"{writer}.{turn}" for turn in range(40)]
    assert len(bodies) == 201
    noise = ledger.entries("noise")
    assert [entry.seq for entry in noise] == list(range(1, len(noise) + 1))
    ledger.close()


def test_importing_the_ledger_imports_nothing_heavy():
    loaded = run("import sys; import dataops_kernel.storage.embedded.ledger; sys.stdout.write(' '.join(sys.modules))")

    heavy = {"pydantic", "diskcache", "numpy", "pyarrow", "asyncio", "tempfile", "logging"}
    assert heavy & set(loaded.split()) == set()
