"""``dataops-workflow``: start, list and check workflows."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dataops_kernel.cli.running import Terminal, run_command

DESCRIPTION = "Start a workflow from a template, list those found, and check that one signs the contract."
EXAMPLES = """\
examples:
  dataops-workflow create --name late-orders --template simple
  dataops-workflow list
  dataops-workflow validate late_orders

Workflows are looked for in ./workflows, in DATAOPS_WORKFLOWS and among installed packages.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the three actions."""
    parser.add_argument("action", choices=["create", "list", "validate"])
    parser.add_argument("workflow", nargs="?", help="the workflow to validate")
    parser.add_argument("--name", help="the name of a new workflow")
    parser.add_argument("--template", default="simple", help="the template of a new workflow (default simple)")
    parser.add_argument(
        "--folder", type=Path, default=Path("workflows"), help="where workflows live (default ./workflows)"
    )


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Do one of the three actions."""
    from dataops_kernel.errors import ParameterError
    from dataops_kernel.settings import load_settings
    from dataops_kernel.wdk.scaffold import template
    from dataops_kernel.wdk.validate import validate
    from dataops_kernel.workflows import WorkflowRegistry
    from dataops_kernel.workflows.locations import shipped_folder

    if arguments.action == "create":
        name = arguments.name or arguments.workflow
        if not name:
            raise ParameterError("A new workflow needs a name.", hint="dataops-workflow create --name late-orders")
        made = template(arguments.template).scaffold(name, arguments.folder)
        terminal.show_json({"folder": str(made)}) if terminal.json else terminal.show(
            f"Made {made}. Next: dataops-workflow validate {made.name} --folder {arguments.folder}"
        )
        return 0
    folders = [arguments.folder.absolute(), *load_settings().workflows, shipped_folder("workflows")]
    registry = WorkflowRegistry(folders)
    if arguments.action == "list":
        found = registry.list()
        if terminal.json:
            terminal.show_json([info.model_dump(mode="json") for info in found])
        for info in [] if terminal.json else found:
            mark = {"ready": "ok  ", "broken": "BAD ", "shadowed": "--  "}[info.state]
            terminal.show(f"{mark} {info.name}: {info.error or info.description}")
        return 1 if any(info.state == "broken" for info in found) else 0
    if not arguments.workflow:
        raise ParameterError("Which workflow?", hint="dataops-workflow validate late_orders")
    nodes = validate(registry, arguments.workflow)
    if terminal.json:
        terminal.show_json({"workflow": arguments.workflow, "nodes": nodes})
    else:
        terminal.show(f"{arguments.workflow} signs the contract; its graph has {', '.join(nodes)}.")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``dataops-workflow`` and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    return run_command(sys.modules[__name__], "dataops-workflow", arguments or ["--help"])
