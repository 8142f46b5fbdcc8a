"""The house rules that no linter knows."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    if (ROOT / name).is_file()
]
SOURCES = [path for path in TRACKED if path.suffix == ".py"]


def test_no_file_is_longer_than_350_lines():
    long = {str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text().splitlines())) > 350}

    assert long == {}


def test_no_module_is_named_for_nothing():
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "core", "manage"}

    assert [str(p) for p in SOURCES if p.stem in vague or p.parent.name in vague] == []


def test_packages_of_the_kernel_only_re_export_in_their_init():
    allowed = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.Expr, ast.If, ast.FunctionDef)
    kernel = ROOT / "dataops_kernel"
    inits = [p for p in SOURCES if p.name == "__init__.py" and kernel in p.parents and p.parent != kernel]
    heavy = {
        str(path.relative_to(ROOT)): type(node).__name__
        for path in inits
        for node in ast.parse(path.read_text()).body
        if not isinstance(node, allowed)
        or (isinstance(node, ast.FunctionDef) and node.name not in {"__getattr__", "__dir__"})
    }

    assert heavy == {}


@pytest.mark.parametrize("path", [p for p in SOURCES if ROOT / "app" in p.parents], ids=lambda p: p.name)
def test_the_app_knows_only_the_kernels_root_and_its_views(path):
    imported = {
        name
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if name.startswith("dataops_kernel")
    }

    assert imported <= {"dataops_kernel", "dataops_kernel.views"}


def test_nothing_unpickles_evaluates_or_sleeps():
    banned = {"eval", "exec"}
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if ROOT / "dataops_kernel" in path.parents or ROOT / "workflows" in path.parents
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in banned)
            or (
                isinstance(node.func, ast.Attribute)
                and ast.unparse(node.func) in {"pickle.loads", "yaml.load", "marshal.loads"}
            )
        )
    ]

    assert calls == []


def test_every_workflow_folder_has_the_files_of_the_specification():
    folders = [path.parent for path in TRACKED if path.name == "workflow.py" and path.parents[1] == ROOT / "workflows"]
    wanted = {"__init__.py", "workflow.py", "nodes.py", "state.py", "config.yaml", "README.md"}

    assert folders
    assert {f.name: missing for f in folders if (missing := wanted - {p.name for p in f.iterdir()})} == {}
