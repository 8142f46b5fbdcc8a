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


class Undone(Frozen):
    """What an undo took back, newest first (nothing for a redo), and how to return: the entry ``left`` behind."""

    said: tuple[str, ...] = ()
    left: int


class Plan(Frozen):
    """What will be done about one message.

    ``outcome`` is ``run`` (``steps`` holds the work), ``ask`` (``question`` holds what is missing), ``reject``
    (``text`` says what can be done instead), ``undo`` (the last ``turns`` things the user said are taken back) or
    ``redo`` (the undo just before is).
    """

    outcome: Literal["run", "ask", "reject", "undo", "redo"]
    steps: tuple[PlanStep, ...] = ()
    question: Question | None = None
    text: str = ""
    turns: int = Field(default=0, description="How many turns an undo takes back.")
    confidence: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    engine: Literal["rules", "recorded", "llm"] = "rules"
