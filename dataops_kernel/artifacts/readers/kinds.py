"""Which reader a file needs: its first bytes decide, its suffix is only believed when they agree."""

import zipfile
from pathlib import Path

from dataops_kernel.artifacts.readers.paths import unreadable
from dataops_kernel.artifacts.readers.report import FileFormat
from dataops_kernel.errors import FileInputError

DELIMITED_SUFFIXES = (".csv", ".tsv", ".tab", ".psv", ".txt", ".dat")
JSON_SUFFIXES = (".json",)
JSON_LINES_SUFFIXES = (".jsonl", ".ndjson")
PARQUET_SUFFIXES = (".parquet", ".pq")
DATA_SUFFIXES = DELIMITED_SUFFIXES + JSON_SUFFIXES + JSON_LINES_SUFFIXES + PARQUET_SUFFIXES
"""What ``read_file`` reads; a file without any suffix is judged by its content alone."""

_HEAD = 4096
_AS_CSV = "Save the sheet as CSV and name that file."
_UNPACK = "Unpack it first and name the file inside."
_EXPORT = "Export the table you need as CSV or Parquet and name that file."

# (offset, first bytes, what it is, what to do instead)
_MAGIC: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"\x1f\x8b", "a gzip archive", "Unpack it first: gunzip -k FILE."),
    (0, b"BZh", "a bzip2 archive", _UNPACK),
    (0, b"\xfd7zXZ\x00", "an xz archive", _UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (0, b"Rar!", "a RAR archive", _UNPACK),
    (257, b"ustar", "a tar archive", _UNPACK),
    (0, b"SQLite format 3\x00", "an SQLite database", _EXPORT),
    (8, b"DUCK", "a DuckDB database", _EXPORT),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word document (.xls, .doc)", _AS_CSV),
    (0, b"%PDF", "a PDF document", "Ask for the data behind it as CSV."),
    (0, b"\x89PNG", "a PNG image", "Name a data file."),
    (0, b"\xff\xd8\xff", "a JPEG image", "Name a data file."),
    (0, b"GIF8", "a GIF image", "Name a data file."),
    (0, b"\x7fELF", "a program", "Name a data file."),
    (0, b"ORC", "an ORC file", "Convert it to Parquet."),
    (0, b"Obj\x01", "an Avro file", "Convert it to Parquet."),
    (0, b"ARROW1", "an Arrow or Feather file", "Convert it to Parquet."),
    (0, b"FEA1", "a Feather file", "Convert it to Parquet."),
    (0, b"\x89HDF", "an HDF5 file", _EXPORT),
)


def head_of(path: Path) -> bytes:
    """Return the first 4 KB of a file."""
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD)
    except PermissionError:
        raise unreadable(path) from None


def format_of(path: Path, head: bytes) -> FileFormat:
    """Say how a file is to be read; raises ``FileInputError`` for what is not a data file."""
    suffix = path.suffix.lower()
    if head.startswith(b"PAR1"):
        return "parquet"
    refuse_binary(path, head)
    if suffix and suffix not in DATA_SUFFIXES:
        raise FileInputError(
            f"Files ending in {suffix!r} are not read as data: {path.name!r}.",
            hint=f"Data files end in {', '.join(DATA_SUFFIXES)}. Rename it if it is one of them under another name.",
            path=str(path),
            suffix=suffix,
        )
    if suffix in PARQUET_SUFFIXES:
        raise FileInputError(
            f"{path.name!r} is not a Parquet file: it does not begin with the bytes 'PAR1'.",
            hint="Write it again, or give it the suffix of what it holds.",
            path=str(path),
        )
    if suffix in JSON_LINES_SUFFIXES:
        return "jsonl"
    if suffix in JSON_SUFFIXES:
        return "json"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] == b"<":
        raise FileInputError(
            f"{path.name!r} holds HTML or XML, not a table.",
            hint="Often a download saved its error page: open the file, then fetch the data again.",
            path=str(path),
        )
    if start[:2] in {b"[{", b'{"'} or (start[:1] == b"[" and start[1:].lstrip()[:1] == b"{"):
        return "json"
    return "delimited"


def refuse_binary(path: Path, head: bytes) -> None:
    """Raise ``FileInputError`` that names the kind when a file begins like something that is not text."""
    kind, hint = _kind_of(path, head)
    if kind:
        raise FileInputError(
            f"{path.name!r} is {kind}, not a data file.",
            hint=hint.replace("FILE", repr(str(path))),
            path=str(path),
            kind=kind,
        )


def _kind_of(path: Path, head: bytes) -> tuple[str, str]:
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _zip_kind(path)
    if head.startswith(b"PAR1"):
        return "a Parquet file", "Read it as a table."
    for offset, magic, kind, hint in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return kind, hint
    return "", ""


def _zip_kind(path: Path) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return "a damaged zip archive", "Fetch it again."
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook (.xlsx)", _AS_CSV
    if any(name.startswith("word/") for name in names):
        return "a Word document (.docx)", "Ask for the data behind it as CSV."
    if "mimetype" in names and "content.xml" in names:
        return "an OpenDocument file", _AS_CSV
    return "a zip archive", _UNPACK
