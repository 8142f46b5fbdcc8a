"""Command lines: parsers that show examples and suggest the closest word."""

import argparse
import difflib
import re
from collections.abc import Callable
from typing import NoReturn


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # argparse says "invalid choice: 'aks' (choose from 'ask', …)": put the nearest choice first.
        wrong = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        hint = f"`{self.prog} --help` shows examples."
        if wrong:
            near = difflib.get_close_matches(wrong[1], re.findall(r"[\w-]+", wrong[2]), n=1)
            message = f"there is no {wrong[1]!r} here"
            hint = f"Did you mean {near[0]!r}? {hint}" if near else hint
        self.exit(2, f"error: {message}\n  fix: {hint}\n")


def make_parser(prog: str, description: str, examples: str) -> argparse.ArgumentParser:
    """Return a parser whose help ends with examples."""
    return _Parser(
        prog=prog,
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def at_least(least: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from ``least`` on, for ``add_argument(type=…)``."""

    def read(text: str) -> int:
        if not text.lstrip("-").isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a whole number of {least} or more")
        return int(text)

    return read


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options every command takes."""
    common = parser.add_argument_group("common options")
    common.add_argument("--json", action="store_true", help="print machine-readable JSON")
    common.add_argument("--workspace", metavar="FOLDER", help="the workspace (default: $DATAOPS_WORKSPACE or .dataops)")


def add_session(parser: argparse.ArgumentParser) -> None:
    """Add the choice of a session; without it the last active one is meant."""
    parser.add_argument("--session", metavar="ID", help="the session (default: the one last active)")
