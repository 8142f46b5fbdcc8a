"""What a caller may put into a session's record: text on one line, JSON within bounds."""

import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from dataops_kernel.errors import LimitExceededError, ParameterError

TITLE_LENGTH = 200
"""The longest title, in characters."""
METADATA_BYTES = 64_000
"""All metadata of one session, in bytes of its texts and numbers; deep or large content belongs into artifacts."""
METADATA_KEYS = 200
METADATA_DEPTH = 16
_KEY_LENGTH = 200
_INT_BITS = 1024
_UNSHOWABLE = ("Cc", "Cs", "Zl", "Zp")


def checked_title(title: Any) -> str:
    """Return a title; raises ``ParameterError`` for one that is too long or cannot be shown on one line."""
    if not isinstance(title, str):
        raise ParameterError(f"A title is text, not {title!r:.80}.", hint='For example: title="March load"')
    if len(title) > TITLE_LENGTH:
        raise ParameterError(
            f"A title of {len(title):,} characters is over the limit of {TITLE_LENGTH}: {title[:40]!r}….",
            hint="Shorten the title; put longer words into metadata.",
        )
    bad = next((char for char in title if unicodedata.category(char) in _UNSHOWABLE), None)
    if bad is not None:
        raise ParameterError(
            f"The title {title[:40]!r} holds the character {bad!r}, which cannot be shown.",
            hint="Use printable text on one line: no control characters, no half characters.",
        )
    return title


def checked_metadata(value: Any) -> dict[str, Any]:
    """Return metadata as JSON gives it back (a tuple becomes a list); it is bounded in size, depth and keys.

    Raises ``ParameterError`` for what JSON cannot hold (NaN, lone surrogates, bytes, cycles …) with the place, and
    ``LimitExceededError`` over ``METADATA_BYTES``, ``METADATA_DEPTH`` or ``METADATA_KEYS``. Stops at the first.
    """
    if not isinstance(value, Mapping):
        raise ParameterError(
            f"The metadata is {value!r:.80}, not names with values.", hint='For example: {"ticket": "OPS-12"}'
        )
    if len(value) > METADATA_KEYS:
        raise LimitExceededError(
            f"Metadata of {len(value):,} keys is over the limit of {METADATA_KEYS}.", hint="Store it as an artifact."
        )
    found = _Reader().read(value, "metadata", 0)
    assert isinstance(found, dict)
    return found


class _Reader:
    """Copies a value piece by piece and stops as soon as it grows over the limits."""

    def __init__(self) -> None:
        self._room = METADATA_BYTES

    def read(self, value: Any, place: str, depth: int) -> Any:
        if depth > METADATA_DEPTH:
            raise LimitExceededError(
                f"{place[:200]} lies more than {METADATA_DEPTH} levels deep, or holds itself.",
                hint="Flatten it, or store it as an artifact.",
            )
        if value is None or isinstance(value, bool):
            self._take(5)
            return value
        if isinstance(value, str):
            return self._text(value, place)
        if isinstance(value, int):
            if value.bit_length() > _INT_BITS:
                raise LimitExceededError(f"{place[:200]} is a number of too many digits.", hint="Write it as text.")
            self._take(8)
            return int(value)
        if isinstance(value, float):
            self._take(8)
            if not math.isfinite(value):
                raise ParameterError(f"{place[:200]} is {value!r}, which JSON has no word for.", hint="Use None.")
            return float(value)
        if isinstance(value, list | tuple):
            self._take(2 + len(value))
            return [self.read(part, f"{place}[{number}]", depth + 1) for number, part in enumerate(value)]
        if isinstance(value, Mapping):
            self._take(2 + len(value))
            return {self._key(key, place): self.read(part, f"{place}.{key}", depth + 1) for key, part in value.items()}
        raise ParameterError(
            f"{place[:200]} is a {type(value).__qualname__}, which JSON cannot hold.",
            hint="Give text, numbers, true or false, or lists and objects of them.",
        )

    def _key(self, key: Any, place: str) -> str:
        if not isinstance(key, str) or not 0 < len(key) <= _KEY_LENGTH:
            raise ParameterError(
                f"{place[:200]} has the key {key!r:.80}.", hint=f"A key is text of 1 to {_KEY_LENGTH} characters."
            )
        return self._text(key, f"the key {key!r:.80} of {place}")

    def _text(self, text: str, place: str) -> str:
        self._take(len(text))
        try:
            self._take(len(text.encode()) - len(text))
        except UnicodeEncodeError as err:
            raise ParameterError(
                f"{place[:200]} holds half a character ({text[err.start]!r} at {err.start}).",
                hint="Replace the broken characters (lone surrogates).",
            ) from err
        return str(text)

    def _take(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise LimitExceededError(
                f"The metadata takes more than {METADATA_BYTES:,} bytes.",
                hint="Store large content as an artifact of the session and name it in the metadata.",
            )
