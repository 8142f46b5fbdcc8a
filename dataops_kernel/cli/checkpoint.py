"""``dataops checkpoint``: name a point of a session, go back to it, and see what changed since."""

import argparse

from dataops_kernel.cli.parsing import add_session
from dataops_kernel.cli.running import Terminal
from dataops_kernel.views import diff_lines

DESCRIPTION = "Name the session as it is, go back to a name, or compare two. Nothing is ever destroyed by going back."
EXAMPLES = """\
examples:
  dataops checkpoint create "before cleanup"
  dataops checkpoint list
  dataops checkpoint diff "before cleanup"            what happened since
  dataops checkpoint diff "before cleanup" "after"    between two
  dataops checkpoint restore "before cleanup"
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``checkpoint``."""
    parser.add_argument("action", choices=["create", "list", "restore", "diff"])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a checkpoint's name or id; diff takes one or two")
    add_session(parser)


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Do one of the four actions."""
    _check_count(arguments)
    with terminal.workbench() as workbench:
        session_id = arguments.session or workbench.sessions.current().session_id
        context, names = workbench.context, arguments.names
        if arguments.action == "list":
            found = context.list_checkpoints(session_id)
            if terminal.json:
                terminal.show_json([c.model_dump(mode="json") for c in found])
            elif not found:
                terminal.show('No checkpoints yet. Make one: dataops checkpoint create "before cleanup"')
            for c in [] if terminal.json else found:
                branch = "" if c.on_current_line else "  (on another branch)"
                terminal.show(f"{c.created_at:%Y-%m-%d %H:%M:%S}  {c.label}{branch}  {c.checkpoint_id}")
        elif arguments.action == "diff":
            diff = context.diff_checkpoints(session_id, *names)
            if terminal.json:
                terminal.show_json(diff.model_dump(mode="json"))
            else:
                terminal.show("\n".join(diff_lines(diff)))
        else:
            act = context.create_checkpoint if arguments.action == "create" else context.restore_checkpoint
            checkpoint = act(session_id, names[0])
            if terminal.json:
                terminal.show_json(checkpoint.model_dump(mode="json"))
            elif arguments.action == "create":
                terminal.show(f"Checkpoint {checkpoint.label!r} names this session as it is now.")
            else:
                terminal.show(f"Back at {checkpoint.label!r}, on a new branch; the line you left stays in the log.")
    return 0


def _check_count(arguments: argparse.Namespace) -> None:
    from dataops_kernel.errors import ParameterError

    low, high = {"create": (1, 1), "list": (0, 0), "restore": (1, 1), "diff": (1, 2)}[arguments.action]
    if not low <= len(arguments.names) <= high:
        wanted = f"{low}" if low == high else f"{low} or {high}"
        raise ParameterError(
            f"`checkpoint {arguments.action}` takes {wanted} name(s), not {len(arguments.names)}.",
            hint='Put a name with blanks into quotes: dataops checkpoint create "before cleanup"',
        )
