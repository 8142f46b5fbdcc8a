"""What a message becomes before anything runs: a plan, a question back, or an honest no."""

from typing import Any, Literal

from pydantic import Field

from dataops_kernel.types.base import Frozen


class Candidate(Frozen):
    """A workflow that might be meant, with how sure the router is (0 to 1)."""

    workflow: str
    confidence: float


class Question(Frozen):
    """What the user is asked when a required parameter is missing; answered in the next message."""

    workflow: str
    parameter: str
    text: str
    parameters: dict[str, Any] = Field(default={}, description="What was understood already.")
    choices: tuple[str, ...] = ()


class PlanStep(Frozen):
    """One workflow to run with the parameters found for it."""

    workflow: str
    parameters: dict[str, Any] = {}
    corrections: tuple[str, ...] = Field(default=(), description="Sentences such as: read 'ordrs' as 'orders'.")


class Plan(Frozen):
    """What will be done about one message.

    ``outcome`` is ``run`` (``steps`` holds the work), ``ask`` (``question`` holds what is missing) or ``reject``
    (``text`` says what can be done instead).
    """

    outcome: Literal["run", "ask", "reject"]
    steps: tuple[PlanStep, ...] = ()
    question: Question | None = None
    text: str = ""
    confidence: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    engine: Literal["rules", "recorded", "llm"] = "rules"
