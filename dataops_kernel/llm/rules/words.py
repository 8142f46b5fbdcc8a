"""What stands in a sentence: words, numbers, file names, identifiers and quoted text, each with its place."""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal["word", "number", "file", "name", "quoted", "address"]

# A request says what it wants at its start or its end; what a longer paste says between is not read.
_HEAD = 4_000
_TAIL = 1_000

_SUFFIXES = (
    "arrow avro bz2 csv dat db feather gz html ipynb jil json jsonl log md ndjson orc parquet pdf pq psv py sql sqlite "
    "tab toml tsv txt xls xlsx xml yaml yml zip zst"
)
FILE_SUFFIXES = frozenset("." + suffix for suffix in _SUFFIXES.split())


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(words.split())


# Words that carry the grammar of a request or only say that it is one, not its subject.
FUNCTION_WORDS = word_set(
    """
    a about above across again all also am an and any anything are as at be because been before being but by
    can cannot could did didn display do does doesn doing don done each else ever every find for from get give
    had has have having he hello her here hers hey hi him his how i if im in into is isn it its just know let
    lets like list may maybe me might mine more most much must my need new no not now of off ok okay on once
    one only onto or other our ours out over own per please pls quite rather same see shall she should show
    since so some something still such tell than thank thanks that the their them then there these they thing
    things this those through thru to too under until up us very want was we were what whats when where which
    while who whom whose why will with within without would yes yet you your yours
    """
)

# Whitespace splits; quotes keep what they hold together. Every branch is linear: no repeat inside a repeat.
_PIECE = re.compile(
    r"""
      "[^"\n]{1,300}" | “[^“”\n]{1,300}” | «[^«»\n]{1,300}» | `[^`\n]{1,300}`
    | (?<!\w)'[^'\n]{1,300}'(?!\w) | (?<!\w)‘[^‘’\n]{1,300}’(?!\w)
    | [^\s"“”«»`]+
    """,
    re.VERBOSE,
)
_NUMBER = r"[-+]?[$€£]?\d[\d,_']*(?:\.\d+)?(?:%|[kKmMbB]\b|st\b|nd\b|rd\b|th\b)?"
_INNER = re.compile(
    rf"(?<![\w.]){_NUMBER}(?![\w])|[^\W\d_][^\W_]*(?:['’][^\W\d_]+)?(?:[._#$-]+[^\W_]+)*|[^\W_]+(?:[._#-]+[^\W_]+)*"
)
_RANKED = re.compile(r"(top|first|last|bottom)-?(\d{1,6})", re.IGNORECASE)
_DATE_SHAPE = re.compile(r"\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_AROUND = "([{<>}])!?,;:*'‘’…"
_SPLIT_NAME = re.compile(r"[^\W\d_]+")


class Token(NamedTuple):
    """One thing in a text; ``text[start:end]`` of what was read is where it stands, quotes included."""

    text: str
    kind: Kind
    start: int
    end: int
    stem: str

    @property
    def is_content(self) -> bool:
        """Whether it is a word that says what the text is about."""
        return self.kind == "word" and self.stem not in FUNCTION_STEMS


def readable(text: str) -> str:
    """Return what is read of a text: no control or direction marks, the middle of a very long one left out."""
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]}\n{text[-_TAIL:]}"
    return _CONTROL.sub(" ", text)


@lru_cache(maxsize=64)
def tokens(text: str) -> tuple[Token, ...]:
    """Return what stands in a ``readable`` text, in order."""
    found: list[Token] = []
    for piece in _PIECE.finditer(text):
        chunk = piece.group()
        if chunk[0] in "\"“«`'‘" and len(chunk) > 2 and chunk[-1] in "\"”»`'’":
            inner = chunk[1:-1].strip()
            found.append(Token(inner, _quoted_kind(inner), piece.start(), piece.end(), inner.lower()))
        else:
            found.extend(_unquoted(chunk, piece.start()))
    return tuple(found)


