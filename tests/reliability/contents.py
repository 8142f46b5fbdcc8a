"""What the operations store: bytes that only their token can have made, to be known again when they are read."""

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic_core import to_json

# Over what rides in the ledger, so a file is written; "long" is also over what is encoded in memory.
_SIZES = {"large": 40_000, "shared": 40_000, "table": 48_000, "long table": 1_100_000}


def content(kind: str, token: str) -> Any:
    """Return what an artifact of a kind holds: other bytes for every token (but "shared"), and none that shrink."""
    if kind == "small":
        return {"token": token, "values": [1, 2.5, None, "é"]}
    if kind == "rows":
        return [{"row": row, "of": token} for row in range(20)]
    if kind == "shared":
        token = "the same for all"
    noise = hashlib.shake_256(token.encode()).digest(_SIZES[kind])
    return noise if kind in ("large", "shared") else pa.table({"value": np.frombuffer(noise, dtype=np.int64)})


def same_content(kind: str, token: str, found: Any) -> bool:
    """Say whether an artifact's content is what was stored."""
    stored = content(kind, token)
    return found.equals(stored) if isinstance(stored, pa.Table) else bool(found == stored)


def long_context(token: str) -> dict[str, Any]:
    """Return a context that has to be compressed."""
    return {"notes": [f"The line {line} of {token} says nothing that anybody would miss." for line in range(40)]}


def reference_to(token: str) -> str:
    """Return what the original of that context is called."""
    return hashlib.sha256(to_json(long_context(token))).hexdigest()
