"""Plain text out of a file, whatever its encoding."""

from pathlib import Path

from dataops_kernel.artifacts.readers.encoding import decoded, encoding_of
from dataops_kernel.artifacts.readers.kinds import head_of, refuse_binary
from dataops_kernel.artifacts.readers.paths import find_file
from dataops_kernel.errors import LimitExceededError

TEXT_BYTES = 256 * 1024 * 1024


def read_text_file(path: str | Path, limit_bytes: int = TEXT_BYTES, *, cwd: Path | None = None) -> tuple[str, str]:
    """Return a text file's content and the name of its encoding.

    UTF-8, UTF-16 and UTF-32 with or (UTF-16) without a byte order mark; bytes that are none of these are read as
    Windows-1252, and the name is then ``cp1252`` or ``utf-8 with errors``. Line breaks stay as they are. Raises
    ``FileInputError`` as ``find_file`` does and for binary files, ``LimitExceededError`` over ``limit_bytes``.
    """
    file = find_file(path, cwd=cwd)
    size = file.stat().st_size
    if size > limit_bytes:
        raise LimitExceededError(
            f"{file.name!r} has {size:,} bytes; {limit_bytes:,} are allowed for text.",
            hint="Split the file, or raise the limit.",
            path=str(file),
        )
    head = head_of(file)
    refuse_binary(file, head)
    encoding = encoding_of(file, head)
    return "".join(decoded(file, encoding)), encoding.label
