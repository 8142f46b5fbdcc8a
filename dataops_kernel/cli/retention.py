"""The part of ``dataops artifacts`` that says why artifacts are kept, and deletes them in two steps."""

import argparse

from dataops_kernel.cli.running import Terminal
from dataops_kernel.errors import ParameterError
from dataops_kernel.ids import is_id
from dataops_kernel.types import WhyKept
from dataops_kernel.views import one_line
from dataops_kernel.workbench import Workbench

ACTIONS = ("why", "delete", "deleted", "restore", "purge")

_REASONS = {
    "current_line": "the session shows it now",
    "checkpoint": "checkpoint {name!r} shows it",
    "branch": "the branch left at {name} shows it",
    "parent": "{name} was made of it",
    "shared": "something in session {name} was made of it",
    "pinned": "it is pinned: {name}",
    "snapshot": "the snapshot of {name} refers to it",
}
_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of these actions."""
    parser.add_argument("--dry-run", action="store_true", help="delete: say what would happen, and do nothing")
    parser.add_argument(
        "--despite",
        metavar="KINDS",
        default="",
        help="delete: set reasons aside, separated by commas: checkpoint,branch,parent,shared,pinned,snapshot",
    )
    parser.add_argument("--now", action="store_true", help="purge: do not wait for the time of grace")


def run(arguments: argparse.Namespace, workbench: Workbench, session_id: str, terminal: Terminal) -> None:
    """Do one of the actions."""
    if arguments.action == "deleted" or (arguments.action == "purge" and not arguments.name):
        _of_session(arguments, workbench, session_id, terminal)
    elif arguments.action == "why":
        for id in _ids(workbench, session_id, arguments.name)[-1:]:
            _why(workbench.artifacts.why_kept(id), terminal)
    elif arguments.action == "delete":
        _delete(arguments, workbench, _ids(workbench, session_id, arguments.name), terminal)
    else:
        ids = _deleted_ids(workbench, session_id, arguments.name)
        if arguments.action == "restore":
            restored = workbench.artifacts.restore_artifacts(ids)
            _tell(terminal, [why.model_dump(mode="json") for why in restored], f"Brought back {_names(restored)}.")
        else:
            purge = workbench.artifacts.purge_artifacts(ids, now=arguments.now)
            told = f"Removed {_names(purge.purged)} for good: {purge.bytes_freed:,} bytes."
            _tell(terminal, purge.model_dump(mode="json"), told + _still_shared(purge.bytes_shared))


def _of_session(arguments: argparse.Namespace, workbench: Workbench, session_id: str, terminal: Terminal) -> None:
    if arguments.action == "purge":
        purge = workbench.artifacts.purge_due(session_id)
        told = f"Removed {_names(purge.purged)} for good: {purge.bytes_freed:,} bytes."
        nothing = "Nothing is due: `dataops artifacts deleted` says when what can be purged."
        _tell(terminal, purge.model_dump(mode="json"), told if purge.purged else nothing)
        return
    found = workbench.artifacts.deleted_artifacts(session_id)
    lines = [
        f"{one_line(why.name)} v{why.version}  {why.size_bytes:,} B  until {why.purge_after:%Y-%m-%d %H:%M}  "
        f"{why.artifact_id}"
        for why in found
    ]
    _tell(terminal, [why.model_dump(mode="json") for why in found], "\n".join(lines) or "Nothing is deleted.")


def _why(why: WhyKept, terminal: Terminal) -> None:
    lines = [f"{one_line(why.name)} v{why.version}  {why.size_bytes:,} B  {why.artifact_id}"]
    if why.state == "deleted":
        lines.append(f"  deleted; `dataops artifacts restore` brings it back until {why.purge_after:%Y-%m-%d %H:%M}")
    elif why.state == "purged":
        lines.append("  removed for good; only its name is left")
    lines += [f"  {_REASONS[reason.kind].format(name=one_line(reason.name))}" for reason in why.reasons[:_SHOWN]]
    if len(why.reasons) > _SHOWN:
        lines.append(f"  … {len(why.reasons) - _SHOWN:,} more")
    if why.state == "kept" and not why.reasons:
        lines.append("  nothing needs it")
    _tell(terminal, why.model_dump(mode="json"), "\n".join(lines))


def _delete(arguments: argparse.Namespace, workbench: Workbench, ids: list[str], terminal: Terminal) -> None:
    despite = [kind.strip() for kind in arguments.despite.split(",") if kind.strip()]
    if not arguments.dry_run:
        plan = workbench.artifacts.delete_artifacts(ids, despite)
        told = [
            f"Deleted {_names(plan.deleted)}.",
            f"`dataops artifacts restore` brings it back until {plan.purge_after:%Y-%m-%d %H:%M}.",
        ]
    else:
        plan = workbench.artifacts.plan_deletion(ids, despite)
        told = [f"Would delete {_names(plan.deleted)}." if plan.deleted else "Would delete nothing."]
    told.append(f"A purge gives back {plan.bytes_freed:,} bytes." + _still_shared(plan.bytes_shared))
    for why in plan.refused:
        blocking = [reason for reason in why.reasons if reason.kind != "current_line"]
        reasons = "; ".join(_REASONS[r.kind].format(name=one_line(r.name)) for r in blocking[:5])
        more = f"; {len(blocking) - 5:,} more" if len(blocking) > 5 else ""
        told.append(f"Kept: {one_line(why.name)} v{why.version}: {reasons or 'it is ' + why.state}{more}.")
    _tell(terminal, plan.model_dump(mode="json"), "\n".join(told))


def _ids(workbench: Workbench, session_id: str, name: str) -> list[str]:
    """Return the artifact an id names, or every version of a name on the current line, the newest last."""
    if is_id("art", name):
        return [name]
    workbench.artifacts.latest(session_id, name)  # says the closest name when there is none
    return [artifact.artifact_id for artifact in workbench.artifacts.versions(session_id, name)]


def _deleted_ids(workbench: Workbench, session_id: str, name: str) -> list[str]:
    if is_id("art", name):
        return [name]
    found = workbench.artifacts.deleted_artifacts(session_id)
    ids = [why.artifact_id for why in found if why.name == name]
    if not ids:
        known = ", ".join(dict.fromkeys(repr(why.name) for why in found[:10]))
        raise ParameterError(
            f"No artifact named {name[:200]!r} is deleted in this session.",
            hint=f"Deleted are {known}." if known else "Nothing is deleted here.",
        )
    return ids


def _names(found: list[WhyKept] | tuple[WhyKept, ...]) -> str:
    shown = ", ".join(f"{one_line(why.name)} v{why.version}" for why in found[:_SHOWN])
    return shown + (f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else "")


def _still_shared(size: int) -> str:
    return f" {size:,} bytes stay, other records refer to them." if size else ""


def _tell(terminal: Terminal, data: object, text: str) -> None:
    if terminal.json:
        terminal.show_json(data)
    else:
        terminal.show(text)
