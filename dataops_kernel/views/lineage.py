"""Lineage as text and as a drawing."""

import textwrap
from collections import defaultdict

from dataops_kernel.types import LineageEdge, LineageGraph, LineageNode
from dataops_kernel.views.lines import one_line

_SHAPES = {
    "message": ("note", "#fff7e0"),
    "run": ("ellipse", "#e8f0fe"),
    "step": ("component", "#eef7ee"),
    "artifact": ("cylinder", "#f3e8fd"),
    "file": ("folder", "#f1f3f4"),
    "unknown": ("octagon", "#fde8e8"),
}
_LABEL = 60
_WRAP = 24


def lineage_lines(graph: LineageGraph) -> list[str]:
    """Return the graph as an indented tree: what the focus comes from above it, what it led to below."""
    nodes = {node.id: node for node in graph.nodes}
    up: dict[str, list[str]] = defaultdict(list)
    down: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        up[edge.target].append(f"{edge.relation}\t{edge.source}")
        down[edge.source].append(f"{edge.relation}\t{edge.target}")
    lines = [_title(nodes[graph.focus])]
    for heading, neighbours in (("comes from", up), ("led to", down)):
        if neighbours[graph.focus]:
            lines.append(f"  {heading}:")
            lines += _tree(graph.focus, neighbours, nodes, depth=2, seen={graph.focus})
    if graph.truncated:
        lines.append("  … the graph goes on; it was cut at its limit")
    return lines


def _tree(
    start: str, neighbours: dict[str, list[str]], nodes: dict[str, LineageNode], depth: int, seen: set[str]
) -> list[str]:
    lines: list[str] = []
    for entry in neighbours[start]:
        relation, other = entry.split("\t", 1)
        again = other in seen
        lines.append(f"{'  ' * depth}{_title(nodes[other])}  [{relation}]" + ("  (above)" if again else ""))
        if not again:
            seen.add(other)
            lines += _tree(other, neighbours, nodes, depth + 1, seen)
    return lines


def _title(node: LineageNode) -> str:
    return f"{node.kind} {one_line(node.label)}"


def lineage_dot(graph: LineageGraph, *, data_only: bool = False) -> str:
    """Return the graph in Graphviz's DOT language, left to right in time, the focus outlined.

    A message and the run it started are one node: they say the same words. With ``data_only`` only files and
    artifacts are drawn, with what came from what.
    """
    nodes, edges = _data(graph) if data_only else _without_echoes(graph)
    numbers = {node.id: f"n{i}" for i, node in enumerate(nodes)}
    lines = [
        "digraph lineage {",
        '  rankdir=LR; bgcolor="transparent"; nodesep=0.2; ranksep=0.45;',
        '  node [style=filled, fontname="sans-serif", fontsize=13, color="#9aa0a6", margin="0.14,0.08"];',
        '  edge [fontname="sans-serif", fontsize=11, color="#9aa0a6", arrowsize=0.7];',
    ]
    for node in nodes:
        shape, fill = _SHAPES[node.kind]
        outline = ', penwidth=2.5, color="#1f5fbf"' if node.id == graph.focus else ""
        label = _quoted(f"{node.kind}\n{_wrapped(node)}")
        lines.append(f'  {numbers[node.id]} [label={label}, shape={shape}, fillcolor="{fill}"{outline}];')
    for edge in edges:
        looks = [] if edge.evidence == "observed" else ["style=dashed"]
        looks += ['color="#1f5fbf"', "penwidth=1.6"] if edge.relation == "derived" else []
        lines.append(f"  {numbers[edge.source]} -> {numbers[edge.target]} [{', '.join(looks)}];")
    return "\n".join([*lines, "}"])


_Drawn = tuple[list[LineageNode], list[LineageEdge]]


def _data(graph: LineageGraph) -> _Drawn:
    """Return the files and artifacts that are linked to the focus through what came from what."""
    derived = [edge for edge in graph.edges if edge.relation == "derived"]
    linked = {graph.focus}
    while (
        reached := {
            end for edge in derived if {edge.source, edge.target} & linked for end in (edge.source, edge.target)
        }
        - linked
    ):
        linked |= reached
    return [node for node in graph.nodes if node.id in linked], [edge for edge in derived if edge.source in linked]


def _without_echoes(graph: LineageGraph) -> _Drawn:
    """Return the graph with each run folded into its message, and without a step reading back what it just made."""
    kinds = {node.id: node.kind for node in graph.nodes}
    message_of = {
        edge.target: edge.source
        for edge in graph.edges
        if kinds[edge.source] == "message" and kinds[edge.target] == "run" and edge.target != graph.focus
    }
    made = {(edge.source, edge.target) for edge in graph.edges if edge.relation == "generated"}
    edges = [
        edge.model_copy(update={"source": message_of.get(edge.source, edge.source)})
        for edge in graph.edges
        if edge.target not in message_of and not (edge.relation == "used" and (edge.target, edge.source) in made)
    ]
    return [node for node in graph.nodes if node.id not in message_of], edges


def _wrapped(node: LineageNode) -> str:
    # A path says where; its last part says what, and that is what fits.
    label = " ".join(word.rsplit("/", 1)[-1] or word for word in one_line(node.label).split())
    label = label if len(label) <= _LABEL else label[: _LABEL - 1] + "…"
    return "\n".join(textwrap.wrap(label, _WRAP)) or label


def _quoted(text: str) -> str:
    # Labels hold names from data: only these characters can leave a DOT string.
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
