"""What may hide in one attribute's value: a comment at its end, an open quote, further attributes."""

from typing import NamedTuple

from .vocabulary import ATTRIBUTES, FREE_TEXT, STATEMENTS

_LONGEST_KEY = max(map(len, (*ATTRIBUTES, *STATEMENTS)))


class Segment(NamedTuple):
    """One ``key: value`` found inside a line; ``start`` is where its key stands in the text that was split."""

    key: str
    value: str
    start: int


class Doubt(NamedTuple):
    """A known key inside a value that could be read both ways; ``split`` says how it was read."""

    key: str
    start: int
    split: bool


def quote_end(text: str, start: int) -> int:
    """Return the index of the quote that closes the one at ``start``, or -1."""
    end = text.find('"', start + 1)
    while end > 0 and text[end - 1] == "\\":
        end = text.find('"', end + 1)
    return end


def without_comment(text: str) -> str:
    """Return the text without ``/* … */`` at its end.

    Only an unquoted ``/*`` after a blank begins a comment, and only when its ``*/`` ends the text: ``cp /tmp/*/x`` and
    ``"has /* inside"`` are values.
    """
    if not text.endswith("*/"):
        return text
    cut, position = -1, 0
    quote, closer = text.find('"'), -1
    while (start := text.find("/*", position)) >= 0:
        if 0 <= quote < start:
            end = quote_end(text, quote)
            if end < 0:
                break
            cut, position = -1, end + 1
            quote = text.find('"', position)
            continue
        if cut >= 0 and text[position:start].strip():
            cut = -1
        position = start + 2
        if start and not text[start - 1].isspace():
            cut = -1
            continue
        if closer < position:
            closer = text.find("*/", position)
        if closer < 0:
            break
        cut = start if cut < 0 else cut
        position = closer + 2
        if quote >= 0 and quote < position:
            quote = text.find('"', position)
        if position == len(text):
            return text[:cut].rstrip()
    return text


def split_pairs(key: str, text: str) -> tuple[list[Segment], list[Doubt]]:
    """Split ``key``'s text where another known attribute begins on the same line.

    Outside quotes a value ends at blank + known key + colon; inside free text (commands, descriptions) only when two
    blanks stand before the key. Every such place is also returned as a doubt, split or not.
    """
    segments: list[Segment] = []
    doubts: list[Doubt] = []
    begun, key_at, position, size = 0, 0, 0, len(text)
    quote = text.find('"')
    colon = text.find(":")
    while colon >= 0:
        if 0 <= quote < colon:
            end = quote_end(text, quote)
            if end < 0:
                break
            position = end + 1
            quote = text.find('"', position)
            if colon < position:
                colon = text.find(":", position)
            continue
        start = _key_start(text, colon, max(begun, colon - _LONGEST_KEY))
        word = text[start:colon].lower()
        if start > begun and text[start - 1].isspace() and (word in ATTRIBUTES or word in STATEMENTS):
            split = key not in FREE_TEXT or (start - 2 >= begun and text[start - 2].isspace())
            doubts.append(Doubt(word, start, split))
            if split:
                segments.append(Segment(key, text[begun:start].strip(), key_at))
                key, key_at, begun = word, start, colon + 1
        position = colon + 1
        colon = text.find(":", position) if position < size else -1
    segments.append(Segment(key, text[begun:].strip(), key_at))
    return segments, doubts


def _key_start(text: str, colon: int, lowest: int) -> int:
    start = colon
    while start > lowest and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    return start
