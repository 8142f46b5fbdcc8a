"""The branches restores have drawn in a session's log, and the tree of points one can go back to."""

from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from dataops_kernel.sessionlog import Line, SessionLog
from dataops_kernel.types import Checkpoint, CheckpointNode, CheckpointTree, MessageAdded

_SESSIONS = 64
_SAID = 80
_LOOKED_AT = 64


class Branches:
    """The pieces a log of ``tail`` entries falls into, given (entry number, continues from) of each restore, rising.

    Branch 1 begins with the log, every restore begins another and ends the one before. A point is on the line of a
    later one when the way back from there, from piece to piece, comes by it.
    """

    def __init__(self, tail: int, restores: Sequence[tuple[int, int]]) -> None:
        self.starts = [1, *(entry for entry, _ in restores)]
        self.origins = [0, *(origin for _, origin in restores)]
        self.ends = [*(entry - 1 for entry, _ in restores), tail]

    def of(self, seq: int) -> int:
        """Return the place of the branch an entry lies on; the start, 0, counts to the first."""
        return max(0, bisect_right(self.starts, seq) - 1)

    def holds(self, point: int, seq: int) -> bool:
        """Say whether the line that ends at ``point`` holds the entry ``seq``."""
        while seq <= point:
            branch = self.of(point)
            if self.starts[branch] <= seq or seq == 0:
                return True
            point = self.origins[branch]
        return False

    def current(self) -> Callable[[int], bool]:
        """Return a function that says whether an entry is on the line as it reads now."""
        last: dict[int, int] = {}
        point = self.ends[-1]
        while point > 0:
            branch = self.of(point)
            last[branch] = point
            point = self.origins[branch]
        return lambda seq: seq == 0 or seq <= last.get(self.of(seq), -1)

    def unnamed_heads(self, checkpoints: Sequence[Checkpoint], bookkeeping: set[int]) -> list[int]:
        """Return the places of those left branches whose head says more than every checkpoint on them.

        The pieces that a long load is written in are no branches of anybody's. ``bookkeeping`` are the numbers of the
        entries that tell nothing themselves: checkpoints and restores.
        """
        named = [0] * len(self.starts)
        for checkpoint in checkpoints:
            branch = self.of(checkpoint.seq)
            named[branch] = max(named[branch], checkpoint.seq)
        told = [self._last_told(branch, bookkeeping) for branch in range(len(self.starts))]
        return [
            branch
            for branch in range(len(self.starts) - 1)
            if told[branch] > named[branch] and not self._goes_on_at_once(branch, told)
        ]

    def _last_told(self, branch: int, bookkeeping: set[int]) -> int:
        """Return the last entry of a branch that tells something; 0 when none does."""
        start, end = self.starts[branch], self.ends[branch]
        while end >= start and end in bookkeeping:
            end -= 1
        return end if end >= start else 0

    def _goes_on_at_once(self, branch: int, told: Sequence[int]) -> bool:
        """Say whether a branch goes on from this one's end, with nothing told in between, and leads anywhere.

        A long load goes forth to its branch and back to where it came from, and in the next commit forth again.
        """
        end, forth = self.ends[branch], branch + 1
        if self.origins[forth] != end:
            back, forth = branch + 1, branch + 2
            if branch == 0 or forth >= len(self.starts):
                return False
            if self.origins[back] != self.starts[branch] - 1 or self.ends[back] != self.starts[back]:
                return False
        return self.origins[forth] == end and (forth == len(self.starts) - 1 or told[forth] > 0)


class MessageCounts:
    """Where the messages of the sessions in use stand; a log only grows, so every entry is looked at once."""

    def __init__(self, log: SessionLog) -> None:
        self._log = log
        self._known: OrderedDict[str, tuple[int, array[int]]] = OrderedDict()
        self._lock = Lock()

    def of(self, session_id: str, tail: int) -> Sequence[int]:
        """Return the numbers of all messages up to entry ``tail``, on whatever branch, rising."""
        with self._lock:
            seen, numbers = self._known.pop(session_id, (0, array("L")))
            if seen < tail:
                for seq, entry in self._log.read(session_id, Line(((1, tail),)), after=seen, page=8192):
                    if isinstance(entry, MessageAdded):
                        numbers.append(seq)
                seen = tail
            self._known[session_id] = (seen, numbers)
            while len(self._known) > _SESSIONS:
                self._known.popitem(last=False)
            return numbers


