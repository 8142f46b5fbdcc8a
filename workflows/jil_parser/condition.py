"""The condition language: ``s(A) & (f(B,12.00) | v(G) = "Y")``.

A condition is kept as its atoms and a postfix program over them, not as a tree: brackets nested ten thousand deep then
need no recursion to read, to evaluate or to free. The language has one precedence level, read strictly left to right.
"""

import re
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from .model import EdgeKind, Severity, brief

Operator = Literal["&", "|"]

_STATUS: Final[dict[str, EdgeKind]] = {
    **{"s": "s", "success": "s", "f": "f", "failure": "f", "d": "d", "done": "d", "t": "t", "terminated": "t"},
    **{"n": "n", "notrunning": "n", "e": "e", "exitcode": "e", "v": "v", "value": "v"},
}
_SHORT: Final[dict[str, EdgeKind]] = {f"{kind}(": kind for kind in ("s", "f", "d", "t", "n")}
_WORD = r'(?:[^\s()&|,^=<>!"\\]++|\\.)++'
_NAME = rf'(?:"[^"]*+"|{_WORD})'
_TOKEN = re.compile(
    # A whole atom: status, name, instance, lookback, comparison, value. Possessive, so that no text makes it go back.
    rf"([A-Za-z]++)\s*+\(\s*+({_NAME})\s*+(?:\^\s*+({_NAME})\s*+)?+(?:,\s*+([^\s(),&|^]++)\s*+)?+\)"
    r'(?:\s*+([!<>]=|[=<>])\s*+("[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s()&|,=<>!"]++))?+'
    # Anything else: a word such as AND, or one character.
    rf"|({_WORD}|\S)",
    re.DOTALL,
)
_LOOKBACK = re.compile(r"(\d{1,4})(?:(?:\.|\\?:)([0-5]\d))?")
_MOST_FAULTS = 20  # kept per condition; more of them say nothing new
_OPERATORS: Final[dict[str, Operator]] = {"&": "&", "and": "&", "|": "|", "or": "|"}
_Token = tuple[str, str, str, str, str, str, str]


class Atom(NamedTuple):
    """One question: ``s(JOB^INS,12.00)``, ``e(JOB) > 4``, ``v(G) = "Y"``; ``name`` is a job or, for v, a global."""

    kind: EdgeKind
    name: str
    instance: str = ""
    lookback: str = ""
    comparison: str = ""
    value: str = ""


class Fault(NamedTuple):
    """What is wrong or doubtful at one character of a condition (offset counted from 0)."""

    offset: int
    severity: Severity
    code: str
    message: str


class Condition(NamedTuple):
    """A parsed condition: ``program`` holds atom numbers and operators in postfix order, empty when unreadable."""

    atoms: tuple[Atom, ...]
    program: tuple[int | Operator, ...]
    faults: tuple[Fault, ...] = ()

    def evaluate(self, truth: Callable[[Atom], bool | None]) -> bool | None:
        """Return whether the condition holds, given each atom's truth; None where that cannot be known."""
        stack: list[bool | None] = []
        for step in self.program:
            if isinstance(step, int):
                stack.append(truth(self.atoms[step]))
                continue
            right, left = stack.pop(), stack.pop()
            decided = step == "|"  # the value that decides alone: True for or, False for and
            if left is decided or right is decided:
                stack.append(decided)
            else:
                stack.append(None if left is None or right is None else not decided)
        return stack[0] if stack else None


class ConditionReader:
    """Reads conditions, each distinct text and each distinct atom once."""

    def __init__(self) -> None:
        self._conditions: dict[str, Condition] = {}
        self._atoms: dict[str, Atom] = {}

    def read(self, text: str) -> Condition:
        """Return one condition; never raises: what cannot be read is a fault, and the atoms that can be are kept."""
        condition = self._conditions.get(text)
        if condition is None:
            condition = self._conditions[text] = self._conjunction(text) or _Parser(text).parse()
        return condition

    def _conjunction(self, text: str) -> Condition | None:
        """Read ``s(A) & n(B)``, which most conditions are, without any grammar; None when it is something else."""
        atoms: list[Atom] = []
        program: list[int | Operator] = []
        known = self._atoms.get
        for part in text.split("&"):
            word = part.strip()
            atom = known(word)
            if atom is None:
                kind, name = _SHORT.get(word[:2]), word[2:-1]
                if kind is None or word[-1] != ")" or not name.replace("_", "").isalnum():
                    return None
                atom = self._atoms[word] = Atom(kind, name)
            if atoms:
                program += (len(atoms), "&")
            else:
                program.append(0)
            atoms.append(atom)
        return Condition(tuple(atoms), tuple(program))


def parse_condition(text: str) -> Condition:
    """Return one condition, read as ``ConditionReader`` reads it."""
    return ConditionReader().read(text)


class _Unreadable(Exception):
    """The condition stops making sense at a token."""


