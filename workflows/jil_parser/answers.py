"""Answers about the graph: what runs after and before a job, what a failure does, what goes round, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .graph import Graph, Reached
from .impact import Effect, Impact, impact_of
from .model import KIND_WORDS, Edge
from .wording import Reply, bullets, code, counted, listed, paragraphs, slug

_WAY = ("job", "job_type", "box", "level", "via", "kind", "lookback")
_MOST_FACTS = 200
_NO_SIMULATION = (
    "*This is an analysis of the dependencies, not a simulation: it assumes that all else succeeds, that globals and "
    "other instances are as on a good night, and knows no clock, calendar, retry or operator.*"
)


def downstream(graph: Graph, job: str, levels: int | None, shown: int) -> Reply:
    """Say which jobs run after one."""
    reached, ended = graph.after(job, levels)
    around = graph.boxes_of(job)
    if not reached:
        text = paragraphs(
            f"**No job runs after {code(job)}.**", _boxes(around, ended, shown, after=True), _beside(graph, job)
        )
        return Reply(text, data=_facts("downstream", job, reached))
    on_failure = [one.job for one in reached if one.kind in "ft" and one.level == 1]
    deepest = reached[-1]
    extent = f"within {counted(levels, 'level')}" if levels else f"over {counted(deepest.level, 'level')}"
    table = f"downstream_of_{slug(job)}"
    text = paragraphs(
        f"**{counted(len(reached), 'job runs', 'jobs run')} after {code(job)}**, {extent}.",
        _by_level(reached, shown),
        f"The longest way: {_chain(reached, job, deepest)}." if deepest.level > 1 else "",
        _boxes(around, ended, shown, after=True),
        bullets(
            [
                *([f"Only when something fails: {listed(on_failure, shown)}."] if on_failure else []),
                *_warnings(graph, {job, *(one.job for one in reached)}, shown),
            ]
        ),
        _beside(graph, job),
        f"The whole list is the table `{table}`.",
    )
    return Reply(text, table, _WAY, _way(graph, reached), _facts("downstream", job, reached))


def upstream(graph: Graph, job: str, levels: int | None, shown: int) -> Reply:
    """Say which jobs run before one."""
    reached, begun = graph.before(job, levels)
    boxes = paragraphs(_boxes(graph.boxes_of(job), begun, shown, after=False), _held(graph, job))
    outside = [edge for edge in graph.edges if edge.target == job and (edge.instance or edge.kind == "v")]
    also = f"It also looks at {listed((_outside(edge) for edge in outside), shown)}." if outside else ""
    if not reached:
        head = f"**{code(job)} waits on no other job.**"
        text = paragraphs(head, boxes, also, bullets(_warnings(graph, {job}, shown)), _beside(graph, job))
        return Reply(text, data=_facts("upstream", job, reached))
    extent = f"within {counted(levels, 'level')}" if levels else f"over {counted(reached[-1].level, 'level')}"
    first = [one.job for one in reached if not graph.has_predecessor(one.job)]
    table = f"upstream_of_{slug(job)}"
    text = paragraphs(
        f"**{counted(len(reached), 'job runs', 'jobs run')} before {code(job)}**, {extent}.",
        _by_level(reached, shown),
        f"It all begins with {listed(first, shown)}, which wait on no job." if first else "",
        boxes,
        also,
        bullets(_warnings(graph, {job, *(one.job for one in reached)}, shown)),
        _beside(graph, job),
        f"The whole list is the table `{table}`.",
    )
    return Reply(text, table, _WAY, _way(graph, reached), _facts("upstream", job, reached))


def impact(graph: Graph, job: str, shown: int) -> Reply:
    """Say what a job's failure changes."""
    rows = impact_of(graph, job)[1:]
    by_effect: dict[Effect, list[Impact]] = {}
    for row in rows:
        by_effect.setdefault(row.effect, []).append(row)
    stops = by_effect.get("stops", [])
    boxes = [row for effect in ("stays running", "fails", "is terminated") for row in by_effect.get(effect, ())]
    table = f"impact_of_{slug(job)}"
    if not rows:
        text = f"**Nothing else stops if {code(job)} fails**: no job and no box waits on it."
        return Reply(paragraphs(text, _NO_SIMULATION), data={"relation": "impact", "job": job, "effects": {}})
    head = f"**If {code(job)} fails, {counted(len(stops), 'job does', 'jobs do')} not run.**"
    text = paragraphs(
        head if stops else f"**If {code(job)} fails, every other job still runs.**",
        _section("Stop", stops, shown),
        _section("Boxes that do not end well", boxes, shown, effect=True),
        _section("Start because of the failure", by_effect.get("starts", []), shown),
        _section("Cannot be said", by_effect.get("unsure", []), shown),
        _section("Run all the same", by_effect.get("still runs", []), shown),
        _section("Do not run on a good night either", by_effect.get("idle anyway", []), shown),
        _NO_SIMULATION,
        f"The whole list with reasons is the table `{table}`.",
    )
    columns = ("job", "job_type", "box", "effect", "level", "via", "kind", "because")
    cells = [
        (
            *(row.job, *_type_and_box(graph, row.job), row.effect, row.level, row.via or None, row.kind or None),
            row.because.replace("`", ""),
        )
        for row in rows
    ]
    told = {effect: [row.job for row in found[:_MOST_FACTS]] for effect, found in by_effect.items()}
    return Reply(text, table, columns, cells, {"relation": "impact", "job": job, "effects": told})


