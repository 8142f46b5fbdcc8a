"""JSON values out of a file, one after the other and with their place, from JSON Lines, an array, or one document."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from dataops_kernel.errors import FileInputError, LimitExceededError

JsonLayout = Literal["lines", "array", "document"]

_CHUNK = 1024 * 1024
_HEAD = 1024 * 1024
_LONGEST_TOKEN = 16  # what a literal or an escape may lack at the end of what was read
_SPACE = re.compile(r"[ \t\r\n]*")


class Item(NamedTuple):
    """One value of the file and the line it begins in."""

    line: int
    value: Any
    size: int


def layout_of(path: Path, name: str, *, lines: bool) -> JsonLayout:
    """Say how the values of a UTF-8 file follow each other; ``lines`` when its suffix promises one on each line.

    Raises ``FileInputError`` for a lone number or text.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        head = stream.read(_HEAD)
    found = [line.strip() for line in head.splitlines() if line.strip()]
    first, second = found[0], found[1] if len(found) > 1 else ""
    if first[0] == "[" and not (second[:1] == "[" and _is_json(first)):
        return "array"
    if lines or (first[0] in "[{" and second[:1] in set("[{") and _is_json(first)):
        return "lines"
    if first[0] == "{":
        return "document"
    raise FileInputError(
        f"{name!r} holds no JSON table: it begins with {first[:30]!r}.",
        hint="A table is an array of objects, an object of arrays, or one object per line.",
    )


def json_lines(path: Path, name: str, limit: int) -> Iterator[Item]:
    """Yield the values of a file with one JSON value per line; blank lines are passed over."""
    import orjson

    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(limit + 1):
            number += 1
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if len(line) > limit:
                raise _too_long(name, number, limit)
            if not line.strip():
                continue
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise invalid(name, error.msg, number, error.colno, line.decode("utf-8", "replace")) from None
            yield Item(number, value, len(line))


def json_array(path: Path, name: str, limit: int) -> Iterator[Item]:
    """Yield the elements of a file that is one JSON array, reading no further than each of them."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        text = _Window(stream, name)
        text.skip(_SPACE)
        text.expect("[")
        text.skip(_SPACE)
        while not text.starts("]"):
            line = text.line
            yield Item(line, *text.decode(decoder, limit))
            text.skip(_SPACE)
            if text.starts("]"):
                break
            text.expect(",")
            text.skip(_SPACE)
            if text.starts("]"):
                raise text.wrong("a comma before the closing bracket")
        text.expect("]")
        text.skip(_SPACE)
        if text.peek():
            raise text.wrong("more text after the array has ended")


def json_document(path: Path, name: str, limit: int) -> Any:
    """Return the one value of a file; raises ``LimitExceededError`` when it is over ``limit`` bytes."""
    size = path.stat().st_size
    if size > limit:
        raise LimitExceededError(
            f"{name!r} is one JSON object of {size:,} bytes; {limit:,} are allowed, for it has to be read at once.",
            hint="Write it as JSON Lines or as an array of objects: those are read piece by piece.",
        )
    text = path.read_text(encoding="utf-8-sig")
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise invalid(name, error.msg, error.lineno, error.colno, _line_of(text, error.pos)) from None
    except ValueError as error:
        raise invalid(name, str(error), 0, 0, "") from None
    except RecursionError:
        raise _too_deep(name, 1) from None


def invalid(name: str, why: str, line: int, column: int, shown: str) -> FileInputError:
    """Return the error for text that is not JSON, with its place and what stands there."""
    place = f" in line {line:,}, column {column:,}" if line else ""
    start = max(0, column - 30)
    snippet = shown[start : start + 50].strip()
    why = why[:1].lower() + why[1:]
    return FileInputError(
        f"{name!r} is not valid JSON{place}: {why}" + (f", near {snippet!r}." if snippet else "."),
        hint="Mend the file there, or write it again from its source.",
        line=line,
        column=column,
    )


class _Window:
    """A sliding view of a long text that knows which line it is in."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream = stream
        self._name = name
        self._text = ""
        self._at = 0
        self._line = 1
        self._column = 1
        self._counted = 0

    @property
    def line(self) -> int:
        self._count()
        return self._line

    def peek(self) -> str:
        while self._at >= len(self._text) and self._more():
            pass
        return self._text[self._at : self._at + 1]

    def starts(self, mark: str) -> bool:
        return self.peek() == mark

    def skip(self, pattern: re.Pattern[str]) -> None:
        while True:
            match = pattern.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text) or not self._more():
                return

    def expect(self, mark: str) -> None:
        if not self.starts(mark):
            found = self.peek()
            raise self.wrong(f"expected {mark!r}" + (f", found {found!r}" if found else ", but the file ends here"))
        self._at += 1

    def decode(self, decoder: json.JSONDecoder, limit: int) -> tuple[Any, int]:
        """Return the value that begins here and its length in characters."""
        while True:
            try:
                value, end = decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                problem = error  # the value may only be cut off here
            except ValueError as error:
                raise self.wrong(str(error)) from None
            except RecursionError:
                raise _too_deep(self._name, self.line) from None
            else:
                # A number at the very end may go on in what was not read yet.
                if end == len(self._text) and self._more():
                    continue
                size, begin = end - self._at, self.line
                self._at = end
                if size > limit:
                    raise _too_long(self._name, begin, limit)
                return value, size
            cut_off = problem.pos > len(self._text) - _LONGEST_TOKEN or problem.msg.startswith("Unterminated")
            if not cut_off:
                raise self._at_problem(problem)
            if len(self._text) - self._at > limit:
                raise _too_long(self._name, self.line, limit)
            if not self._more():
                raise self._at_problem(problem)

    def wrong(self, why: str) -> FileInputError:
        self._count()
        return invalid(self._name, why, self._line, self._column, _line_of(self._text, self._at))

    def _at_problem(self, problem: json.JSONDecodeError) -> FileInputError:
        self._at = min(problem.pos, len(self._text))
        return self.wrong(problem.msg)

    def _more(self) -> bool:
        chunk = self._stream.read(_CHUNK)
        if not chunk:
            return False
        self._count()
        self._text = self._text[self._at :] + chunk
        self._at = self._counted = 0
        return True

    def _count(self) -> None:
        """Bring line and column up to where we are."""
        feeds = self._text.count("\n", self._counted, self._at)
        if feeds:
            self._line += feeds
            self._column = self._at - self._text.rindex("\n", self._counted, self._at)
        else:
            self._column += self._at - self._counted
        self._counted = self._at


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> Any:
    raise ValueError(f"the constant {constant} is no JSON value; write null")


def _line_of(text: str, position: int) -> str:
    return text[text.rfind("\n", 0, position) + 1 : position + 50].split("\n")[0]


def _too_long(name: str, line: int, limit: int) -> LimitExceededError:
    return LimitExceededError(
        f"The record of {name!r} that begins in line {line:,} is longer than {limit:,} bytes.",
        hint="Split the record, or raise the limit record_bytes.",
        line=line,
    )


def _too_deep(name: str, line: int) -> LimitExceededError:
    return LimitExceededError(
        f"{name!r} nests deeper than can be read (line {line:,}).",
        hint="Flatten the data before writing it.",
        line=line,
    )
