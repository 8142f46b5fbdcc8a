"""The terms of what is said: words without their endings, names, who speaks, and a few marks of how it is said."""

import re
from functools import lru_cache

from dataops_kernel.llm.rules.words import FUNCTION_WORDS, word_set
from dataops_kernel.sessions.stems import porter

ASKS, ONLY_ASKS, TIME, AMOUNT, NAME = "0asks", "0only", "0time", "0amount", "0name"
"""Marks among the terms of a text: it ends with a question, it is one, it speaks of a time, it counts, it names."""

# Possessive, so that a text of one endless word is read in one pass.
_WORD = re.compile(r"[^\W_]++(?:['’][^\W\d_]++)?")
_NAME = re.compile(r"(?<![^\W_])[^\W_]++(?:[_.$#/-]++[^\W_]++)+")
_LABEL = re.compile(r"([^\W\d_][^:\n]{0,40}):\s")
_PROPER = re.compile(r"[^\W\d_][,;]?\s(?!I\b)[A-Z][a-z]")
_STATED = re.compile(r"[^.!?\n]++[.!\n]")
_TIME = re.compile(
    r"\b(?:jan(?:uary)?|feb(?:ruary)?|march|april|may|june|july|august|sept(?:ember)?|october|november|december"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|yesterday|today|tomorrow|tonight|ago|week(?:end)?s?|months?|years?"
    r"|days?|morning|evening|night|noon|spring|summer|autumn|fall|winter|easter|christmas|(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty"
    r"|seventy|eighty|ninety|hundreds?|thousands?|millions?|dozens?|half|twice|couple|several)\b",
    re.IGNORECASE,
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
    """Return the terms of a text: its words in order, then names like ``orders_by_region`` whole, then its marks."""
    label = _LABEL.match(text)
    said = text[label.end() :] if label else text
    found = [root(word) for word in words(text)]
    found.extend(names(text))
    if label:
        found.extend(spoken_by(word) for word in words(label[1]))
    if said.rstrip().endswith("?"):
        found.append(ASKS)
        if sum(len(stated.split()) for stated in _STATED.findall(said)) <= _AN_ASIDE:
            found.append(ONLY_ASKS)
    for mark, pattern in ((TIME, _TIME), (AMOUNT, _AMOUNT), (NAME, _PROPER)):
        if pattern.search(said):
            found.append(mark)
    return found


def spoken_by(name: str) -> str:
    """Return the mark of a text that begins with who says it, as in ``Ann: hello``."""
    return f"0by{name}"


def words(text: str) -> list[str]:
    """Return the words that say what a text is about, in lower case, in order."""
    return [word for match in _WORD.finditer(text) if (word := bare(match.group())) and word not in SILENT]


def bare(word: str) -> str:
    """Return a word in lower case without what follows an apostrophe, cleaned of anything no index takes."""
    word = word.replace("’", "'").partition("'")[0].lower()
    return word if word.isalnum() else "".join(filter(str.isalnum, word))


def names(text: str) -> list[str]:
    """Return the names in a text that somebody gave to a table, a job or a file, as one term each."""
    return ["".join(filter(str.isalnum, match.group().lower())) for match in _NAME.finditer(text)]


@lru_cache(maxsize=50_000)
def root(word: str) -> str:
    """Return the term of a word."""
    return porter(word)