def cycles(graph: Graph, shown: int) -> Reply:
    """Say which jobs wait on each other in a circle."""
    rings = graph.cycles()
    if not rings:
        return Reply("**No jobs wait on each other in a circle.**", data={"relation": "cycles", "cycles": []})
    text = paragraphs(
        f"**{counted(len(rings), 'circle')} of jobs that wait on each other.**",
        bullets(_ring(ring) for ring in rings[:shown])
        + (f"\n- and {len(rings) - shown:,} more" if rings[shown:] else ""),
        "AutoSys keeps the last status of a job, so such a circle can go round on yesterday's success; on a first run, "
        "or once a lookback or a box resets the status, none of its jobs starts by itself.",
        "The whole list is the table `cycles`.",
    )
    rows = [(number, place, job) for number, ring in enumerate(rings, 1) for place, job in enumerate(ring, 1)]
    return Reply(
        text, "cycles", ("cycle", "position", "job"), rows, {"relation": "cycles", "cycles": rings[:_MOST_FACTS]}
    )


def undefined(graph: Graph, shown: int) -> Reply:
    """Say which jobs are referred to and not defined, and what waits for them in vain."""
    edges = graph.undefined()
    external = sorted({edge.origin for edge in graph.external()})
    elsewhere = f"Not counted, because they run on another instance: {listed(external, shown)}." if external else ""
    if not edges:
        text = paragraphs("**Every job that is referred to is defined.**", elsewhere)
        return Reply(text, data={"relation": "undefined", "undefined": []})
    waiting: dict[str, list[Edge]] = {}
    for edge in edges:
        waiting.setdefault(edge.source, []).append(edge)
    lines = [
        f"{code(name)}: {listed(dict.fromkeys(edge.target for edge in found), shown)} "
        f"{'lies in it' if found[0].kind == 'box' else 'waits on it'}"
        for name, found in list(waiting.items())[:shown]
    ]
    if len(waiting) > shown:
        lines.append(f"and {len(waiting) - shown:,} more")
    text = paragraphs(
        f"**{counted(len(waiting), 'job is', 'jobs are')} referred to but not defined.**",
        bullets(lines),
        "A reference to a job that does not exist is never true, and AutoSys says nothing about it.",
        elsewhere,
        "The whole list is the table `undefined_jobs`.",
    )
    rows = [(edge.source, edge.target, edge.kind, edge.lookback or None, edge.via) for edge in edges]
    facts = {"relation": "undefined", "undefined": list(waiting)[:_MOST_FACTS]}
    return Reply(text, "undefined_jobs", ("undefined", "waiting", "kind", "lookback", "via"), rows, facts)


def missing(name: str, waiting: Sequence[Edge], shown: int) -> Reply:
    """Say who refers to a job that is not defined."""
    inside = list(dict.fromkeys(edge.target for edge in waiting if edge.kind == "box"))
    others = list(dict.fromkeys(edge.target for edge in waiting if edge.kind != "box"))
    text = paragraphs(
        f"**{code(name)} is not defined in this estate**, but other jobs refer to it.",
        f"Their condition asks for it: {listed(others, shown)}. That part is never true." if others else "",
        f"They are to lie in it: {listed(inside, shown)}." if inside else "",
    )
    return Reply(text, data={"relation": "undefined", "job": name, "waiting": [*others, *inside][:_MOST_FACTS]})


