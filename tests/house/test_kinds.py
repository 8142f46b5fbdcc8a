"""Every kind of record that is written anywhere stands in one table, and on the architecture page."""

import ast
from pathlib import Path
from typing import get_args

import pytest

from dataops_kernel.types import LogEntry
from dataops_kernel.types.kinds import KINDS

ROOT = Path(__file__).parents[2]
KERNEL = ROOT / "dataops_kernel"
ROWS = [line for line in (ROOT / "docs" / "architecture.md").read_text().splitlines() if line.startswith("| `")]

CHOSEN = {
    "dataops_kernel/artifacts/lineage.py": {"node.kind": {"file", "step"}},
    "dataops_kernel/context/bundle_import.py": {"kind": {"checkpoint", "restore", "context"}},
    "dataops_kernel/context/transfer.py": {"kind": {"pin", "fold"}},
    "dataops_kernel/sessions/activity.py": {"*_MARK": {"activity_order"}},
}
"""Puts whose kind is a value of the moment: which kinds it can be."""


def _constants(tree: ast.Module) -> dict[str, str]:
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    } | {
        name.id: value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)
        for target in node.targets
        if isinstance(target, ast.Tuple)
        for name, value in zip(target.elts, node.value.elts, strict=True)
        if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str)
    }


def _written() -> dict[str, set[str]]:
    """Return the kinds written by each file: the first argument of every ``Put``."""
    written: dict[str, set[str]] = {}
    for path in sorted(KERNEL.rglob("*.py")):
        if "testing" in path.parts:
            continue
        name, tree = path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())
        constants = _constants(tree)
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Put"):
                continue
            kind = node.args[0] if node.args else next(k.value for k in node.keywords if k.arg == "kind")
            told = ast.unparse(kind)
            if isinstance(kind, ast.Constant):
                found = {str(kind.value)}
            else:
                found = {constants[told]} if told in constants else CHOSEN.get(name, {}).get(told, {f"? {told}"})
            written.setdefault(name, set()).update(found)
    return written


WRITTEN = _written()


@pytest.mark.parametrize("file", WRITTEN)
def test_every_kind_of_record_a_file_writes_is_in_the_table(file):
    assert WRITTEN[file] - set(KINDS) == set()


def test_every_kind_in_the_table_is_written_somewhere():
    assert set(KINDS) - set().union(*WRITTEN.values()) == set()


def test_the_architecture_page_has_a_row_for_every_kind_and_for_no_other():
    assert [row.split("`")[1] for row in ROWS] == list(KINDS)


def test_what_belongs_to_a_session_is_found_when_the_session_is_erased():
    assert [name for name, kind in KINDS.items() if kind.belongs == "session" and kind.found == "never"] == []


def test_every_log_entry_with_a_record_beside_it_is_an_entry_there_is():
    types = {entry.model_fields["type"].default for entry in get_args(get_args(LogEntry)[0])}

    assert {kind.entry for kind in KINDS.values() if kind.entry} <= types
