"""Events as one line each."""

from typing import Any

from dataops_kernel.types import Event
from dataops_kernel.views.lines import one_line


def event_line(event: Event) -> str:
    """Return what an event says in one line of plain text; empty for those with nothing to show."""
    return one_line(_said(event))


def _said(event: Event) -> str:
    data = event.data
    if event.type == "planned":
        return _planned(data.get("plan") or {})
    if event.type == "step_started":
        return f"running {data.get('workflow', '')}"
    if event.type == "progress":
        counts = f" ({data['done']:,}/{data['total']:,})" if data.get("done") is not None and data.get("total") else ""
        return f"{data.get('text', '')}{counts}"
    if event.type == "artifact_stored":
        rows = data.get("rows")
        return f"stored {data.get('name')} v{data.get('version')}" + (f" ({rows:,} rows)" if rows is not None else "")
    if event.type == "sql":
        return "asked SQL: " + one_line(data.get("query", ""))[:160]
    if event.type == "step_finished":
        return f"finished {data.get('workflow', '')} in {data.get('seconds', 0):.2f} s"
    if event.type == "run_failed":
        return f"failed: {(data.get('error') or {}).get('message', '')}"
    if event.type == "run_cancelled":
        return "cancelled; what was stored stays"
    if event.type == "run_waiting":
        return "waiting for you"
    return ""


def _planned(plan: dict[str, Any]) -> str:
    if plan.get("outcome") == "run":
        names = ", ".join(step["workflow"] for step in plan.get("steps", ()))
        return f"planned {names} (confidence {plan.get('confidence', 0):.2f}, {plan.get('engine', 'rules')} engine)"
    if plan.get("outcome") == "ask":
        return "needs to know more"
    if plan.get("outcome") in ("undo", "redo"):
        return "taking back what was said" if plan["outcome"] == "undo" else "bringing back what was undone"
    return "nothing here fits this message"
