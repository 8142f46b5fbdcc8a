"""Answers are Markdown; names and values inside them come from data and must stay text."""

import re

# A fence or a span closes with exactly as many backticks as it opened with; an escaped backtick opens nothing.
_CODE = re.compile(r"((?<![\\`])(?:```(?!`)(?:.*?)(?<!`)```(?!`)|(`{1,2})(?!`)[^\n]*?(?<!`)\2(?!`)))", re.DOTALL)
# Raw HTML, images and links would let a value from a file fetch an address or dress up as the workbench.
# Backslashes before them are taken along: an escaped backslash would set the markup free again.
_MARKUP = re.compile(r"\\*(?:[<$]|!\[|\](?=\\*[(\[:])|:(?=[a-z0-9-]+\[)|:(?=material/))")
# Renderers may disagree about where code ends (a table's cell ends it), so nothing in it may be a link either.
_LINK_IN_CODE = re.compile(r"(?<=\])(?=[(\[:])")
# Everything that could begin markup; an underscore inside a word is only an underscore.
_ANY_MARKUP = re.compile(r"[\\`*\[\]<>$~|]|:(?=\S)|(?<!\w)_|_(?!\w)|(?<=\d)[.)](?=\s)|(?:^|(?<=\n))[ \t]*(?:#+|[-+=]+)")
# Renderers make links of bare addresses, escaped or not; none goes on after this invisible character.
_ADDRESS = re.compile(r"(?<=://)(?=\S)|(?<=\bwww)(?=\.)", re.IGNORECASE)
_WORD_JOINER = "\u2060"


def safe_markdown(text: str) -> str:
    """Return Markdown whose emphasis, lists, tables and code work while HTML, links, images and formulas do not."""
    safe: list[str] = []
    end = 0
    for code in _CODE.finditer(text):
        safe += [_without_markup(text[end : code.start()]), _LINK_IN_CODE.sub(_WORD_JOINER, code[0])]
        end = code.end()
    return "".join([*safe, _without_markup(text[end:])])


def literal_markdown(text: str) -> str:
    """Return Markdown that reads exactly as ``text``: for names, labels and what people typed."""
    return _ADDRESS.sub(_WORD_JOINER, _ANY_MARKUP.sub(_escaped, text)).replace("\n", "  \n")


def _without_markup(text: str) -> str:
    return _ADDRESS.sub(_WORD_JOINER, _MARKUP.sub(_escaped, text))


def _escaped(markup: re.Match[str]) -> str:
    return "".join(char if char.isspace() else "\\" + char for char in markup[0])
