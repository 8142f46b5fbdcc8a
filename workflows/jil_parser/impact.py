"""What a failure does to the night: which jobs no longer start, which run all the same, which boxes do not end.

This is an analysis of the dependencies, not a simulation: it knows no clock, no calendar, no retry and no operator. It
works through the estate twice, once for a night on which everything that can start succeeds and once for the same
night with one job failing, and tells the difference. What cannot be known is called unsure, never left out.
"""

from __future__ import annotations

import operator
from typing import Final, Literal, NamedTuple, get_args

from .condition import Atom, Condition
from .graph import Graph, Task, components
from .wording import code

Outcome = Literal["succeeds", "fails", "terminated", "waits", "hangs", "unsure"]
Effect = Literal["fails", "stops", "stays running", "is terminated", "starts", "unsure", "still runs", "idle anyway"]

EFFECTS: Final[tuple[Effect, ...]] = get_args(Effect)

_EFFECT_OF: Final[dict[Outcome, Effect]] = {
    "succeeds": "starts", "fails": "fails", "terminated": "is terminated", "waits": "stops",
    "hangs": "stays running", "unsure": "unsure",
}  # fmt: skip
_UNCHANGED: Final[dict[Outcome, Effect]] = {"succeeds": "still runs", "unsure": "unsure", "waits": "idle anyway"}
"""What is said of jobs after the failing one that fare as on a good night."""
_ENDED = frozenset({"succeeds", "fails", "terminated"})
_TRUE_AFTER: Final[dict[Outcome, str]] = {
    "succeeds": "sdn", "fails": "fdn", "terminated": "tdn", "waits": "n", "hangs": "", "unsure": "n"
}  # fmt: skip
"""The kinds of atoms that read true once their job has an outcome; a box that hangs counts as running."""
_SAID_OF: Final[dict[Outcome, str]] = {
    "succeeds": "succeeds", "fails": "fails", "terminated": "is terminated", "waits": "does not run",
    "hangs": "stays running", "unsure": "may not run",
}  # fmt: skip
_WAITS_ON: Final = {
    "s": "waits on success of", "f": "waits on failure of", "d": "waits on the end of", "t": "waits on termination of",
    "e": "waits on the exit code of", "n": "does not run beside", "v": "waits on",
}  # fmt: skip
_COMPARE: Final = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge
}  # fmt: skip
_PASSES = 20
"""How often jobs that wait on each other are worked out before the restless ones are called unsure."""


class Impact(NamedTuple):
    """What becomes of one job, and why; ``level`` is None for a box around what fails."""

    job: str
    effect: Effect
    level: int | None
    via: str
    kind: str
    because: str


def impact_of(graph: Graph, failing: str) -> list[Impact]:
    """Return what the failure of one job changes, and what becomes of all other jobs after it.

    The failing job comes first, the rest by effect and then nearest first.
    """
    good = Night(graph)
    bad = Night(graph, failing, good)
    reached = {job.job: job for job in graph.after(failing)[0]}
    rows = [Impact(failing, "fails", 0, "", "", "")]
    for name in graph.jobs:
        if name == failing:
            continue
        effect = _effect(good.outcomes[name], bad.outcomes[name])
        if effect is None and name in reached:
            effect = _UNCHANGED.get(bad.outcomes[name])
        if effect is not None:
            where = reached.get(name)
            level, via, kind = (where.level, where.via, where.kind) if where else (None, "", "")
            rows.append(Impact(name, effect, level, via, kind, bad.reason(name)))
    return [rows[0], *sorted(rows[1:], key=lambda row: (EFFECTS.index(row.effect), row.level or 0))]


def _effect(before: Outcome, now: Outcome) -> Effect | None:
    if before == now:
        return None
    return _EFFECT_OF[now]