def _quoted_kind(inner: str) -> Kind:
    return "file" if _is_file(inner) else "quoted"


def _unquoted(chunk: str, offset: int) -> list[Token]:
    core = chunk.lstrip(_AROUND).rstrip(_AROUND + ".")
    start = offset + chunk.find(core) if core else offset
    if not core:
        return []
    if "://" in core:
        return [Token(core, "address", start, start + len(core), core.lower())]
    core = core.removesuffix("'s").removesuffix("’s")
    if _is_file(core):
        return [Token(core, "file", start, start + len(core), core.lower())]
    if _DATE_SHAPE.fullmatch(core):
        return [Token(core, "number", start, start + len(core), core)]
    return [token for match in _INNER.finditer(core) for token in _inner_tokens(match.group(), start + match.start())]


def _is_file(text: str) -> bool:
    name = text.replace("\\", "/").rpartition("/")[2]
    dot = name.rfind(".")
    has_suffix = dot >= 0 and name[dot:].lower() in FILE_SUFFIXES
    if has_suffix:
        return True
    rooted = text.startswith(("~/", "./", "../", ".\\", "\\\\")) or text[1:3] in (":\\", ":/")
    return (rooted and len(text) > 2) or (text[0] == "/" and "/" in text[2:-1])


def _inner_tokens(text: str, start: int) -> list[Token]:
    if text[0].isdigit() or (text[0] in "+-$€£" and len(text) > 1):
        kind: Kind = "name" if any(char.isalpha() for char in text[1:-2]) else "number"
        return [Token(text, kind, start, start + len(text), text.lower())]
    ranked = _RANKED.fullmatch(text)
    if ranked:
        middle = start + ranked.start(2)
        return [
            Token(ranked[1], "word", start, middle, stem(ranked[1].lower())),
            Token(ranked[2], "number", middle, start + len(text), ranked[2]),
        ]
    if is_identifier(text):
        return [Token(text, "name", start, start + len(text), text.lower())]
    found = []
    for word in text.split("-"):
        if word:
            found.append(Token(word, "word", start, start + len(word), stem(word.lower().replace("’", "'"))))
        start += len(word) + 1
    return found


def is_identifier(text: str) -> bool:
    """Say whether a word has the shape of a name somebody gave: ``LOAD_ORDERS``, ``unit_price``, ``ETL2``, ``a.b``."""
    if "-" in text and text.isupper():
        return True
    return any(char in "_#$." or char.isdigit() for char in text)


def stem_set(words: str) -> frozenset[str]:
    """Return the stems of the words of a text as a set."""
    return frozenset(map(stem, words.split()))


def parts(name: str) -> list[str]:
    """Return the stems of the words inside an identifier or a file name."""
    return [stem(word.lower()) for word in _SPLIT_NAME.findall(name)]


def stem(word: str) -> str:
    """Return a word without its commonest endings: ``jobs``, ``failed``, ``running`` → ``job``, ``fail``, ``run``.

    Light on purpose: it has to be right for the words of requests, and the same for the same word.
    """
    if "'" in word:
        word = word.split("'", 1)[0]
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    size = len(word)
    if size <= 3 or not word.isascii():
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if size > 4 else word
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root is not word and len(root) >= 3 and any(vowel in root for vowel in "aeiouy"):
            if root[-1] == root[-2] and root[-1] not in "lsz":
                return root[:-1]
            return root
    return word.removesuffix("e") if len(word) > 4 else word


_IRREGULAR = {
    "ran": "run",
    "broke": "break",
    "broken": "break",
    "sold": "sell",
    "spent": "spend",
    "began": "begin",
    "was": "be",
    "data": "data",
    "went": "go",
    "goes": "go",
    "does": "do",
    "indices": "index",
    "averag": "average",
    "this": "this",
}
FUNCTION_STEMS = frozenset(FUNCTION_WORDS | {stem(word) for word in FUNCTION_WORDS})
