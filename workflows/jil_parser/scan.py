"""JIL text to statements: one pass over the lines, most of which need no more than a few string methods."""

from collections.abc import Callable

from dataops_kernel.errors import closest

from .model import Attribute, Diagnostic, Severity, Statement, brief, plain
from .values import Doubt, Segment, quote_end, split_pairs, without_comment
from .vocabulary import (
    ATTRIBUTES,
    CALENDARS,
    CONDITIONS,
    FREE_TEXT,
    INSERT,
    OVERRIDE,
    STATEMENT_PREFIXES,
    STATEMENTS,
    UNKNOWN,
)

MAX_LINE = 1_000_000
"""Characters of the longest line, and of the longest continued value; AutoSys itself stops at a few thousand."""

_MEMORABLE = 48  # longer lines are commands and descriptions, hardly ever the same twice
_SUGGESTIONS = 100  # unknown words for which a close one is looked up; more are not typing errors
_LONGEST_NAME = 64
_CONTINUABLE = frozenset(CONDITIONS) | FREE_TEXT | {"days_of_week", "start_mins", "machine", "resources"}


def scan(text: str) -> tuple[list[Statement], list[Diagnostic], list[str]]:
    """Return the statements of a JIL text in order, what was doubtful, and the lines as read."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    reader = _Reader(lines)
    append = reader.attributes.append
    known = ATTRIBUTES.get
    seen: dict[str, Attribute] = {}
    remembered = seen.get
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if not line:
            continue
        if len(line) < _MEMORABLE and (attribute := remembered(line)) is not None:
            append(attribute)
            continue
        key, _, value = line.partition(":")
        name = known(key)
        if name is not None:
            value = value.strip()
            if value[:1] == '"':
                simple = value.find('"', 1) == len(value) - 1 and value[-2] != "\\"
            else:
                simple = ":" not in value and "/*" not in value
            if simple and len(value) < MAX_LINE:
                attribute = (name, value)
                append(attribute)
                if len(line) < _MEMORABLE:
                    seen[line] = attribute
                continue
        elif reader.slot < 0:  # no value is being continued: the two shapes autorep prints for every job
            if key == "insert_job" and reader.statements and len(line) < MAX_LINE:
                words = value.split()
                if len(words) == 3 and words[1] == "job_type:":
                    append = reader.begin(INSERT, "job", words[0], [("job_type", words[2])], number)
                    continue
            elif line[:2] == "/*" and line.find("*/", 2) == len(line) - 2:
                continue
        append = reader.read(number, line)
    reader.finish()
    return reader.statements, reader.diagnostics, lines


class _Reader:
    """Everything a line can be beyond one plain attribute; ``read`` returns where attributes go from now on.

    Lines inside a long comment are blanked in the list that ``scan`` walks, so the walk needs no state for them.
    """

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.statements: list[Statement] = []
        self.diagnostics: list[Diagnostic] = []
        self.attributes: list[Attribute] = []
        self.calendar = False
        self.pieces: list[str] = []  # the value that is being continued, joined when it ends
        self.slot = -1  # its index in ``attributes``
        self.open_quote = 0  # the line of its quote that is still open, 0 when none is
        self.last = 0  # the line its latest piece stands on
        self.length = 0  # how much was continued
        self.no_closer = False  # a search has shown that no */ follows
        self.stray = (0, -1)  # first and last line of text that belongs to nothing
        self.unknown: set[str] = set()

    def read(self, number: int, line: str) -> Callable[[Attribute], None]:
        if len(line) > MAX_LINE:
            self._doubt(number, line, "error", "line-too-long", f"A line of {len(line):,} characters was skipped.")
            return self.attributes.append
        quoted = self._inside_quote()
        if line.startswith("/*") and not quoted:
            line = self._after_comments(number, line)
            if not line:
                return self.attributes.append
        key, colon, value = line.partition(":")
        key = key.rstrip().lower()
        if colon and key in STATEMENTS:
            self._statement(number, key, value)
        elif colon and key in ATTRIBUTES:
            self._attribute(number, key, value)
        elif quoted:
            self._continue(number, line)
        elif line[0] == "#":
            pass
        elif colon and _is_name(key) and key.startswith(STATEMENT_PREFIXES):
            self._unknown_statement(number, key)
        elif colon and self.statements and _is_name(key) and not _is_text(key, value):
            self._unknown_attribute(number, key, value)
        else:
            self._continue(number, line)
        return self.attributes.append

    def finish(self) -> None:
        self._end_statement()
        self._end_stray()
        self.diagnostics.sort(key=lambda doubt: doubt.line)

    # statements

    def _statement(self, number: int, keyword: str, value: str) -> None:
        self._end_statement()
        verb, noun = STATEMENTS[keyword]
        text = without_comment(value.strip())
        segments, doubts = split_pairs(keyword, text)
        if doubts and doubts[0].key == "job_type":
            del doubts[0]
        words = segments[0].value.split()
        if not words:
            self._doubt(number, keyword, "error", "missing-name", f"{keyword}: names nothing and was skipped.")
            verb, noun, words = UNKNOWN, keyword, [""]
        rest = [word.lower() for word in words[1:]]
        self.begin(verb, noun, words[0], [("delete", "1")] if rest == ["delete"] else [], number)
        if rest and not (verb == OVERRIDE and rest == ["delete"]):
            message = f"Only {brief(words[0])} was taken as the name; the text after it was ignored."
            self._doubt(number, words[1], "error", "text-after-name", message)
        self._report(number, text, keyword, doubts)
        self._take(number, segments[1:])

    def begin(
        self, verb: str, noun: str, name: str, attributes: list[Attribute], number: int
    ) -> Callable[[Attribute], None]:
        """Begin a statement with the attributes that stand on its own line."""
        self.attributes = attributes
        self.calendar = noun in CALENDARS
        self.statements.append(Statement(verb, noun, plain(name), attributes, number))
        return attributes.append

    def _unknown_statement(self, number: int, keyword: str) -> None:
        self._end_statement()
        self.unknown.add(keyword)
        match = closest(keyword, STATEMENTS) if len(self.unknown) < _SUGGESTIONS else None
        hint = f"; did you mean {match}?" if match else "."
        message = f"{keyword}: is not a JIL statement; it and its attributes were skipped{hint}"
        self._doubt(number, keyword, "error", "unknown-statement", message)
        self.begin(UNKNOWN, keyword, "", [], number)

    def _end_statement(self) -> None:
        self._end_value()
        if self.attributes and not self.statements:
            message = f"{len(self.attributes)} attribute(s) stand before the first statement and were skipped."
            line = next(n for n, raw in enumerate(self.lines, 1) if ":" in raw)
            self._doubt(line, "", "error", "orphan-attributes", message)
            self.attributes = []

    # values

    def _attribute(self, number: int, key: str, value: str) -> None:
        self._end_value()
        text = value.strip()
        if "/*" in text:
            text = without_comment(text)
        if ":" in text:
            segments, doubts = split_pairs(key, text)
            self._report(number, text, key, doubts)
            self._take(number, segments)
        else:
            self._add(number, key, text)

    def _take(self, number: int, segments: list[Segment]) -> None:
        for segment in segments:
            if segment.key in STATEMENTS:
                self._statement(number, segment.key, segment.value)
            else:
                self._add(number, segment.key, segment.value)

    def _add(self, number: int, key: str, value: str) -> None:
        self.attributes.append((key, value))
        if value.startswith('"') and quote_end(value, 0) < 0:
            self.slot, self.pieces = len(self.attributes) - 1, [value]
            self.open_quote = self.last = number

    def _continue(self, number: int, line: str) -> None:
        index = len(self.attributes) - 1
        if self.calendar:
            self.attributes.append(("date", without_comment(line)))
            return
        if index < 0 or not self.statements:
            self._stray(number)
            return
        key, value = self.attributes[index]
        if self.slot != index:
            self._end_value()
            self.slot, self.pieces = index, [value]
            if key not in _CONTINUABLE and not key.endswith("_times"):
                message = f"This line was read as more of {key}, which is rarely written over several lines."
                self._doubt(number, line, "warning", "continued-value", message)
        self.length += len(line)
        if self.length > MAX_LINE:
            if self.length - len(line) <= MAX_LINE:
                message = f"{key} is longer than {MAX_LINE:,} characters; the rest of it was skipped."
                self._doubt(number, "", "error", "value-too-long", message)
            return
        if self.open_quote:
            self.pieces += ("\n" * (number - self.last), self.lines[number - 1].rstrip())
            self.last = number
            if quote_end(line, -1) >= 0:
                self.open_quote = 0
            return
        text = without_comment(line)
        segments, doubts = split_pairs(key, text)
        self.pieces += (" ", segments[0].value)
        if len(segments) > 1:
            self._end_value()
            self._report(number, text, key, doubts)
            self._take(number, segments[1:])

    def _inside_quote(self) -> bool:
        return self.open_quote > 0 and self.slot == len(self.attributes) - 1

    def _end_value(self) -> None:
        if self.slot < 0:
            return
        self.attributes[self.slot] = (self.attributes[self.slot][0], "".join(self.pieces))
        if self.open_quote:
            key = self.attributes[self.slot][0]
            message = f"The quote that opens {key} is never closed."
            self._doubt(self.open_quote, '"', "error", "unterminated-quote", message)
        self.slot, self.open_quote, self.length = -1, 0, 0
        self.pieces = []

    def _unknown_attribute(self, number: int, key: str, value: str) -> None:
        if key not in self.unknown:
            self.unknown.add(key)
            message = f"{key!r} is not an attribute known here; it was kept as it stands (said once per name)."
            self._doubt(number, "", "warning", "unknown-attribute", message)
        self._attribute(number, key, value)

    # comments, stray text, doubts

    def _after_comments(self, number: int, line: str) -> str:
        position = 0
        while line.startswith("/*", position):
            end = line.find("*/", position + 2)
            if end < 0:
                self._long_comment(number)
                return ""
            position = end + 2
            while position < len(line) and line[position].isspace():
                position += 1
        return line[position:]

    def _long_comment(self, number: int) -> None:
        lines = self.lines
        for index in range(number, len(lines)) if not self.no_closer else ():
            end = lines[index].find("*/")
            if end < 0:
                continue
            hidden = sum(_begins_statement(raw) for raw in lines[number:index])
            lines[number:index] = [""] * (index - number)
            lines[index] = " " * (end + 2) + lines[index][end + 2 :]
            if hidden:
                message = f"This comment runs to line {index + 1} and hides {hidden} statement(s)."
                self._doubt(number, "/*", "warning", "comment-hides-statements", message)
            return
        self.no_closer = True
        message = "This comment is never closed; only the rest of its line was skipped."
        self._doubt(number, "/*", "error", "unterminated-comment", message)

    def _stray(self, number: int) -> None:
        first, last = self.stray
        if last != number - 1:
            self._end_stray()
            first = number
        self.stray = (first, number)

    def _end_stray(self) -> None:
        first, last = self.stray
        if first:
            through = f" (through line {last})" if last > first else ""
            message = f"This text belongs to no statement and was skipped{through}."
            self._doubt(first, self.lines[first - 1].strip(), "error", "stray-text", message)

    def _report(self, number: int, text: str, key: str, doubts: list[Doubt]) -> None:
        start = self.lines[number - 1].find(text) + 1 if doubts else 0
        for doubt in doubts:
            read, other = ("an attribute of its own", f"text of {key}")
            if not doubt.split:
                read, other = other, read
            message = f"'{doubt.key}:' stands on the line of {key}; read as {read}, it could also be {other}."
            self.diagnostics.append(Diagnostic(number, start + doubt.start, "info", "several-on-a-line", message))

    def _doubt(self, number: int, fragment: str, severity: Severity, code: str, message: str) -> None:
        column = max(self.lines[number - 1].find(fragment), 0) + 1
        self.diagnostics.append(Diagnostic(number, column, severity, code, message))


def _is_name(key: str) -> bool:
    return 0 < len(key) <= _LONGEST_NAME and key.isascii() and key.replace("_", "").isalnum() and not key[0].isdigit()


def _is_text(key: str, value: str) -> bool:
    """Whether ``key:value`` is a URL or a Windows path rather than an attribute."""
    return len(key) == 1 or value.startswith(("//", "\\"))


def _begins_statement(raw: str) -> bool:
    key, colon, _ = raw.strip().partition(":")
    return bool(colon) and key.rstrip().lower() in STATEMENTS
