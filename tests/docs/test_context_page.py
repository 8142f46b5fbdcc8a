"""Every block of docs/context.md runs, one after the other, in a workspace of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```(?P<language>\w*)\n(?P<code>.*?)```", re.DOTALL)


def test_the_blocks_run_one_after_the_other_as_a_reader_would(tmp_path):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "DATAOPS_WORKSPACE": str(tmp_path / "ws"), "PYTHONPATH": str(ROOT)}
    blocks = list(BLOCK.finditer((ROOT / "docs" / "context.md").read_text()))
    assert len(blocks) >= 6
    for block in blocks:
        command = ["bash", "-euo", "pipefail", "-c"] if block["language"] == "bash" else [sys.executable, "-c"]
        done = subprocess.run([*command, block["code"]], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{block['code']}\n{done.stdout}\n{done.stderr}"
