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
    """Return the names that a text comes nearest to, the nearest first."""
    from rapidfuzz import fuzz, process

    known = {name: _words(name) for name in names}
    found = process.extract(_words(text[:_LONGEST]), known, scorer=fuzz.WRatio, limit=limit, score_cutoff=_NEAR)
    return [name for _, _, name in found]


def _words(text: str) -> str:
    return "".join(char if char.isalnum() else " " for char in text).casefold()
