"""Answers that describe: the estate as a whole, and one job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .graph import Graph
from .model import KIND_WORDS, Edge
from .wording import Reply, bullets, code, counted, listed, paragraphs

_KINDS = {"CMD": ("command", "commands"), "BOX": ("box", "boxes"), "FW": ("file watcher", "file watchers")}
_STATUS = {
    "s": "success", "f": "failure", "d": "done", "t": "terminated", "e": "an exit code", "v": "a global",
    "n": "not running",
}  # fmt: skip
_MOST_FACTS = 200
_LONGEST_DEFINITION = 4_000


def summary(graph: Graph, doubts: Sequence[Mapping[str, Any]], shown: int) -> Reply:
    """Say what an estate consists of, where it begins and what is wrong with it; ``doubts`` are diagnostics."""
    jobs = graph.jobs.values()
    types = Counter(job.type for job in jobs)
    kinds = Counter[str](edge.kind for edge in graph.edges if edge.kind != "box")
    scheduled = [job.name for job in jobs if job.scheduled]
    outer = [job.name for job in jobs if job.type == "BOX" and job.box is None]
    rings = graph.cycles()
    lost = list(dict.fromkeys(edge.source for edge in graph.undefined()))
    busiest = Counter(edge.source for edge in graph.edges if edge.kind not in ("box", "v", "n")).most_common(3)
    text = paragraphs(
        f"**{counted(len(graph.jobs), 'job')}** ({_types(types, shown)}) with "
        f"**{counted(kinds.total(), 'dependency', 'dependencies')}**.",
        bullets(
            [
                *_fact("Outermost boxes", outer, shown),
                *_fact("Started by the clock", scheduled, shown),
                *([f"Dependencies: {_dependencies(kinds)}."] if kinds else []),
                *([f"Most waited on: {_busiest(busiest)}."] if busiest else []),
                *_fact("Globals that conditions look at", _sources(graph, "v"), shown),
                *_fact("On other instances", [edge.origin for edge in graph.external()], shown),
            ]
        ),
        _troubles(lost, rings, doubts, shown),
        _questions(busiest),
    )
    data = {
        "relation": "summary",
        "jobs": len(graph.jobs),
        "types": dict(types),
        "dependencies": dict(kinds),
        "undefined": lost[:_MOST_FACTS],
        "cycles": rings[:_MOST_FACTS],
        "diagnostics": len(doubts),
    }
    return Reply(text, data=data)


def description(graph: Graph, row: Mapping[str, Any], shown: int) -> Reply:
    """Describe one job from its row in ``jobs``: what it is, what it waits on, what waits on it, its definition."""
    name = row["job_name"]
    kind = _KINDS.get(row["job_type"], (f"{row['job_type']} job", ""))[0]
    around = graph.boxes_of(name)
    members = graph.members.get(name, [])
    waits = [edge for edge in graph.edges if edge.target == name and edge.kind != "box"]
    waited = [edge.target for edge in graph.waiting_on(name) if edge.kind not in ("box", "n")]
    lines = [
        *([f"Does: {code(row['command'])}"] if row.get("command") else []),
        *([f"Watches: {code(row['watch_file'])}"] if row.get("watch_file") else []),
        *(
            [f"Runs on {code(row['machine'])} as {code(row['owner'])}."]
            if row.get("machine") and row.get("owner")
            else []
        ),
        *([f"Lies in {' in '.join(map(code, around[:shown]))}."] if around else []),
        *_fact(f"Holds {counted(len(members), 'job')}", members, shown),
        f"Starts {_when(row)}." if row["scheduled"] else "",
        *([f"Condition: {code(row['condition'])}"] if row.get("condition") else []),
        *(f"Waits on {_said(graph, edge)}." for edge in waits[:shown]),
        *_fact(f"{counted(len(set(waited)), 'job waits', 'jobs wait')} on it directly", waited, shown),
        *(["Overridden for its next run: " + code(row["override"])] if row.get("override") else []),
    ]
    told = (row.get("description") or "").strip()
    definition = f"insert_job: {name}   {row['definition']}".replace("```", "'''")
    if len(definition) > _LONGEST_DEFINITION:
        definition = definition[:_LONGEST_DEFINITION] + "\n…"
    text = paragraphs(
        f"**{code(name)}** is a {kind}" + (f": {' '.join(told.split())}." if told else "."),
        bullets(filter(None, lines)),
        f"Line {row['line']:,} of the file:\n\n```\n{definition}\n```",
    )
    data = {key: row[key] for key in ("job_name", "job_type", "box_name", "condition", "line")}
    return Reply(text, data={"relation": "job", **data, "waits_on_it": sorted(set(waited))[:_MOST_FACTS]})


def _owner(row: Mapping[str, Any]) -> str:
    return f" as {code(row['owner'])}" if row.get("owner") else ""


def _types(types: Counter[str], shown: int) -> str:
    told = []
    for kind, number in types.most_common(shown):
        one, many = _KINDS.get(kind, (f"{kind} job", f"{kind} jobs"))
        told.append(counted(number, one, many))
    return ", ".join(told)


def _fact(title: str, names: Sequence[str], shown: int) -> list[str]:
    names = list(dict.fromkeys(names))
    return [f"{title}: {listed(names, shown)}."] if names else []


def _sources(graph: Graph, kind: str) -> list[str]:
    return [edge.source for edge in graph.edges if edge.kind == kind]


def _dependencies(kinds: Counter[str]) -> str:
    return ", ".join(f"{number:,} on {_STATUS[kind]}" for kind, number in kinds.most_common())


def _busiest(busiest: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{code(name)} ({counted(number, 'job')})" for name, number in busiest)


def _troubles(
    lost: Sequence[str], rings: Sequence[Sequence[str]], doubts: Sequence[Mapping[str, Any]], shown: int
) -> str:
    lines = []
    if lost:
        lines.append(f"{counted(len(lost), 'job is', 'jobs are')} referred to but not defined: {listed(lost, shown)}.")
    if rings:
        lines.append(
            f"{counted(len(rings), 'circle')} of jobs that wait on each other, such as {listed(rings[0], shown)}."
        )
    if doubts:
        codes = Counter(doubt["code"] for doubt in doubts)
        told = ", ".join(f"{number:,} {name}" for name, number in codes.most_common(shown))
        first = min((doubt for doubt in doubts), key=lambda doubt: (doubt["severity"] != "error", doubt["line"]))
        lines.append(f"{counted(len(doubts), 'remark')} of the parser in the table `diagnostics` ({told}).")
        lines.append(f"For one, line {first['line']:,}: {first['message']}")
    return f"**To look at**\n\n{bullets(lines)}" if lines else "Nothing in it looks wrong."


def _questions(busiest: Sequence[tuple[str, int]]) -> str:
    if not busiest:
        return ""
    name = busiest[0][0]
    return f"Ask on: *which jobs run after {name}?*, *what stops if {name} fails?*, *which jobs form a cycle?*"


def _when(row: Mapping[str, Any]) -> str:
    times = (row.get("start_times") or "").replace('"', "").replace(",", ", ")
    at = f"at {times}" if times else f"at minutes {row['start_mins']} of every hour" if row.get("start_mins") else ""
    days = row.get("days_of_week") or (f"the days of {row['run_calendar']}" if row.get("run_calendar") else "")
    told = [at, f"on {days}" if days else ""]
    if row.get("exclude_calendar"):
        told.append(f"but not on {row['exclude_calendar']}")
    if row.get("timezone"):
        told.append(f"({row['timezone']} time)")
    return " ".join(part for part in told if part) or "by the clock"


def _said(graph: Graph, edge: Edge) -> str:
    missing = edge.kind != "v" and not edge.instance and edge.source not in graph.jobs
    lookback = f", lookback {edge.lookback}" if edge.lookback else ""
    words = "not running beside" if edge.kind == "n" else KIND_WORDS[edge.kind]
    via = "" if edge.via == "condition" else f" (in {edge.via})"
    return f"{words} {code(edge.origin)}{lookback}{via}" + (", which is not defined" if missing else "")
