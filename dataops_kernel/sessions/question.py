"""What a question looks for: its terms and those related to them, and how the words of an answer look."""

import re
from dataclasses import dataclass, field

from dataops_kernel.llm.rules.words import word_set
from dataops_kernel.sessions.relations import related
from dataops_kernel.sessions.terms import AMOUNT, NAME, ONLY_ASKS, TIME, names, root, spoken_by, words
from dataops_kernel.storage.textindex import TextIndex

_NAMED = 1.5
_LIGHT = 0.4
_SPEAKER = 0.4
_SPEAKS, _ASKING, _SHAPED = 1.5, 0.65, 1.1
# Verbs that say what is done with a thing, not which thing it is.
_LIGHT_WORDS = frozenset(
    root(word)
    for word in word_set(
        "add ask become begin bring change choose decide do end find finish first get give happen help keep kind last "
        "leave live look main mention need new own plan play put react recent see show spend start type want work year"
    )
)
_CUES = (
    (re.compile(r"\bwhen\b|\bwhat (?:day|date|month|year|time)\b|\bhow (?:long|often|old|recently)\b", re.I), TIME),
    (re.compile(r"\bhow (?:many|much|long|old|far|often|big|tall)\b", re.I), AMOUNT),
    (re.compile(r"\bwho\b|\bwhere\b|\bwhich\b|\bnamed?\b|\bcalled\b|\btitle\b", re.I), NAME),
)


@dataclass(frozen=True)
class Asked:
    """What is looked for: for each term the words of the question it stands for, each with its weight."""

    weights: dict[str, dict[str, float]] = field(default_factory=dict)
    speakers: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()

    def fits(self, marks: set[str]) -> float:
        """Return a factor, about 1, for how well a text with these marks has the shape of an answer."""
        said_by = _SPEAKS if not self.speakers.isdisjoint(marks) else 1.0
        asking = _ASKING if ONLY_ASKS in marks else 1.0
        return said_by * asking * _SHAPED ** len(self.marks & marks)


def read_question(text: str, index: TextIndex, owner: str) -> Asked:
    """Return what a question looks for among the texts of an owner."""
    wanted = list(dict.fromkeys(words(text)))
    speaking = index.frequencies(owner, [spoken_by(word) for word in wanted]).holding
    weights: dict[str, dict[str, float]] = {}

    def look_for(term: str, word: str, weight: float) -> None:
        stands_for = weights.setdefault(term, {})
        stands_for[word] = max(weight, stands_for.get(word, 0.0))

    for word in wanted:
        term = root(word)
        if spoken_by(word) in speaking:
            look_for(term, term, _SPEAKER)
            continue
        full = _LIGHT if term in _LIGHT_WORDS else 1.0
        look_for(term, term, full)
        for other, share in related(term).items():
            look_for(other, term, full * share)
    for name in names(text):
        look_for(name, name, _NAMED)
    marks = frozenset(mark for cue, mark in _CUES if cue.search(text))
    return Asked(weights, frozenset(spoken_by(word) for word in wanted if spoken_by(word) in speaking), marks)
