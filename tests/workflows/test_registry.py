"""Workflows are found wherever they lie, and a broken one hides no other."""

import subprocess
import sys
import textwrap

import pytest
from pydantic import BaseModel

from dataops_kernel.errors import NotFoundError, WorkflowContractError, WorkflowNotFoundError
from dataops_kernel.workflows import BaseWorkflow, WorkflowRegistry, loading
from dataops_kernel.workflows.locations import shipped_folder

GOOD = """
from dataops_kernel.workflows import BaseWorkflow
from pydantic import BaseModel

class {kind}(BaseWorkflow):
    name = "{name}"
    description = "{description}"
    examples = ("do {name}",)

    class Parameters(BaseModel):
        limit: int = 10

    def build(self):
        raise NotImplementedError
"""


def write(folder, name, source=None, description="Counts things.", **files):
    home = folder / name
    home.mkdir(parents=True)
    text = GOOD.format(kind=name.title().replace("_", ""), name=name, description=description)
    (home / "workflow.py").write_text(textwrap.dedent(text if source is None else source))
    for file, content in files.items():
        (home / f"{file}.py").write_text(textwrap.dedent(content))
    return home


def test_a_folder_with_a_workflow_is_found_and_described(tmp_path):
    write(tmp_path, "count_rows")

    (info,) = WorkflowRegistry([tmp_path]).list()

    assert (info.name, info.description, info.examples) == ("count_rows", "Counts things.", ("do count_rows",))
    assert (info.state, info.error) == ("ready", None)
    assert info.parameters["properties"]["limit"]["default"] == 10
    assert info.source == str(tmp_path / "count_rows" / "workflow.py")


def test_a_workflow_may_import_its_neighbours_relatively(tmp_path):
    source = GOOD.format(kind="Near", name="near", description="x").replace(
        'description = "x"', "description = SENTENCE"
    )
    write(tmp_path, "near", "from .words import SENTENCE\n" + source, words='SENTENCE = "Said next door."')
    before = list(sys.path)

    info = WorkflowRegistry([tmp_path]).describe("near")

    assert info.description == "Said next door."
    assert sys.path == before


def test_nothing_is_loaded_before_the_first_question(tmp_path):
    write(tmp_path, "loud", "raise RuntimeError('loaded')")

    registry = WorkflowRegistry([tmp_path])

    assert not [name for name in sys.modules if name.endswith(".loud.workflow")]
    assert "RuntimeError: loaded" in registry.list()[0].error


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all' ({path}:1)"),
        ("x = 1\nthis is no python\n", "SyntaxError: invalid syntax ({path}:2)"),
        ("import sys\n\nsys.exit('bye')", "SystemExit: bye ({path}:3)"),
        ("answer = 42", "It defines no subclass of BaseWorkflow ({path})."),
        (
            "from dataops_kernel.workflows import BaseWorkflow\nclass A(BaseWorkflow):\n    name = 'broken'\n",
            "A does not define build ({path}).",
        ),
        (
            GOOD.format(kind="Other", name="other", description="x"),
            "its name is 'other', but it was found as 'broken'.",
        ),
        (GOOD.format(kind="Broken", name="broken", description=" "), "its description is empty"),
        (
            GOOD.format(kind="Broken", name="broken", description="x").replace('("do broken",)', "'do broken'"),
            "its examples are not a tuple of sentences.",
        ),
        (
            GOOD.format(kind="Broken", name="broken", description="x").replace("Parameters(BaseModel)", "Parameters"),
            "its Parameters are not a pydantic model.",
        ),
        (
            GOOD.format(kind="A", name="one", description="x") + GOOD.format(kind="B", name="two", description="x"),
            "It defines several workflows: A, B; a folder holds one ({path}).",
        ),
    ],
)
def test_a_broken_folder_is_listed_with_its_error_and_the_others_work(tmp_path, source, told):
    path = write(tmp_path, "broken", source) / "workflow.py"
    write(tmp_path, "whole")
    registry = WorkflowRegistry([tmp_path])

    broken, whole = registry.list()

    assert told.format(path=path) in broken.error
    assert (broken.name, broken.state) == ("broken", "broken")
    assert whole.error is None
    assert registry.get("whole").name == "whole"
    with pytest.raises(WorkflowContractError, match="'broken' is broken: ") as caught:
        registry.get("broken")
    assert told.format(path=path) in caught.value.message


def test_an_error_in_a_module_next_door_names_that_module(tmp_path):
    home = write(tmp_path, "deep", "from . import nodes", nodes="\n\nraise KeyError('x')")

    (info,) = WorkflowRegistry([tmp_path]).list()

    assert f"({home / 'nodes.py'}:3)" in info.error


def test_of_two_folders_with_one_name_the_first_wins_and_the_other_is_listed_as_shadowed(tmp_path):
    write(tmp_path / "mine", "twice", description="Mine.")
    write(tmp_path / "theirs", "twice", "raise RuntimeError('must not be loaded')")
    registry = WorkflowRegistry([tmp_path / "mine", tmp_path / "theirs"])

    used, shadowed = registry.list()

    assert (used.description, used.error) == ("Mine.", None)
    assert (shadowed.state, shadowed.source) == ("shadowed", str(tmp_path / "theirs" / "twice" / "workflow.py"))
    assert shadowed.error.startswith("Not used: ") and str(tmp_path / "mine") in shadowed.error
    assert registry.get("twice").description == "Mine."
    assert registry.describe("twice").state == "ready"


