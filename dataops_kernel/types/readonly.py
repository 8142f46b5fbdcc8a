"""JSON values that cannot be changed, for what several readers are given at once; equal to plain ones."""

from typing import Any, NoReturn


def _refuse(self: Any, *_: Any, **__: Any) -> NoReturn:
    raise TypeError("This value is shared by its readers; change a copy of it, and update what it was read from.")


class _ReadOnlyDict(dict[str, Any]):
    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return {key: _plain(value, memo) for key, value in self.items()}

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


class _ReadOnlyList(list[Any]):
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        return [_plain(value, memo) for value in self]

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


NOTHING: dict[str, Any] = _ReadOnlyDict()
"""An empty object."""


def read_only(value: Any) -> Any:
    """Return a JSON value as one that refuses to be changed, at any depth; a deep copy of it is plain again."""
    if isinstance(value, dict):
        return _ReadOnlyDict({key: read_only(inner) for key, inner in value.items()}) if value else NOTHING
    if isinstance(value, list):
        return _ReadOnlyList(map(read_only, value))
    return value


def _plain(value: Any, memo: dict[int, Any]) -> Any:
    return value.__deepcopy__(memo) if isinstance(value, _ReadOnlyDict | _ReadOnlyList) else value
