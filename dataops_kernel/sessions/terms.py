"""The terms of what is said: lower case, without the words every sentence has, without endings."""

import re
from collections.abc import Iterable
from functools import lru_cache

from dataops_kernel.llm.rules.words import FUNCTION_WORDS, stem, word_set

# Possessive, so that a text of one endless word is read in one pass.
_WORD = re.compile(r"[^\W_]++(?:['’][^\W\d_]++)?")
_NAME = re.compile(r"(?<![^\W_])[^\W_]++(?:[_.$#/-]++[^\W_]++)+")
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
    """Return the terms of a text in order; a name like ``orders_by_region`` is one term besides its parts."""
    found = [root(word) for word in words(text)]
    found.extend(names(text))
    return found


def words(text: str) -> list[str]:
    """Return the words that say what a text is about, in lower case, in order."""
    return [word for match in _WORD.finditer(text) if (word := bare(match.group())) and word not in SILENT]


def bare(word: str) -> str:
    """Return a word in lower case without what follows an apostrophe, cleaned of anything no index takes."""
    word = word.replace("’", "'").partition("'")[0].lower()
    return word if word.isalnum() else "".join(filter(str.isalnum, word))


def names(text: str) -> list[str]:
    """Return the names in a text that somebody gave to a table, a job or a file, as one term each."""
    return [name for match in _NAME.finditer(text) if (name := "".join(filter(str.isalnum, match.group().lower())))]


@lru_cache(maxsize=50_000)
def root(word: str) -> str:
    """Return the term of a word."""
    return stem(word)


def unique(found: Iterable[str]) -> list[str]:
    """Return the terms without repetitions, in order."""
    return list(dict.fromkeys(found))
