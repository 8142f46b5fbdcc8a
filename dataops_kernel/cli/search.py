"""``dataops search``: what was said about this, here or in any conversation."""

import argparse
import sys

from dataops_kernel.cli.parsing import add_session, at_least
from dataops_kernel.cli.running import Terminal
from dataops_kernel.errors import ParameterError
from dataops_kernel.types import MessageHit, Session
from dataops_kernel.views import snippet

DESCRIPTION = "Find the messages that have to do with some words or a question, best first."
EXAMPLES = """\
examples:
  dataops search "refunds in march"                     in the session last active
  dataops search "why did LOAD_ORDERS fail" --all       in all your sessions
  dataops search "discount" --session ses_01k9… -k 3
  dataops search "the first attempt" --left             also what a restore left behind
"""

_SNIPPET = 200
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``search``."""
    parser.add_argument("text", help="what to look for")
    add_session(parser)
    parser.add_argument("--all", action="store_true", help="search all your sessions")
    parser.add_argument("--left", action="store_true", help="also find messages on lines that a restore left")
    parser.add_argument("-k", type=at_least(1), default=10, metavar="N", help="how many messages at most (default 10)")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Search and show what was found."""
    if arguments.all and arguments.session:
        raise ParameterError(
            "--all and --session exclude each other.", hint="Leave one out: --all searches every session of yours."
        )
    with terminal.workbench() as workbench:
        sessions = workbench.sessions.list_sessions(limit=1_000_000 if arguments.all else 1)
        session_id = None if arguments.all else arguments.session or (sessions[0].session_id if sessions else None)
        hits: list[MessageHit] = []
        if sessions or session_id:
            hits = workbench.sessions.search_messages(arguments.text, session_id, k=arguments.k, left=arguments.left)
        if terminal.json:
            terminal.show_json([hit.model_dump(mode="json") for hit in hits])
            return 0
        if not sessions:
            terminal.show('Nothing was said yet. Start with: dataops ask "profile orders.csv"')
            return 0
        titles = {session.session_id: session for session in sessions}
        if session_id is not None:
            titles[session_id] = workbench.sessions.get_session(session_id, history=0)
    if not hits:
        where = "any of your sessions" if arguments.all else f"{_title(titles[session_id or ''])}; --all looks in all"
        terminal.show(f"Nothing about {arguments.text[:80]!r} was said in {where}.")
    for hit in hits:
        terminal.show(_drawn(hit, titles.get(hit.session_id)))
    return 0


def _drawn(hit: MessageHit, session: Session | None) -> str:
    message = hit.message
    when = f"{message.timestamp:%Y-%m-%d %H:%M}" if message.timestamp else ""
    head = f"{hit.score:6.2f}  {when}  {message.role:9}  {_title(session)}  ({hit.session_id}, entry {hit.seq})"
    why = f"\n        {'; '.join(hit.why)}" if hit.why else ""
    mark = _bold if sys.stdout.isatty() else None
    return f"{head}\n        {snippet(hit, _SNIPPET, mark)}{why}\n"


def _bold(text: str) -> str:
    return f"{_BOLD}{text}{_PLAIN}"


def _title(session: Session | None) -> str:
    return repr(session.title) if session and session.title else "(untitled)"
