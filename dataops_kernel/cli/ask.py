"""``dataops ask``: one message, its steps and its answer."""

import argparse

from dataops_kernel.cli.answering import follow
from dataops_kernel.cli.parsing import add_session, at_least
from dataops_kernel.cli.running import Terminal

DESCRIPTION = "Ask a question or tell what to do; the answer, the SQL and the stored tables are kept in a session."
EXAMPLES = """\
examples:
  dataops ask "profile notebooks/data/orders.csv"
  dataops ask "total amount by region, top 5"
  dataops ask "which jobs run after LOAD_ORDERS in notebooks/data/nightly.jil?"
  dataops ask --new "profile customers.csv"      start a new session
  cat question.txt | dataops ask -               read the message from standard input
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``ask``."""
    parser.add_argument("message", help="what to ask; - reads it from standard input")
    which = parser.add_mutually_exclusive_group()
    add_session(which)  # type: ignore[arg-type]
    which.add_argument("--new", action="store_true", help="start a new session")
    parser.add_argument(
        "--rows", type=at_least(0), default=20, metavar="N", help="rows of a result to print (default 20)"
    )
    parser.add_argument("--quiet", action="store_true", help="print no progress")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Ask and follow the run to its end."""
    text = terminal.read() if arguments.message == "-" else arguments.message
    with terminal.workbench() as workbench:
        if arguments.new:
            session_id = workbench.sessions.create_session().session_id
        else:
            session_id = arguments.session or workbench.sessions.current().session_id
        handle = workbench.ask(session_id, text)
        return follow(workbench, handle, terminal, rows=arguments.rows, quiet=arguments.quiet)
