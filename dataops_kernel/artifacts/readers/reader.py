"""Any data file to one Parquet file, in bounded memory, with everything that was doubted said in sentences."""

import errno
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from dataops_kernel.artifacts.codecs import read_summary
from dataops_kernel.artifacts.readers.delimited import read_delimited
from dataops_kernel.artifacts.readers.encoding import encoding_of, utf8_copy
from dataops_kernel.artifacts.readers.jsonfiles import read_json
from dataops_kernel.artifacts.readers.kinds import DELIMITED_SUFFIXES, format_of, head_of
from dataops_kernel.artifacts.readers.parquet import read_parquet
from dataops_kernel.artifacts.readers.paths import find_file
from dataops_kernel.artifacts.readers.report import FileFormat, ReadLimits, ReadReport, Watch
from dataops_kernel.errors import DataOpsError, FileInputError, LimitExceededError, StorageUnavailableError

_REFUSED_WRITES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""What only a write meets, never the reading of the file itself."""


class _Facts(NamedTuple):
    format: FileFormat
    notes: list[str]
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None


def read_file(
    path: str | Path,
    target: Path,
    *,
    cwd: Path | None = None,
    limits: ReadLimits | None = None,
    watch: Watch | None = None,
) -> ReadReport:
    """Read a data file (delimited text, JSON, JSON Lines, Parquet) into the Parquet file ``target``.

    Rows keep their order. Memory stays within ``limits`` whatever the file's size. ``watch`` is called several times
    a second and stops the reading by raising. Raises ``FileInputError`` for what is missing, empty, binary, a
    directory, unreadable, unsupported, malformed or no table, and ``LimitExceededError``; ``target`` is then
    worthless.
    """
    limits = limits or ReadLimits()
    file = find_file(path, cwd=cwd)
    before = file.stat()
    if before.st_size > limits.file_bytes:
        raise LimitExceededError(
            f"{file.name!r} has {before.st_size:,} bytes; {limits.file_bytes:,} are allowed.",
            hint="Split the file, or raise the limit file_bytes.",
        )
    head = head_of(file)
    format = format_of(file, head)
    told = (lambda text: watch(f"Reading {file.name}: {text}.")) if watch else None
    try:
        with tempfile.TemporaryDirectory(prefix="dataops-read-") as scratch:
            facts = _read(file, format, head, target, Path(scratch), limits, told)
        changed = _looks(file) != _looks(file, before)
    except (OSError, UnicodeError) as error:
        raise _broken_off(file, before, error) from error
    if changed:
        raise _written_to(file)
    return _report(facts, target)


def _looks(file: Path, status: os.stat_result | None = None) -> tuple[int, int]:
    status = status or file.stat()
    return status.st_size, status.st_mtime_ns


def _written_to(file: Path) -> FileInputError:
    return FileInputError(
        f"{file.name!r} was written to while it was read.",
        hint="Wait until whoever writes it has finished and read it again.",
        path=str(file),
    )


def _broken_off(file: Path, before: os.stat_result, error: OSError | UnicodeError) -> DataOpsError:
    """Return what to say when the file or the disk failed under the reading."""
    if isinstance(error, OSError) and error.errno in _REFUSED_WRITES:
        return StorageUnavailableError(
            f"There is no room to write what is read from {file.name!r}: {os.strerror(error.errno)}.",
            hint=f"Free some space in {tempfile.gettempdir()!r} or raise the limit set on this process (ulimit -f).",
            path=str(file),
        )
    if isinstance(error, UnicodeError) or not file.exists() or _looks(file) != _looks(file, before):
        return _written_to(file)
    return FileInputError(
        f"{file.name!r} could not be read to its end: {error.strerror or error}.",
        hint="Copy the file to another disk and read the copy.",
        path=str(file),
    )


def _read(
    file: Path, format: FileFormat, head: bytes, target: Path, folder: Path, limits: ReadLimits, watch: Watch | None
) -> _Facts:
    # The engine is given a name of ours: one of theirs may hold quotes, be a pattern, or look like an address.
    source = folder / "source"
    source.symlink_to(file)
    if format == "parquet":
        return _Facts(format, _disguise(file, format) + read_parquet(source, file.name, target, folder, limits, watch))
    encoding = encoding_of(file, head, watch)
    notes = encoding.notes()
    if not encoding.is_utf8:
        source = folder / "source_utf8"
        utf8_copy(file, encoding, source, watch)
    if format == "delimited":
        facts = read_delimited(source, file.name, encoding, target, folder, limits, watch)
        return _Facts(format, notes + facts.notes, encoding.label, facts.delimiter, facts.header)
    format, found = read_json(source, file.name, target, folder, limits, watch, lines=format == "jsonl")
    return _Facts(format, notes + _disguise(file, format) + found, encoding.label)


def _disguise(file: Path, format: FileFormat) -> list[str]:
    if file.suffix.lower() not in DELIMITED_SUFFIXES:
        return []
    kind = "Parquet" if format == "parquet" else "JSON"
    return [f"The file ends in {file.suffix!r} but holds {kind}, and was read as such."]


def _report(facts: _Facts, target: Path) -> ReadReport:
    summary = read_summary(target)
    return ReadReport(
        format=facts.format,
        encoding=facts.encoding,
        delimiter=facts.delimiter,
        header=facts.header,
        rows=summary.row_count,
        columns=summary.columns,
        notes=tuple(facts.notes),
    )
