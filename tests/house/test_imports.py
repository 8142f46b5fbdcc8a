"""What importing loads: the budget is a list of modules, not a stopwatch."""

import subprocess
import sys

import pytest

HEAVY = {
    "langgraph", "langchain_core", "duckdb", "pyarrow", "pandas", "numpy", "sqlglot", "streamlit", "dateparser",
    "rapidfuzz", "sqlite3", "asyncio", "diskcache",
}  # fmt: skip


def _loaded(code: str) -> set[str]:
    script = f"import sys\n{code}\nsys.stdout.write(' '.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_kernel_loads_nothing_heavy_not_even_pydantic():
    assert _loaded("import dataops_kernel") & (HEAVY | {"pydantic"}) == set()


def test_the_help_of_the_command_loads_nothing_heavy_not_even_pydantic():
    code = "from dataops_kernel.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass"

    assert (
        _loaded(f"import io\nout, sys.stdout = sys.stdout, io.StringIO()\n{code}\nsys.stdout = out")
        & (HEAVY | {"pydantic"})
        == set()
    )


@pytest.mark.parametrize("module", ["dataops_kernel.wiring", "dataops_kernel.views", "dataops_kernel.cli.ask"])
def test_opening_a_workspace_loads_no_engine_that_a_message_may_not_need(module):
    assert (
        _loaded(f"import {module}") & {"langgraph", "duckdb", "pyarrow", "pandas", "numpy", "sqlglot", "streamlit"}
        == set()
    )


def test_every_public_name_can_be_imported_from_the_root():
    code = "import dataops_kernel as dk\nmissing = [n for n in dk.__all__ if not hasattr(dk, n)]\nassert not missing, missing"

    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
