"""The terms of what is said: words without their endings, names, who speaks, and a few marks of how it is said."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile

from dataops_kernel.llm.rules.words import FUNCTION_WORDS, word_set
from dataops_kernel.sessions.stems import porter

ASKS, ONLY_ASKS, TIME, AMOUNT, NAME = "0asks", "0only", "0time", "0amount", "0name"
"""Marks before the terms of a text: it ends with a question, it is one, it speaks of a time, it counts, it names."""
_MARK = "0"

# Possessive, so that a text of one endless word is read in one pass.
_WORD = re.compile(r"[^\W_]++(?:['’][^\W\d_]++)?")
_NAME = re.compile(r"(?<![^\W_])[^\W_]++(?:[_.$#/-]++[^\W_]++)+")
_LABEL = re.compile(r"([^\W\d_][^:\n]{0,40}):\s")
_PROPER = re.compile(r"[^\W\d_][,;]?\s(?!I\b)[A-Z][a-z]")
_STATED = re.compile(r"[^.!?\n]++[.!\n]")
_TIMES = word_set(
    """
    january jan february feb march april may june july august september sept october november december
    monday tuesday wednesday thursday friday saturday sunday yesterday today tomorrow tonight ago
    week weeks weekend weekends month months year years day days morning evening night noon
    spring summer autumn fall winter easter christmas
    """
)
_AMOUNTS = word_set(
    """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands million millions
    dozen dozens half twice couple several
    """
)
_AN_ASIDE = 4  # words of a text that only asks may state: "That is great!"
_ALSO_SILENT = word_set(
    """
    after ago already always around away back came come did even few go going gone got gonna hear heard hi
    let like likely many make made mean much never often one people really say said says seem sort still
    sure take talk talked talking thing think thought time told too took try use used wanna way well went wow yeah
    good great nice cool awesome amazing lot lots gotta glad thanks thank hope feel feeling
    """
)
SILENT = frozenset(FUNCTION_WORDS) | _ALSO_SILENT
"""Words that are in no index: they say nothing about what a sentence is about."""


def terms(text: str) -> list[str]:
    """Return the terms of a text: its marks, its words in order, then names like ``orders_by_region`` whole."""
    label = _LABEL.match(text)
    said = text[label.end() :] if label else text
    heard = every_word(said)
    found = [root(word) for word in words(label[1])] if label else []
    found += [root(word) for word in heard if word not in SILENT]
    found.extend(names(text))
    marks = [spoken_by(word) for word in words(label[1])] if label else []
    if said.rstrip().endswith("?"):
        marks.append(ASKS)
        if sum(len(stated.split()) for stated in _STATED.findall(said)) <= _AN_ASIDE:
            marks.append(ONLY_ASKS)
    counted = [word for word in heard if word[0].isdigit()]
    if not _TIMES.isdisjoint(heard) or any(len(word) == 4 and word[:2] in ("19", "20") for word in counted):
        marks.append(TIME)
    if counted or not _AMOUNTS.isdisjoint(heard):
        marks.append(AMOUNT)
    if _PROPER.search(said):
        marks.append(NAME)
    return marks + found


def marks_of(terms: Sequence[str]) -> set[str]:
    """Return the marks before the terms of a text."""
    return {*takewhile(lambda term: term.startswith(_MARK), terms)}


def spoken_by(name: str) -> str:
    """Return the mark of a text that begins with who says it, as in ``Ann: hello``."""
    return f"{_MARK}by{name}"


def words(text: str) -> list[str]:
    """Return the words that say what a text is about, in lower case, in order."""
    return [word for word in every_word(text) if word not in SILENT]


def every_word(text: str) -> list[str]:
    """Return all words of a text in lower case, in order."""
    if text.isascii():
        heard: list[str] = _WORD.findall(text.lower())
        return [word.partition("'")[0] for word in heard] if "'" in text else heard
    return [word for match in _WORD.findall(text) if (word := bare(match))]


def bare(word: str) -> str:
    """Return a word in lower case without what follows an apostrophe, cleaned of anything no index takes."""
    word = word.lower()
    if "'" in word or "’" in word:
        word = word.replace("’", "'").partition("'")[0]
    return word if word.isalnum() else "".join(filter(str.isalnum, word))


def names(text: str) -> list[str]:
    """Return the names in a text that somebody gave to a table, a job or a file, as one term each."""
    return ["".join(filter(str.isalnum, match.group().lower())) for match in _NAME.finditer(text)]


@lru_cache(maxsize=50_000)
def root(word: str) -> str:
    """Return the term of a word."""
    return porter(word)
