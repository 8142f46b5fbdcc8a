"""Bytes to text in the encodings JIL files come in: UTF-8, cp1252, UTF-16 with and without a byte order mark."""

import codecs
from pathlib import Path

from dataops_kernel.errors import FileInputError, closest

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 4096


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; raises ``FileInputError`` that names the closest existing file."""
    try:
        return path.read_bytes()
    except OSError as error:
        siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        match = closest(path.name, siblings)
        hint = f"Did you mean {match!r}?" if match else "Give the path of an existing JIL file."
        raise FileInputError(f"Cannot read {str(path)!r}: {error.strerror or error}.", hint=hint) from error


def decode(data: bytes) -> str:
    """Return the text; what is neither UTF-16 nor UTF-8 is read as cp1252."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    sample = data[:_SAMPLE]
    if _mostly_zero(sample[1::2]):
        return data.decode("utf-16-le", errors="replace")
    if _mostly_zero(sample[::2]):
        return data.decode("utf-16-be", errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def recover(text: str) -> str:
    """Return the text without a byte order mark, and without the NULs that UTF-16 leaves when read as UTF-8.

    PowerShell writes ``autorep -q`` as UTF-16 without a mark; read as bytes of one each, every second one is NUL.
    """
    text = text.removeprefix("\ufeff")
    sample = text[:_SAMPLE].encode("utf-8", errors="replace")
    if b"\0" in sample and (_mostly_zero(sample[1::2]) or _mostly_zero(sample[::2])):
        text = text.replace("\0", "").removeprefix("ÿþ").removeprefix("þÿ")
    return text


def _mostly_zero(sample: bytes) -> bool:
    return sample.count(0) * 10 > len(sample) * 8
