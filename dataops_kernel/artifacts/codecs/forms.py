"""Which codec a value takes, told by its type without importing anybody's library."""

from typing import Any

from dataops_kernel.artifacts.codecs import documents
from dataops_kernel.artifacts.codecs.documents import Document
from dataops_kernel.artifacts.codecs.tables import Table, rebuild
from dataops_kernel.errors import ParameterError
from dataops_kernel.types import ContentForm

_KNOWN = "an Arrow table, a DataFrame, a list of dicts, a dict or list of JSON values, text or bytes"


def encode(content: Any, limit: int) -> Document | Table:
    """Return content ready to be stored: a table for Parquet, or a document of at most ``limit`` bytes.

    Raises ``ParameterError`` when the content is of no kind that can be stored, or cannot be stored exactly.
    """
    if isinstance(content, str):
        return documents.encode_text(content, limit)
    if isinstance(content, bytes | bytearray | memoryview):
        return documents.encode_bytes(content, limit)
    if isinstance(content, dict):
        return documents.encode_json(content, limit)
    if isinstance(content, list):
        if content and all(isinstance(row, dict) for row in content):
            return Table.from_records(content)
        return documents.encode_json(content, limit)
    libraries = {base.__module__.partition(".")[0] for base in type(content).__mro__}
    if "pyarrow" in libraries:
        import pyarrow as pa

        if isinstance(content, pa.Table):
            return Table.from_arrow(content)
    if "pandas" in libraries:
        import pandas as pd

        if isinstance(content, pd.DataFrame):
            return Table.from_pandas(content)
    kind = type(content)
    raise ParameterError(
        f"A {kind.__module__}.{kind.__qualname__} cannot be stored as an artifact.",
        hint=f"Store {_KNOWN}{_advice(content)}.",
    )


def decode(form: ContentForm, data: Any) -> Any:
    """Turn content bytes (any buffer, already decompressed) back into the kind of value that was stored."""
    if form == "json":
        import orjson

        return orjson.loads(data)
    if form == "text":
        return bytes(data).decode()
    if form == "bytes":
        return bytes(data)
    return rebuild(form, data)


def _advice(content: Any) -> str:
    if isinstance(content, int | float | bool | None):
        return ', for example {"value": ' + repr(content) + "}"
    for method in ("to_frame", "to_arrow_table", "to_arrow", "read_all", "tolist", "model_dump"):
        if callable(getattr(content, method, None)):
            return f", for example what its method {method}() gives"
    return ""
