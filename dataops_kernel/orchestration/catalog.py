"""What a message may name: the session's tables, their columns, and the data files near the working folder."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from dataops_kernel.llm.rules.spelling import nearest
from dataops_kernel.llm.rules.words import FILE_SUFFIXES
from dataops_kernel.types import Artifact

_DEPTH = 3
_LOOKED_AT = 3_000
_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "build", "dist"})


class Located(NamedTuple):
    """A file: the path to read, whether it is there, and the sentence that says what was corrected."""

    path: str
    exists: bool
    correction: str = ""


class Catalog:
    """Looks names up; folders are read at most once, only when a message needs them, and never far down."""

    def __init__(self, tables: Sequence[Artifact] = (), cwd: Path | None = None) -> None:
        self.tables = {table.name: table for table in reversed(tables)}
        self.cwd = cwd or Path.cwd()

    @cached_property
    def table_names(self) -> tuple[str, ...]:
        """The names of the session's tables, newest first."""
        return tuple(reversed(self.tables))

    def columns(self, table: str | None = None) -> tuple[str, ...]:
        """Return the columns of one table, or of all of them, newest table first; each name once."""
        chosen = [table] if table in self.tables else self.table_names
        return tuple(dict.fromkeys(column.name for name in chosen for column in self.tables[name].columns))

    @cached_property
    def _files(self) -> tuple[str, ...]:
        return tuple(sorted(_files_below(self.cwd), key=lambda path: (path.count("/"), path.lower())))

    def files(self, suffixes: Sequence[str] = ()) -> tuple[str, ...]:
        """Return data files at most three folders below the working folder, as relative paths.

        Those with the first suffix come first, and of these the nearest.
        """
        if not suffixes:
            return self._files
        rank = {suffix.lower(): at for at, suffix in enumerate(suffixes)}
        found = [(rank.get(Path(path).suffix.lower(), -1), path) for path in self._files]
        return tuple(path for at, path in sorted(found, key=lambda item: item[0]) if at >= 0)

    def exists(self, typed: str) -> bool:
        """Say whether a typed path is a file, ``~`` and the working folder taken into account."""
        try:
            return self._resolved(typed).is_file()
        except (OSError, ValueError, RuntimeError):
            return False

    def locate(self, typed: str, suffixes: Sequence[str] = ()) -> Located:
        """Return the file a typed path means.

        A path that is not there stays as typed, so that its reader can say so, unless exactly one file is meant:
        the same path in a folder below, or a name one or two slips of the keyboard away in the same folder.
        """
        if self.exists(typed):
            return Located(self._readable(typed), exists=True)
        path = Path(typed)
        is_bare = path.name == typed
        below = f"/{typed.replace(chr(92), '/').lower()}"
        same = [file for file in self.files(suffixes) if f"/{file}".lower().endswith(below)]
        if len(same) == 1 and not path.is_absolute():
            return self._corrected(typed, same[0])
        near = nearest(path.name, self._beside(path))
        if near:
            return self._corrected(typed, str(path.with_name(near)))
        if is_bare:
            spelled = {Path(file).name: file for file in reversed(self.files(suffixes))}
            near = nearest(typed, spelled)
            if near:
                return self._corrected(typed, spelled[near])
        return Located(typed, exists=False)

    def by_stem(self, word: str, suffixes: Sequence[str]) -> str | None:
        """Return the one data file called ``word`` apart from its suffix and capitals."""
        found = [path for path in self.files(suffixes) if Path(path).stem.lower() == word.lower()]
        return found[0] if len(found) == 1 else None

    def _beside(self, path: Path) -> list[str]:
        """Return the files in the folder of a path that have its suffix."""
        try:
            entries = list(islice(self._resolved(str(path.parent)).iterdir(), _LOOKED_AT))
        except (OSError, ValueError, RuntimeError):
            return []
        return sorted(entry.name for entry in entries if entry.suffix.lower() == path.suffix.lower())

    def _corrected(self, typed: str, path: str) -> Located:
        return Located(self._readable(path), exists=True, correction=f"Read {typed!r} as {path!r}.")

    def _resolved(self, typed: str) -> Path:
        return self.cwd / Path(typed).expanduser()

    def _readable(self, typed: str) -> str:
        """Return a path that names the same file from the process's own folder; as typed whenever that does."""
        if typed.startswith("~") or (not Path(typed).is_absolute() and self.cwd != Path.cwd()):
            return str(self._resolved(typed))
        return typed


def _files_below(root: Path) -> Iterator[str]:
    left = _LOOKED_AT
    folders = deque([("", 0)])
    while folders and left > 0:
        folder, depth = folders.popleft()
        try:
            with os.scandir(root / folder) as found:
                entries = sorted(islice(found, left), key=lambda entry: entry.name)
        except OSError:
            continue
        left -= len(entries)
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.name.startswith(".") or entry.name in _SKIPPED:
                continue
            if entry.is_dir(follow_symlinks=False):
                folders += [(path, depth + 1)] if depth < _DEPTH else []
            elif Path(entry.name).suffix.lower() in FILE_SUFFIXES:
                yield path
