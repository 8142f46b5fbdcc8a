"""``dataops context``: what a model would see of a session, why, and what shall always be there."""

import argparse

from dataops_kernel.cli.parsing import add_session, at_least
from dataops_kernel.cli.running import Terminal
from dataops_kernel.types import ContextView

DESCRIPTION = "Show what a model would see of a session, say why each block is there, pin what shall always be there."
EXAMPLES = """\
examples:
  dataops context show                           the blocks, as a model would read them
  dataops context why                            each block with its tokens and its reason
  dataops context why --about "only for EMEA"    what would be there if this were asked
  dataops context pin region                     a context key, an artifact, or a message's id
  dataops context unpin region
  dataops context summary --tokens 500           the session in few words
"""
_SUMMARY_TOKENS = 2_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``context``."""
    parser.add_argument("action", nargs="?", choices=["show", "why", "pin", "unpin", "summary"], default="show")
    parser.add_argument("target", nargs="?", metavar="TARGET", help="what to pin or unpin: a key, artifact or message")
    add_session(parser)
    parser.add_argument("--about", metavar="TEXT", help="what is asked (default: the newest words of the user)")
    parser.add_argument(
        "--tokens",
        type=at_least(0),
        metavar="N",
        help="another budget, only to look (default: DATAOPS_CONTEXT_TOKENS; 2,000 for a summary)",
    )


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Do one of the five actions."""
    _check_target(arguments)
    with terminal.workbench() as workbench:
        session_id = arguments.session or workbench.sessions.current().session_id
        context, action, target = workbench.context, arguments.action, arguments.target
        if action in ("pin", "unpin"):
            found = (context.pin if action == "pin" else context.unpin)(session_id, target)
            if terminal.json:
                terminal.show_json({"session_id": session_id, "target": found, "pinned": action == "pin"})
            else:
                terminal.show(f"{'Pinned' if action == 'pin' else 'No longer pinned'}: {found}")
        elif action == "summary":
            budget = _SUMMARY_TOKENS if arguments.tokens is None else arguments.tokens
            text = workbench.sessions.get_context_summary(session_id, budget)
            if terminal.json:
                terminal.show_json({"session_id": session_id, "max_tokens": budget, "summary": text})
            else:
                terminal.show(text or "Nothing to tell: the session is empty, or the budget is.")
        else:
            view = context.view(session_id, arguments.about, arguments.tokens)
            if terminal.json:
                terminal.show_json(view.model_dump(mode="json"))
            else:
                terminal.show(view.text if action == "show" else "\n".join(_reasons(view)))
    return 0


def _reasons(view: ContextView) -> list[str]:
    lines = [f"{view.tokens:,} of {view.max_tokens:,} tokens, {len(view.blocks)} blocks", ""]
    for block in view.blocks:
        pin = " (pinned)" if block.pinned else ""
        lines.append(f"{block.tokens:>6}  {block.kind:9} {block.id}{pin}")
        lines.append(f"        {block.why} From: {block.source}.")
    for left in view.left_out:
        lines.append(f"{left.tokens:>6}  left out: {left.kind} {left.id}")
        lines.append(f"        {left.why}")
    for fold in view.compressions:
        lines.append(
            f"\n{fold.time:%Y-%m-%d %H:%M:%S}  compressed by itself ({fold.method}): {fold.messages} messages, up to "
            f"log entry {fold.seq}, are shown through the summary; {fold.tokens_before:,} tokens became "
            f"{fold.tokens_after:,}. Every message is still in the session: dataops sessions show"
        )
    return lines


def _check_target(arguments: argparse.Namespace) -> None:
    from dataops_kernel.errors import ParameterError

    takes = arguments.action in ("pin", "unpin")
    if takes and not arguments.target:
        raise ParameterError(
            f"`context {arguments.action}` needs to know what.",
            hint=f"For example: dataops context {arguments.action} region",
        )
    if not takes and arguments.target:
        raise ParameterError(
            f"`context {arguments.action}` takes no name, but got {arguments.target[:80]!r}.",
            hint='To see what would be there for a question: dataops context why --about "only for EMEA"',
        )
