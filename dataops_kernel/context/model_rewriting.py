"""Asking a model for a shorter text without trusting it: what it says is used only when it keeps to the rules."""

import queue
import threading
from collections import Counter

from dataops_kernel.llm.base import LanguageModel
from dataops_kernel.llm.tokens import count_tokens
from dataops_kernel.sessions import salience

MAX_CALLS = 16
"""Texts of one compression that a model is asked about; the others are extracted."""
_REPEATED = 0.5


class ModelRewriting:
    """A model's shorter texts for one compression; ``refused`` says why a text of it was not used."""

    def __init__(self, model: LanguageModel, seconds: float) -> None:
        self._model = model
        self._seconds = seconds
        self._known: dict[tuple[str, int], str] = {}
        self._calls = 0
        self.used = 0
        self.refused: Counter[str] = Counter()

    def __call__(self, text: str, max_tokens: int) -> str:
        """Return a text of at most ``max_tokens`` tokens, or ``text`` itself when the model gave none."""
        key = (text, max_tokens)
        if key not in self._known:
            if self._calls >= MAX_CALLS:
                return text
            self._calls += 1
            made, why = self._asked(text, max_tokens)
            if why:
                self.refused[why] += 1
            else:
                self.used += 1
            self._known[key] = text if why else made
        return self._known[key]

    def _asked(self, text: str, max_tokens: int) -> tuple[str, str]:
        """Return (what the model said, why it cannot be used)."""
        answers: queue.SimpleQueue[object] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._model.summarize(text, max_tokens))
            except Exception as err:  # whatever a vendor raises, the context is compressed all the same
                answers.put(err)

        threading.Thread(target=ask, daemon=True, name="context-model").start()
        try:
            said = answers.get(timeout=self._seconds)
        except queue.Empty:
            self._calls = MAX_CALLS  # who did not answer once is not asked again
            return "", f"it did not answer within {self._seconds:g} seconds"
        if not isinstance(said, str):
            return "", "it failed" if isinstance(said, Exception) else "it gave no text"
        said = " ".join(said.encode("utf-8", "replace").decode().split())
        if not said:
            return "", "it gave an empty text"
        if count_tokens(said) > max_tokens:
            return "", "its text was over the budget"
        sentences = list(salience.sentences(said))
        if len(sentences) > 3 and len(set(sentences)) < len(sentences) * _REPEATED:
            return "", "it repeated itself"
        return said, ""
