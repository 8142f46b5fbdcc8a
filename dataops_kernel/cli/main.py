"""``dataops``: one command per module, imported only when it is the one that runs."""

import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import argparse


class Command(NamedTuple):
    """Where a command lives and the line that ``--help`` shows for it."""

    module: str
    summary: str


COMMANDS = {
    "ask": Command("dataops_kernel.cli.ask", "ask a question or tell what to do"),
    "run": Command("dataops_kernel.cli.run", "run one workflow by name"),
    "sessions": Command("dataops_kernel.cli.sessions", "list, show, update, archive and erase sessions"),
    "artifacts": Command("dataops_kernel.cli.artifacts", "list, show, export and delete what runs left behind"),
    "search": Command("dataops_kernel.cli.search", "find what was said about something"),
    "sql": Command("dataops_kernel.cli.sql", "query the session's tables"),
    "lineage": Command("dataops_kernel.cli.lineage", "show where something comes from and what it led to"),
    "checkpoint": Command("dataops_kernel.cli.checkpoint", "create, list, restore and compare checkpoints, as a tree"),
    "context": Command("dataops_kernel.cli.context", "show what a model would see, why, and pin what must be there"),
    "snapshot": Command("dataops_kernel.cli.snapshot", "keep, load, export, import and inherit sessions"),
    "workflows": Command("dataops_kernel.cli.workflows", "list and describe workflows"),
    "app": Command("dataops_kernel.cli.app", "open the workbench in the browser"),
    "bench": Command("dataops_kernel.cli.bench", "measure how well memory finds what answers a question"),
    "aws": Command("dataops_kernel.cli.aws", "make and check the DynamoDB table of a workspace in AWS"),
    "doctor": Command("dataops_kernel.cli.doctor", "check the workspace and say what is wrong"),
}

_EXAMPLES = """\
examples:
  dataops ask "profile notebooks/data/orders.csv"
  dataops ask "total amount by region, top 5"
  dataops sql "select region, sum(amount) from orders group by 1"
  dataops checkpoint create "before cleanup"
  dataops app

`dataops COMMAND --help` explains one command. Every command takes --json and --workspace FOLDER.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed, 2 used wrongly, 130 interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter gets its number; the answer is not refused for it.
            stream.reconfigure(errors="backslashreplace")
    try:
        return _dispatch(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted.\n")
        return 130
    except BrokenPipeError:
        # The reader (head, less) has seen enough; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _dispatch(arguments: list[str]) -> int:
    from dataops_kernel.cli.parsing import make_parser

    arguments = _command_first(arguments)
    name = arguments[0] if arguments else None
    if name not in COMMANDS:
        parser = make_parser("dataops", "Ask data, keep everything, go back any time.", _EXAMPLES)
        _list_commands(parser)
        parser.parse_args(arguments or ["--help"])
        return 2
    from dataops_kernel.cli.running import run_command

    return run_command(importlib.import_module(COMMANDS[name].module), f"dataops {name}", arguments[1:])


def _command_first(arguments: list[str]) -> list[str]:
    """Move the options that every command takes behind the command when they stand before it."""
    place = 0
    while place < len(arguments) and arguments[place].startswith(("--json", "--workspace")):
        place += 2 if arguments[place] == "--workspace" else 1
    return [*arguments[place : place + 1], *arguments[:place], *arguments[place + 1 :]]


def _list_commands(parser: "argparse.ArgumentParser") -> None:
    from dataops_kernel import __version__

    parser.add_argument("--version", action="version", version=f"dataops {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for name, command in COMMANDS.items():
        commands.add_parser(name, help=command.summary, add_help=False)


if __name__ == "__main__":
    sys.exit(main())
