"""``dataops workflows``: what this workbench can do."""

import argparse

from dataops_kernel.cli.running import Terminal

DESCRIPTION = "List the workflows with an example each, or describe one with its parameters."
EXAMPLES = """\
examples:
  dataops workflows
  dataops workflows schema_analyzer
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``workflows``."""
    parser.add_argument("name", nargs="?", help="describe only this one")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Print what the registry knows; broken workflows are listed with their error."""
    with terminal.workbench() as workbench:
        registry = workbench.workflows
        found = [registry.describe(arguments.name)] if arguments.name else registry.list()
    if terminal.json:
        terminal.show_json([info.model_dump(mode="json") for info in found])
        return 0
    for info in found:
        terminal.show(f"{info.name}: {info.error or info.description}")
        for example in info.examples if arguments.name else info.examples[:1]:
            terminal.show(f'    "{example}"')
        if info.risky:
            terminal.show("    risky: a checkpoint is made before it runs")
        if arguments.name:
            for name, schema in info.parameters.get("properties", {}).items():
                needed = " (required)" if name in info.parameters.get("required", ()) else ""
                terminal.show(f"    {name}{needed}: {schema.get('description', schema.get('type', ''))}")
    return 0
