"""The wheel as a user gets it: built, installed into an empty environment and used far from the checkout."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(UV is None and not os.environ.get("CI"), reason="needs uv; CI always has it"),
]


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=170, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    target = tmp_path_factory.mktemp("dist")
    run(UV, "build", "--wheel", "--out-dir", target, ROOT, folder=target)
    (built,) = target.glob("*.whl")
    return built


def test_the_wheel_holds_what_a_user_copies_from_and_nothing_of_the_bench(wheel):
    names = zipfile.ZipFile(wheel).namelist()

    for needed in (
        "dataops_kernel/py.typed",
        "dataops_kernel/_shipped/app/main.py",
        "dataops_kernel/_shipped/example/orders.csv",
        "dataops_kernel/_shipped/example/nightly.jil",
        "dataops_kernel/_shipped/workflows/schema_analyzer/workflow.py",
        "dataops_kernel/_shipped/workflows/sql_generator/config.yaml",
        "dataops_kernel/_shipped/workflows/jil_parser/config.yaml",
        "dataops_kernel/wdk/templates/simple/workflow.py.tmpl",
    ):
        assert needed in names
    tops = {name.split("/")[0] for name in names}
    assert len(tops) == 2
    assert "dataops_kernel" in tops
    assert not [name for name in names if "__pycache__" in name or name.endswith((".sqlite", ".ipynb", ".log"))]


def test_the_installed_wheel_answers_from_an_unrelated_folder(wheel, tmp_path, data):
    venv, away = tmp_path / "venv", tmp_path / "away"
    away.mkdir()
    shutil.copy(data / "orders.csv", away)
    run(UV, "venv", "--python", sys.executable, venv, folder=away)
    python = venv / "bin" / "python"
    run(UV, "pip", "install", "--python", python, "-c", ROOT / "constraints.txt", wheel, folder=away)
    clean = {"PYTHONPATH": "", "VIRTUAL_ENV": "", "DATAOPS_USER": "ann", "DATAOPS_WORKSPACE": ""}

    found = run(python, "-c", "import dataops_kernel; print(dataops_kernel.__file__)", folder=away, **clean)
    shown = run(venv / "bin" / "dataops", "--help", folder=away, **clean)
    profile = run(venv / "bin" / "dataops", "ask", "profile orders.csv", folder=away, **clean)
    listed = run(venv / "bin" / "dataops-workflow", "list", folder=away, **clean)

    assert Path(found.strip()).is_relative_to(venv)
    assert "ask" in shown
    assert "600 rows" in profile
    assert (away / ".dataops" / "ledger.sqlite").is_file()
    assert listed.count("ok  ") == 3
