"""``dataops artifacts``: what runs left behind."""

import argparse
import shutil
from pathlib import Path

from dataops_kernel.cli import retention
from dataops_kernel.cli.parsing import add_session, at_least
from dataops_kernel.cli.running import Terminal
from dataops_kernel.errors import ConflictError, ParameterError, StorageUnavailableError
from dataops_kernel.ids import is_id
from dataops_kernel.types import Artifact
from dataops_kernel.views import preview, text_table
from dataops_kernel.workbench import Workbench

DESCRIPTION = "List the artifacts of a session, show or export one, say why it is kept, or delete it in two steps."
EXAMPLES = """\
examples:
  dataops artifacts
  dataops artifacts show orders_profile
  dataops artifacts versions orders
  dataops artifacts export orders orders.parquet
  dataops artifacts why orders                  what still needs the newest version
  dataops artifacts delete orders --dry-run     what deleting every version would do, with bytes
  dataops artifacts delete orders               hide it; restore brings it back
  dataops artifacts deleted
  dataops artifacts restore orders
  dataops artifacts purge                       remove for good what was deleted long enough ago
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``artifacts``."""
    parser.add_argument(
        "action", nargs="?", choices=["list", "show", "versions", "export", *retention.ACTIONS], default="list"
    )
    parser.add_argument("name", nargs="?", help="an artifact's name or id")
    parser.add_argument("file", nargs="?", help="where to export to")
    add_session(parser)
    parser.add_argument(
        "--limit", type=at_least(1), default=50, metavar="N", help="how many to list, or rows to show (default 50)"
    )
    retention.add_arguments(parser)


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Do one of the actions."""
    if arguments.action not in ("list", "deleted", "purge") and not arguments.name:
        raise ParameterError(
            f"`artifacts {arguments.action}` needs a name or id.", hint="`dataops artifacts` lists them."
        )
    with terminal.workbench() as workbench:
        session_id = arguments.session or workbench.sessions.current().session_id
        if arguments.action in retention.ACTIONS:
            retention.run(arguments, workbench, session_id, terminal)
        elif arguments.action == "list":
            _list(workbench.artifacts.list_artifacts(session_id, limit=arguments.limit), terminal)
        elif arguments.action == "versions":
            found = _found(workbench, session_id, arguments.name)
            _list(workbench.artifacts.versions(found.session_id, found.name), terminal)
        elif arguments.action == "show":
            _show(workbench, _found(workbench, session_id, arguments.name), terminal, arguments.limit)
        else:
            _export(workbench, _found(workbench, session_id, arguments.name), arguments.file, terminal)
    return 0


def _found(workbench: Workbench, session_id: str, name: str) -> Artifact:
    return workbench.artifacts.describe(name) if is_id("art", name) else workbench.artifacts.latest(session_id, name)


def _list(found: list[Artifact], terminal: Terminal) -> None:
    if terminal.json:
        terminal.show_json([artifact.model_dump(mode="json") for artifact in found])
    elif not found:
        terminal.show('Nothing stored in this session yet. Try: dataops ask "profile orders.csv"')
    else:
        for a in found:
            rows = f"{a.row_count:,} rows" if a.row_count is not None else a.content_type
            size = f"{a.size_bytes:,} B"
            when = f"{a.created_at:%Y-%m-%d %H:%M}"
            terminal.show(f"{a.name} v{a.version}  {rows}  {size}  {a.workflow_name}  {when}  {a.artifact_id}")


def _show(workbench: Workbench, artifact: Artifact, terminal: Terminal, limit: int) -> None:
    shown = artifact.model_dump(mode="json")
    if artifact.is_table:
        head = workbench.artifacts.preview(artifact.artifact_id, limit)
        view = preview(head, limit).model_copy(update={"total_rows": artifact.row_count or 0})
        if terminal.json:
            terminal.show_json({**shown, "table": view.model_dump(mode="json")})
        else:
            terminal.show(f"{artifact.name} v{artifact.version}\n{text_table(view)}")
        return
    content = workbench.artifacts.get_artifact(artifact.artifact_id).content
    if terminal.json:
        terminal.show_json({**shown, "content": content})
    elif isinstance(content, dict | list):
        terminal.show_json(content)
    else:
        terminal.show(str(content))


def _export(workbench: Workbench, artifact: Artifact, file: str | None, terminal: Terminal) -> None:
    suffix = {"parquet": ".parquet", "json": ".json", "text": ".txt"}.get(artifact.content_type, ".bin")
    target = Path(file or "".join(c if c.isalnum() or c in "-_" else "_" for c in artifact.name) + suffix)
    try:
        with workbench.artifacts.open_artifact(artifact.artifact_id) as source, target.open("xb") as sink:
            shutil.copyfileobj(source, sink)
    except FileExistsError as err:
        raise ConflictError(
            f"The file {str(target)!r} exists already.", hint="Name another file, or remove that one."
        ) from err
    except OSError as err:
        raise StorageUnavailableError(
            f"{str(target)!r} cannot be written: {err.strerror}.", hint="Name another place."
        ) from err
    if terminal.json:
        terminal.show_json({"file": str(target), "artifact_id": artifact.artifact_id})
    else:
        terminal.show(f"Wrote {target}")
