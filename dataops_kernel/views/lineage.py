"""Lineage as text and as a drawing."""

import textwrap
from collections import defaultdict

from dataops_kernel.types import LineageGraph, LineageNode

_SHAPES = {
    "message": ("note", "#fff7e0"),
    "run": ("ellipse", "#e8f0fe"),
    "step": ("component", "#eef7ee"),
    "artifact": ("cylinder", "#f3e8fd"),
    "file": ("folder", "#f1f3f4"),
    "unknown": ("octagon", "#fde8e8"),
}
_LABEL = 60
_WRAP = 20


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
    return f"{node.kind} {' '.join(node.label.split())}"


def lineage_dot(graph: LineageGraph) -> str:
    """Return the graph in Graphviz's DOT language, left to right in time, the focus outlined."""
    numbers = {node.id: f"n{i}" for i, node in enumerate(graph.nodes)}
    lines = [
        "digraph lineage {",
        '  rankdir=LR; bgcolor="transparent"; nodesep=0.3; ranksep=0.35;',
        '  node [style=filled, fontname="sans-serif", fontsize=15, color="#9aa0a6", margin="0.12,0.08"];',
        '  edge [fontname="sans-serif", fontsize=12, color="#9aa0a6", fontcolor="#5f6368"];',
    ]
    for node in graph.nodes:
        shape, fill = _SHAPES[node.kind]
        outline = ', penwidth=2.5, color="#1a73e8"' if node.id == graph.focus else ""
        label = _quoted(f"{node.kind}\n{_wrapped(node)}")
        lines.append(f'  {numbers[node.id]} [label={label}, shape={shape}, fillcolor="{fill}"{outline}];')
    for edge in graph.edges:
        dashed = "" if edge.evidence == "observed" else ", style=dashed"
        # That a message led to a run and a run to its steps needs no word.
        word = "" if edge.relation == "informed" else edge.relation
        lines.append(f"  {numbers[edge.source]} -> {numbers[edge.target]} [label={_quoted(word)}{dashed}];")
    return "\n".join([*lines, "}"])


def _wrapped(node: LineageNode) -> str:
    label = " ".join(node.label.split())
    if node.kind == "file":
        label = label.rsplit("/", 1)[-1]
    label = label if len(label) <= _LABEL else label[: _LABEL - 1] + "…"
    return "\n".join(textwrap.wrap(label, _WRAP)) or label


def _quoted(text: str) -> str:
    # Labels hold names from data: only these characters can leave a DOT string.
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
