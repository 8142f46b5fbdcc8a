"""``dataops snapshot``: keep a session as it is, bring it back, carry it elsewhere, hand some of it on."""

import argparse
from pathlib import Path

from dataops_kernel.cli.parsing import add_session
from dataops_kernel.cli.running import Terminal
from dataops_kernel.errors import ParameterError
from dataops_kernel.types import Conflict, ContextSnapshot
from dataops_kernel.workbench import Workbench

DESCRIPTION = """\
Keep a session as it is as a snapshot, load one, write a session into a bundle that another workspace opens, or hand
messages, context, artifacts and preferences on to another session. Nothing is ever destroyed by any of it."""
EXAMPLES = """\
examples:
  dataops snapshot dump                                 prints the snapshot's id
  dataops snapshot list
  dataops snapshot show snp_01k9…
  dataops snapshot load snp_01k9…                       the session reads as it did; what it read stays in the log
  dataops snapshot load snp_01k9… --merge --into ses_01k9…
  dataops snapshot load snp_01k9… --key region --key artifacts:orders
  dataops snapshot export quarter.zip
  dataops snapshot import quarter.zip
  dataops snapshot inherit ses_01k9… --filter messages:last=20 --filter artifacts:orders
"""
_NAMES = {
    "dump": (0, ""),
    "list": (0, ""),
    "show": (1, "a snapshot's id"),
    "load": (1, "a snapshot's id"),
    "export": (1, "a file to write"),
    "import": (1, "a bundle"),
    "inherit": (1, "the session to inherit from"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``snapshot``."""
    parser.add_argument("action", choices=list(_NAMES))
    parser.add_argument("names", nargs="*", metavar="NAME", help="a snapshot, a file or a session, by the action")
    parser.add_argument("--without-artifacts", action="store_true", help="dump: leave out references to artifacts")
    parser.add_argument("--merge", action="store_true", help="load: add what the session lacks instead of replacing it")
    parser.add_argument("--key", action="append", metavar="KEY", help="load: only this context key or artifacts:NAME")
    parser.add_argument("--take", action="store_true", help="load, inherit: where both differ, take the other side")
    parser.add_argument("--into", metavar="ID", help="load: another session than the snapshot's own")
    parser.add_argument(
        "--filter", action="append", metavar="WHAT", help="inherit: messages[:last=N], context[:KEY], artifacts[:NAME]"
    )
    add_session(parser)


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Do one of the seven actions."""
    _check(arguments)
    name = arguments.names[0] if arguments.names else ""
    with terminal.workbench() as workbench:
        if arguments.action in ("show", "load", "import"):
            {"show": _show, "load": _load, "import": _import}[arguments.action](workbench, name, arguments, terminal)
            return 0
        session_id = arguments.session or workbench.sessions.current().session_id
        if arguments.action == "dump":
            snapshot_id = workbench.context.dump_context(session_id, not arguments.without_artifacts)
            _describe(workbench.context.get_snapshot(snapshot_id), terminal)
        elif arguments.action == "list":
            _list(workbench, session_id, terminal)
        elif arguments.action == "export":
            _export(workbench, session_id, name, terminal)
        else:
            _inherit(workbench, name, session_id, arguments, terminal)
    return 0


def _list(workbench: Workbench, session_id: str, terminal: Terminal) -> None:
    found = workbench.context.list_snapshots(session_id)
    if terminal.json:
        terminal.show_json([snapshot.model_dump(mode="json") for snapshot in found])
    elif not found:
        terminal.show("No snapshots yet. Make one: dataops snapshot dump")
    for snapshot in [] if terminal.json else found:
        terminal.show(f"{snapshot.created_at:%Y-%m-%d %H:%M:%S}  {_sizes(snapshot)}  {snapshot.snapshot_id}")


def _show(workbench: Workbench, name: str, arguments: argparse.Namespace, terminal: Terminal) -> None:
    _describe(workbench.context.get_snapshot(name), terminal)


def _describe(snapshot: ContextSnapshot, terminal: Terminal) -> None:
    if terminal.json:
        terminal.show_json(snapshot.model_dump(mode="json"))
        return
    terminal.show(f"{snapshot.snapshot_id}  {_sizes(snapshot)}")
    terminal.show(f"session {snapshot.session_id} as of {snapshot.created_at:%Y-%m-%d %H:%M:%S}")
    for key, value in (snapshot.orchestrator_state.get("context") or {}).items():
        terminal.show(f"  context {key} = {value!r:.100}")
    for workflow, state in snapshot.workflow_states.items():
        terminal.show(f"  workflow {workflow}: {state.get('status')}, {state.get('run_id')}")
    if snapshot.artifact_refs:
        terminal.show(f"  {len(snapshot.artifact_refs):,} artifacts")


def _sizes(snapshot: ContextSnapshot) -> str:
    return f"{snapshot.head:,} entries, {snapshot.original_size:,} B in {snapshot.compressed_size:,} B"


def _load(workbench: Workbench, name: str, arguments: argparse.Namespace, terminal: Terminal) -> None:
    load = workbench.context.load_context(
        name,
        "selective" if arguments.key else "merge" if arguments.merge else "replace",
        keys=arguments.key,
        session_id=arguments.into or arguments.session,
        on_conflict="take" if arguments.take else "keep",
    )
    if terminal.json:
        terminal.show_json(load.model_dump(mode="json"))
        return
    if load.merge_strategy == "replace":
        terminal.show(
            f"The session {load.session_id} reads as the snapshot, on a new branch: {load.messages:,} messages."
        )
    else:
        terminal.show(f"Loaded {_count(load.context, 'context key')} and {_count(load.artifacts, 'artifact')}.")
    _tell_conflicts(load.conflicts, terminal)


def _export(workbench: Workbench, session_id: str, name: str, terminal: Terminal) -> None:
    if not terminal.json:
        terminal.progress(f"writing {name}")
    report = workbench.context.export_bundle(session_id, Path(name))
    if terminal.json:
        terminal.show_json(report.model_dump(mode="json"))
    else:
        terminal.show(
            f"Wrote {report.path}: {report.entries:,} entries, {_count(report.artifacts, 'artifact')}, "
            f"{report.size_bytes:,} B. Open it elsewhere with `dataops snapshot import`."
        )


def _import(workbench: Workbench, name: str, arguments: argparse.Namespace, terminal: Terminal) -> None:
    if not terminal.json:
        terminal.progress(f"checking and reading {name}")
    session = workbench.context.import_bundle(Path(name))
    if terminal.json:
        terminal.show_json(session.model_dump(mode="json"))
    else:
        terminal.show(f"Opened as the session {session.session_id}  {session.title or '(untitled)'}")


def _inherit(workbench: Workbench, source: str, target: str, arguments: argparse.Namespace, terminal: Terminal) -> None:
    made = workbench.context.inherit_context(
        source, target, arguments.filter, on_conflict="take" if arguments.take else "keep"
    )
    if terminal.json:
        terminal.show_json(made.model_dump(mode="json"))
        return
    terminal.show(
        f"The session {target} inherited {_count(made.messages, 'message')}, {_count(made.context, 'context key')}, "
        f"{_count(made.artifacts, 'artifact')}{' and preferences' if made.preferences else ''}."
    )
    _tell_conflicts(made.conflicts, terminal)


def _tell_conflicts(conflicts: tuple[Conflict, ...], terminal: Terminal) -> None:
    for conflict in conflicts:
        kept, other = (
            (conflict.target, conflict.source) if conflict.kept == "target" else (conflict.source, conflict.target)
        )
        terminal.show(f"  differs: {conflict.what} {conflict.key}: kept {kept!r:.80}, not {other!r:.80}")


def _count(what: object, name: str) -> str:
    count = what if isinstance(what, int) else len(what)  # type: ignore[arg-type]
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _check(arguments: argparse.Namespace) -> None:
    wanted, what = _NAMES[arguments.action]
    if len(arguments.names) != wanted:
        raise ParameterError(
            f"`snapshot {arguments.action}` takes {what or 'no name'}, not {len(arguments.names)} names.",
            hint="`dataops snapshot --help` shows examples.",
        )
    for option, action in (("merge", "load"), ("key", "load"), ("into", "load"), ("filter", "inherit")):
        if getattr(arguments, option) and arguments.action != action:
            raise ParameterError(
                f"--{option} belongs to `snapshot {action}`.", hint="`dataops snapshot --help` shows examples."
            )
    if arguments.merge and arguments.key:
        raise ParameterError("--merge and --key exclude each other.", hint="--key alone loads those keys.")
