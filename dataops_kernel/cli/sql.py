"""``dataops sql``: a guarded query over a session's tables."""

import argparse

from dataops_kernel.cli.parsing import add_session, at_least
from dataops_kernel.cli.running import Terminal
from dataops_kernel.views import preview, text_table

DESCRIPTION = "Query the tables of a session by name. Only queries pass: nothing can be written or read elsewhere."
EXAMPLES = """\
examples:
  dataops sql "select region, sum(amount) from orders group by 1"
  dataops sql "summarize orders" --json
  dataops sql - < query.sql
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``sql``."""
    parser.add_argument("query", help="one SQL query; - reads it from standard input")
    add_session(parser)
    parser.add_argument("--rows", type=at_least(0), default=50, metavar="N", help="rows to print (default 50)")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Run the query and print its rows."""
    query = terminal.read() if arguments.query == "-" else arguments.query
    with terminal.workbench() as workbench:
        view = preview(workbench.sql(query, arguments.session), arguments.rows)
    if terminal.json:
        terminal.show_json(view.model_dump(mode="json"))
    else:
        terminal.show(text_table(view))
    return 0
