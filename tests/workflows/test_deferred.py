"""A package that only re-exports is run when it is asked for something, and is an ordinary package then."""

import importlib
import subprocess
import sys
import threading
from types import ModuleType

import pytest

from dataops_kernel.workflows.deferred import deferred_barrels

FACTS = "import sys\nsys.barrels_run = getattr(sys, 'barrels_run', 0) + 1\n"


@pytest.fixture
def barrel(tmp_path, monkeypatch):
    """Return a function that imports a module of a package called ``a_barrel`` with this ``__init__``."""
    package = tmp_path / "a_barrel"
    package.mkdir()
    (package / "light.py").write_text("weight = 1\n")
    (package / "heavy.py").write_text("weight = 1000\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "barrels_run", 0, raising=False)

    def enter(init, module="a_barrel.light"):
        (package / "__init__.py").write_text(FACTS + init)
        with deferred_barrels({"a_barrel"}):
            return importlib.import_module(module)

    yield enter
    for name in [name for name in sys.modules if name.startswith("a_barrel")]:
        del sys.modules[name]


def test_a_submodule_is_imported_without_running_its_package(barrel):
    assert barrel("from a_barrel.heavy import weight\n").weight == 1

    assert sys.barrels_run == 0
    assert "a_barrel.heavy" not in sys.modules


def test_asking_for_a_name_runs_the_package_once_for_all_threads(barrel):
    barrel("from a_barrel.heavy import weight\nimport time\ntotal = weight + 1\n")
    package = sys.modules["a_barrel"]
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(package.total)) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [1001] * 8
    assert sys.barrels_run == 1
    assert type(package) is ModuleType
    assert package.__file__.endswith("__init__.py")


def test_from_imports_and_reloads_work_as_ever(barrel):
    barrel("from a_barrel.heavy import weight\n")

    from a_barrel import light, weight

    assert (light.weight, weight) == (1, 1000)
    assert importlib.reload(sys.modules["a_barrel"]).weight == 1000


def test_a_missing_name_is_an_attribute_error(barrel):
    barrel("here = 1\n")

    with pytest.raises(AttributeError, match="nowhere"):
        _ = sys.modules["a_barrel"].nowhere
    assert sys.modules["a_barrel"].here == 1


def test_an_error_in_the_package_is_told_to_everybody_who_asks(barrel):
    barrel("raise RuntimeError('broken')\n")

    for _ in range(2):
        with pytest.raises(RuntimeError, match="broken"):
            _ = sys.modules["a_barrel"].anything


def test_nothing_else_is_touched_and_nothing_stays_behind(barrel):
    before = list(sys.meta_path)

    module = barrel("", "a_barrel.heavy")

    assert sys.meta_path == before
    assert type(module) is ModuleType


def test_a_run_loads_no_client_of_a_hosted_service_and_all_of_it_still_works_when_asked():
    script = """
import sys
from dataops_kernel.workflows import WorkflowRegistry
answer = WorkflowRegistry([]).register(lambda: "Two.", "two").invoke({})
assert answer["result"]["text"] == "Two."
loaded = {"httpx", "rich", "websockets", "langgraph_sdk.client"} & set(sys.modules)
assert not loaded, loaded

from langgraph.pregel.remote import RemoteGraph
from langgraph_sdk import get_client, Auth
import langgraph_sdk, langsmith.types
assert langgraph_sdk.__version__ and get_client and RemoteGraph and Auth
assert langsmith.types.Run.model_fields
"""
    subprocess.run([sys.executable, "-c", script], check=True)
