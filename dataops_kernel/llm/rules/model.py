"""The rules engine: the four language verbs without a model, a network or a credential."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from dataops_kernel.clock import Clock, system_clock
from dataops_kernel.llm.base import EngineName, Label, LanguageModel, Scored, Slot
from dataops_kernel.llm.rules import sentences, slots, summary
from dataops_kernel.llm.rules.classifier import Classifier, fit

_KEPT = 8


class RulesModel(LanguageModel):
    """Answers by word statistics and grammars: the same text always gets the same answer.

    Reads the first 4,000 and the last 1,000 characters of a text, except to summarize it, which reads all of it.
    """

    engine: EngineName = "rules"

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock
        self._fitted: dict[tuple[Label, ...], Classifier] = {}

    def classify(self, text: str, labels: Sequence[Label]) -> list[Scored]:
        """Return every label with its confidence, best first; text about none of them stays under 0.35."""
        return self._classifier(tuple(labels)).scores(text)

    def extract(self, text: str, fields: Sequence[Slot], *, today: date | None = None) -> dict[str, Any]:
        """Return the values found in the text by slot name."""
        return slots.extract(text, fields, today or self._clock().date())

    def summarize(self, text: str, max_tokens: int) -> str:
        """Return the text's most telling sentences, at most ``max_tokens`` of four characters each."""
        return summary.summarize(text, max_tokens)

    def generate(self, prompt: str, facts: dict[str, Any]) -> Iterator[str]:
        """Yield one plain sentence per fact, or the prompt with its ``{blanks}`` filled in."""
        return sentences.generate(prompt, facts)

    def _classifier(self, labels: tuple[Label, ...]) -> Classifier:
        known = self._fitted.get(labels)
        if known is None:
            known = Classifier(fit(labels))
            if len(self._fitted) >= _KEPT:
                self._fitted.pop(next(iter(self._fitted)), None)  # runs plan on threads: it may be gone by now
            self._fitted[labels] = known
        return known
