"""Every kind of record there is, said once: whose it is, how an erasure finds it, and whether it names blobs.

Erasing a session, keeping blobs that are referred to and importing bundles all read this table, so a new kind is one
row here (and one in docs/architecture.md): ``tests/house/test_kinds.py`` fails as long as it is missing.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Belongs = Literal["session", "user", "workspace"]
Found = Literal["listed", "session", "run", "lineage", "marker", "never"]


class RecordKind(NamedTuple):
    """What is true of every record of a kind.

    ``found`` says how the erasure of a session comes by it: ``listed`` under the session as its parent or stamped with
    it; ``session`` and ``marker`` are the first and the last thing that goes; ``run`` has the id of one of its runs;
    ``lineage`` is reached over the edges around what it left, and goes when nobody else's edge leads there.
    """

    belongs: Belongs
    found: Found
    blobs: bool = False
    """Whether its id, place or body may name blobs, which are kept as long as it is."""
    rebuildable: bool = False
    """Whether it holds nothing that cannot be worked out again from other records and streams."""
    entry: str | None = None
    """The type of log entry that has a record of the same body beside it, stamped with its number."""


KINDS: Mapping[str, RecordKind] = MappingProxyType(
    {
        "session": RecordKind("session", "session"),
        "activity": RecordKind("session", "session", rebuildable=True),
        "activity_order": RecordKind("workspace", "never", rebuildable=True),
        "archive": RecordKind("session", "listed", blobs=True),
        "preferences": RecordKind("user", "never"),
        "erasure": RecordKind("session", "marker"),
        "import": RecordKind("session", "marker", blobs=True),
        "artifact": RecordKind("session", "listed", blobs=True),
        "deletion": RecordKind("session", "listed"),
        "context": RecordKind("session", "listed", entry="context"),
        "checkpoint": RecordKind("session", "listed", rebuildable=True, entry="checkpoint"),
        "restore": RecordKind("session", "listed", rebuildable=True, entry="restored"),
        "segment": RecordKind("session", "listed", blobs=True),
        "snapshot": RecordKind("session", "listed", blobs=True),
        "pin": RecordKind("session", "listed", rebuildable=True, entry="pin"),
        "fold": RecordKind("session", "listed", rebuildable=True, entry="folded"),
        "summary": RecordKind("session", "listed", rebuildable=True),
        "original": RecordKind("session", "listed", blobs=True),
        "run": RecordKind("session", "listed"),
        "cancel": RecordKind("session", "run"),
        "edge": RecordKind("session", "lineage"),
        "edge_out": RecordKind("session", "lineage"),
        "file": RecordKind("workspace", "lineage"),
        "step": RecordKind("session", "lineage"),
        "user": RecordKind("user", "never"),
    }
)
"""Name to what is true of it, in the order of docs/architecture.md."""

LISTED_KINDS = tuple(name for name, kind in KINDS.items() if kind.found == "listed")
"""What lies under a session or is stamped with it."""
BLOB_KINDS = tuple(name for name, kind in KINDS.items() if kind.blobs)
"""What may refer to blobs."""
INDEXED_ENTRIES = MappingProxyType({kind.entry: name for name, kind in KINDS.items() if kind.entry is not None})
"""Type of log entry to the kind of the record beside it."""
