"""``dataops lineage``: where something comes from and what it led to."""

import argparse

from dataops_kernel.cli.parsing import add_session
from dataops_kernel.cli.running import Terminal
from dataops_kernel.views import lineage_dot, lineage_lines

DESCRIPTION = "Show where an artifact or run comes from (messages, runs, steps, files) and what it led to."
EXAMPLES = """\
examples:
  dataops lineage orders_profile
  dataops lineage art_01k9x2… --direction up
  dataops lineage orders --dot > orders.dot
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lineage``."""
    parser.add_argument("id", help="an artifact's name or id, or a run's id")
    add_session(parser)
    parser.add_argument("--direction", choices=["both", "up", "down"], default="both", help="which way to look")
    parser.add_argument("--dot", action="store_true", help="print a Graphviz drawing")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Print the graph."""
    with terminal.workbench() as workbench:
        graph = workbench.lineage(arguments.id, arguments.direction, arguments.session)
    if terminal.json:
        terminal.show_json(graph.model_dump(mode="json"))
    elif arguments.dot:
        terminal.show(lineage_dot(graph))
    else:
        terminal.show("\n".join(lineage_lines(graph)))
    return 0
