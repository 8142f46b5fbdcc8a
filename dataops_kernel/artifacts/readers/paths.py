"""From the words a user typed to one readable file, or an error that names the file they meant."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from dataops_kernel.errors import FileInputError, closest

_SEARCH_ENTRIES = 5000
_SEARCH_DEPTH = 3
_LISTED = 8
_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "build", "dist"})


def find_file(path: str | Path, *, cwd: Path | None = None) -> Path:
    """Return the absolute path of a regular, readable, non-empty file.

    ``~`` is the home folder and a relative path starts at ``cwd`` (the process's own when not given). Raises
    ``FileInputError``: no path, control characters, an address, missing (``closest`` in its facts), a directory
    (with the files inside), not a regular file, not readable, empty.
    """
    wanted = _spelled(path)
    base = Path.cwd() if cwd is None else cwd
    try:
        file = base / Path(wanted).expanduser()
        status = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(wanted, base) from None
    except PermissionError:
        raise unreadable(wanted) from None
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name too long, an unknown ~user
        reason = getattr(error, "strerror", None) or str(error)
        raise FileInputError(
            f"The path {wanted!r} cannot be opened: {reason}.", hint="Check the path for typing errors.", path=wanted
        ) from None
    if stat.S_ISDIR(status.st_mode):
        raise _directory(wanted, file)
    if not stat.S_ISREG(status.st_mode):
        raise FileInputError(
            f"{wanted!r} is not a regular file (a device, pipe or socket).",
            hint="Save its output to a file first and name that file.",
            path=wanted,
        )
    if not os.access(file, os.R_OK):
        raise unreadable(wanted)
    if status.st_size == 0:
        raise empty_file(wanted, "it has 0 bytes")
    return Path(os.path.abspath(file))  # noqa: PTH100 - resolve() would follow links and lose the name the user gave


def empty_file(path: str | Path, evidence: str) -> FileInputError:
    """Return the error for a file without content."""
    return FileInputError(
        f"The file {str(path)!r} is empty: {evidence}.",
        hint="Check the export that wrote it and run it again.",
        path=str(path),
    )


def unreadable(path: str | Path) -> FileInputError:
    """Return the error for a file the operating system will not let us read."""
    return FileInputError(
        f"The file {str(path)!r} may not be read by this user.",
        hint=f"Give yourself read permission: chmod u+r {str(path)!r}.",
        path=str(path),
    )


def _spelled(path: str | Path) -> str:
    text = str(path).strip()
    if not text:
        raise FileInputError("No file was named.", hint="Give a path, such as data/orders.csv.")
    if any(ord(char) < 32 or ord(char) == 127 for char in text):
        raise FileInputError(
            f"The path {text!r} holds control characters.", hint="Type the path again on one line.", path=text
        )
    scheme, separator, _ = text.partition("://")
    if separator and scheme.isalnum():
        raise FileInputError(
            f"{text!r} is an address, not a local file.",
            hint="Download it first and give the path of the local copy.",
            path=text,
        )
    return text


def _missing(wanted: str, base: Path) -> FileInputError:
    match = _nearest(wanted, base)
    if match is not None:
        return FileInputError(
            f"There is no file {wanted!r}.", hint=f"Did you mean {match!r}?", path=wanted, closest=match
        )
    folder = (base / Path(wanted).expanduser()).parent
    found = _names(folder)
    if found:
        hint = f"In {str(folder)!r} there is: {_listing(found)}."
    else:
        hint = f"Check the path; a relative path starts at {str(base)!r}."
    return FileInputError(f"There is no file {wanted!r}.", hint=hint, path=wanted, closest=None)


def _nearest(wanted: str, base: Path) -> str | None:
    """Return the existing path most like ``wanted``, mending one folder or file name after the other."""
    typed = Path(wanted).expanduser()
    here = Path(typed.anchor) if typed.is_absolute() else base
    for part in typed.relative_to(typed.anchor).parts if typed.is_absolute() else typed.parts:
        if here.is_file():
            break  # nothing lies inside a file; the file itself may be meant
        if part == ".." or (here / part).exists():
            here = here / part
            continue
        name = _closest_name(part, _entries(here))
        if name is None:
            return _elsewhere(typed.name, base, wanted)
        here = here / name
    if not here.is_file():
        return _elsewhere(typed.name, base, wanted)
    return str(here) if typed.is_absolute() else os.path.relpath(here, base)


def _closest_name(part: str, names: list[str]) -> str | None:
    folded = {name.casefold(): name for name in names}
    stems = {Path(name).stem.casefold(): name for name in reversed(names)}
    wanted = part.casefold()
    if wanted in folded:
        return folded[wanted]
    for key in (wanted, Path(wanted).stem):  # "orders" means orders.csv, and so does "orders.txt"
        if key in stems:
            return stems[key]
    # Stems are compared, not names: alike endings would make any two files look related.
    match = closest(Path(wanted).stem, stems)
    return None if match is None else stems[match]


def _elsewhere(name: str, base: Path, wanted: str) -> str | None:
    """Look for the file name in the folders below the starting point; bounded in depth and entries."""
    files = list(_below(base))
    exact = [file for file in files if file.name.casefold() == name.casefold()]
    if not exact:
        match = _closest_name(name, [file.name for file in files])
        exact = [file for file in files if file.name == match]
    found = os.path.relpath(exact[0], base) if exact else None
    return None if found == wanted else found


def _below(base: Path) -> Iterator[Path]:
    seen, level = 0, [base]
    for _ in range(_SEARCH_DEPTH + 1):
        deeper: list[Path] = []
        for folder in level:
            for name in _entries(folder):
                seen += 1
                if seen > _SEARCH_ENTRIES:
                    return
                entry = folder / name
                if entry.is_dir():
                    if not name.startswith(".") and name not in _SKIPPED:
                        deeper.append(entry)
                else:
                    yield entry
        level = deeper


def _entries(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())[:_SEARCH_ENTRIES]
    except OSError:
        return []


def _names(folder: Path) -> list[str]:
    return [name + "/" if (folder / name).is_dir() else name for name in _entries(folder) if not name.startswith(".")]


def _listing(names: list[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _directory(wanted: str, folder: Path) -> FileInputError:
    files = [name for name in _names(folder) if not name.endswith("/")]
    first = str(Path(wanted) / files[0]) if files else ""
    return FileInputError(
        f"{wanted!r} is a directory, not a file.",
        hint=f"Name one of its files, such as {first!r}. Inside: {_listing(files)}." if files else "It holds no files.",
        path=wanted,
        files=tuple(files[:_LISTED]),
    )
