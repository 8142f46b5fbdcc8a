"""Bytes to UTF-8: what encoding a text file has, proven over all of it, and a converted copy when it is another."""

import codecs
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dataops_kernel.artifacts.readers.paths import empty_file
from dataops_kernel.artifacts.readers.report import Watch
from dataops_kernel.errors import FileInputError

_CHUNK = 4 * 2**20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Western text has few accents among its letters; Cyrillic, Greek or Thai in one byte each has little else.
_FOREIGN_SHARE = 0.4


class TextEncoding(NamedTuple):
    """What a whole file was found to be; ``codec`` decodes it, ``label`` is what people call it."""

    codec: str
    label: str
    bom: int = 0
    bad_bytes: int = 0
    first_bad_line: int = 0

    @property
    def is_utf8(self) -> bool:
        """Whether the bytes can be read as UTF-8 as they are."""
        return self.codec == "utf-8" and not self.bad_bytes

    def notes(self) -> list[str]:
        """Say what was converted, with the evidence."""
        if self.is_utf8:
            return []
        if not self.bad_bytes:
            return [f"The file is {self.label}, not UTF-8; it was converted without loss."]
        where = f"{_count(self.bad_bytes, 'byte')}, the first in line {self.first_bad_line:,}"
        if self.label == "cp1252":
            return [f"The file is not UTF-8 ({where}); it was read as Windows-1252."]
        if self.codec == "utf-8":
            return [f"The file is UTF-8 but for {where}; what UTF-8 has no meaning for was read as Windows-1252."]
        return [f"The file is {self.label} with damage ({where}); damaged characters became '\ufffd'."]


# Bytes UTF-8 has no meaning for come out of the decoder as lone surrogates, which no valid text holds. Five bytes have
# no character in Windows-1252 either; they stay the control characters they are in Latin-1.
_ODD = re.compile("[\udc80-\udcff]")
_WINDOWS = {0xDC00 + byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(128, 256)}
_REPLACED = re.compile("\ufffd")
_LETTERS = string.ascii_letters.encode()


def encoding_of(path: Path, head: bytes, watch: Watch | None = None) -> TextEncoding:
    """Read all of a file and return its encoding; raises ``FileInputError`` when it is binary, foreign or blank."""
    for mark, codec in _BOMS:
        if head.startswith(mark):
            found = TextEncoding(codec, codec if codec == "utf-8" else codec.upper(), bom=len(mark))
            break
    else:
        wide = _utf16_without_mark(head)
        wide_label = f"{wide.upper()} without a byte order mark"
        found = TextEncoding(wide, wide_label) if wide else TextEncoding("utf-8", "utf-8")
    return _probe(path, found, watch)


def utf8_copy(path: Path, encoding: TextEncoding, copy: Path, watch: Watch | None = None) -> None:
    """Write ``copy``: the same text in UTF-8 without a byte order mark; streams."""
    with copy.open("w", encoding="utf-8", newline="") as out:
        for text in decoded(path, encoding):
            if watch:
                watch("converting to UTF-8")
            out.write(text)


def decoded(path: Path, encoding: TextEncoding) -> Iterator[str]:
    """Yield a file's text in pieces of some megabytes."""
    for text in _pieces(path, encoding):
        yield text.translate(_WINDOWS) if encoding.bad_bytes and _ODD.search(text) else text


def _pieces(path: Path, encoding: TextEncoding) -> Iterator[str]:
    errors = "surrogateescape" if encoding.codec == "utf-8" else "replace"
    decoder = codecs.getincrementaldecoder(encoding.codec)(errors)
    with path.open("rb") as stream:
        stream.seek(encoding.bom)
        while chunk := stream.read(_CHUNK):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)


def _utf16_without_mark(head: bytes) -> str:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(1, len(head) // 2)
    if odd > 0.3 * half and even == 0:
        return "utf-16-le"
    if even > 0.3 * half and odd == 0:
        return "utf-16-be"
    return ""


def _probe(path: Path, found: TextEncoding, watch: Watch | None) -> TextEncoding:
    odd = _ODD if found.codec == "utf-8" else _REPLACED
    bad, first_bad_line, accents, letters, line, blank = 0, 0, 0, 0, 1, True
    for text in _pieces(path, found):
        if watch:
            watch("checking the encoding")
        if "\x00" in text:
            raise _binary(path, line + text.count("\n", 0, text.index("\x00")))
        blank = blank and not text.strip()
        if not text.isascii():
            plain = text.encode("ascii", "ignore")
            accents += len(text) - len(plain)
            letters += len(plain) - len(plain.translate(None, _LETTERS))
            if match := odd.search(text):
                first_bad_line = first_bad_line or line + text.count("\n", 0, match.start())
                bad += len(text) - len(odd.sub("", text))
        line += text.count("\n")
    if blank:
        raise empty_file(path, "it holds nothing but white space")
    if not bad:
        return found
    found = found._replace(bad_bytes=bad, first_bad_line=first_bad_line)
    if found.codec != "utf-8":
        return found
    if accents > 2 * bad:
        return found._replace(label="utf-8 with errors")
    if accents > _FOREIGN_SHARE * (accents + letters):
        raise FileInputError(
            f"{path.name!r} is neither UTF-8 nor a Western European encoding "
            f"({_count(bad, 'byte')}, the first in line {first_bad_line:,}).",
            hint="Convert it to UTF-8, naming the encoding it has: iconv -f WINDOWS-1251 -t UTF-8 IN > OUT.",
            path=str(path),
            line=first_bad_line,
        )
    return found._replace(label="cp1252")


def _binary(path: Path, line: int) -> FileInputError:
    return FileInputError(
        f"{path.name!r} is a binary file: there is a NUL byte in line {line:,}.",
        hint="Name a text or Parquet file; if it is a text export, write it again as UTF-8.",
        path=str(path),
        kind="binary",
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
