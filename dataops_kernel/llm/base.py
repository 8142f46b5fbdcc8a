"""The language model seam: four verbs that a rules engine and a real model both answer."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Literal

from pydantic import Field

from dataops_kernel.types import Frozen

EngineName = Literal["rules", "recorded", "llm"]
SlotType = Literal["string", "integer", "number", "boolean", "date", "duration"]


class Label(Frozen):
    """One thing a text may mean, described the way its author describes it."""

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()


class Scored(Frozen):
    """A label with how well it fits, 0 to 1."""

    name: str
    confidence: float


class Slot(Frozen):
    """One value to look for in a text.

    Values are JSON-shaped: a ``date`` is ISO text (``2026-03-01``), a ``duration`` a number of seconds.
    """

    name: str
    type: SlotType = "string"
    description: str = ""
    choices: tuple[str, ...] = ()
    synonyms: dict[str, tuple[str, ...]] = Field(default={}, description="Other words for a choice.")
    required: bool = Field(default=False, description="May take a value that nothing in the text ties to a slot.")


class LanguageModel(ABC):
    """What the kernel asks of language; ``engine`` is told with every answer so that nobody is misled."""

    engine: EngineName = "rules"

    @abstractmethod
    def classify(self, text: str, labels: Sequence[Label]) -> list[Scored]:
        """Return every label with its confidence, best first; all low means: none of them."""

    @abstractmethod
    def extract(self, text: str, fields: Sequence[Slot], *, today: date | None = None) -> dict[str, Any]:
        """Return the values found in the text by slot name; what is not there is left out, never guessed.

        ``today`` is the day that "yesterday" counts from; the model's own clock says it when not given.
        """

    @abstractmethod
    def summarize(self, text: str, max_tokens: int) -> str:
        """Return a shorter text of at most ``max_tokens`` tokens."""

    @abstractmethod
    def generate(self, prompt: str, facts: dict[str, Any]) -> Iterator[str]:
        """Yield the pieces of a text that answers the prompt from the facts alone."""