def last_said(log: SessionLog, session_id: str, line: Line) -> str:
    """Return what the user said last on a line, cut short; empty when it lies further back than is looked."""
    for looked, (_, entry) in enumerate(log.read_back(session_id, line, page=_LOOKED_AT)):
        if isinstance(entry, MessageAdded) and entry.role == "user":
            text = " ".join(entry.content.split())
            return text if len(text) <= _SAID else text[: _SAID - 1] + "…"
        if looked >= _LOOKED_AT:
            break
    return ""


def checkpoint_tree(
    session_id: str,
    branches: Branches,
    checkpoints: Sequence[Checkpoint],
    heads: Sequence[tuple[int, str]],
    messages: Sequence[int],
) -> CheckpointTree:
    """Return the tree of a session; ``heads`` are the branches to show the head of, with what was said there last.

    A parent is the nearest point before on the same line, so that every branch hangs at the point it continues from.
    """
    on_line = branches.current()
    counted: dict[int, int] = {}

    def count(point: int) -> int:
        total, way = 0, []
        while point > 0 and point not in counted:
            branch = branches.of(point)
            own = bisect_right(messages, point) - bisect_left(messages, branches.starts[branch])
            way.append((point, own))
            point = branches.origins[branch]
        total = counted.get(point, 0)
        for passed, own in reversed(way):
            counted[passed] = total = total + own
        return total

    names = {checkpoint.seq: checkpoint.label for checkpoint in checkpoints}
    found = [CheckpointNode(name="@0", kind="start", seq=0, branch=1)]
    found += [
        CheckpointNode(
            name=checkpoint.label,
            kind=checkpoint.kind,
            seq=checkpoint.seq,
            branch=branches.of(checkpoint.seq) + 1,
            messages=count(checkpoint.seq),
            on_current_line=checkpoint.on_current_line,
            checkpoint_id=checkpoint.checkpoint_id,
            created_at=checkpoint.created_at,
        )
        for checkpoint in checkpoints
    ]
    for branch, said in heads:
        end, origin = branches.ends[branch], branches.origins[branch + 1]
        found.append(
            CheckpointNode(
                name=f"@{end}",
                kind="head",
                seq=end,
                branch=branch + 1,
                messages=count(end),
                on_current_line=on_line(end),
                left_for=names.get(origin, f"@{origin}"),
                said=said,
            )
        )
    now = branches.ends[-1]
    found.append(CheckpointNode(name="now", kind="now", seq=now, branch=len(branches.starts), messages=count(now)))
    found.sort(key=lambda node: (node.seq, node.kind == "now", node.kind != "start"))
    return CheckpointTree(session_id=session_id, nodes=_with_parents(found, branches), branches=len(branches.starts))


def _with_parents(found: Sequence[CheckpointNode], branches: Branches) -> tuple[CheckpointNode, ...]:
    places: list[list[int]] = [[] for _ in branches.starts]
    numbers: list[list[int]] = [[] for _ in branches.starts]
    nodes = list(found[:1])
    for place, node in enumerate(found[1:], start=1):
        branch, point = node.branch - 1, node.seq
        parent = 0
        while True:
            before = bisect_right(numbers[branch], point)
            if before:
                parent = places[branch][before - 1]
                break
            point = branches.origins[branch]
            if point == 0:
                break
            branch = branches.of(point)
        nodes.append(node.model_copy(update={"parent": parent}))
        places[node.branch - 1].append(place)
        numbers[node.branch - 1].append(node.seq)
    return tuple(nodes)
