"""Readable results out of whatever a function, an object or somebody else's graph gives back."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import from_json, to_json

from dataops_kernel.workflows.base import WorkflowResult
from dataops_kernel.workflows.context import WorkflowContext

_LONGEST = 300
_LARGEST_FACT = 20_000
_FIELDS = frozenset(WorkflowResult.model_fields)


def as_result(value: Any, name: str, context: WorkflowContext) -> WorkflowResult:
    """Return a value as a result; a table (Arrow, DataFrame, list of dicts) and bytes are stored under ``name``."""
    if isinstance(value, WorkflowResult):
        return value
    if isinstance(value, Mapping):
        return of_mapping(value)
    if _is_table(value) or isinstance(value, bytes):
        stored = context.store(value, name=name)
        size = f"{stored.row_count:,} rows" if stored.row_count is not None else f"{stored.size_bytes:,} bytes"
        return WorkflowResult(text=f"Stored **{stored.name}**: {size}.", artifacts=(stored.artifact_id,))
    if value is None:
        return WorkflowResult(text="Done; it gave nothing back.")
    if isinstance(value, str):
        return WorkflowResult(text=value)
    return WorkflowResult(text=str(value), data=_facts({"value": value}))


def of_mapping(values: Mapping[str, Any]) -> WorkflowResult:
    """Return a dict as a result: its ``text`` when it has one, else the last message, else a list of what it holds.

    Keys that are fields of a result are taken as such; all others are its data.
    """
    if isinstance(values.get("text"), str):
        fields = {key: value for key, value in values.items() if key in _FIELDS and key != "data"}
        rest = {str(key): value for key, value in values.items() if key not in _FIELDS}
        data = values.get("data")
        return WorkflowResult.model_validate(
            {**fields, "data": {**rest, **(data if isinstance(data, Mapping) else {})}}
        )
    spoken = _last_message(values.get("messages"))
    if spoken:
        return WorkflowResult(text=spoken)
    lines = [f"- **{key}**: {_shown(value)}" for key, value in values.items()]
    return WorkflowResult(text="\n".join(lines) or "Done; it gave nothing back.", data=_facts(values))


def _facts(values: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what is small enough to be called a fact, as JSON would hold it."""
    told = {str(key): to_json(value, fallback=str, inf_nan_mode="null") for key, value in values.items()}
    return {key: from_json(value) for key, value in told.items() if len(value) <= _LARGEST_FACT}


def _is_table(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(row, dict) for row in value)
    # Arrow tables and DataFrames both offer the Arrow stream; asking for it imports neither.
    return hasattr(value, "__arrow_c_stream__")


def _last_message(messages: Any) -> str:
    if not isinstance(messages, Sequence) or isinstance(messages, str) or not messages:
        return ""
    last = messages[-1]
    content = last.get("content") if isinstance(last, Mapping) else getattr(last, "content", "")
    return content.strip() if isinstance(content, str) else ""


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
