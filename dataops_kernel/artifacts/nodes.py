"""The things lineage speaks of, each drawn from the record that describes it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from dataops_kernel.artifacts.records import ArtifactReader, parse
from dataops_kernel.storage.ledger import Ledger
from dataops_kernel.types import Artifact, ContextSet, LineageEdge, LineageNode, Run, SessionRecord

_LABEL = 80
_RUNS: TypeAdapter[list[Run]] = TypeAdapter(list[Run])
_NODES: TypeAdapter[list[LineageNode]] = TypeAdapter(list[LineageNode])
_EDGES: TypeAdapter[list[LineageEdge]] = TypeAdapter(list[LineageEdge])
_RUNS_OF_A_MESSAGE = 8


def file_node(path: str | Path, sha256: str, size_bytes: int, modified: datetime) -> LineageNode:
    """Return the node of a file as it was read: the same path with other bytes is another node."""
    # The path itself may be longer than an id may be, and it is data: it stays in the label and the facts.
    digest = hashlib.sha256(f"{sha256}\0{path}".encode("utf-8", "surrogatepass")).hexdigest()
    printable = str(path).encode("utf-8", "replace").decode()
    facts = {"path": printable, "sha256": sha256, "size_bytes": size_bytes, "modified": modified.isoformat()}
    return LineageNode(id=f"file:{digest[:32]}", kind="file", label=printable, facts=facts)


def step_node(step_id: str, workflow: str, run_id: str) -> LineageNode:
    """Return the node of one step of a run."""
    return LineageNode(id=step_id, kind="step", label=workflow, facts={"workflow": workflow, "run_id": run_id})


class NodeReader:
    """Reads what is known of ids of any kind; what has no record becomes a node of kind ``unknown``."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._artifacts = ArtifactReader()

    def read(self, ids: Sequence[str], edges: Iterable[LineageEdge]) -> list[LineageNode]:
        """Return one node for each id, in their order; ``edges`` tell which run a message belongs to."""
        groups: dict[str, list[str]] = {}
        for id in ids:
            groups.setdefault(_kind(id), []).append(id)
        artifacts = self._artifacts.read(self._ledger.get_many("artifact", groups.get("artifact", [])))
        runs = self._runs(groups.get("run", []))
        known = {artifact.artifact_id: _artifact_node(artifact) for artifact in artifacts}
        known |= {run.run_id: _run_node(run) for run in runs.values()}
        for kind in ("file", "step"):
            known |= {node.id: node for node in parse(_NODES, self._ledger.get_many(kind, groups.get(kind, [])))}
        known |= self._sessions(groups.get("session", []), groups.get("context", []))
        known |= self._messages(groups.get("message", []), runs, edges)
        return [known.get(id) or LineageNode(id=id, kind="unknown", label=id) for id in ids]

    def _runs(self, ids: Sequence[str]) -> dict[str, Run]:
        return {run.run_id: run for run in parse(_RUNS, self._ledger.get_many("run", ids))}

    def _sessions(self, sessions: Sequence[str], changes: Sequence[str]) -> dict[str, LineageNode]:
        """Find the sessions and changes of context that inheritance speaks of."""
        nodes: dict[str, LineageNode] = {}
        for record in self._ledger.get_many("session", sessions):
            title = SessionRecord.model_validate_json(record.body).title
            nodes[record.id] = LineageNode(id=record.id, kind="session", label=_shortened(title or record.id))
        for record in self._ledger.get_many("context", changes):
            change = ContextSet.model_validate_json(record.body)
            facts = {"key": change.key, "session_id": record.parent, "time": change.time.isoformat()}
            nodes[record.id] = LineageNode(id=record.id, kind="context", label=_shortened(change.key), facts=facts)
        return nodes

    def _messages(
        self, ids: Sequence[str], runs: Mapping[str, Run], edges: Iterable[LineageEdge]
    ) -> dict[str, LineageNode]:
        """Find what messages said through the runs they caused or closed: the log knows them by number only."""
        if not ids:
            return {}
        beside: dict[str, set[str]] = {id: set() for id in ids}
        for edge in edges:
            for message, other in ((edge.source, edge.target), (edge.target, edge.source)):
                if message in beside and _kind(other) == "run":
                    beside[message].add(other)
        for message in (id for id, found in beside.items() if not found):
            # The graph was asked for in the other direction, or was cut off right here.
            for kind in ("edge_out", "edge"):
                records = self._ledger.children(kind, message, limit=_RUNS_OF_A_MESSAGE)
                ends = [end for edge in parse(_EDGES, records) for end in (edge.source, edge.target)]
                beside[message].update(end for end in ends if _kind(end) == "run")
        runs = {**runs, **self._runs(sorted({run for found in beside.values() for run in found} - runs.keys()))}
        nodes = {}
        for message, found in beside.items():
            said = [node for run in sorted(found) if run in runs and (node := _message_node(message, runs[run]))]
            if said:
                nodes[message] = said[0]
        return nodes


_PREFIXES = {
    "art_": "artifact",
    "run_": "run",
    "msg_": "message",
    "stp_": "step",
    "file": "file",
    "ses_": "session",
    "ctx_": "context",
}


def _kind(id: str) -> str:
    return _PREFIXES.get(id[:4], "unknown")


def _artifact_node(artifact: Artifact) -> LineageNode:
    facts: dict[str, Any] = {
        "name": artifact.name,
        "version": artifact.version,
        "session_id": artifact.session_id,
        "workflow": artifact.workflow_name,
        "artifact_type": artifact.artifact_type,
        "content_type": artifact.content_type,
        "size_bytes": artifact.size_bytes,
        "row_count": artifact.row_count,
        "created_at": artifact.created_at.isoformat(),
    }
    label = f"{artifact.name}@{artifact.version}"
    return LineageNode(id=artifact.artifact_id, kind="artifact", label=label, facts=facts)


def _run_node(run: Run) -> LineageNode:
    workflows = [step.workflow for step in run.plan.steps] if run.plan else []
    facts = {
        "session_id": run.session_id,
        "status": run.status,
        "workflows": workflows,
        "created_at": run.created_at.isoformat(),
    }
    return LineageNode(
        id=run.run_id, kind="run", label=_shortened(run.text or ", ".join(workflows) or run.run_id), facts=facts
    )


def _message_node(message: str, run: Run) -> LineageNode | None:
    if message == run.message_id:
        role, content = "user", run.text
    else:
        role, content = "assistant", run.answer.text if run.answer else None
    if content is None:
        return None
    facts = {"role": role, "run_id": run.run_id, "session_id": run.session_id}
    return LineageNode(id=message, kind="message", label=_shortened(content), facts=facts)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LABEL else line[: _LABEL - 1] + "…"
