"""Following a run in the terminal: its events as progress, its answer as the result."""

from typing import Any

from dataops_kernel.cli.running import Terminal
from dataops_kernel.engine import RunHandle
from dataops_kernel.types import Answer, Artifact
from dataops_kernel.views import TableView, event_line, plain_text, preview, text_table
from dataops_kernel.workbench import Workbench


def follow(workbench: Workbench, handle: RunHandle, terminal: Terminal, *, rows: int, quiet: bool) -> int:
    """Print progress until the run closes, then its answer; Ctrl-C cancels the run and keeps what it stored."""
    try:
        for event in handle.events():
            if not quiet:
                terminal.progress(event_line(event))
        answer = handle.result()
    except KeyboardInterrupt:
        handle.cancel()
        raise
    if terminal.json:
        terminal.show_json(_as_json(workbench, handle, answer, rows))
    else:
        _print(workbench, answer, terminal, rows)
    return 0 if answer.kind == "answer" else 3 if answer.kind == "question" else 1


def _print(workbench: Workbench, answer: Answer, terminal: Terminal, rows: int) -> None:
    terminal.show(plain_text(answer.text))
    if answer.sql:
        terminal.show(f"\nSQL:\n{answer.sql}")
    table = _main_table(workbench, answer)
    if table is not None:
        view = _first_rows(workbench, table, rows)
        terminal.show(f"\n{table.name} v{table.version}\n{text_table(view)}")
    sure = f", confidence {answer.confidence:.2f}" if answer.confidence is not None else ""
    terminal.show(f"\n({answer.engine} engine{f', {answer.workflow}' if answer.workflow else ''}{sure})")


def _as_json(workbench: Workbench, handle: RunHandle, answer: Answer, rows: int) -> dict[str, Any]:
    table = _main_table(workbench, answer)
    found = {
        "run_id": handle.run_id,
        "session_id": workbench.runs.get(handle.run_id).session_id,
        **answer.model_dump(mode="json"),
        "artifacts": [
            {"artifact_id": a.artifact_id, "name": a.name, "version": a.version, "rows": a.row_count}
            for a in map(workbench.artifacts.describe, answer.artifacts)
        ],
    }
    if table is not None:
        view = _first_rows(workbench, table, rows)
        found["table"] = view.model_dump(mode="json")
    return found


def _first_rows(workbench: Workbench, table: Artifact, rows: int) -> TableView:
    head = workbench.artifacts.preview(table.artifact_id, rows)
    return preview(head, rows).model_copy(update={"total_rows": table.row_count or 0})


def _main_table(workbench: Workbench, answer: Answer) -> Artifact | None:
    described = map(workbench.artifacts.describe, answer.artifacts)
    return next((artifact for artifact in described if artifact.is_table), None)
