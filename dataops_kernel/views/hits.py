"""What a search found, as the piece of a message that shows why."""

import re
from collections.abc import Callable

from dataops_kernel.types import MessageHit
from dataops_kernel.views.plain import plain_text


def snippet(hit: MessageHit, length: int, mark: Callable[[str], str] | None = None) -> str:
    """Return about ``length`` characters around the first word that matches, on one line; ``mark`` wraps matches."""
    text = "".join(char if char.isprintable() else " " for char in " ".join(plain_text(hit.message.content).split()))
    found = re.compile(rf"\b(?:{'|'.join(map(re.escape, hit.words))})\b", re.IGNORECASE) if hit.words else None
    first = found.search(text) if found else None
    start = max(0, first.start() - length // 3) if first else 0
    cut = text[start : start + length]
    if found and mark:
        cut = found.sub(lambda match: mark(match.group()), cut)
    return f"{'…' if start else ''}{cut}{'…' if start + length < len(text) else ''}"
