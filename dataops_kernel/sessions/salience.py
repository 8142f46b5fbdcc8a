"""What in a text is worth remembering: its sentences, and the signs that one of them decides, asks or measures."""

import re
from collections.abc import Iterator

LONGEST_SENTENCE = 400
"""Characters; a longer run without a full stop is cut at a word."""

# A full stop ends a sentence only before a blank: 3.5, orders.csv and e.g.x do not fall apart.
_SENTENCE = re.compile(r"[^\n.!?]+(?:[.!?](?=[^\s])[^\n.!?]*)*[.!?]*")
_DECISION = re.compile(
    r"\b(?:decid\w*|decision|agreed?|chose\w*|chosen|conclu\w+|settled|approved?|rejected?|confirmed|resolved"
    r"|(?:we|i|let us|let's) (?:will|shall|use|go with|keep|drop|skip|ignore|stick)|we'll|i'll"
    r"|from now on|going forward|instead of|must(?: not)?|never|always|do not|don't|prefer\w*|remember)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,_']*(?:\.\d+)?(?:[eE][-+]?\d+)?%?(?![\w])")
_NAME = re.compile(r"\b\w+\.(?:csv|json|parquet|tsv|xlsx|jil|sql)\b|\b\w+_\w+\b|`[^`\n]+`|\"[^\"\n]{1,60}\"")
_WORD = re.compile(r"\w+")


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text that hold a word, lines taken as ends, long ones cut."""
    for match in _SENTENCE.finditer(text):
        sentence = match.group().strip()
        if len(sentence) > LONGEST_SENTENCE:
            sentence = sentence[:LONGEST_SENTENCE].rpartition(" ")[0] or sentence[:LONGEST_SENTENCE]
        if _WORD.search(sentence):
            yield sentence


def is_decision(sentence: str) -> bool:
    """Say whether a sentence settles something: a choice, a rule, a preference."""
    return _DECISION.search(sentence) is not None


def is_question(sentence: str) -> bool:
    """Say whether a sentence asks."""
    return sentence.endswith("?")


def numbers(text: str) -> list[str]:
    """Return the numbers written in a text as they are written, without those inside names."""
    return [match.group() for match in _NUMBER.finditer(text)]


def weight(sentence: str, *, asked: bool) -> float:
    """Return how much a sentence tells: decisions most, then numbers and names; ``asked``: a person said it."""
    told = 3.0 * is_decision(sentence) + 1.0 * bool(_NUMBER.search(sentence)) + 1.0 * bool(_NAME.search(sentence))
    # What people ask steers the conversation; courtesies of a word or two do not.
    return told + (1.0 if asked else 0.0) - (1.5 if len(_WORD.findall(sentence[:60])) < 3 else 0.0)
