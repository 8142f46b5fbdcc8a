"""JSON, text and bytes: what is stored is checked first, so that what is read is what was meant."""

import math
from typing import Any, Literal, NamedTuple

import orjson

from dataops_kernel.errors import LimitExceededError, ParameterError
from dataops_kernel.types import ContentForm, ContentType

MAX_DEPTH = 254
"""Objects and arrays inside each other in one JSON content; what orjson writes at most."""

_COMPRESS_ABOVE = 32 * 1024
_SMALLEST_INT, _LARGEST_INT = -(2**63), 2**64 - 1


class Document(NamedTuple):
    """Content as stored bytes; ``size_bytes`` counts the content before compression."""

    form: ContentForm
    content_type: ContentType
    data: bytes
    size_bytes: int
    encoding: Literal["plain", "zstd"]


def encode_json(content: Any, limit: int) -> Document:
    """Encode a dict or list of JSON values; tuples become arrays.

    Raises ``ParameterError`` naming the place of the first value that JSON cannot hold exactly, and
    ``LimitExceededError`` above ``limit`` bytes.
    """
    try:
        data = orjson.dumps(content, option=orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME)
        # orjson writes NaN as null and UUIDs and enums as text; only reading back proves that nothing was changed.
        exact = orjson.loads(data) == content
    except (TypeError, ValueError, RecursionError):
        data, exact = b"", False
    if not exact:
        fault = _fault(content, "content", set())
        if fault is None and not data:
            fault = "the content cannot be written as JSON"
        if fault is not None:
            raise ParameterError(
                f"This is not a JSON value: {fault}.",
                hint="Store only dicts with text keys, lists, text, finite numbers, true, false and null.",
            )
    return _document("json", "json", data, limit, compress=True)


def encode_text(content: str, limit: int) -> Document:
    """Encode text as UTF-8; raises ``ParameterError`` for lone surrogates."""
    try:
        data = content.encode()
    except UnicodeEncodeError as err:
        raise ParameterError(
            f"The text holds {content[err.start]!r} at position {err.start}, which is half of a character.",
            hint="Decode the text with the encoding it was written in, or store the bytes.",
        ) from None
    return _document("text", "text", data, limit, compress=True)


def encode_bytes(content: bytes | bytearray | memoryview, limit: int) -> Document:
    """Keep bytes as they are."""
    return _document("bytes", "binary", bytes(content), limit, compress=False)


def decompress(data: bytes, size: int) -> bytes:
    """Reverse the zstd encoding of a document of ``size`` bytes."""
    import pyarrow as pa

    plain: bytes = pa.decompress(data, decompressed_size=size, codec="zstd", asbytes=True)
    return plain


def _document(form: ContentForm, kind: ContentType, data: bytes, limit: int, *, compress: bool) -> Document:
    size = len(data)
    if size > limit:
        raise LimitExceededError(
            f"A content of {size:,} bytes is over the limit of {limit:,}.",
            hint="Store rows as a table (an Arrow table, DataFrame or list of dicts), or split the content.",
        )
    if compress and size > _COMPRESS_ABOVE:
        import pyarrow as pa

        packed: bytes = pa.Codec("zstd", compression_level=1).compress(data, asbytes=True)
        if len(packed) < size * 0.9:
            return Document(form, kind, packed, size, "zstd")
    return Document(form, kind, data, size, "plain")


def _fault(value: Any, place: str, above: set[int]) -> str | None:
    """Say what in ``value`` JSON cannot hold and where; ``above`` holds the containers around it."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return None if _is_unicode(value) else f"{place} holds half of a character (a lone surrogate)"
    if isinstance(value, int):
        if _SMALLEST_INT <= value <= _LARGEST_INT:
            return None
        return f"{place} is a number of {value.bit_length()} bits, and 64 are kept exactly (write it as text)"
    if type(value) is float:
        return None if math.isfinite(value) else f"{place} is {value!r}, which JSON does not have (use None)"
    if not isinstance(value, dict | list | tuple):
        return f"{place} is a {type(value).__module__}.{type(value).__qualname__}"
    if id(value) in above:
        return f"{place} contains itself"
    if len(above) == MAX_DEPTH:
        return f"it is nested more than {MAX_DEPTH} levels deep, or contains itself"
    above.add(id(value))
    try:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(value, dict) and not (isinstance(key, str) and _is_unicode(key)):
                return f"{place} has the key {key!r}, which is not text"
            fault = _fault(item, f"{place}[{key!r}]", above)
            if fault is not None:
                return fault
    finally:
        above.discard(id(value))
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
