"""Running one command: parse, connect, print, and turn every error into a sentence that says the fix."""

import argparse
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from dataops_kernel.cli.parsing import add_common, make_parser
from dataops_kernel.errors import DataOpsError, UsageError
from dataops_kernel.telemetry import log
from dataops_kernel.workbench import Workbench


class CommandModule(Protocol):
    """What a command's module offers."""

    DESCRIPTION: str
    EXAMPLES: str

    @staticmethod
    def configure(parser: argparse.ArgumentParser) -> None:
        """Add the command's own arguments."""

    @staticmethod
    def run(arguments: argparse.Namespace, terminal: "Terminal") -> int:
        """Do the work and return the exit code."""


class Terminal:
    """Where a command speaks: results on standard output, progress on standard error."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.json: bool = arguments.json
        self._workspace: str | None = arguments.workspace

    @contextmanager
    def workbench(self) -> Iterator[Workbench]:
        """Open the workspace for the time of a command."""
        from dataops_kernel.wiring import connect

        with connect(self._workspace) as workbench:
            yield workbench

    def show(self, text: str) -> None:
        """Print a line of the result."""
        sys.stdout.write(text + "\n")

    def show_json(self, value: Any) -> None:
        """Print the whole result as JSON."""
        self.show(json.dumps(value, ensure_ascii=False, indent=2, default=str))

    def progress(self, text: str) -> None:
        """Say what is going on."""
        if text:
            sys.stderr.write(f"· {text}\n")
            sys.stderr.flush()


def run_command(module: Any, prog: str, arguments: Sequence[str]) -> int:
    """Run one command's module and return its exit code; no traceback reaches the user."""
    command: CommandModule = module
    parser = make_parser(prog, command.DESCRIPTION, command.EXAMPLES)
    command.configure(parser)
    add_common(parser)
    parsed = parser.parse_args(arguments)
    terminal = Terminal(parsed)
    try:
        return command.run(parsed, terminal)
    except DataOpsError as err:
        _complain(err, terminal)
        return 2 if isinstance(err, UsageError) else 1
    except Exception as err:
        # A bug of ours is not the user's to read: the traceback goes to the log.
        log("unexpected_error", level=logging.INFO, error=err)
        where = "DATAOPS_LOG_LEVEL=info prints the traceback; please report it."
        _complain(DataOpsError(f"Something unexpected went wrong: {type(err).__name__}: {err}", hint=where), terminal)
        return 1


def _complain(err: DataOpsError, terminal: Terminal) -> None:
    if terminal.json:
        terminal.show_json({"error": err.to_dict()})
        return
    sys.stderr.write(f"error: {err.message}  [{err.code}]\n")
    if err.hint:
        sys.stderr.write(f"  fix: {err.hint}\n")
