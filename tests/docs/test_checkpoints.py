"""Every block of the page on checkpoints runs, one after the other, as a reader would."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "docs" / "checkpoints.md").read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the example files."""
    folder = tmp_path_factory.mktemp("checkpoints")
    (folder / "notebooks").symlink_to(ROOT / "notebooks")
    return folder


def test_the_blocks_run_one_after_the_other(place):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    workspaces = {"bash": place / "ws", "python": place / "py"}
    for language, code in BLOCKS:
        if language == "text":
            continue
        environment = {**os.environ, "PATH": path, "DATAOPS_WORKSPACE": str(workspaces[language])}
        command = ["bash", "-euo", "pipefail", "-c"] if language == "bash" else [sys.executable, "-c"]
        done = subprocess.run([*command, code], cwd=place, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
