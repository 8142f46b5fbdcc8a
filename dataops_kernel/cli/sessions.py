"""``dataops sessions``: conversations of this workspace."""

import argparse

from dataops_kernel.cli.parsing import add_session, at_least
from dataops_kernel.cli.running import Terminal

DESCRIPTION = "List your sessions, show one with its messages, start a new one, or rename one."
EXAMPLES = """\
examples:
  dataops sessions                          list, most recently active first
  dataops sessions show --session ses_01k9…
  dataops sessions new --title "March load"
  dataops sessions rename --title "April load"
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``sessions``."""
    parser.add_argument("action", nargs="?", choices=["list", "show", "new", "rename"], default="list")
    add_session(parser)
    parser.add_argument("--title", default="", help="the title of a new or renamed session")
    parser.add_argument(
        "--limit", type=at_least(1), default=20, metavar="N", help="how many sessions or messages (default 20)"
    )


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Do one of the four actions."""
    with terminal.workbench() as workbench:
        sessions = workbench.sessions
        if arguments.action == "list":
            found = sessions.list_sessions(limit=arguments.limit)
            if terminal.json:
                terminal.show_json([s.model_dump(mode="json", exclude={"conversation_history"}) for s in found])
            elif not found:
                terminal.show('No sessions yet. Start one: dataops ask "profile orders.csv"')
            else:
                for s in found:
                    terminal.show(f"{s.session_id}  {s.last_active:%Y-%m-%d %H:%M}  {s.title or '(untitled)'}")
            return 0
        if arguments.action == "new":
            session_id = sessions.create_session(title=arguments.title).session_id
        else:
            session_id = arguments.session or sessions.current().session_id
        if arguments.action == "rename":
            sessions.rename(session_id, arguments.title)
        session = sessions.get_session(session_id, history=arguments.limit)
        if terminal.json:
            terminal.show_json(session.model_dump(mode="json"))
            return 0
        terminal.show(f"{session.session_id}  {session.title or '(untitled)'}")
        for message in session.conversation_history:
            terminal.show(f"\n{message.role}: {message.content}")
    return 0
