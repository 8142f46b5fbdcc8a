"""Facts said in sentences: what the rules engine can honestly write, and nothing beyond the facts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dataops_kernel.llm.rules.words import FUNCTION_STEMS, stem

_BLANK = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,60})\}")
_WORD = re.compile(r"[^\W_]+")
_SHOWN = 10


def generate(prompt: str, facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield sentences that say the facts.

    A prompt with blanks (``{rows} rows in {table}``) is filled in; else every fact becomes one sentence, those the
    prompt speaks of first. A blank without a fact is said to be not known.
    """
    if _BLANK.search(prompt):
        yield _BLANK.sub(lambda blank: _said(facts[blank[1]]) if blank[1] in facts else "(not known)", prompt)
        return
    if not facts:
        yield "Nothing is known about this."
        return
    asked = {stem(word.lower()) for word in _WORD.findall(prompt[:2000])} - FUNCTION_STEMS
    first = ""
    for name in sorted(facts, key=lambda name: not asked & {stem(word.lower()) for word in _WORD.findall(name)}):
        yield f"{first}{_sentence(name, facts[name])}"
        first = " "


def _sentence(name: str, value: Any) -> str:
    subject = name.replace("_", " ").strip() or "value"
    if isinstance(value, bool):
        return f"{subject.capitalize()}: {_said(value)}."
    if isinstance(value, Mapping):
        inner = ", ".join(f"{str(key).replace('_', ' ')} {_said(item)}" for key, item in list(value.items())[:_SHOWN])
        return f"Of {subject}: {inner or 'nothing'}{_rest(value)}."
    if _is_list(value):
        if not value:
            return f"{subject.capitalize()}: none."
        verb = "is" if len(value) == 1 else "are"
        return f"The {subject} {verb} {_said(value)}."
    if isinstance(value, int) and subject.endswith("s"):
        return f"There are {_said(value)} {subject}."
    return f"The {subject} is {_said(value)}."


def _said(value: Any) -> str:
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.01 or value == 0 else f"{value:.3g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_said(item)}" for key, item in list(value.items())[:_SHOWN])
    if _is_list(value):
        said = [_said(item) for item in value[:_SHOWN]]
        if len(value) > _SHOWN:
            return f"{', '.join(said)}{_rest(value)}"
        return " and ".join(filter(None, [", ".join(said[:-1]), *said[-1:]]))
    return str(value)


def _rest(value: Any) -> str:
    return f" and {len(value) - _SHOWN:,} more" if len(value) > _SHOWN else ""


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
