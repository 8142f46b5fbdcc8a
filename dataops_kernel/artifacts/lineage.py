"""Lineage: edges between messages, runs, steps, files and artifacts, and the graph around one of them."""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

from pydantic import TypeAdapter

from dataops_kernel.artifacts.nodes import NodeReader, file_node, step_node
from dataops_kernel.artifacts.records import parse
from dataops_kernel.errors import ConflictError, NotFoundError, ParameterError, suggestion
from dataops_kernel.storage.ledger import MAX_COMMIT_WRITES, Ledger, Put, Write
from dataops_kernel.types import LineageEdge, LineageGraph, LineageNode

ITSELF = ""
"""Stands for the artifact being stored in the edges given with it, because its id does not exist yet."""

Direction = Literal["both", "up", "down"]

_EDGES: TypeAdapter[list[LineageEdge]] = TypeAdapter(list[LineageEdge])
_ATTEMPTS = 16


class Lineage:
    """Facts about what came from what; a fact stated twice is the same fact."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._nodes = NodeReader(ledger)

    def edge_writes(self, edges: Iterable[LineageEdge], *, fresh: str | None = None) -> list[Write]:
        """Return the writes for those edges that are not recorded yet: two records each, one for either direction.

        Edges that touch ``fresh``, an id nobody has seen yet, are known to be new. Two processes may state the same
        fact at once; then one commit ends in ``ConflictError``, and these writes, asked for again, are fewer.
        """
        wanted = {f"{edge.target}<{edge.source}|{edge.relation}": edge for edge in reversed(list(edges))}
        doubtful = [id for id, edge in wanted.items() if fresh is None or fresh not in (edge.source, edge.target)]
        for record in self._ledger.get_many("edge", doubtful):
            del wanted[record.id]
        writes: list[Write] = []
        for id, edge in reversed(wanted.items()):
            body = edge.to_json()
            writes.append(Put("edge", id, body, edge.target, f"{edge.source}|{edge.relation}"))
            out = f"{edge.source}>{edge.target}|{edge.relation}"
            writes.append(Put("edge_out", out, body, edge.source, f"{edge.target}|{edge.relation}"))
        return writes

    def record(self, edges: Sequence[LineageEdge], nodes: Sequence[LineageNode] = ()) -> None:
        """Write the edges and nodes that are not recorded yet, in as few commits as they need."""
        for attempt in range(_ATTEMPTS):
            writes = [*self.node_writes(nodes), *self.edge_writes(edges)]
            # An edge's two records stay in one commit: every cut leaves an even number of writes behind it.
            cuts = [0, *range(MAX_COMMIT_WRITES - len(writes) % 2, len(writes), MAX_COMMIT_WRITES), len(writes)]
            try:
                for start, end in pairwise(cuts):
                    self._ledger.commit(writes[start:end])
                return
            except ConflictError:
                if attempt == _ATTEMPTS - 1:
                    raise

    def file_node(
        self, path: str | Path, sha256: str, size_bytes: int, modified: datetime
    ) -> tuple[LineageNode, list[Write]]:
        """Return the node of a file's present bytes and the writes that record it (none when it is recorded)."""
        node = file_node(path, sha256, size_bytes, modified)
        return node, self.node_writes([node])

    def step_node(self, step_id: str, workflow: str, run_id: str) -> tuple[LineageNode, list[Write]]:
        """Return the node of a step (``stp_…``) of a run and the writes that record it."""
        node = step_node(step_id, workflow, run_id)
        return node, self.node_writes([node])

    def nodes(self, ids: Sequence[str]) -> list[LineageNode]:
        """Return what is known of each id, in their order; of kind ``unknown`` where nothing is."""
        return self._nodes.read(ids, ())

    def node_writes(self, nodes: Sequence[LineageNode]) -> list[Write]:
        """Return the writes for those file and step nodes that are not recorded yet."""
        if not nodes:
            return []
        known = {
            record.id
            for kind in {node.kind for node in nodes}
            for record in self._ledger.get_many(kind, [node.id for node in nodes if node.kind == kind])
        }
        new = {node.id: node for node in nodes if node.id not in known}
        return [Put(node.kind, node.id, node.to_json()) for node in new.values()]

    def graph(self, focus_id: str, direction: Direction = "both", limit: int = 500) -> LineageGraph:
        """Return what ``focus_id`` comes from (``up``), led to (``down``) or both: its nearest ``limit`` nodes.

        A node that edges name but whose record is gone is of kind ``unknown``. Raises ``NotFoundError`` for an id
        that has neither a record nor an edge.
        """
        if direction not in get_args(Direction):
            known = get_args(Direction)
            raise ParameterError(
                f"There is no direction {direction!r}.", hint=suggestion(str(direction), known, f"One of {known}.")
            )
        if limit < 1:
            raise ParameterError(f"A limit of {limit!r} leaves nothing to show.", hint="Give a limit of 1 or more.")
        ids, edges, truncated = self._walk(focus_id, direction, limit)
        nodes = self._nodes.read(ids, edges)
        if nodes[0].kind == "unknown" and not edges and not truncated:
            raise NotFoundError(
                f"Nothing is recorded about {focus_id[:80]!r}.",
                hint="Give the id of an artifact, run, step, file or message that a run has worked with.",
            )
        return LineageGraph(focus=focus_id, nodes=tuple(nodes), edges=tuple(edges), truncated=truncated)

    def _walk(self, focus: str, direction: Direction, limit: int) -> tuple[list[str], list[LineageEdge], bool]:
        """Go breadth first, ancestors and descendants in turns, so that a limit keeps what is nearest on both sides."""
        ways = ("edge", "edge_out") if direction == "both" else ("edge",) if direction == "up" else ("edge_out",)
        found = {focus: None}
        edges: dict[tuple[str, str, str], LineageEdge] = {}
        truncated = False
        waiting = deque((focus, way) for way in ways)
        seen = set(waiting)
        while waiting:
            node, way = waiting.popleft()
            records = self._ledger.children(way, node, limit=limit + 1)
            truncated |= len(records) > limit
            for edge in parse(_EDGES, records[:limit]):
                other = edge.source if way == "edge" else edge.target
                if other not in found and len(found) == limit:
                    truncated = True
                    continue
                found[other] = None
                edges[edge.source, edge.target, edge.relation] = edge
                if (other, way) not in seen:
                    seen.add((other, way))
                    waiting.append((other, way))
        return list(found), list(edges.values()), truncated
