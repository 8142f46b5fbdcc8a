"""What a step has read so far, and the lineage that waits for the next commit."""

import threading
from collections.abc import Sequence

from dataops_kernel.artifacts.lineage import ITSELF
from dataops_kernel.types import Artifact, LineageEdge, LineageNode
from dataops_kernel.types.lineage import Relation


class Trail:
    """The reads of one step; nodes of a step may run at once, so every method may be called from any thread.

    Edges are not written one by one: they wait for the artifact the step stores next, whose commit they join.
    """

    def __init__(self, run_id: str, step: LineageNode) -> None:
        self._step = step.id
        self._lock = threading.Lock()
        self._read: dict[str, None] = {}
        self._edges = [LineageEdge(source=run_id, target=step.id, relation="informed")]
        self._nodes = [step]

    def read(self, source: str, node: LineageNode | None = None) -> None:
        """Record that the step used an artifact, or the file that ``node`` describes."""
        with self._lock:
            if source in self._read:
                return
            self._read[source] = None
            self._edges.append(LineageEdge(source=source, target=self._step, relation="used"))
            if node is not None:
                self._nodes.append(node)

    def parents(self, declared: Sequence[Artifact]) -> list[str]:
        """Return the ids new content comes from: those declared, else everything read so far."""
        with self._lock:
            return list(dict.fromkeys(parent.artifact_id for parent in declared)) or list(self._read)

    def waiting(self) -> tuple[list[LineageEdge], list[LineageNode]]:
        """Return what is not written yet."""
        with self._lock:
            return list(self._edges), list(self._nodes)

    def written(self, edges: Sequence[LineageEdge], nodes: Sequence[LineageNode]) -> None:
        """Forget what has been written."""
        with self._lock:
            self._edges = [edge for edge in self._edges if edge not in edges]
            self._nodes = [node for node in self._nodes if node not in nodes]

    def has_reads_waiting(self) -> bool:
        """Say whether the step read something that no stored artifact has taken along."""
        with self._lock:
            return any(edge.relation == "used" for edge in self._edges)

    def edges_of_new(self, parents: Sequence[str]) -> list[LineageEdge]:
        """Return the edges of content that is about to be stored and has no id yet."""
        return [
            _edge(self._step, "generated"),
            *(_edge(parent, "derived") for parent in parents),
        ]


def _edge(source: str, relation: Relation) -> LineageEdge:
    return LineageEdge(source=source, target=ITSELF, relation=relation)
