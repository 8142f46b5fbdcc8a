"""``dataops sessions``: conversations of this workspace, from their beginning to their end."""

import argparse
import sys
from typing import Any

from dataops_kernel.cli.parsing import add_session, at_least
from dataops_kernel.cli.running import Terminal
from dataops_kernel.types import CleanupReport, ErasureReport, Session
from dataops_kernel.workbench import Workbench

DESCRIPTION = "List your sessions, show, start, rename or update one, archive what is over, or erase one for good."
EXAMPLES = """\
examples:
  dataops sessions                          list, most recently active first
  dataops sessions --status idle --limit 50
  dataops sessions show --session ses_01k9…
  dataops sessions new --title "March load"
  dataops sessions rename --title "April load"
  dataops sessions update --set row_limit=50 --set timezone=Europe/Zurich
  dataops sessions update --set expire_after=30d --everywhere
  dataops sessions cleanup --dry-run        what is over; without --dry-run archive it
  dataops sessions archive --session ses_01k9…
  dataops sessions erase --session ses_01k9…    asks first, then prints the proof
"""

_ACTIONS = ("list", "show", "new", "rename", "update", "cleanup", "archive", "erase")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``sessions``."""
    parser.add_argument("action", nargs="?", choices=_ACTIONS, default="list")
    add_session(parser)
    parser.add_argument("--title", default="", help="the title of a new or renamed session")
    parser.add_argument(
        "--limit", type=at_least(1), default=20, metavar="N", help="how many sessions or messages (default 20)"
    )
    parser.add_argument("--before", metavar="CURSOR", help="list: go on behind the last session of another page")
    parser.add_argument("--status", help="list: only active, idle or expired ones")
    parser.add_argument(
        "--set",
        dest="preferences",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="update: a preference (row_limit, timezone, idle_after, expire_after); an empty value takes it back",
    )
    parser.add_argument("--everywhere", action="store_true", help="update: in all your sessions")
    parser.add_argument("--dry-run", action="store_true", help="cleanup: say what would be done and do nothing")
    parser.add_argument("--yes", action="store_true", help="erase: do not ask")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Do one of the actions."""
    with terminal.workbench() as workbench:
        if arguments.action == "list":
            return _list(workbench, arguments, terminal)
        if arguments.action == "cleanup":
            return _cleanup(workbench, arguments, terminal)
        if arguments.action == "update" and arguments.everywhere:
            chosen = workbench.sessions.update_preferences(_preferences(arguments.preferences))
            _show(terminal, chosen.model_dump(mode="json"), [f"{k} = {v}" for k, v in chosen.chosen().items()])
            return 0
        if arguments.action == "new":
            session_id = workbench.sessions.create_session(title=arguments.title).session_id
        elif arguments.action == "erase" and not arguments.session:
            raise _nothing_to_erase()
        else:
            session_id = arguments.session or workbench.sessions.current().session_id
        if arguments.action == "erase":
            return _erase(workbench, session_id, arguments, terminal)
        if arguments.action == "archive":
            entries = workbench.sessions.archive_session(session_id)
            told = f"Archived: {entries} log entries of {session_id} lie in the blob store; it reads as before."
            _show(terminal, {"session_id": session_id, "entries": entries}, [told])
            return 0
        if arguments.action == "rename":
            workbench.sessions.rename(session_id, arguments.title)
        elif arguments.action == "update":
            updates: dict[str, Any] = {"user_preferences": _preferences(arguments.preferences)}
            workbench.sessions.update_session(session_id, updates)
        _show_session(workbench.sessions.get_session(session_id, history=arguments.limit), terminal)
    return 0


def _list(workbench: Workbench, arguments: argparse.Namespace, terminal: Terminal) -> int:
    found = workbench.sessions.list_sessions(limit=arguments.limit, before=arguments.before, status=arguments.status)
    values = [s.model_dump(mode="json", exclude={"conversation_history"}) | {"cursor": s.cursor} for s in found]
    lines = [f"{s.session_id}  {s.last_active:%Y-%m-%d %H:%M}  {s.status:7}  {s.title or '(untitled)'}" for s in found]
    if len(found) == arguments.limit:
        lines.append(f"\nThe next page: dataops sessions --limit {arguments.limit} --before {found[-1].cursor}")
    elif not found and (arguments.status or arguments.before):
        lines = ["No sessions here."]
    _show(terminal, values, lines or ['No sessions yet. Start one: dataops ask "profile orders.csv"'])
    return 0


