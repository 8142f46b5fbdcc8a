"""The language model seam: four verbs that a rules engine and a real model both answer."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import Field

from dataops_kernel.types import Frozen

EngineName = Literal["rules", "recorded", "llm"]


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
    """One value to look for in a text: ``type`` is a JSON-schema type name."""

    name: str
    type: Literal["string", "integer", "number", "boolean", "date"] = "string"
    description: str = ""
    choices: tuple[str, ...] = ()
    synonyms: dict[str, tuple[str, ...]] = Field(default={}, description="Other words for a choice.")


class LanguageModel(ABC):
    """What the kernel asks of language; ``engine`` is told with every answer so that nobody is misled."""

    engine: EngineName = "rules"

    @abstractmethod
    def classify(self, text: str, labels: Sequence[Label]) -> list[Scored]:
        """Return every label with its confidence, best first; all low means: none of them."""

    @abstractmethod
    def extract(self, text: str, fields: Sequence[Slot]) -> dict[str, Any]:
        """Return the values found in the text by field name; what is not there is left out, never guessed."""

    @abstractmethod
    def summarize(self, text: str, max_tokens: int) -> str:
        """Return a shorter text of at most ``max_tokens`` tokens."""

    @abstractmethod
    def generate(self, prompt: str, facts: dict[str, Any]) -> Iterator[str]:
        """Yield the pieces of a text that answers the prompt from the facts alone."""
