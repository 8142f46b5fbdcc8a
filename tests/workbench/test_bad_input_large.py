"""A file larger than one would want: read in passing, in bounded memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MEGABYTES = 200
MOST_MEMORY = 1_400 * 1024 * 1024  # DuckDB may take 1 GB; the rest is Python, and what the allocator keeps

READ = """
import json, resource, sys
from dataops_kernel import connect

with connect(sys.argv[1], user="ann") as workbench:
    session_id = workbench.sessions.create_session().session_id
    answer = workbench.run("schema_analyzer", {"source": sys.argv[2]}, session_id).result(timeout=250)
    counted = workbench.sql("select count(*) n, sum(id)::bigint ids, sum(cents)::bigint cents from big", session_id)
# Linux counts in kilobytes. The query runs in a process of its own, counted among the children once it has ended.
own, others = (resource.getrusage(who).ru_maxrss * 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
sys.stdout.write(json.dumps({"rows": counted.to_pylist()[0], "own": own, "others": others, "kind": answer.kind}))
"""


def write_large(path: Path, megabytes: int) -> dict[str, int]:
    """Write rows of about 50 bytes up to the size and return what their sums must be."""
    block, count, cents = 20_000, 0, 0
    with path.open("w", encoding="ascii") as out:
        out.write("id,region,cents,ordered\n")
        while out.tell() < megabytes * 1024 * 1024:
            lines = []
            for id in range(count, count + block):
                amount = id * 7919 % 1_000_003
                cents += amount
                lines.append(f"{id},region-{id % 17:02d}-of-the-world,{amount},2026-03-{id % 28 + 1:02d}\n")
            out.writelines(lines)
            count += block
    return {"n": count, "ids": count * (count - 1) // 2, "cents": cents}


@pytest.mark.timeout(280)
def test_a_large_file_is_read_exactly_in_bounded_memory(tmp_path):
    big = tmp_path / "big.csv"
    expected = write_large(big, MEGABYTES)

    done = subprocess.run(
        [sys.executable, "-c", READ, tmp_path / "ws", big], capture_output=True, text=True, timeout=250
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["kind"] == "answer"
    assert told["rows"] == expected
    assert told["own"] < MOST_MEMORY
    assert told["others"] < MOST_MEMORY
