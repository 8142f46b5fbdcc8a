"""Numbers and lengths of time as people write them: ``2k``, ``1.5M``, ``10%``, ``five``, ``1,200``, ``90 minutes``."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from dataops_kernel.llm.rules.words import Token

_FIGURE = re.compile(r"([-+]?)[$€£]?(\d[\d,_']*(?:\.\d+)?)(%|[kKmMbB]|st|nd|rd|th)?")
_TIMED = re.compile(r"(\d+(?:\.\d+)?)(ms|s|secs?|m|mins?|h|hrs?|d|w)")
_SCALES = {"k": 1e3, "m": 1e6, "b": 1e9, "thousand": 1e3, "million": 1e6, "billion": 1e9, "dozen": 12, "hundred": 100}
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve "
    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: value for value, word in enumerate(_SMALL.split())} | {
    word: 20 + 10 * at for at, word in enumerate(_TENS.split())
}
_SECONDS = {
    "ms": 0.001, "millisecond": 0.001, "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600,
    "hr": 3600, "hour": 3600, "d": 86_400, "day": 86_400, "w": 604_800, "week": 604_800,
}  # fmt: skip
_LARGEST = 1e18


class Number(NamedTuple):
    """A number in a text, over the tokens ``first`` to ``last`` inclusive; ``10%`` has the value 10."""

    value: float
    first: int
    last: int
    percent: bool = False


def numbers_in(read: Sequence[Token]) -> list[Number]:
    """Return the numbers among a text's tokens, in order; dates and what stands in names and paths are none."""
    found: list[Number] = []
    at = 0
    while at < len(read):
        number = _figure(read, at) or _spelled(read, at)
        if number is None:
            at += 1
            continue
        number = _scaled(number, read)
        found.append(number)
        at = number.last + 1
    return found


def durations_in(read: Sequence[Token]) -> list[Number]:
    """Return the lengths of time among a text's tokens, in seconds."""
    found = []
    for at, token in enumerate(read):
        compact = _TIMED.fullmatch(token.text)
        if compact:
            unit = compact[2] if compact[2] in _SECONDS else compact[2].removesuffix("s")
            found.append(Number(float(compact[1]) * _SECONDS[unit], at, at))
    for number in numbers_in(read):
        word = _word(read, number.last + 1)
        unit = word if word in _SECONDS else word.removesuffix("s")
        if unit in _SECONDS:
            found.append(Number(number.value * _SECONDS[unit], number.first, number.last + 1))
    return sorted(found, key=lambda number: number.first)


def _figure(read: Sequence[Token], at: int) -> Number | None:
    token = read[at]
    match = _FIGURE.fullmatch(token.text) if token.kind == "number" and len(token.text) <= 24 else None
    if not match:
        return None
    sign, digits, unit = match.groups()
    value = float(re.sub(r"[,_']", "", digits)) * (-1 if sign == "-" else 1)
    value *= _SCALES.get((unit or "").lower(), 1)
    return Number(value, at, at, percent=unit == "%") if abs(value) <= _LARGEST else None


def _spelled(read: Sequence[Token], at: int) -> Number | None:
    word = _word(read, at)
    if word not in _WORDS and word != "dozen":
        return None
    value, last = (12, at) if word == "dozen" else (_WORDS[word], at)
    following = _WORDS.get(_word(read, at + 1), 0)
    if value >= 20 and 0 < following < 10:
        value, last = value + following, at + 1
    return Number(float(value), at, last)


def _scaled(number: Number, read: Sequence[Token]) -> Number:
    word = _word(read, number.last + 1)
    if word in _SCALES and len(word) > 1:
        return number._replace(value=number.value * _SCALES[word], last=number.last + 1)
    if word in ("percent", "pct", "%"):
        return number._replace(percent=True, last=number.last + 1)
    return number


def _word(read: Sequence[Token], at: int) -> str:
    return read[at].text.lower() if 0 <= at < len(read) and read[at].kind == "word" else ""
