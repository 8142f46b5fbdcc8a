"""``dataops run``: one workflow by name, without the router."""

import argparse
import json
from typing import Any

from dataops_kernel.cli.answering import follow
from dataops_kernel.cli.parsing import add_session, at_least
from dataops_kernel.cli.running import Terminal
from dataops_kernel.errors import ParameterError

DESCRIPTION = "Run one workflow by name with its parameters; `dataops workflows` lists them."
EXAMPLES = """\
examples:
  dataops run schema_analyzer source=notebooks/data/orders.csv
  dataops run sql_generator question="orders per month"
  dataops run jil_parser path=notebooks/data/nightly.jil relation=cycles --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``run``."""
    parser.add_argument("workflow", help="the workflow's name")
    parser.add_argument(
        "parameters", nargs="*", metavar="NAME=VALUE", help="its parameters; JSON values are read as such"
    )
    add_session(parser)
    parser.add_argument(
        "--rows", type=at_least(0), default=20, metavar="N", help="rows of a result to print (default 20)"
    )
    parser.add_argument("--quiet", action="store_true", help="print no progress")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Run the workflow and follow it to its end."""
    parameters = dict(map(_parsed, arguments.parameters))
    with terminal.workbench() as workbench:
        session_id = arguments.session or workbench.sessions.current().session_id
        handle = workbench.run(arguments.workflow, parameters, session_id)
        return follow(workbench, handle, terminal, rows=arguments.rows, quiet=arguments.quiet)


def _parsed(pair: str) -> tuple[str, Any]:
    name, equals, value = pair.partition("=")
    if not equals or not name:
        raise ParameterError(f"{pair!r} is not NAME=VALUE.", hint="For example: source=orders.csv")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
