"""Answers for places that draw no Markdown."""

import re

_CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
_EMPHASIS = re.compile(r"(?<![\\\w*])(\*{1,2})(?=\S)(.+?)(?<=[^\s\\])\1(?![\w*])")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~$:])")


def plain_text(markdown: str) -> str:
    """Return an answer as a terminal shows it: no emphasis marks, no escapes, code as it stands."""
    pieces: list[str] = []
    end = 0
    for code in _CODE.finditer(markdown):
        pieces += [_words(markdown[end : code.start()]), code[2]]
        end = code.end()
    return "".join([*pieces, _words(markdown[end:])])


def _words(text: str) -> str:
    return _ESCAPED.sub(r"\1", _EMPHASIS.sub(r"\2", text))
