"""``dataops checkpoint``: name a point of a session, go back to it, and see what changed since."""

import argparse

from dataops_kernel.cli.parsing import add_session, at_least
from dataops_kernel.cli.running import Terminal
from dataops_kernel.types import Checkpoint
from dataops_kernel.views import diff_lines, one_line, tree_lines
from dataops_kernel.workbench import Workbench

DESCRIPTION = "Name the session as it is, go back to a name, or compare two. Nothing is ever destroyed by going back."
EXAMPLES = """\
examples:
  dataops checkpoint create "before cleanup"
  dataops checkpoint tree                             every point and branch; @42 is a head nobody named
  dataops checkpoint list
  dataops checkpoint restore "before cleanup"
  dataops checkpoint restore @42
  dataops checkpoint undo                             back to what the last restore left; again: there and back
  dataops checkpoint diff "before cleanup"            what happened since
  dataops checkpoint diff "before cleanup" "after"    between two
  dataops checkpoint diff "before cleanup" --key order_id --rows 10
  dataops checkpoint diff "before cleanup" --store    and keep the difference as an artifact
"""

_NAMES = {"create": (1, 1), "list": (0, 0), "tree": (0, 0), "restore": (1, 1), "undo": (0, 0), "diff": (1, 2)}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``checkpoint``."""
    parser.add_argument("action", choices=[*_NAMES])
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="a checkpoint's name or id, or @42; diff takes one or two"
    )
    add_session(parser)
    parser.add_argument(
        "--key", action="append", metavar="COLUMN", help="diff: compare rows by this column (repeat it for several)"
    )
    parser.add_argument(
        "--rows", type=at_least(0), default=5, metavar="N", help="diff: example rows of each kind (default 5)"
    )
    parser.add_argument("--store", action="store_true", help="diff: keep the difference as an artifact")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Do one of the actions."""
    _check_count(arguments)
    with terminal.workbench() as workbench:
        session_id = arguments.session or workbench.sessions.current().session_id
        if arguments.action == "list":
            _list(workbench.context.list_checkpoints(session_id), terminal)
        elif arguments.action == "tree":
            _tree(workbench, session_id, terminal)
        elif arguments.action == "diff":
            _diff(workbench, session_id, arguments, terminal)
        else:
            _act(workbench, session_id, arguments, terminal)
    return 0


def _list(found: list[Checkpoint], terminal: Terminal) -> None:
    if terminal.json:
        terminal.show_json([checkpoint.model_dump(mode="json") for checkpoint in found])
        return
    if not found:
        terminal.show('No checkpoints yet. Make one: dataops checkpoint create "before cleanup"')
    for c in found:
        marks = ("  (automatic)" if c.kind == "auto" else "") + ("" if c.on_current_line else "  (on another branch)")
        terminal.show(f"{c.created_at:%Y-%m-%d %H:%M:%S}  {one_line(c.label)}{marks}  {c.checkpoint_id}")


def _tree(workbench: Workbench, session_id: str, terminal: Terminal) -> None:
    tree = workbench.context.checkpoint_tree(session_id)
    if terminal.json:
        terminal.show_json(tree.model_dump(mode="json"))
        return
    for line in tree_lines(tree):
        terminal.show(line)
    terminal.show("")
    terminal.show("● what the session shows now   ○ other branches: `dataops checkpoint restore NAME` goes there")


def _diff(workbench: Workbench, session_id: str, arguments: argparse.Namespace, terminal: Terminal) -> None:
    diff = workbench.context.diff_checkpoints(
        session_id, *arguments.names, key=arguments.key, examples=arguments.rows, store=arguments.store
    )
    if terminal.json:
        terminal.show_json(diff.model_dump(mode="json"))
    else:
        terminal.show("\n".join(diff_lines(diff)))


def _act(workbench: Workbench, session_id: str, arguments: argparse.Namespace, terminal: Terminal) -> None:
    context = workbench.context
    if arguments.action == "create":
        made = context.create_checkpoint(session_id, arguments.names[0])
        told = f"Checkpoint {made.label!r} names this session as it is now."
    elif arguments.action == "restore":
        made = context.restore_checkpoint(session_id, arguments.names[0])
        told = f"Back at {made.label!r}, on a new branch; `dataops checkpoint undo` returns to what you left."
    else:
        made = context.undo_restore(session_id)
        told = f"Back at {made.label}, which the last restore had left; `dataops checkpoint undo` takes this back."
    if terminal.json:
        terminal.show_json(made.model_dump(mode="json"))
    else:
        terminal.show(told)


def _check_count(arguments: argparse.Namespace) -> None:
    from dataops_kernel.errors import ParameterError

    low, high = _NAMES[arguments.action]
    if not low <= len(arguments.names) <= high:
        wanted = f"{low}" if low == high else f"{low} or {high}"
        raise ParameterError(
            f"`checkpoint {arguments.action}` takes {wanted} name(s), not {len(arguments.names)}.",
            hint='Put a name with blanks into quotes: dataops checkpoint create "before cleanup"',
        )
