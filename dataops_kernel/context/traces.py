"""The proof of an erasure: every file of the workspace is searched for what should be gone."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from dataops_kernel.artifacts.unpacking import readings

MAX_TEXTS = 64
"""Texts and contents of each kind that are searched for; ids are all searched for."""

_ID = re.compile(rb"(?:ses|msg|run|art|chk|snp|ctx|rst|edg|stp)_[0-9a-hjkmnp-tv-z]{26}")
_SHORTEST, _LONGEST = 12, 96

T = TypeVar("T")
What = Literal["id", "text", "content", "blob"]


class Canaries(NamedTuple):
    """What must not be found any more."""

    ids: frozenset[bytes]
    texts: frozenset[bytes]
    contents: frozenset[bytes]
    digests: frozenset[str]


class Hit(NamedTuple):
    """Something that was found after all."""

    file: Path
    what: What
    value: str


class Scan(NamedTuple):
    """What a search of the workspace found."""

    files: int
    bytes: int
    hits: tuple[Hit, ...]


def canaries(
    ids: Iterable[str], texts: Collection[str], contents: Collection[bytes], digests: Collection[str]
) -> Canaries:
    """Return what to search for: every id, and pieces of texts and contents evenly chosen among all."""
    pieces = {piece for text in _spread(texts) for piece in _written(text)}
    slices = {middle for content in _spread(contents) if len(middle := _middle(content)) >= _SHORTEST}
    known = frozenset(id.encode() for id in ids)
    return Canaries(known, frozenset(pieces), frozenset(slices), frozenset(digests))


def scan(root: Path, wanted: Canaries) -> Scan:
    """Search every file below ``root``, journals included, as it is and unpacked."""
    files = size = 0
    hits: dict[Hit, None] = {}
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        files += 1
        if path.name in wanted.digests:
            hits[Hit(path, "blob", path.name)] = None
        try:
            for chunk in readings(path):
                size += len(chunk)
                hits |= dict.fromkeys(_found(path, chunk, wanted))
        except FileNotFoundError:
            continue  # a journal or a temporary file that somebody closed in the meantime
    return Scan(files, size, tuple(hits))


def _found(path: Path, chunk: bytes, wanted: Canaries) -> Iterator[Hit]:
    for id in wanted.ids.intersection(_ID.findall(chunk)):
        yield Hit(path, "id", id.decode())
    for text in wanted.texts:
        if text in chunk:
            yield Hit(path, "text", text.decode("utf-8", "replace"))
    for content in wanted.contents:
        if content in chunk:
            yield Hit(path, "content", content[:24].hex())


def _written(text: str) -> Iterator[bytes]:
    """Yield a text's first line of words as it stands in files: plain, and as JSON writes it."""
    piece = text.strip()[:_LONGEST]
    if len(piece) >= _SHORTEST:
        yield piece.encode("utf-8", "replace")
        yield json.dumps(piece, ensure_ascii=False)[1:-1].encode("utf-8", "replace")


def _middle(content: bytes) -> bytes:
    start = max(0, len(content) // 2 - _LONGEST // 2)
    return content[start : start + _LONGEST]


def _spread(values: Collection[T]) -> list[T]:
    chosen = list(values)
    step = max(1, -(-len(chosen) // MAX_TEXTS))
    return chosen[::step]