class _Parser:
    """The whole grammar, over tokens most of which are whole atoms."""

    __slots__ = ("at", "atoms", "faults", "program", "text", "tokens")

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[_Token] = _TOKEN.findall(text)
        self.at = 0
        self.atoms: list[Atom] = []
        self.program: list[int | Operator] = []
        self.faults: list[Fault] = []

    def parse(self) -> Condition:
        try:
            self._expression()
        except _Unreadable as stop:
            self._fault("error", "condition-syntax", str(stop))
            self.program.clear()
            self._salvage()
        return Condition(tuple(self.atoms), tuple(self.program), tuple(self.faults))

    def _expression(self) -> None:
        """Walk the tokens with the open brackets on a stack; ``filled`` says that a term stands before the next one."""
        program, tokens = self.program, self.tokens
        levels: list[tuple[Operator | None, str]] = []
        waiting: Operator | None = None
        used, filled = "", False
        for self.at, token in enumerate(tokens):
            word = token[6]
            if not filled:
                if word == "(":
                    levels.append((waiting, used))
                    waiting, used = None, ""
                    continue
                program.append(len(self.atoms))
                self.atoms.append(self._atom(token))
            elif word == ")":
                if not levels:
                    raise _Unreadable("This bracket was never opened.")
                waiting, used = levels.pop()
            else:
                operator = _OPERATORS.get(word.lower())
                if operator is None:
                    raise _Unreadable(f"Expected & or |, found {brief(word or token[0] + '(' + token[1] + ')')}.")
                if used and used != operator and len(used) == 1:
                    message = "& and | are mixed without brackets; they bind alike, so this is read left to right."
                    self._fault("warning", "mixed-operators", message)
                used = used if operator in used else used + operator
                waiting, filled = operator, False
                continue
            if waiting:
                program.append(waiting)
                waiting = None
            filled = True
        self.at = len(tokens)
        if not filled:
            raise _Unreadable("The condition ends where a status such as s(JOB) is expected.")
        if levels:
            raise _Unreadable(f"{len(levels)} bracket(s) are never closed.")

    def _atom(self, token: _Token) -> Atom:
        status, name, instance, lookback, comparison, value, other = token
        kind = _STATUS.get(status) or _STATUS.get(status.lower())
        if kind is None:
            raise _Unreadable(_not_a_status(status, other))
        if lookback:
            self._check_lookback(kind, lookback)
        if kind == "e" or kind == "v":
            if not comparison:
                raise _Unreadable(f"{status}({brief(name)[1:-1]}) needs a comparison such as = 0.")
            value = value[1:-1] if value[0] == '"' else value
            if kind == "e" and not value.removeprefix("-").isdecimal():
                raise _Unreadable(f"An exit code is a number, not {brief(value)}.")
        elif comparison:
            raise _Unreadable(f"{status}({brief(name)[1:-1]}) is true or false by itself and compares with nothing.")
        return Atom(kind, _bare(name), _bare(instance), lookback.replace("\\:", ":"), comparison, value)

    def _check_lookback(self, kind: EdgeKind, lookback: str) -> None:
        if kind == "v":
            self._fault("error", "lookback-on-value", "A global has no lookback.")
        match = _LOOKBACK.fullmatch(lookback)
        if match is None:
            message = f"The lookback {brief(lookback)} is not hhhh.mm (00.30 is half an hour, 12.00 twelve hours)."
            self._fault("error", "bad-lookback", message)
        elif match[2] is None and int(lookback) not in (0, 9999):
            self._fault("info", "bare-hours", f"The lookback {lookback} means {int(lookback)} hours, not minutes.")

    def _salvage(self) -> None:
        """Collect the atoms after an error, so that the edges they stand for are not lost with the condition."""
        for at in range(self.at, len(self.tokens)):
            self.at = at
            try:
                self.atoms.append(self._atom(self.tokens[at]))
            except _Unreadable:
                continue

    def _fault(self, severity: Severity, code: str, message: str) -> None:
        # Places are looked up only here: sound conditions, nearly all, need none.
        if len(self.faults) >= _MOST_FAULTS and code != "condition-syntax":
            return
        offset = len(self.text)
        for index, match in enumerate(_TOKEN.finditer(self.text)):
            if index == self.at:
                offset = match.start()
                break
        self.faults.append(Fault(offset, severity, code, message))


def _not_a_status(status: str, other: str) -> str:
    if (status or other).lower() in ("not", "!"):
        return "The condition language has no NOT."
    if status:
        return f"{brief(status)} is not a status; known are s, f, d, t, n, e, v and their long names."
    if other.lower() in _STATUS:
        return f"{other} is not followed by the name of a job in brackets, as in s(JOB)."
    return f"Expected a status such as s(JOB), found {brief(other)}."


def _bare(name: str) -> str:
    if name[:1] == '"':
        return name[1:-1]
    return name.replace("\\:", ":") if "\\" in name else name
