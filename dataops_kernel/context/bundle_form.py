"""The form of a bundle: its members' names, its limits, and the seal that no changed byte survives."""

import hashlib
import os
import re
from typing import BinaryIO

from dataops_kernel.errors import BundleError
from dataops_kernel.types import Artifact, Segment

BundleFile = str | os.PathLike[str] | BinaryIO
"""Where a bundle is: a file by its path, or an open stream."""

BUNDLE_VERSION = 1
"""The form written here; a bundle of a higher one is refused, never guessed at."""

MANIFEST, ARTIFACTS, RUNS, NODES, EDGES = "manifest.json", "artifacts.jsonl", "runs.jsonl", "nodes.jsonl", "edges.jsonl"
NAMES = re.compile(
    r"(?:manifest\.json|artifacts\.jsonl|runs\.jsonl|nodes\.jsonl|edges\.jsonl"
    r"|log/[0-9]{10}-[0-9]{10}\.jsonl\.zst|content/[0-9a-f]{64}\.(?:parquet|json|txt|bin)(?:\.zst)?)"
)

MAX_MEMBERS = 65_000
MAX_TOTAL_BYTES = 64 * 1024**3
"""The bytes all members may take unpacked."""
MAX_MANIFEST_BYTES = 64 * 1024**2
MAX_RATIO = 200
"""How many times larger than packed a member may be, once it is over a megabyte."""

_SEAL = b"sha256:"
SEAL_BYTES = len(_SEAL) + 64
_BUFFER = 1024 * 1024
_SUFFIXES = {"parquet": "parquet", "json": "json", "text": "txt"}


def segment_name(segment: Segment) -> str:
    """Return the member that holds a segment of the log."""
    return f"log/{segment.first:010d}-{segment.last:010d}.jsonl.zst"


def content_name(artifact: Artifact) -> str:
    """Return the member that holds an artifact's stored bytes; the same bytes are one member."""
    packed = ".zst" if artifact.encoding == "zstd" else ""
    return f"content/{artifact.sha256}.{_SUFFIXES.get(artifact.content_type, 'bin')}{packed}"


class SealingSink:
    """A stream that a zip is written into, front to back: its comment, the last bytes, becomes the hash of the rest."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()
        self._held = b""
        self.size = 0

    def write(self, data: bytes) -> int:
        """Pass on everything but the last bytes, which may be the comment."""
        self._held += bytes(data)
        self._pass_on(len(self._held) - SEAL_BYTES)
        return len(data)

    def flush(self) -> None:
        """Do nothing: what is held back goes out with the seal."""

    def seal(self) -> str:
        """Write the seal in the place of the comment and return the hash."""
        digest = self._hash.hexdigest()
        self._sink.write(_SEAL + digest.encode())
        self.size += SEAL_BYTES
        return digest

    def _pass_on(self, count: int) -> None:
        if count > 0:
            self._hash.update(self._held[:count])
            self._sink.write(self._held[:count])
            self.size += count
            self._held = self._held[count:]


PLACEHOLDER = b"-" * SEAL_BYTES
"""The comment a zip is written with, for the seal to take its place."""


def check_seal(stream: BinaryIO) -> str:
    """Return the hash of a bundle; raises ``BundleError`` when a byte changed or is missing since it was exported."""
    stream.seek(0, 2)
    rest = stream.tell() - SEAL_BYTES
    stream.seek(max(rest, 0))
    seal = stream.read(SEAL_BYTES)
    if rest < 0 or not seal.startswith(_SEAL):
        raise BundleError(
            "This is not a bundle, or its end is missing.",
            hint="Export it again with `dataops snapshot export`, or copy the whole file.",
        )
    stream.seek(0)
    found = hashlib.sha256()
    while rest > 0:
        chunk = stream.read(min(rest, _BUFFER))
        if not chunk:
            break
        found.update(chunk)
        rest -= len(chunk)
    if seal != _SEAL + found.hexdigest().encode():
        raise BundleError(
            "The bundle is not the one that was exported: its bytes do not have the hash it is sealed with.",
            hint="Copy or export it again; a bundle that was repacked or edited is refused.",
        )
    return found.hexdigest()