class Night:
    """One night: whether each job starts and how it ends, worked out once when made."""

    def __init__(self, graph: Graph, failing: str | None = None, good: Night | None = None) -> None:
        self.graph = graph
        self.failing = failing
        self.normal = good.outcomes if good else None
        self._order: list[list[int]] = good._order if good else components(graph.arcs(apart=True))[::-1]
        self.starts: dict[str, bool | None] = dict.fromkeys(graph.jobs, True)
        self.outcomes: dict[str, Outcome] = dict.fromkeys(graph.jobs, "succeeds")
        self._killed = self._killed_boxes()
        self._spared = {job.job for job in graph.before(failing)[0]} if failing and self._killed else set()
        self._run()

    def reason(self, name: str) -> str:
        """Say in a few words of Markdown why a job ends this night as it does."""
        task, outcome = self.graph.jobs[name], self.outcomes[name]
        if task.type == "BOX" and self.starts[name] is not False:
            return self._box_reason(task)
        if outcome == "succeeds":
            return self._still_true(task)
        box = self._around(task)
        if box is not None and self.starts[box] is False:
            return f"its box {code(box)} does not start"
        if box is not None and self._is_cut_off(name):
            return f"its box {code(box)} is terminated, which may come before its start"
        condition = self._condition(task.condition)
        if not condition.program and task.condition:
            return "its condition cannot be read"
        atoms = condition.atoms
        read = {atom: self._truth(atom, task) for atom in atoms}
        broken = [atom for atom in atoms if read[atom] is (False if outcome == "waits" else None)]
        broken = broken or [atom for atom in atoms if read[atom] is None]
        told = [atom for atom in broken if self._is_new(atom.name)]
        late = outcome == "unsure"
        return "; ".join(self._said(atom, may_be_late=late) for atom in (told or broken)[:2])

    def _is_new(self, name: str) -> bool:
        """Whether a job fares other than on a good night, or does not exist at all."""
        now = self.outcomes.get(name)
        return now is None or (self.normal is not None and self.normal[name] != now)

    def _run(self) -> None:
        for component in self._order:
            again = len(component) > 1
            for _ in range(_PASSES if again else 1):
                changed = [point for point in component if self._settle(point)]
                if not changed:
                    break
            else:
                if again:  # jobs that flip each other's fate: nothing can be promised of them
                    for point in changed:
                        name, _ = self.graph.point(point)
                        self.starts[name], self.outcomes[name] = None, "unsure"

    def _settle(self, point: int) -> bool:
        """Work out one point again; return whether that changed anything."""
        name, is_end = self.graph.point(point)
        task = self.graph.jobs[name]
        if is_end and task.type == "BOX":
            outcome = self._box_outcome(task)
            changed = outcome != self.outcomes[name]
            self.outcomes[name] = outcome
            return changed
        started = True if name == self.failing else self._is_started(task)
        changed = started is not self.starts[name]
        self.starts[name] = started
        if task.type != "BOX":
            ended: Outcome = "fails" if name == self.failing else "succeeds"
            self.outcomes[name] = ended if started else "waits" if started is False else "unsure"
        return changed

    def _is_started(self, task: Task) -> bool | None:
        box = self._around(task)
        inside = True if box is None else self.starts[box]
        if inside is False:
            return False
        holds: bool | None = True
        if task.condition:
            condition = self._condition(task.condition)
            holds = condition.evaluate(lambda atom: self._truth(atom, task))
            if holds is None and box is None and not task.scheduled and not self._is_triggered(condition):
                holds = False
        if holds and (inside is None or self._is_cut_off(task.name)):
            return None
        return holds

    def _box_outcome(self, task: Task) -> Outcome:
        started = self.starts[task.name]
        if task.name == self.failing:
            return "fails"
        if started is not True:
            return "waits" if started is False else "unsure"
        if task.name in self._killed:
            return "terminated"
        success = self._holds(task.box_success, task)
        failure = self._holds(task.box_failure, task)
        if success or failure:
            return "succeeds" if success else "fails"
        members = {self.outcomes[name] for name in self.graph.members.get(task.name, ())}
        if success is None or failure is None:
            return "unsure"
        if members & {"waits", "hangs"}:
            return "hangs"
        if "unsure" in members:
            return "unsure"
        return "fails" if task.box_success or members & {"fails", "terminated"} else "succeeds"

    def _holds(self, text: str | None, task: Task) -> bool | None:
        return self._condition(text).evaluate(lambda atom: self._truth(atom, task)) if text else False

    def _truth(self, atom: Atom, task: Task) -> bool | None:
        """Return what an atom reads on this night.

        Globals and other instances are as on a good night; a job that is not defined is never anything.
        """
        if atom.kind == "v":
            return True
        if atom.instance:
            return _after(atom, "succeeds")
        outcome = self.outcomes.get(atom.name)
        if outcome is None:
            return False
        if outcome == "waits" and self._may_be_latched(atom):
            return None if atom.kind in "sde" else atom.kind == "n"
        return _after(atom, outcome)

    def _may_be_latched(self, atom: Atom) -> bool:
        """Whether an earlier night's success can still stand: nothing resets a job outside boxes that start."""
        if atom.lookback or self.normal is None or self.normal[atom.name] != "succeeds":
            return False
        return not any(self.starts.get(box) for box in self.graph.boxes_of(atom.name))

    def _is_triggered(self, condition: Condition) -> bool:
        return any(self.outcomes.get(atom.name) in _ENDED | {"unsure"} for atom in condition.atoms if atom.kind != "v")

    def _is_cut_off(self, name: str) -> bool:
        """Whether a box around a job is terminated, and the job does not surely run before that."""
        if not self._killed or name == self.failing or name in self._spared:
            return False
        return any(box in self._killed for box in self.graph.boxes_of(name))

    def _killed_boxes(self) -> set[str]:
        killed: set[str] = set()
        name = self.failing
        while name is not None and name in self.graph.jobs and self.graph.jobs[name].box_terminator:
            name = self.graph.jobs[name].box
            if name is None or name in killed:
                break
            killed.add(name)
        return killed

    def _around(self, task: Task) -> str | None:
        return task.box if task.box in self.graph.jobs else None

    def _condition(self, text: str | None) -> Condition:
        return self.graph.read(text or "")

    def _still_true(self, task: Task) -> str:
        atoms = self._condition(task.condition).atoms
        changed = (atom for atom in atoms if self.outcomes.get(atom.name, "succeeds") != "succeeds")
        held = [atom for atom in changed if self._truth(atom, task)]
        return "; ".join(self._said(atom) for atom in held[:2]) or "what it waits on still succeeds"

    def _box_reason(self, task: Task) -> str:
        if task.name in self._killed:
            return "a member that fails terminates it"
        members = self.graph.members.get(task.name, ())
        for outcome, said in (("waits", "never starts"), ("hangs", "stays running"), ("unsure", "may not run"),
                              ("fails", "fails"), ("terminated", "is terminated")):  # fmt: skip
            names = [name for name in members if self.outcomes[name] == outcome]
            if names:
                more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
                return f"its member {code(names[0])}{more} {said}"
        return "its box_success or box_failure says so"

    def _said(self, atom: Atom, *, may_be_late: bool = False) -> str:
        name = code(f"{atom.name}^{atom.instance}" if atom.instance else atom.name)
        outcome = self.outcomes.get(atom.name)
        if outcome is None:
            return f"{_WAITS_ON[atom.kind]} {name}, which is not defined"
        late = ", though an earlier night may still count" if outcome == "waits" and may_be_late else ""
        return f"{_WAITS_ON[atom.kind]} {name}, which {_SAID_OF[outcome]}{late}"


def _after(atom: Atom, outcome: Outcome) -> bool | None:
    """Return what an atom reads once its job has this outcome; None when that depends."""
    if atom.kind == "e":
        return _exit_code(atom, outcome)
    if outcome == "unsure" and atom.kind != "n":
        return None
    return atom.kind in _TRUE_AFTER[outcome]


def _exit_code(atom: Atom, outcome: Outcome) -> bool | None:
    if outcome in ("waits", "hangs"):
        return False
    value = int(atom.value)
    if outcome == "succeeds":
        return bool(_COMPARE[atom.comparison](0, value))
    if outcome == "fails" and value == 0 and atom.comparison in ("=", "!="):
        return atom.comparison == "!="
    return None
