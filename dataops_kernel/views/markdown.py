"""Answers are Markdown; names and values inside them come from data and must stay text."""

import re

_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
# Raw HTML, images and links would let a value from a file fetch an address or dress up as the workbench.
_MARKUP = re.compile(r"[<$]|!\[|\]\(|:(?=[a-z-]+\[)|:(?=material/)")


def safe_markdown(text: str) -> str:
    """Return Markdown whose emphasis, lists, tables and code work while HTML, links, images and formulas do not."""
    pieces = _CODE.split(text)
    return "".join(
        piece if index % 2 else _MARKUP.sub(lambda match: _defused(match[0]), piece)
        for index, piece in enumerate(pieces)
    )


def _defused(markup: str) -> str:
    return "".join("\\" + char for char in markup)
