"""Jobs to edges: every condition read once per distinct text, every name looked up, every doubt with its place."""

from collections.abc import Iterator

from .apply import Application, expression
from .condition import Condition, ConditionReader
from .model import Diagnostic, Edge, Job, Severity, brief
from .vocabulary import STATEMENTS, TIME_ATTRIBUTES, TRUE_WORDS


class Linker:
    """Reads the jobs once and leaves ``edges`` and ``diagnostics``."""

    def __init__(self, application: Application, lines: list[str]) -> None:
        self.jobs = application.jobs
        self.instances = application.objects.get("xinst", {})
        self.remarkable = application.remarkable
        self.lines = lines
        self.edges: list[Edge] = []
        self.diagnostics: list[Diagnostic] = []
        self._read = ConditionReader().read

    def run(self) -> None:
        """Link every job."""
        edges, jobs, read = self.edges, self.jobs, self._read
        for job in jobs.values():
            name, _, box, text, _, _ = job
            if box is not None:
                edges.append(Edge("box", box, name, "", "", "box_name"))
                holder = jobs.get(box)
                if holder is None or holder.type != "BOX":
                    self._doubt_box(job, holder)
            if text is not None:
                condition = read(text)
                for atom_kind, source, instance, lookback, _, _ in condition.atoms:
                    edges.append(Edge(atom_kind, source, name, lookback, instance, "condition"))
                    if (source not in jobs and atom_kind != "v") or instance or source == name:
                        self._doubt_source(job, atom_kind, source, instance, "condition")
                if condition.faults:
                    self._doubt_condition(job, "condition", condition)
        for name, fields in self.remarkable.items():
            if name in jobs:
                self._box_end(jobs[name], fields)
                self._check_times(jobs[name], fields)
        self._check_nesting()

    def _box_end(self, job: Job, fields: dict[str, str]) -> None:
        for via in ("box_success", "box_failure"):
            text = expression(fields, via)
            if text is None or job.type != "BOX":
                continue
            condition = self._read(text)
            for atom in condition.atoms:
                self.edges.append(Edge(atom.kind, atom.name, job.name, atom.lookback, atom.instance, via))
                if (atom.name not in self.jobs and atom.kind != "v") or atom.instance:
                    self._doubt_source(job, atom.kind, atom.name, atom.instance, via)
            self._doubt_condition(job, via, condition)

    def _doubt_box(self, job: Job, holder: Job | None) -> None:
        if holder is None:
            message = f"{brief(job.name)} lies in the box {brief(job.box or '')}, which is not defined."
            self._doubt(job, "box_name", 0, "error", "undefined-box", message)
        else:
            message = f"{brief(job.name)} lies in {brief(holder.name)}, which is a {brief(holder.type)} job and no box."
            self._doubt(job, "box_name", 0, "error", "not-a-box", message)

    def _doubt_source(self, job: Job, kind: str, source: str, instance: str, via: str) -> None:
        name = brief(job.name)
        if instance:
            if instance not in self.instances:
                message = f"{name} waits on the instance {brief(instance)}, which no insert_xinst declares."
                self._doubt(job, via, 0, "warning", "undeclared-instance", message, source)
        elif source == job.name:
            if kind != "n":
                message = f"{name} refers to itself in its {via}."
                self._doubt(job, via, 0, "warning", "self-dependency", message, source)
        else:
            message = f"{name} refers to {brief(source)}, which is not defined; that part is never true."
            self._doubt(job, via, 0, "warning", "undefined-job", message, source)

    def _doubt_condition(self, job: Job, via: str, condition: Condition) -> None:
        for offset, severity, code, message in condition.faults:
            self._doubt(job, via, offset, severity, code, f"{via} of {brief(job.name)}: {message}")

    def _check_times(self, job: Job, fields: dict[str, str]) -> None:
        if TIME_ATTRIBUTES.isdisjoint(fields):
            return
        name = brief(job.name)
        if fields.get("date_conditions", "0").strip('"').lower() not in TRUE_WORDS:
            key = next(key for key in fields if key in TIME_ATTRIBUTES)
            message = f"{name} has {key}, which is ignored while date_conditions is off."
            self._doubt(job, key, 0, "warning", "times-ignored", message)
            return
        for first, second in (("start_times", "start_mins"), ("days_of_week", "run_calendar")):
            if fields.get(first) and fields.get(second):
                message = f"{name} has both {first} and {second}; AutoSys accepts only one of them."
                self._doubt(job, second, 0, "error", "either-or", message)

    def _check_nesting(self) -> None:
        """Report every ring of boxes once; each box is walked over once."""
        jobs, settled = self.jobs, set[str]()
        for start in dict.fromkeys(job.box for job in jobs.values()):
            path: dict[str, None] = {}
            name = start
            while name is not None and name in jobs and name not in settled and name not in path:
                path[name] = None
                name = jobs[name].box
            if name is not None and name in path:
                ring = list(path)[list(path).index(name) :]
                first = min(range(len(ring)), key=lambda index: jobs[ring[index]].line)
                ring = ring[first:] + ring[:first]
                around = " in ".join([*ring[:8], "…"] if len(ring) > 8 else [*ring, ring[0]])
                message = f"These boxes lie in each other: {around}."
                self._doubt(jobs[ring[0]], "box_name", 0, "error", "box-cycle", message)
            settled.update(path)

    def _doubt(
        self, job: Job, key: str, offset: int, severity: Severity, code: str, message: str, word: str = ""
    ) -> None:
        line, column = place(self.lines, job.line, key, offset, word)
        self.diagnostics.append(Diagnostic(line, column, severity, code, message))


def place(lines: list[str], start: int, key: str, offset: int = 0, word: str = "") -> tuple[int, int]:
    """Return line and column of a character of an attribute's value, or of a word in it.

    Looked up only when something is doubted, so that reading a sound estate need not remember where each value was.
    """
    for number, column, text in _pieces(lines, start, key):
        if word and word in text:
            return number, column + text.index(word)
        if not word and offset <= len(text):
            return number, column + offset
        offset -= len(text) + 1
    return start, 1


def _pieces(lines: list[str], start: int, key: str) -> Iterator[tuple[int, int, str]]:
    """Yield the lines of one attribute's value as (line, column of its first character, text)."""
    inside = False
    for number in range(start, len(lines) + 1):
        raw = lines[number - 1]
        begins = raw.partition(":")[0].strip().lower()
        if number > start and begins in STATEMENTS:
            return
        if inside and (not raw.strip() or (":" in raw and "\\:" not in raw)):
            return
        at = -1
        if not inside:
            at = raw.lower().find(f"{key}:")
            if at < 0 and begins == key:
                at = 0
            if at < 0:
                continue
            at = raw.index(":", at) + 1
            inside = True
        else:
            at = 0
        text = raw[at:].lstrip(' \t"')
        yield number, len(raw) - len(text) + 1, text.rstrip()
