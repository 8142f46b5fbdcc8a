"""A model that summarizes badly in one chosen way, for tests of everything that must not trust one."""

import threading
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Literal

from dataops_kernel.llm.base import EngineName, Label, LanguageModel, Scored, Slot
from dataops_kernel.llm.tokens import count_tokens, fit

Habit = Literal["shortens", "drops facts", "says nothing", "says more", "repeats itself", "raises", "never answers"]


class ForgetfulModel(LanguageModel):
    """Has one bad habit; ``asked`` counts how often it was asked. ``release()`` lets hanging calls return."""

    engine: EngineName = "llm"

    def __init__(self, habit: Habit) -> None:
        self._habit = habit
        self._released = threading.Event()
        self.asked = 0

    def release(self) -> None:
        """Let calls that never answer come back."""
        self._released.set()

    def summarize(self, text: str, max_tokens: int) -> str:
        """Return what the habit makes of a text."""
        self.asked += 1
        if self._habit == "shortens":
            return fit(text, max_tokens)
        if self._habit == "drops facts":
            return fit("There was some discussion about this and that.", max_tokens)
        if self._habit == "says more":
            return f"{text} And that was all of it, more or less, as far as anybody can tell."
        if self._habit == "repeats itself":
            sentence = "It was said. "
            return (sentence * max(1, (max_tokens - 1) // count_tokens(sentence))).strip()
        if self._habit == "raises":
            raise ConnectionError("the model is away")
        if self._habit == "never answers":
            self._released.wait()
        return ""

    def classify(self, text: str, labels: Sequence[Label]) -> list[Scored]:
        """Return every label, none of them likely."""
        return [Scored(name=label.name, confidence=0.0) for label in labels]

    def extract(self, text: str, fields: Sequence[Slot], *, today: date | None = None) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def generate(self, prompt: str, facts: dict[str, Any]) -> Iterator[str]:
        """Yield nothing."""
        yield from ()
