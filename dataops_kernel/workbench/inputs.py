"""What a door hands in, checked before anything is kept: text that can be stored, values shaped like JSON."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_json

from dataops_kernel.errors import LimitExceededError, ParameterError, UsageError

CONTEXT_BYTES = 100_000
"""The largest value of a session's context, in bytes of JSON."""
_TITLE = 60
"""The longest title a session gets by itself, in characters."""
_KEY = 200
"""The longest key of a session's context, in characters."""


def storable(text: str) -> str:
    """Return the text with ``?`` for lone surrogates, which undecodable input leaves and UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def title_of(text: str) -> str:
    """Return what an untitled session is called after its first message: its beginning, on one line."""
    shown = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text[: 8 * _TITLE])
    return " ".join(shown.split())[:_TITLE]


def message_text(text: str, limit: int) -> str:
    """Return a message without blanks around it.

    Raises ``UsageError`` when it is empty and ``LimitExceededError`` above ``limit`` bytes of UTF-8.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limit:
        raise LimitExceededError(
            f"A message of {size:,} bytes is over the limit of {limit:,}.",
            hint="Put long content into a file and name the file; DATAOPS_MESSAGE_BYTES changes the limit.",
        )
    text = storable(text).strip()
    if not text:
        raise UsageError("The message is empty.", hint="Ask something, for example: profile orders.csv")
    return text


def parameter_values(params: Mapping[str, Any] | None, limit: int) -> dict[str, Any]:
    """Return a workflow's parameters as the run's record will hold them: a path becomes text, a tuple a list.

    Raises ``ParameterError`` for a name that is no text or a value that JSON cannot hold, and
    ``LimitExceededError`` above ``limit`` bytes of JSON.
    """
    values: dict[str, Any] = {}
    for name, value in (params or {}).items():
        if not isinstance(name, str):
            raise ParameterError(f"A parameter's name is text, not {name!r}.", hint='For example: {"source": "a.csv"}')
        values[storable(name)] = json_value(value, f"The parameter {name!r}", limit)
    return values


def context_key(key: str) -> str:
    """Return a key of a session's context; raises ``ParameterError`` for an empty, long or unprintable one."""
    if not 0 < len(key) <= _KEY or not key.isprintable():
        raise ParameterError(
            f"{key[:80]!r} cannot be a key of a session's context.",
            hint=f"Use 1 to {_KEY} printable characters on one line.",
        )
    return key


def json_value(value: Any, what: str, limit: int) -> Any:
    """Return the value as JSON gives it back; ``what`` names it in the error."""
    try:
        held = to_json(value, inf_nan_mode="constants")
    except (PydanticSerializationError, ValueError, RecursionError) as err:
        raise ParameterError(
            f"{what} cannot be kept: {str(err).splitlines()[0]}.",
            hint="Give text, numbers, true or false, or lists and objects of them.",
        ) from err
    if len(held) > limit:
        raise LimitExceededError(
            f"{what} takes {len(held):,} bytes; the limit is {limit:,}.",
            hint="Put long content into a file and name the file.",
        )
    return from_json(held)
