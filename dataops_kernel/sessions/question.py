"""What a question looks for: its terms with their weights, and how the words of an answer look."""

from dataclasses import dataclass

from dataops_kernel.sessions.terms import names, root, unique, words
from dataops_kernel.storage.textindex import TextIndex

_NAME = 1.5


@dataclass(frozen=True)
class Asked:
    """The terms looked for, each with its weight."""

    weights: dict[str, float]

    def fits(self, terms: tuple[str, ...]) -> float:
        """Return a factor, about 1, for how well a text has the shape of an answer."""
        return 1.0


def read_question(text: str, index: TextIndex, owner: str) -> Asked:
    """Return what a question looks for among the texts of an owner."""
    weights: dict[str, float] = {}
    for term in unique(root(word) for word in words(text)):
        weights[term] = 1.0
    for name in names(text):
        weights[name] = _NAME
    return Asked(weights)
