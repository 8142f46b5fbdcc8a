"""What runs say while they run and what they answer."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from dataops_kernel.types.base import Frozen
from dataops_kernel.types.plans import Plan, Question

RunStatus = Literal["running", "waiting", "finished", "failed", "cancelled"]

EventType = Literal[
    "run_started",
    "planned",
    "step_started",
    "progress",
    "artifact_stored",
    "sql",
    "answer",
    "step_finished",
    "run_finished",
    "run_failed",
    "run_cancelled",
    "run_waiting",
]
CLOSING_EVENTS: frozenset[str] = frozenset({"run_finished", "run_failed", "run_cancelled", "run_waiting"})


class Event(Frozen):
    """One thing a run said. ``run_started`` is always the first, exactly one closing event is the last.

    ``data`` by type: planned ``{plan}``; step_started ``{workflow, parameters}``; progress ``{text, done, total}``;
    artifact_stored ``{artifact_id, name, version, rows}``; sql ``{query}``; answer ``{text}``;
    step_finished ``{workflow, seconds}``; run_finished ``{answer}``; run_failed ``{error}``.
    """

    seq: int
    type: EventType
    time: datetime
    step: str | None = None
    data: dict[str, Any] = {}


class Answer(Frozen):
    """What a run gives back to the person who asked.

    ``kind`` says whether it is an answer, a question back, or a refusal that lists what can be done.
    ``text`` is Markdown made by the workflow; names and values in it come from data and are never trusted markup.
    """

    kind: Literal["answer", "question", "reject"] = "answer"
    text: str
    engine: Literal["rules", "recorded", "llm"] = "rules"
    workflow: str | None = None
    confidence: float | None = None
    sql: str | None = None
    artifacts: tuple[str, ...] = Field(default=(), description="Ids of what the run stored, the main result first.")
    question: Question | None = None
    data: dict[str, Any] = Field(default={}, description="The workflow's own result, JSON-shaped.")


class Run(Frozen):
    """The record of one run; its events are a stream beside it."""

    run_id: str
    session_id: str | None
    user_id: str
    status: RunStatus
    created_at: datetime
    finished_at: datetime | None = None
    text: str | None = Field(default=None, description="The message that asked for it.")
    message_id: str | None = None
    plan: Plan | None = None
    answer: Answer | None = None
    error: dict[str, Any] | None = None
    owner: str = Field(default="", description="The process that runs it.")
