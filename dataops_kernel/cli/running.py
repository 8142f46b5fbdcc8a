"""Running one command: parse, connect, print, and turn every error into a sentence that says the fix."""

import argparse
import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from dataops_kernel.cli.parsing import add_common, make_parser
from dataops_kernel.errors import DataOpsError, StorageUnavailableError, UsageError
from dataops_kernel.telemetry import log
from dataops_kernel.workbench import Workbench

_MOST_INPUT = 10_000_000
"""Bytes read from standard input; every limit on what they say is far below."""


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
        with _output():
            sys.stdout.write(text + "\n")

    def finish(self) -> None:
        """Hand everything shown to whoever reads it; raises ``StorageUnavailableError`` when they cannot take it."""
        with _output():
            sys.stdout.flush()

    def read(self) -> str:
        """Return what standard input holds, up to 10 MB; raises ``UsageError`` when it is not UTF-8."""
        try:
            return sys.stdin.buffer.read(_MOST_INPUT).decode("utf-8-sig")
        except UnicodeDecodeError as err:
            raise UsageError(
                f"Standard input is not UTF-8: byte {err.start + 1} is 0x{err.object[err.start]:02x}.",
                hint="Convert it first, for example: iconv -f WINDOWS-1252 -t UTF-8 question.txt | dataops ask -",
            ) from err

    def show_json(self, value: Any) -> None:
        """Print the whole result as JSON."""
        self.show(json.dumps(value, ensure_ascii=False, indent=2, default=str))

    def progress(self, text: str) -> None:
        """Say what is going on."""
        if text:
            sys.stderr.write(f"· {text}\n")
            sys.stderr.flush()


@contextmanager
def _output() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as err:
        # What is still buffered would fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise StorageUnavailableError(
            f"The result could not be printed: {err.strerror}.", hint="Make room there, or print it somewhere else."
        ) from err


def run_command(module: Any, prog: str, arguments: Sequence[str]) -> int:
    """Run one command's module and return its exit code; no traceback reaches the user."""
    command: CommandModule = module
    parser = make_parser(prog, command.DESCRIPTION, command.EXAMPLES)
    command.configure(parser)
    add_common(parser)
    parsed = parser.parse_args(arguments)
    terminal = Terminal(parsed)
    try:
        code = command.run(parsed, terminal)
        terminal.finish()
        return code
    except DataOpsError as err:
        _complain(err, terminal)
        return 2 if isinstance(err, UsageError) else 1
    except BrokenPipeError:
        raise
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
