"""``dataops doctor``: is everything in order?"""

import argparse

from dataops_kernel.cli.running import Terminal

DESCRIPTION = "Check the workspace, the disk and the workflows, and say what is wrong."
EXAMPLES = """\
examples:
  dataops doctor
  dataops doctor --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """``doctor`` takes no arguments of its own."""


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Print the health of every part; exit code 1 when something is wrong."""
    with terminal.workbench() as workbench:
        health = workbench.health()
    if terminal.json:
        terminal.show_json(health)
    else:
        terminal.show(f"{health['status']}: {health['workspace']}")
        for name, part in health["components"].items():
            facts = ", ".join(f"{key} {value}" for key, value in part.items() if key != "ok" and value)
            terminal.show(f"  {'ok  ' if part['ok'] else 'BAD '} {name}: {facts}")
    return 0 if health["status"] == "healthy" else 1
