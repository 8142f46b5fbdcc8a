"""Places in a JSON-shaped value: what may be one, pointers to its parts (RFC 6901), and what it costs as text."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from dataops_kernel.errors import LimitExceededError, NotFoundError, ParameterError
from dataops_kernel.llm.tokens import count_tokens

MAX_BYTES = 8 * 1024 * 1024
"""The largest context that is looked at, in bytes of JSON."""
MAX_DEPTH = 64
"""How deep lists and objects of a context may lie in each other."""


def checked(context: Any) -> dict[str, Any]:
    """Return a copy of a context as JSON gives it back; NaN and infinities stay what they are.

    Raises ``ParameterError`` for what JSON cannot hold, half characters and values that hold themselves, and
    ``LimitExceededError`` above ``MAX_DEPTH`` levels or ``MAX_BYTES`` bytes.
    """
    if not isinstance(context, Mapping):
        raise ParameterError(
            f"A context is an object with keys, not {type(context).__qualname__!r}.", hint='For example: {"region": 1}'
        )
    copied: dict[str, Any] = _Copy().of(context, "", 1)
    return copied


class _Copy:
    def __init__(self) -> None:
        self._room = MAX_BYTES
        self._open: set[int] = set()

    def of(self, value: Any, path: str, depth: int) -> Any:
        if value is None or isinstance(value, bool | int | float):
            self._take(len(_number(value, path)), path)
            return value
        if isinstance(value, str):
            self._take(len(value), path)
            return _whole(str(value), path)
        if isinstance(value, Mapping | list | tuple):
            return self._container(value, path, depth)
        try:
            return self.of(to_jsonable_python(value), path, depth)
        except (PydanticSerializationError, ValueError, RecursionError) as err:
            if isinstance(err, ParameterError | LimitExceededError):
                raise
            raise ParameterError(
                f"The context holds a {type(value).__qualname__} at {path!r}, which JSON cannot hold.",
                hint="Give text, numbers, true or false, or lists and objects of them.",
            ) from err

    def _container(self, value: Any, path: str, depth: int) -> Any:
        if id(value) in self._open:
            raise ParameterError(f"The context holds itself at {path!r}.", hint="Take the circle out.")
        if depth > MAX_DEPTH:
            raise LimitExceededError(
                f"The context is nested deeper than {MAX_DEPTH} levels, at {path[:120]!r}….",
                hint="Give it fewer levels, or store it as an artifact.",
            )
        self._open.add(id(value))
        self._take(2 + len(value), path)
        made: Any
        if isinstance(value, Mapping):
            made = {}
            for key, inner in value.items():
                if not isinstance(key, str):
                    raise ParameterError(
                        f"The context has the key {key!r} at {path!r}, which is no text.", hint="Use text as keys."
                    )
                self._take(len(key), path)
                made[_whole(key, path)] = self.of(inner, below(path, key), depth + 1)
        else:
            made = [self.of(inner, below(path, place), depth + 1) for place, inner in enumerate(value)]
        self._open.discard(id(value))
        return made

    def _take(self, size: int, path: str) -> None:
        self._room -= size
        if self._room < 0:
            raise LimitExceededError(
                f"The context takes more than {MAX_BYTES:,} bytes, counted up to {path[:120]!r}.",
                hint="Store large content as an artifact and name the artifact.",
            )


def _number(value: Any, path: str) -> str:
    try:
        return str(value)
    except ValueError as err:
        raise ParameterError(f"The number at {path!r} has too many digits.", hint="Give it as text.") from err


def _whole(text: str, path: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as err:
        raise ParameterError(
            f"The text at {path[:120]!r} holds half a character ({text[err.start]!a}).".replace("\\\\", "\\"),
            hint="Decode the text it came from with the right encoding.",
        ) from err
    return text


def rendered(value: Any) -> str:
    """Return a value as the JSON text a model would read."""
    return to_json(value, inf_nan_mode="constants").decode()


def cost(value: Any) -> int:
    """Return the tokens of a value's JSON text."""
    return count_tokens(rendered(value))


def below(path: str, step: str | int) -> str:
    """Return the pointer to a part of what ``path`` points to."""
    return f"{path}/{str(step).replace('~', '~0').replace('/', '~1')}"


def steps(path: str) -> list[str]:
    """Return the steps of a pointer; none for the whole value."""
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def at(value: Any, path: str) -> Any:
    """Return what a pointer points to; raises ``NotFoundError``."""
    for step in steps(path):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            known = list(value)[:8] if isinstance(value, dict) else f"0 to {len(value) - 1}" if value else "nothing"
            raise NotFoundError(
                f"There is no place {path[:120]!r} in the context.",
                hint=f"At {step[:40]!r} there is {known if isinstance(value, dict | list) else 'a single value'}.",
            )
    return value


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (pointer, value) of everything that is neither a list nor an object, in order."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, below(path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, below(path, place))
    else:
        yield path, value
