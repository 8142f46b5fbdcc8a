"""Every block of docs/sessions.md runs, one after the other, as a reader would."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```(python|bash)\n(.*?)```", (ROOT / "docs" / "sessions.md").read_text(), re.DOTALL)


def test_the_blocks_of_the_page_on_sessions_run(tmp_path):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "DATAOPS_WORKSPACE": str(tmp_path / "ws")}
    python = "\n".join(code for language, code in BLOCKS if language == "python")
    bash = "\n".join(code for language, code in BLOCKS if language == "bash")
    for command in ([sys.executable, "-c", python], ["bash", "-euo", "pipefail", "-c", bash]):
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
