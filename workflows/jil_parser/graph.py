"""The estate as a graph: what comes after a job, what before it, and where it goes round.

Every job has a start and an end. For most jobs they are one point; for a box they are two, and that is what keeps boxes
honest: a box's members begin after its start, its end waits for all of theirs, and a job that waits on the box waits
on its end. So two members of one box are not taken to depend on each other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from .condition import ConditionReader
from .model import ORDER_KINDS, Edge


class Task(NamedTuple):
    """What the analyses need to know of a job."""

    name: str
    type: str
    box: str | None = None
    condition: str | None = None
    box_success: str | None = None
    box_failure: str | None = None
    box_terminator: bool = False
    scheduled: bool = False


class Reached(NamedTuple):
    """A job that was reached: over how many edges, and the last of them (``via`` stands nearer to the start)."""

    job: str
    level: int
    via: str
    kind: str
    lookback: str


class Arc(NamedTuple):
    """A way to another point; ``kind`` is an edge's, or one of the three below."""

    point: int
    kind: str
    lookback: str = ""


BEGINS: Final = "box"
"""From a box's start to a member's: also an edge's kind."""
ENDS: Final = "ends"
"""From a member's end to its box's end."""
RUNS: Final = "runs"
"""From a box's start to its end."""


class Graph:
    """Jobs and edges, ready to be walked; names that are not jobs (undefined, external, globals) are kept apart."""

    def __init__(self, jobs: Iterable[Task], edges: Iterable[Edge]) -> None:
        self.jobs: Final = {job.name: job for job in jobs}
        self.edges: Final = list(edges)
        self.members: Final[dict[str, list[str]]] = {}
        self.read: Final = ConditionReader().read
        self._names: list[str] = []
        self._start: dict[str, int] = {}
        self._end: dict[str, int] = {}
        self._after: list[list[Arc]] = []
        self._before: list[list[Arc]] = []
        for job in self.jobs.values():
            self._start[job.name] = self._point(job.name)
            self._end[job.name] = self._point(job.name) if job.type == "BOX" else self._start[job.name]
        for job in self.jobs.values():
            if job.box is not None:
                self.members.setdefault(job.box, []).append(job.name)
        for edge in self.edges:
            self._lay(edge)
        for name, start in self._start.items():
            if self._end[name] != start:
                self._arc(start, self._end[name], RUNS)

    def after(self, name: str, levels: int | None = None) -> tuple[list[Reached], list[str]]:
        """Return the jobs that run after one, nearest first, and the boxes that cannot end before it."""
        return self._walk(self._end.get(name), self._after, ENDS, levels)

    def before(self, name: str, levels: int | None = None) -> tuple[list[Reached], list[str]]:
        """Return the jobs that run before one, nearest first, and the boxes that must have begun before it."""
        return self._walk(self._start.get(name), self._before, BEGINS, levels)

    def cycles(self) -> list[list[str]]:
        """Return every ring of jobs that wait on each other, each as one shortest way round, in order."""
        arcs = self.arcs()
        rings: dict[frozenset[str], list[str]] = {}
        for component in components(arcs):
            inside = set(component)
            first = min(component)
            if len(component) > 1 or first in arcs[first]:
                ring = dict.fromkeys(self._names[point] for point in _way_round(arcs, first, inside))
                rings.setdefault(frozenset(ring), list(ring))  # boxes in a ring go round with their starts and ends
        return sorted(rings.values(), key=lambda ring: (len(ring), ring))

    def undefined(self) -> list[Edge]:
        """Return the edges whose source is a job that is not defined here."""
        return [edge for edge in self.edges if not edge.instance and edge.kind != "v" and edge.source not in self.jobs]

    def external(self) -> list[Edge]:
        """Return the edges whose source runs on another instance."""
        return [edge for edge in self.edges if edge.instance]

    def beside(self, name: str) -> list[str]:
        """Return the jobs that never run beside one (``n()`` in either direction)."""
        found = [
            edge.target if edge.source == name else edge.source
            for edge in self.edges
            if edge.kind == "n" and not edge.instance and name in (edge.source, edge.target)
        ]
        return [other for other in dict.fromkeys(found) if other != name]

    def waiting_on(self, name: str) -> list[Edge]:
        """Return the edges that look at a job."""
        return [edge for edge in self.edges if edge.source == name and not edge.instance]

    def has_predecessor(self, name: str) -> bool:
        """Say whether a job's own condition waits on another job that is defined here."""
        return any(arc.kind in ORDER_KINDS for arc in self._before[self._start[name]])

    def boxes_of(self, name: str) -> list[str]:
        """Return the boxes around a job, the inmost first; a ring of boxes is walked once."""
        found: dict[str, None] = {}
        box = self.jobs[name].box if name in self.jobs else None
        while box is not None and box not in found:
            found[box] = None
            box = self.jobs[box].box if box in self.jobs else None
        return list(found)

    def arcs(self, *, apart: bool = False) -> list[list[int]]:
        """Return for each point the points it leads to (see ``point``); ``apart`` adds those that ``n()`` looks at."""
        found = [[arc.point for arc in arcs] for arcs in self._after]
        for edge in self.edges if apart else ():
            if edge.kind == "n" and not edge.instance and edge.source in self.jobs and edge.target in self.jobs:
                points = self._start if edge.via == "condition" else self._end
                found[self._end[edge.source]].append(points[edge.target])
        return found

    def point(self, number: int) -> tuple[str, bool]:
        """Return the job a point belongs to, and whether it is its end (of jobs that are no box: both)."""
        name = self._names[number]
        return name, self._end[name] == number

    def _point(self, name: str) -> int:
        self._names.append(name)
        self._after.append([])
        self._before.append([])
        return len(self._names) - 1

    def _arc(self, source: int, target: int, kind: str, lookback: str = "") -> None:
        self._after[source].append(Arc(target, kind, lookback))
        self._before[target].append(Arc(source, kind, lookback))

    def _lay(self, edge: Edge) -> None:
        if edge.instance or edge.source not in self.jobs or edge.target not in self.jobs:
            return
        if edge.kind == "box":
            self._arc(self._start[edge.source], self._start[edge.target], BEGINS)
            self._arc(self._end[edge.target], self._end[edge.source], ENDS)
        elif edge.kind in ORDER_KINDS:
            points = self._start if edge.via == "condition" else self._end
            self._arc(self._end[edge.source], points[edge.target], edge.kind, edge.lookback)

    def _walk(
        self, start: int | None, arcs: Sequence[Sequence[Arc]], around: str, levels: int | None
    ) -> tuple[list[Reached], list[str]]:
        """Walk outwards, nearest first; ``around`` is the kind of arc that leads to the box around a job.

        Such a box is no job that runs before or after, so it is told apart and stands on its member's level.
        """
        if start is None:
            return [], []
        level = {start: 0}
        found: dict[str, Reached] = {}
        boxes: dict[str, None] = {}
        waiting = deque([start])
        while waiting:
            point = waiting.popleft()
            here = self._names[point]
            for target, kind, lookback in arcs[point]:
                steps = 0 if kind in (around, RUNS) else 1
                distance = level[point] + steps
                if (levels is not None and distance > levels) or level.get(target, distance + 1) <= distance:
                    continue
                level[target] = distance
                (waiting.append if steps else waiting.appendleft)(target)
                name = self._names[target]
                if not steps or (arcs is self._after and target != self._start[name]):
                    boxes[name] = None
                elif name not in found or found[name].level > distance:
                    found[name] = Reached(name, distance, here, "box" if kind == ENDS else kind, lookback)
        origin = self._names[start]
        rows = [job for job in found.values() if job.job != origin]
        return sorted(rows, key=lambda job: job.level), [box for box in boxes if box not in found and box != origin]


