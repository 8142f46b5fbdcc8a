"""Doing the deeds of a plan, and looking whether a workspace reads as the stories say."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dataops_kernel import Workbench, connect
from dataops_kernel.clock import system_clock
from dataops_kernel.errors import NotFoundError, SessionNotFoundError
from dataops_kernel.sessionlog import Line
from dataops_kernel.sessionlog.line import OPEN_END
from tests.reliability.contents import long_context, reference_to, same_content
from tests.reliability.deeds import DEEDS, Calendar, Step, next_step
from tests.reliability.story import Story

USER = "ann"
_IMPORTED = {"bundle", "exported_at"}


def echo(said: str) -> str:
    """Say again what was said."""
    return said


def opened(workspace: Path, clock: Calendar | None = None, **settings: Any) -> Workbench:
    """Open a workspace as its user, with a workflow that answers at once."""
    wb = connect(workspace, user=USER, log_level="error", clock=clock or Calendar(system_clock), **settings)
    wb.workflows.register(echo, name="echo")
    wb._services.query.close()  # nothing here asks SQL, so no process has to be started for it
    return wb


def perform(wb: Workbench, step: Step, ids: dict[str, str]) -> str:
    """Do one step and return what its caller was told; a session it makes joins ``ids``."""
    deed = DEEDS[step.deed]
    told = deed.do(wb, ids.get(step.session, ""), step, *([ids[step.target]] if deed.reads else []))
    if deed.makes:
        ids[step.session] = told
    return told


def follow(plan: Any, acknowledge: Callable[[str], None]) -> None:
    """Work through a plan ``{workspace, ids, steps}``, acknowledging each step after it returned."""
    ids = dict(plan["ids"])
    with opened(Path(plan["workspace"])) as wb:
        for step in plan["steps"]:
            acknowledge(perform(wb, Step(*step), ids))


def choose(dice: random.Random, stories: Mapping[str, Story], token: str) -> Step:
    """Choose an operation that can be done now, each as often as its weight says."""
    session = dice.choice([key for key, story in stories.items() if not story.erased])
    names = [*DEEDS]
    while True:
        [name] = dice.choices(names, _WEIGHTS)
        step = next_step(name, stories, session, token, dice.choice)
        if step is not None:
            return step


_WEIGHTS = [deed.weight for deed in DEEDS.values()]


class Witness:
    """Reads a workspace and says where it differs from the stories; content it found right it does not read again."""

    def __init__(self, wb: Workbench, seen: set[str]) -> None:
        self._wb = wb
        self._seen = seen
        self._log = wb._services.log

    def missing(self, session_id: str, story: Story) -> str:
        """Return how many entries a session has too few or too many, "" when just as many as its story has."""
        tail = self._log.tail(session_id)
        told = 0 if story.erased else story.entries
        return "" if tail == told else f"{tail} entries where {told} were told"

    def difference(self, session_id: str, story: Story) -> str:
        """Return how a session differs from its story, "" when it does not."""
        if story.erased:
            return self._trace_of(session_id, story)
        try:
            session = self._wb.sessions.get_session(session_id)
        except SessionNotFoundError:
            return "session: not found"
        artifacts = self._wb.artifacts.list_artifacts(session_id)
        deleted = self._wb.artifacts.deleted_artifacts(session_id) if story.contents else []
        pins = self._wb._services.context.pins.of(session_id, self._log.line(session_id))
        numbers = [number for number, _ in self._log.read(session_id, Line(((1, OPEN_END),)))]
        checkpoints = {checkpoint.label for checkpoint in self._wb.context.list_checkpoints(session_id)}
        messages = session.conversation_history
        compared: list[tuple[str, Any, Any]] = [
            ("title", session.title, story.title),
            ("metadata", {k: v for k, v in session.metadata.items() if k not in _IMPORTED}, story.metadata),
            ("messages", [message.content for message in messages], [said.text for said in story.now.messages]),
            ("context", session.global_context, story.now.context),
            ("artifacts", {(artifact.name, artifact.version) for artifact in artifacts}, story.artifacts),
            ("number of artifacts", len(artifacts), len(story.artifacts)),
            ("deleted artifacts", {(why.name, why.version) for why in deleted}, story.hidden),
            ("pins", tuple(pin.target for pin in pins), story.now.pins),
            ("number of messages", len({m.message_id for m in messages}), len(story.now.messages)),
            ("checkpoints", checkpoints, set(story.checkpoints)),
            ("snapshots", len(self._wb.context.list_snapshots(session_id)), len(story.snapshots)),
            ("entries of the log", numbers, [*range(1, story.entries + 1)]),
        ]
        for what, found, told in compared:
            if found != told:
                return f"{what}: {_shortly(found)} where {_shortly(told)} was told"
        return self._wrong_content(story, {(a.name, a.version): a.artifact_id for a in artifacts})

    def _trace_of(self, session_id: str, story: Story) -> str:
        for token in story.originals:
            try:
                self._wb.context.expand(reference_to(token))
            except NotFoundError:
                continue
            return f"original {token}: still there"
        try:
            self._wb.sessions.get_session(session_id)
        except SessionNotFoundError:
            return f"log of {session_id}: still there" if self._log.tail(session_id) else ""
        return "session: still there"

    def _wrong_content(self, story: Story, artifacts: Mapping[tuple[str, int], str]) -> str:
        for place, artifact_id in artifacts.items():
            if artifact_id not in self._seen:
                if not same_content(*story.contents[place], self._wb.artifacts.get_artifact(artifact_id).content):
                    return f"content of {place}: not what was stored"
                self._seen.add(artifact_id)
        for token in story.originals:
            if token not in self._seen:
                try:
                    found = self._wb.context.expand(reference_to(token))
                except NotFoundError:
                    return f"original {token}: not found"
                if found != long_context(token):
                    return f"original {token}: not what was kept"
                self._seen.add(token)
        return ""


def _shortly(value: Any) -> str:
    return str(sorted(value) if isinstance(value, (set, frozenset)) else value)[-400:]