def test_a_folder_named_twice_is_one_folder(tmp_path):
    write(tmp_path / "own", "once", description="Mine.")
    write(tmp_path / "other", "once", description="Theirs.")

    infos = WorkflowRegistry([tmp_path / "own", tmp_path / "other", tmp_path / "other" / ".." / "own"]).list()

    assert [(info.state, info.description) for info in infos] == [("ready", "Mine."), ("shadowed", "")]


def test_two_registries_keep_workflows_of_one_name_apart(tmp_path):
    for owner in ("ada", "bob"):
        write(tmp_path / owner, "same", description=f"Of {owner}.")

    found = [WorkflowRegistry([tmp_path / owner]).get("same").description for owner in ("ada", "bob")]

    assert found == ["Of ada.", "Of bob."]


def test_an_unknown_name_is_answered_with_the_closest(tmp_path):
    write(tmp_path, "profile")
    registry = WorkflowRegistry([tmp_path, tmp_path / "missing"])

    with pytest.raises(WorkflowNotFoundError, match="no workflow 'profil'") as caught:
        registry.get("profil")
    assert caught.value.hint == "Did you mean 'profile'?"
    with pytest.raises(WorkflowNotFoundError, match="none yet"):
        WorkflowRegistry([]).describe("profile")


def test_folders_that_are_not_workflows_are_left_alone(tmp_path):
    write(tmp_path, "_draft")
    write(tmp_path, ".hidden")
    (tmp_path / "notes").mkdir()
    (tmp_path / "workflow.py").write_text("raise RuntimeError")

    assert WorkflowRegistry([tmp_path]).list() == []


def test_a_changed_file_is_read_again_after_reload(tmp_path):
    home = write(tmp_path, "edited", description="Old.")
    registry = WorkflowRegistry([tmp_path])
    assert registry.describe("edited").description == "Old."

    new = GOOD.format(kind="Edited", name="edited", description="New and longer.")
    (home / "workflow.py").write_text(new)
    registry.reload()

    assert registry.describe("edited").description == "New and longer."
    assert registry.get("edited").description == "New and longer."


class Handmade(BaseWorkflow):
    name = "handmade"
    description = "Made in a notebook."

    class Parameters(BaseModel):
        pass

    def build(self):
        raise NotImplementedError


def test_what_is_registered_by_hand_comes_before_what_is_found(tmp_path):
    write(tmp_path, "handmade", description="Found.")
    registry = WorkflowRegistry([tmp_path])

    registry.register(Handmade)
    mine = registry.register(Handmade())

    assert registry.get("handmade") is mine
    assert [(info.state, info.description) for info in registry.list()] == [
        ("ready", "Made in a notebook."),
        ("shadowed", "Found."),
    ]


def double(number: int, times: int = 2) -> int:
    """Multiply a number.

    And more words.
    """
    return number * times


def test_a_function_is_registered_with_the_parameters_of_its_signature():
    registry = WorkflowRegistry([])

    registry.register(double)

    info = registry.describe("double")
    assert info.description == "Multiply a number."
    assert info.parameters["required"] == ["number"]
    assert info.parameters["properties"]["times"]["default"] == 2


@pytest.mark.parametrize(
    ("obj", "told"),
    [
        (lambda x: x, "name is '<lambda>', which is no plain identifier"),
        (42, "42 cannot be registered as a workflow"),
        (Handmade, "its name is 'handmade', but it was found as 'other'"),
        (divmod, "has no name a caller can use"),
    ],
)
def test_what_breaks_the_contract_cannot_be_registered(obj, told):
    with pytest.raises(WorkflowContractError, match=told):
        WorkflowRegistry([]).register(obj, "other" if obj is Handmade else None)


def test_installed_packages_declare_workflows_by_entry_points(tmp_path, monkeypatch):
    source = GOOD.format(kind="Packaged", name="packaged", description="From a package.")
    (tmp_path / "a_package.py").write_text(source)
    about = tmp_path / "a_package-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: a-package\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[dataops_kernel.workflows]\npackaged = a_package:Packaged\ngone = no_such_package:Thing\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    registry = WorkflowRegistry([])

    gone, packaged = registry.list()

    assert gone.error.startswith("ModuleNotFoundError: No module named 'no_such_package'")
    assert (packaged.error, packaged.source) == (None, "a_package:Packaged (installed package)")
    assert registry.get("packaged").description == "From a package."


def test_listing_loads_no_graph_library(tmp_path):
    write(tmp_path, "light")
    script = f"""
import sys
from pathlib import Path
from dataops_kernel.workflows import WorkflowRegistry
registry = WorkflowRegistry([Path({str(tmp_path)!r})])
assert registry.list()[0].error is None, registry.list()
registry.describe("light"), registry.get("light")
heavy = {{"langgraph", "langchain_core", "langsmith", "asyncio", "pyarrow"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_shipped_workflows_sign_the_contract():
    infos = WorkflowRegistry([shipped_folder("workflows")]).list()

    assert infos
    assert {info.name: info.error for info in infos if info.error} == {}


def test_shipped_folders_are_found_in_a_checkout_and_in_a_wheel(tmp_path):
    assert (shipped_folder("example") / "orders.csv").is_file()
    installed = tmp_path / "dataops_kernel"
    (installed / "_shipped" / "app").mkdir(parents=True)

    assert shipped_folder("app", installed) == installed / "_shipped" / "app"
    with pytest.raises(NotFoundError, match="'workflows'"):
        shipped_folder("workflows", installed)


def test_modules_of_a_folder_are_named_for_the_folder(tmp_path):
    (found,) = loading.in_folder(tmp_path) if write(tmp_path, "named") else ()

    workflow = loading.load(found)

    assert type(workflow).__module__.startswith("dataops_workflows.in_")
    assert type(workflow).__module__.endswith(".named.workflow")
