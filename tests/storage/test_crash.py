"""A writer is killed at 200 random moments: what it acknowledged is there, and nothing is half there."""

import os
import random
import sqlite3
from pathlib import Path

import pytest

from dataops_kernel.storage.embedded import FileBlobs, SqliteLedger
from dataops_kernel.testing.blobs_contract import sha256
from dataops_kernel.testing.processes import start

_WRITER = """
import os, sys, threading
from dataops_kernel.storage.embedded.ledger import SqliteLedger
from dataops_kernel.storage.ledger import Append, Put

path, threads, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
ledger = SqliteLedger(path)

def write(worker):
    turn = 0
    while True:
        token = f"{os.getpid()}.{worker}.{turn}"
        body = token.encode().ljust(size, b"-")
        record = Put("k", token, body, parent=f"{os.getpid()}.{worker}", order=f"{turn:08d}", stamp="s", data=body)
        [number] = ledger.commit([Append("s", body), record])
        os.write(1, f"{number} {token}\\n".encode())
        turn += 1

for worker in range(1, threads):
    threading.Thread(target=write, args=(worker,), daemon=True).start()
write(0)
"""


def kill_at_random(path: Path, dice: random.Random) -> dict[int, str]:
    """Let a writer work, kill it somewhere, and return what it had acknowledged: entry number to token."""
    process = start(_WRITER, path, dice.choice([1, 1, 4]), dice.choice([20, 20, 600, 5000]))
    output = process.stdout
    assert output is not None
    acknowledged = b""
    enough = dice.choice([0, 1, dice.randrange(30), dice.randrange(30)])
    while acknowledged.count(b"\n") < enough:
        chunk = os.read(output.fileno(), 65536)
        assert chunk, "the writer ended by itself"
        acknowledged += chunk
    for _ in range(dice.randrange(30_000)):
        pass  # a little later, at a moment nobody chose
    process.kill()
    acknowledged += output.read()
    process.communicate()
    # The last line may be cut off; then nobody can have read it.
    lines = acknowledged.decode().split("\n")[:-1]
    return {int(number): token for number, token in (line.split() for line in lines)}


def check(ledger: SqliteLedger, acknowledged: dict[int, str], seen: int) -> int:
    """Check all that was written after entry ``seen`` and return the number of the last entry."""
    entries = ledger.entries("s", after=seen)
    tokens = {entry.seq: entry.body.rstrip(b"-").decode() for entry in entries}
    records = {record.id: record for record in ledger.get_many("k", list(tokens.values()))}

    assert list(tokens) == list(range(seen + 1, seen + len(entries) + 1))
    assert acknowledged.items() <= tokens.items()
    for entry in entries:
        record = records[tokens[entry.seq]]  # entry and record were one commit
        assert record.seq == entry.seq
        assert record.body == entry.body == ledger.data("k", record.id)
    for parent in {record.parent for record in records.values()}:
        turns = [int(record.order) for record in ledger.children("k", parent)]
        assert turns == list(range(len(turns)))
    return seen + len(entries)


@pytest.mark.timeout(600)
def test_two_hundred_killed_writers_lose_nothing_they_acknowledged(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    dice = random.Random(20261122)
    seen = 0
    witness = SqliteLedger(path)

    for turn in range(200):
        if turn % 2:  # with and without somebody else holding the file open
            witness.close()
        acknowledged = kill_at_random(path, dice)
        if turn % 2:
            witness = SqliteLedger(path)
        seen = check(witness, acknowledged, seen)
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], f"after kill {turn}"
        connection.close()

    assert seen > 1000  # the writers did get to write
    assert len(witness.entries("s")) == seen
    witness.close()


_BLOB_WRITER = """
import os, sys
from dataops_kernel.storage.embedded.blobs import FileBlobs

blobs = FileBlobs(sys.argv[1])
turn = 0
while True:
    content = f"{os.getpid()}.{turn}".encode() * 40_000
    os.write(1, blobs.put(content).encode() + b"\\n")
    turn += 1
"""


def test_killed_writers_leave_whole_blobs_only(tmp_path: Path):
    dice = random.Random(20261122)
    blobs = FileBlobs(tmp_path)

    for _ in range(20):
        process = start(_BLOB_WRITER, tmp_path)
        assert process.stdout is not None
        acknowledged = b"".join(process.stdout.readline() for _ in range(dice.randrange(3)))
        for _ in range(dice.randrange(100_000)):
            pass
        process.kill()
        acknowledged += process.communicate()[0]

        stored = set(blobs.list())
        assert set(acknowledged.decode().split("\n")[:-1]) <= stored
        for digest in stored:
            with blobs.open(digest) as stream:
                assert sha256(stream.read()) == digest
            blobs.delete(digest)
