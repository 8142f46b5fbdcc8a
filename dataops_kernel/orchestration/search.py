"""Finds in one message what a workflow's marked parameters stand for: files, tables, columns, names."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dataops_kernel.llm.rules.thesaurus import meanings
from dataops_kernel.llm.rules.words import FILE_SUFFIXES, FUNCTION_STEMS, Token, readable, tokens
from dataops_kernel.orchestration.catalog import Catalog
from dataops_kernel.orchestration.fields import Wanted, shape_of
from dataops_kernel.orchestration.mentions import IT, mentions
from dataops_kernel.workflows.parameters import ColumnName, DataFile, NameIn, TableName, WholeMessage

_SPACED = 6  # words a file name with unquoted spaces may have before its last one
_SHORT = 60  # words among which a file may be named without its suffix
_ASKING = frozenset({"which", "what", "any", "each", "every", "all", "a", "no", "another"})


class Search:
    """One message being read for one workflow; what gave one parameter its value gives no other."""

    def __init__(self, text: str, catalog: Catalog, ordinary: frozenset[str]) -> None:
        self.corrections: list[str] = []
        self.problems: list[str] = []
        self._text = text
        self._reading = readable(text)
        self._read = tokens(self._reading)
        self._catalog = catalog
        self._ordinary = ordinary | FUNCTION_STEMS | meanings().keys()
        self._is_shouted = self._reading.isupper()
        self._taken: set[int] = set()
        self._table: str | None = None

    def look_up(self, field: Wanted) -> Any:
        """Return what the field's markers find, the first that finds anything; None when none does."""
        for marker in field.lookups:
            found: Sequence[str] = ()
            match marker:
                case DataFile(suffixes=suffixes):
                    found = self._files(field, suffixes)
                case TableName():
                    found = self._named(self._catalog.table_names, field.many)
                    self._table = found[0] if found else self._table
                case ColumnName():
                    found = self._named(self._catalog.columns(self._table), field.many)
                case NameIn(pattern=pattern):
                    found = self._shaped(field, shape_of(pattern))
                case WholeMessage():
                    found = [self._text]
            if found:
                return list(found) if field.many else found[0]
        return None

    def only_one(self, field: Wanted) -> Any:
        """Return the one table or file there is, unless the message names something else; of several tables, "it".

        What is taken so is said in ``corrections``.
        """
        if any(self._is_unexplained(at, token) for at, token in enumerate(self._read)):
            return None
        for marker in sorted(field.lookups, key=lambda marker: not isinstance(marker, TableName)):
            names: Sequence[str] = ()
            if isinstance(marker, TableName):
                names, kind = self._catalog.table_names, "table"
            elif isinstance(marker, DataFile):
                names, kind = self._catalog.files(marker.suffixes), "file"
            newest = len(names) > 1 and kind == "table" and any(token.stem in IT for token in self._read)
            if len(names) == 1 or newest:
                self.corrections.append(f"Took the {kind} {names[0]!r}, the {'newest' if newest else 'only'} one here.")
                return [names[0]] if field.many else names[0]
        return None

    def rest(self) -> str:
        """Return the message without what was found, each place of it blank."""
        left = list(self._reading)
        for at in self._taken:
            token = self._read[at]
            left[token.start : token.end] = " " * (token.end - token.start)
        return "".join(left)

    def _is_unexplained(self, at: int, token: Token) -> bool:
        """Say whether a word may name something nobody here knows."""
        return at not in self._taken and token.kind != "number" and token.stem not in self._ordinary

    def _files(self, field: Wanted, suffixes: tuple[str, ...]) -> list[str]:
        allowed = tuple(suffix.lower() for suffix in suffixes)
        found: list[str] = []
        for at, token in enumerate(self._read):
            if token.kind == "address":
                self.problems.append(f"{token.text!r} is an address; only files on this machine are read.")
            if token.kind == "name" and allowed and self._is_other_file(token.text, allowed):
                kinds = f"{', '.join(allowed[:-1])} or {allowed[-1]}" if len(allowed) > 1 else allowed[0]
                self.problems.append(f"{token.text!r} is there, but it is no {kinds} file.")
                self._taken.add(at)
            if token.kind != "file" or at in self._taken:
                continue
            if allowed and not token.text.lower().endswith(allowed):
                self.problems.append(f"{token.text!r} is not a {' or '.join(allowed)} file.")
                continue
            first, typed = self._with_spaces(at)
            typed = typed.removeprefix(f"{field.name}=")
            located = self._catalog.locate(typed, suffixes)
            table = None if located.exists else self._table_of_file(field, typed)
            self._taken.update(range(first, at + 1))
            self.corrections += filter(None, [located.correction, table and f"Read {typed!r} as the table {table!r}."])
            found.append(table or located.path)
            if not field.many:
                return found
        return found or self._file_by_stem(suffixes)

    def _is_other_file(self, typed: str, allowed: tuple[str, ...]) -> bool:
        """Say whether a word is a file that exists and is of a kind nobody here reads."""
        suffix = Path(typed).suffix.lower()
        return len(suffix) > 1 and suffix not in allowed and self._catalog.exists(typed)

    def _with_spaces(self, at: int) -> tuple[int, str]:
        """Return where the longest existing path that ends in this token begins, and that path."""
        token = self._read[at]
        if self._reading[token.start] not in "\"'`“‘«":
            for first in range(max(0, at - _SPACED), at):
                typed = self._reading[self._read[first].start : token.end]
                if self._catalog.exists(typed):
                    return first, typed
        return at, token.text

    def _table_of_file(self, field: Wanted, typed: str) -> str | None:
        """Return the session's table that was read from a file which is gone, by its name."""
        if not any(isinstance(marker, TableName) for marker in field.lookups):
            return None
        name = Path(typed.replace("\\", "/")).stem.lower()
        return next((table for table in self._catalog.table_names if table.lower() == name), None)

    def _file_by_stem(self, suffixes: tuple[str, ...]) -> list[str]:
        """Read "profile orders" as orders.csv, when there is such a file and no table of that name."""
        tables = {name.lower() for name in self._catalog.table_names}
        for at, token in enumerate(self._read[:_SHORT]):
            word = token.text.lower()
            is_open = at not in self._taken and token.kind in ("word", "name", "quoted")
            if is_open and word not in tables and token.stem not in self._ordinary:
                path = self._catalog.by_stem(word, suffixes)
                if path:
                    self._taken.add(at)
                    self.corrections.append(f"Read {token.text!r} as {path!r}.")
                    return [path]
        return []

    def _named(self, names: Sequence[str], many: bool) -> list[str]:
        found = mentions(self._read, names, frozenset(self._taken))
        if not many:
            # "the customer id of orders" names the table orders, whatever else "customer" is like.
            found = sorted(found, key=lambda mention: not mention.is_to_the_letter)[:1]
        for mention in found:
            self._taken.update(range(mention.first, mention.last + 1))
            if mention.misspelled:
                self.corrections.append(f"Read {mention.misspelled!r} as {mention.name!r}.")
        return list(dict.fromkeys(mention.name for mention in found))

    def _shaped(self, field: Wanted, has_shape: Callable[[str], bool]) -> list[str]:
        """Return the names of a certain shape, the surest kind only; the shape is tried on one word at a time.

        Surest first: quoted or an identifier of that shape, an unusual word of that shape, the word right after the
        field's own name ("job load"), any word with an underscore.
        """
        kinds: tuple[list[int], ...] = ([], [], [], [])
        for at, token in enumerate(self._read):
            if at in self._taken or token.kind in ("file", "address", "number"):
                continue
            is_name = token.kind in ("name", "quoted")
            is_unusual = is_name or token.stem not in self._ordinary or self._stands_out(token)
            if token.kind == "quoted" or (is_name and has_shape(token.text)):
                kinds[0].append(at)
            elif is_unusual and has_shape(token.text):
                kinds[1].append(at)
            elif is_unusual and self._is_called(at, field):
                kinds[2].append(at)
            elif "_" in token.text:
                kinds[3].append(at)
        best = next((places for places in kinds if places), [])
        best = best if field.many else best[:1]
        self._taken.update(best)
        return list(dict.fromkeys(self._read[at].text for at in best))

    def _stands_out(self, token: Token) -> bool:
        """Say whether a word is in capitals in a message that is not, and is no kind of file ("JIL")."""
        return token.text.isupper() and not self._is_shouted and f".{token.text.lower()}" not in FILE_SUFFIXES

    def _is_called(self, at: int, field: Wanted) -> bool:
        """Say whether a word follows the field's name as its value: "job load", and not "which job loads"."""
        before = [token.text.lower() for token in self._read[max(0, at - 2) : at]]
        return bool(before) and before[-1] == field.title.lower() and before[0] not in _ASKING