def _by_level(reached: Sequence[Reached], shown: int) -> str:
    levels: dict[int, list[str]] = {}
    for one in reached:
        levels.setdefault(one.level, []).append(one.job)
    lines = [f"**Level {level}** ({len(names):,}): {listed(names, shown)}" for level, names in levels.items()]
    return bullets([*lines[:shown], *([f"and {len(lines) - shown:,} levels more"] if lines[shown:] else [])])


def _chain(reached: Sequence[Reached], origin: str, last: Reached) -> str:
    """Return the way from the origin to the last job, in code spans; long ones lose their middle."""
    via = {one.job: one.via for one in reached}
    names = [last.job]
    while names[-1] in via and len(names) <= len(via):
        names.append(via[names[-1]])
    names = list(dict.fromkeys([*names, origin]))[::-1]
    told = [code(name) for name in names]
    return " → ".join(told if len(told) <= 9 else [*told[:4], "…", *told[-4:]])


def _boxes(around: Sequence[str], others: Iterable[str], shown: int, *, after: bool) -> str:
    """Say what boxes a job lies in and which further ones the jobs after or before it lie in."""
    others = [box for box in others if box not in around]
    said = []
    if around:
        consequence = "which cannot end before it" if after else "and starts only while they run"
        said.append(f"It lies in {' in '.join(map(code, around[:shown]))}, {consequence}.")
    if others:
        said.append(f"Jobs {'after' if after else 'before'} it lie in {listed(others, shown)}.")
    return " ".join(said)


def _held(graph: Graph, job: str) -> str:
    members = graph.members.get(job, ())
    return f"It holds {counted(len(members), 'job')}; it ends when all of them have run." if members else ""


def _beside(graph: Graph, job: str) -> str:
    others = graph.beside(job)
    return f"It never runs beside {listed(others, 8)} (`n()` keeps them apart, in no order)." if others else ""


def _warnings(graph: Graph, concerned: set[str], shown: int) -> list[str]:
    lost = {edge.target: edge.source for edge in graph.undefined() if edge.kind not in ("box", "n")}
    found = [
        f"{code(name)} refers to {code(source)}, which is not defined, so that part of its condition is never true."
        for name, source in lost.items()
        if name in concerned
    ]
    found += [
        f"The condition of {code(name)} cannot be read: {code(graph.jobs[name].condition or '')}."
        for name in _unreadable(graph, concerned)
    ]
    rings = [ring for ring in graph.cycles() if not concerned.isdisjoint(ring)]
    found += [f"These wait on each other in a circle: {_ring(ring)}." for ring in rings]
    return [*found[:shown], *([f"{len(found) - shown:,} warnings more."] if found[shown:] else [])]


def _unreadable(graph: Graph, concerned: Iterable[str]) -> list[str]:
    known = (graph.jobs[name] for name in concerned if name in graph.jobs)
    return sorted(task.name for task in known if task.condition and not graph.read(task.condition).program)


def _section(title: str, rows: Sequence[Impact], shown: int, *, effect: bool = False) -> str:
    if not rows:
        return ""
    lines = [f"{code(row.job)} {row.effect + ': ' if effect else ''}{row.because}" for row in rows[:shown]]
    if len(rows) > shown:
        lines.append(f"and {len(rows) - shown:,} more: {listed((row.job for row in rows[shown:]), shown)}")
    return f"**{title}** ({len(rows):,})\n\n{bullets(lines)}"


def _ring(ring: Sequence[str]) -> str:
    told = [code(name) for name in [*ring, ring[0]]]
    return " → ".join(told if len(told) <= 9 else [*told[:4], "…", *told[-4:]])


def _outside(edge: Edge) -> str:
    return f"{KIND_WORDS[edge.kind]} {edge.origin}"


def _way(graph: Graph, reached: Sequence[Reached]) -> list[tuple[object, ...]]:
    return [
        (one.job, *_type_and_box(graph, one.job), one.level, one.via, one.kind, one.lookback or None) for one in reached
    ]


def _type_and_box(graph: Graph, name: str) -> tuple[str, str | None]:
    return graph.jobs[name].type, graph.jobs[name].box


def _facts(relation: str, job: str, reached: Sequence[Reached]) -> dict[str, object]:
    return {
        "relation": relation,
        "job": job,
        "count": len(reached),
        "levels": reached[-1].level if reached else 0,
        "jobs": [one.job for one in reached[:_MOST_FACTS]],
    }
