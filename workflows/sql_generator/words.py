"""Text into tokens: words with their base form, numbers, quoted text and signs, each with its place in the question."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal


def word_list(text: str) -> tuple[str, ...]:
    """Return the words of a long list, so that word lists can be written as text."""
    return tuple(text.split())


TokenKind = Literal["word", "number", "quoted", "sign"]

_TOKEN = re.compile(
    r"""
    (?P<quoted> "[^"]*" | “[^”]*” | `[^`]*` | (?<!\w)'[^']*'(?!\w) | (?<!\w)‘[^’]*’(?!\w) )
  | (?P<iso>    \d{4}-\d{1,2}(?:-\d{1,2})?(?![\w-]) | \d{4}/\d{1,2}/\d{1,2}(?!\w) | \d{1,2}[/.]\d{1,2}[/.]\d{4}(?!\w) )
  | (?P<number> (?:(?<![\w)])-)?[$€£]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[kKmM]|bn)?(?:\s?%)?(?![\w]|[-.]\w) )
  | (?P<word>   \w+(?:['’]\w+)?(?:[-.]\w+(?:['’]\w+)?)* )
  | (?P<sign>   >= | <= | != | <> | == | [^\w\s] )
    """,
    re.VERBOSE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_APOSTROPHE = re.compile(r"['’]s?\b")
_WORD = re.compile(r"[^\W_]+")
_SCALE = {"k": 1_000, "m": 1_000_000, "bn": 1_000_000_000}
NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        word_list(
            """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    """
        )
    )
} | {"twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100, "thousand": 1000, "dozen": 12}
_IRREGULAR = {
    "people": "person", "children": "child", "men": "man", "women": "woman", "feet": "foot", "indices": "index",
    "analyses": "analysis", "statuses": "status", "buses": "bus", "news": "news", "movies": "movie",
    "employees": "employee", "series": "series", "species": "species", "data": "data", "sales": "sale",
    "cookies": "cookie", "houses": "house", "courses": "course", "nurses": "nurse", "causes": "cause",
    "purchases": "purchase", "expenses": "expense", "licenses": "license", "warehouses": "warehouse",
    "bases": "base", "cases": "case", "phases": "phase", "leases": "lease", "releases": "release",
    "responses": "response", "invoices": "invoice", "prizes": "prize", "sizes": "size", "caches": "cache",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of the question; ``words`` are its base forms (``order_date`` has two)."""

    text: str
    kind: TokenKind
    low: str
    words: tuple[str, ...]
    number: float | int | None = None
    """The value of a number, also of a number word such as "five"."""


def tokens(text: str) -> list[Token]:
    """Split a question; nothing but white space is lost."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        piece = match.group()
        match match.lastgroup:
            case "quoted":
                inner = piece[1:-1]
                found.append(Token(inner, "quoted", inner.casefold(), normal(inner)))
            case "iso":
                found.append(Token(piece, "number", piece, (piece,)))
            case "number":
                found.append(Token(piece, "number", piece.lower(), (piece.lower(),), _number(piece)))
            case "sign":
                found.append(Token(piece, "sign", piece, (piece,)))
            case _:
                found.extend(_word(part) for part in _parts(piece))
    return found


def word(text: str) -> Token:
    """Return the token of one word, as a correction puts it in the place of a misspelt one."""
    return _word(text)


def _word(piece: str) -> Token:
    low = re.sub(r"['’]s$|['’]$", "", piece.casefold())
    return Token(piece, "word", low, normal(low), NUMBER_WORDS.get(low))


def _parts(piece: str) -> list[str]:
    """Split at hyphens and dots unless a digit makes it a code such as ``ORD-0001``; "don't" is "do not"."""
    if re.search(r"\d", piece) and re.search(r"[-.]", piece):
        return [piece]
    parts: list[str] = []
    for part in re.split(r"[-.]", piece):
        negated = re.fullmatch(r"(\w+)n['’]t", part, re.IGNORECASE)
        if negated:
            parts += [negated[1], "not"]
        elif re.fullmatch(r"(\w+)['’](re|ve|d|ll|m)", part, re.IGNORECASE):
            parts.append(re.split(r"['’]", part)[0])
        elif part:
            parts.append(part)
    return parts


def _number(piece: str) -> float | int | None:
    if piece.endswith("%"):
        return None  # 20 % may be stored as 20 or as 0.2; nobody here can know
    match = re.fullmatch(r"(-?)[$€£]?([\d,.]+)(k|m|bn)?", piece.lower())
    if match is None:
        return None
    digits = match[2].replace(",", "")
    value: float | int = float(digits) if "." in digits else int(digits[:30])
    value = value * _SCALE.get(match[3] or "", 1)
    if isinstance(value, float) and value.is_integer() and match[3]:
        value = int(value)
    return -value if match[1] else value


@lru_cache(maxsize=16_384)
def normal(text: str) -> tuple[str, ...]:
    """Return the base forms of the words in a text or a name: ``UnitPrices`` and ``unit_price`` agree."""
    plain = text
    if not text.isascii():
        plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    if not plain.islower() and not plain.isupper():
        plain = _CAMEL.sub(" ", plain)
    if "'" in plain or "’" in plain:
        plain = _APOSTROPHE.sub("", plain)
    return tuple(singular(part) for part in _WORD.findall(plain.casefold()))


@lru_cache(maxsize=4096)
def singular(text: str) -> str:
    """Return the singular of an English noun; a word that is none comes back unchanged or harmlessly shortened."""
    if text in _IRREGULAR:
        return _IRREGULAR[text]
    if len(text) < 4 or not text.endswith("s") or text.endswith(("ss", "us", "is")):
        return text
    if text.endswith("ies"):
        return text[:-3] + "y"
    if text.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return text[:-2]
    return text[:-1]


@lru_cache(maxsize=4096)
def stem(text: str) -> str:
    """Return a rough common root of a verb's forms: hire, hired, hiring; ship, shipped, shipping."""
    for ending, least in (("ing", 3), ("ed", 3), ("s", 3), ("ment", 3), ("ure", 5), ("al", 5), ("y", 5)):
        if text.endswith(ending) and len(text) - len(ending) >= least:
            text = text[: -len(ending)]
            break
    if len(text) > 3 and text[-1] == text[-2] and text[-1] not in "lse":
        text = text[:-1]
    return text.rstrip("e") if len(text) > 3 else text


def is_plural(text: str) -> bool:
    """Whether an English noun stands in the plural."""
    low = text.casefold()
    return singular(low) != low