def components(arcs: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the strongly connected components, each after all those it leads to (Tarjan, without recursion)."""
    order: list[int] = [-1] * len(arcs)
    low = [0] * len(arcs)
    on_stack = bytearray(len(arcs))
    stack: list[int] = []
    found: list[list[int]] = []
    count = 0
    for root in range(len(arcs)):
        if order[root] >= 0:
            continue
        work = [(root, iter(arcs[root]))]
        order[root] = low[root] = count
        count += 1
        stack.append(root)
        on_stack[root] = 1
        while work:
            point, following = work[-1]
            for other in following:
                if order[other] < 0:
                    order[other] = low[other] = count
                    count += 1
                    stack.append(other)
                    on_stack[other] = 1
                    work.append((other, iter(arcs[other])))
                    break
                if on_stack[other]:
                    low[point] = min(low[point], order[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[point])
                if low[point] == order[point]:
                    component = []
                    while True:
                        other = stack.pop()
                        on_stack[other] = 0
                        component.append(other)
                        if other == point:
                            break
                    found.append(component)
    return found


def _way_round(arcs: Sequence[Sequence[int]], first: int, inside: set[int]) -> list[int]:
    """Return the points of a shortest way from ``first`` back to itself."""
    came: dict[int, int] = {}
    waiting = deque([first])
    while waiting:
        point = waiting.popleft()
        for other in arcs[point]:
            if other == first:
                way = [point]
                while way[-1] != first:
                    way.append(came[way[-1]])
                return way[::-1]
            if other in inside and other not in came:
                came[other] = point
                waiting.append(other)
    return [first]
