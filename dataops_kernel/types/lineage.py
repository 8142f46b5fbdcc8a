"""Where things come from: a graph of messages, runs, steps, files and artifacts (words of W3C PROV)."""

from typing import Any, Literal

from dataops_kernel.types.base import Frozen

NodeKind = Literal["message", "run", "step", "artifact", "file", "session", "context", "unknown"]
Relation = Literal["used", "generated", "derived", "informed", "inherited"]
Evidence = Literal["observed", "declared", "inferred"]


class LineageNode(Frozen):
    """One thing in the graph; ``facts`` hold what a view may show beside the label."""

    id: str
    kind: NodeKind
    label: str
    facts: dict[str, Any] = {}


class LineageEdge(Frozen):
    """``source`` came before ``target``: data and causes flow from source to target."""

    source: str
    target: str
    relation: Relation
    evidence: Evidence = "observed"


class LineageGraph(Frozen):
    """What was asked for and everything it comes from or leads to; ``truncated`` when a limit cut it."""

    focus: str
    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]
    truncated: bool = False
