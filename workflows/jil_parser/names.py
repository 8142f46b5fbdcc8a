"""Which job is meant: as written, in another case, or the nearest there is."""

from __future__ import annotations

from collections.abc import Iterable

from .graph import Graph
from .wording import code

_LONGEST = 500
_NEAR = 75


def resolve(asked: str, graph: Graph) -> tuple[str | None, str]:
    r"""Return the job of that name and what to say about the reading; ``\:`` and letter case are forgiven."""
    name = asked.strip().strip("\"'`").replace("\\:", ":")
    if name in graph.jobs:
        return name, ""
    alike = [known for known in graph.jobs if known.casefold() == name.casefold()]
    if len(alike) == 1:
        return alike[0], f"I read {code(asked)} as {code(alike[0])}."
    return None, ""


def nearest(text: str, names: Iterable[str], limit: int = 3) -> list[str]:
    """Return the names that a name or a sentence comes nearest to, the nearest first.

    A name is as near as its words are on the average to any words of the text, or as the text is to the whole name.
    """
    from rapidfuzz import fuzz

    said = _words(text[:_LONGEST])
    near: dict[str, float] = {}
    scored = []
    for name in names:
        words = _words(name)
        for word in words:
            if word not in near:
                near[word] = max((fuzz.ratio(word, other) for other in said), default=0.0)
        score = sum(near[word] for word in words) / len(words) if words else 0.0
        score = max(score, fuzz.ratio(" ".join(said), " ".join(words)))
        if score >= _NEAR:
            scored.append((-score, len(name), name))
    return [name for _, _, name in sorted(scored)[:limit]]


def _words(text: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in text).casefold().split()