def _show_session(session: Session, terminal: Terminal) -> None:
    chosen = ", ".join(f"{name} {value}" for name, value in session.user_preferences.chosen().items())
    about = f"{session.status}{', archived' if session.archived_at else ''}{f', {chosen}' if chosen else ''}"
    lines = [f"{session.session_id}  {session.title or '(untitled)'}  ({about})"]
    lines += [f"\n{message.role}: {message.content}" for message in session.conversation_history]
    _show(terminal, session.model_dump(mode="json"), lines)


def _cleanup(workbench: Workbench, arguments: argparse.Namespace, terminal: Terminal) -> int:
    report = workbench.sessions.cleanup_expired_sessions(dry_run=arguments.dry_run)
    _show(terminal, report.model_dump(mode="json"), _cleanup_lines(report))
    return 1 if report.errors else 0


def _cleanup_lines(report: CleanupReport) -> list[str]:
    lines = [f"Looked at {report.looked_at} sessions: {report.idle} idle, {len(report.expired)} expired."]
    if report.dry_run:
        return [*lines, *(f"  would archive {id}" for id in report.expired)]
    if report.archived:
        lines.append(
            f"Archived {len(report.archived)}: {report.entries:,} entries, "
            f"{report.raw_bytes:,} bytes as {report.archive_bytes:,}."
        )
    return [*lines, *(f"  {id} could not be archived: {why}" for id, why in report.errors.items())]


def _erase(workbench: Workbench, session_id: str, arguments: argparse.Namespace, terminal: Terminal) -> int:
    session = workbench.sessions.get_session(session_id, history=1)
    if not arguments.yes and not _confirmed(session):
        _show(terminal, {"session_id": session_id, "erased": False}, ["Nothing was erased."])
        return 1
    report = workbench.sessions.erase_session(session_id)
    _show(terminal, {"erased": True, "proved": report.proved, **report.model_dump(mode="json")}, _proof(report))
    return 0 if report.proved else 1


def _confirmed(session: Session) -> bool:
    sys.stderr.write(f"Erase {session.session_id} ({session.title or 'untitled'}) for good? There is no undo. [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _proof(report: ErasureReport) -> list[str]:
    lines = [
        f"Erased {report.session_id}: {report.entries:,} entries, {report.records:,} records, "
        f"{report.artifacts:,} artifacts, {report.blobs:,} blobs.",
        f"Searched {report.files_scanned:,} files ({report.bytes_scanned:,} bytes, unpacked) for "
        f"{report.searched_ids:,} ids and {report.searched_texts:,} pieces of text and content.",
    ]
    lines += [f"  {trace.file}: {trace.what}, {trace.why}" for trace in report.shared]
    if report.proved:
        return [*lines, "Nothing of it is left."]
    return [*lines, "Something is left:", *(f"  {trace.file}: {trace.what}, {trace.why}" for trace in report.found)]


def _preferences(pairs: list[str]) -> dict[str, str | None]:
    from dataops_kernel.errors import ParameterError

    if not pairs or not all("=" in pair for pair in pairs):
        raise ParameterError(
            "An update names preferences and their values.",
            hint="For example: dataops sessions update --set row_limit=50",
        )
    return {name.strip(): value.strip() or None for name, _, value in (pair.partition("=") for pair in pairs)}


def _nothing_to_erase() -> Exception:
    from dataops_kernel.errors import ParameterError

    return ParameterError(
        "Which session is to be erased has to be said.",
        hint="dataops sessions erase --session ses_01k9…; `dataops sessions` lists yours.",
    )


def _show(terminal: Terminal, values: Any, lines: list[str]) -> None:
    if terminal.json:
        terminal.show_json(values)
    else:
        terminal.show("\n".join(lines))
