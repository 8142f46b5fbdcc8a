"""Statements to jobs: insert, update, override, rename and delete in the order in which they stand."""

from collections.abc import Iterable

from .model import Attribute, Diagnostic, Job, Severity, Statement, brief, plain
from .vocabulary import (
    DELETE,
    DELETE_BOX,
    INSERT,
    JOB_TYPES,
    OVERRIDE,
    RENAME,
    TIME_ATTRIBUTES,
    UNKNOWN,
    UPDATE,
)

WATCHED = TIME_ATTRIBUTES | {"box_success", "box_failure"}
"""Attributes that call for a second look once the whole estate is known."""

Objects = dict[str, dict[str, tuple[Attribute, ...]]]


def expression(fields: dict[str, str], key: str = "condition") -> str | None:
    """Return a condition's text without the quotes that may enclose it, or None when there is none."""
    text = fields.get(key)
    if not text:
        return None
    if text[0] == '"' and text[-1] == '"' and text.count('"') == 2:
        text = text[1:-1]
    return text.strip() or None


class Application:
    """The estate while statements are applied to it, one after the other."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.objects: Objects = {}
        self.overrides: dict[str, tuple[Attribute, ...]] = {}
        self.diagnostics: list[Diagnostic] = []
        self.remarkable: dict[str, dict[str, str]] = {}
        """Attributes by key of those jobs that have any of the ``WATCHED`` ones."""
        self._members: dict[str, dict[str, None]] | None = None  # made when the first statement needs it

    def run(self, statements: Iterable[Statement]) -> None:
        """Apply every statement; one that cannot be applied becomes a diagnostic and changes nothing."""
        for statement in statements:
            verb, noun, name, attributes, line = statement
            if noun != "job":
                self._object(statement)
            elif verb == INSERT:
                if name in self.jobs:
                    first = self.jobs[name].line
                    self._doubt(
                        line, "error", "duplicate-job", f"{brief(name)} exists already (line {first}), which was kept."
                    )
                else:
                    self._put(self._made(name, attributes, line))
            elif name not in self.jobs:
                self._doubt(
                    line, "error", "no-such-job", f"{verb} names {brief(name)}, which does not exist at this point."
                )
            elif verb == UPDATE:
                self._update(name, attributes)
            elif verb == OVERRIDE:
                self._override(name, attributes, line)
            elif verb == RENAME:
                self._rename(name, attributes, line)
            elif verb == DELETE:
                self._delete(name)
            elif verb == DELETE_BOX:
                self._delete_box(name)

    def _made(self, name: str, attributes: list[Attribute], line: int) -> Job:
        """Return the job that these attributes describe; where a key is repeated the last one counts."""
        fields = dict(attributes)
        kind = fields.get("job_type", "")
        box = fields.get("box_name") or None
        if box and ('"' in box or "\\" in box):
            box = plain(box) or None
        if not WATCHED.isdisjoint(fields):
            self.remarkable[name] = fields
        text = expression(fields) if "condition" in fields else None
        return Job(name, JOB_TYPES.get(kind.lower()) or kind.upper(), box, text, tuple(attributes), line)

    def _put(self, job: Job) -> None:
        self.jobs[job.name] = job
        if job.box and self._members is not None:
            self._members.setdefault(job.box, {})[job.name] = None

    def _take(self, name: str) -> Job:
        members = self._boxes()
        job = self.jobs.pop(name)
        self.remarkable.pop(name, None)
        if job.box:
            del members[job.box][name]
        return job

    def _boxes(self) -> dict[str, dict[str, None]]:
        """Return the names of the members of every box."""
        if self._members is None:
            self._members = {}
            for job in self.jobs.values():
                if job.box:
                    self._members.setdefault(job.box, {})[job.name] = None
        return self._members

    def _update(self, name: str, changes: list[Attribute]) -> None:
        old = self.jobs[name]
        changed = {key for key, _ in changes}
        kept = [attribute for attribute in old.attributes if attribute[0] not in changed]
        new = [attribute for attribute in changes if attribute[1] and attribute[1].upper() != "NULL"]
        if old.box and self._members is not None:
            del self._members[old.box][name]
        self.remarkable.pop(name, None)
        self._put(self._made(name, kept + new, old.line))

    def _override(self, name: str, attributes: list[Attribute], line: int) -> None:
        if ("delete", "1") in attributes:
            self.overrides.pop(name, None)
            return
        self.overrides[name] = tuple(attributes)
        message = f"{brief(name)} is overridden for its next run only; the lasting definition is what is shown."
        self._doubt(line, "info", "override", message)

    def _rename(self, name: str, attributes: list[Attribute], line: int) -> None:
        new = plain(dict(attributes).get("new_name", ""))
        if not new or new in self.jobs:
            reason = f"{brief(new)} exists already" if new else "new_name is missing"
            self._doubt(line, "error", "bad-rename", f"{brief(name)} cannot be renamed: {reason}.")
            return
        fields = self.remarkable.get(name)
        self._put(self._take(name)._replace(name=new))
        if fields is not None:
            self.remarkable[new] = fields
        for member in self._boxes().pop(name, {}):
            self._move(member, new)

    def _move(self, member: str, box: str | None) -> None:
        job = self.jobs[member]
        kept = [attribute for attribute in job.attributes if attribute[0] != "box_name"]
        inside = [("box_name", box)] if box else []
        self.jobs[member] = job._replace(box=box, attributes=(*inside, *kept))
        if box:
            self._boxes().setdefault(box, {})[member] = None

    def _delete(self, name: str) -> None:
        self._take(name)
        for member in self._boxes().pop(name, {}):
            self._move(member, None)

    def _delete_box(self, name: str) -> None:
        waiting = [name]
        while waiting:
            box = waiting.pop()
            if box in self.jobs:
                self._take(box)
            waiting += self._boxes().get(box, ())

    def _object(self, statement: Statement) -> None:
        verb, noun, name, attributes, line = statement
        if verb == UNKNOWN:
            return
        known = self.objects.setdefault(noun, {})
        if verb == INSERT:
            if name in known:
                self._doubt(
                    line, "error", "duplicate-object", f"The {noun} {brief(name)} exists already; the first was kept."
                )
            else:
                known[name] = tuple(attributes)
        elif name not in known:
            # Unlike jobs these are often defined elsewhere, so changing one that is not here is no error.
            if verb == UPDATE:
                known[name] = tuple(attributes)
        elif verb == UPDATE:
            changed = {key for key, _ in attributes}
            known[name] = (*(pair for pair in known[name] if pair[0] not in changed), *attributes)
        else:
            del known[name]

    def _doubt(self, line: int, severity: Severity, code: str, message: str) -> None:
        self.diagnostics.append(Diagnostic(line, 1, severity, code, message))
