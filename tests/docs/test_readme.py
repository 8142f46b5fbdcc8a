"""Every block of the README runs, or says why it does not."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(<!-- not run here: (?P<reason>.+?) -->\n)?```(?P<language>\w*)\n(?P<code>.*?)```", re.DOTALL)
BLOCKS = list(BLOCK.finditer((ROOT / "README.md").read_text()))


def test_a_block_that_does_not_run_says_why():
    assert all(block["language"] in ("bash", "python") for block in BLOCKS)
    assert sum(block["reason"] is not None for block in BLOCKS) <= 1


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the example files, the command on the path and a workspace of its own."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "notebooks").symlink_to(ROOT / "notebooks")
    return folder


def test_the_blocks_run_one_after_the_other_as_a_reader_would(place):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "DATAOPS_WORKSPACE": str(place / "ws")}
    for block in BLOCKS:
        if block["reason"]:
            continue
        command = ["bash", "-euo", "pipefail", "-c"] if block["language"] == "bash" else [sys.executable, "-c"]
        done = subprocess.run([*command, block["code"]], cwd=place, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{block['code']}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
