"""Doing the deeds of a plan, and looking whether a workspace reads as the stories say."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dataops_kernel import Workbench, connect
from dataops_kernel.clock import Clock, system_clock
from dataops_kernel.errors import SessionNotFoundError
from dataops_kernel.sessionlog import Line
from dataops_kernel.sessionlog.line import OPEN_END
from tests.reliability.deeds import CREATE, DEEDS, Step, same_content
from tests.reliability.story import State, Story

USER = "ann"


def echo(said: str) -> str:
    """Say again what was said."""
    return said


def opened(workspace: Path, clock: Clock = system_clock) -> Workbench:
    """Open a workspace as its user, with a workflow that answers at once."""
    wb = connect(workspace, user=USER, log_level="error", clock=clock)
    wb.workflows.register(echo, name="echo")
    return wb


def perform(wb: Workbench, step: Step, ids: dict[str, str]) -> str:
    """Do one step and return what its caller was told; a created session joins ``ids``."""
    if step.deed == CREATE:
        ids[step.session] = wb.sessions.create_session(title=step.token).session_id
        return ids[step.session]
    return DEEDS[step.deed].do(wb, ids[step.session], step)


def follow(plan: Any, acknowledge: Callable[[str], None]) -> None:
    """Work through a plan ``{workspace, ids, steps}``, acknowledging each step after it returned."""
    ids = dict(plan["ids"])
    with opened(Path(plan["workspace"])) as wb:
        for step in plan["steps"]:
            acknowledge(perform(wb, Step(*step), ids))


def outcomes(story: Story | None, step: Step) -> list[Story]:
    """Return how a session's story may go on by a step, the whole of it last."""
    if step.deed == CREATE:
        return [Story(step.token)]
    assert story is not None
    return DEEDS[step.deed].then(story, step)


def choose(dice: random.Random, stories: Mapping[str, Story], token: str) -> Step:
    """Choose an operation that can be done now, each as often as its weight says."""
    session = dice.choice([key for key, story in stories.items() if not story.erased])
    possible = {name: targets for name, deed in DEEDS.items() if (targets := deed.targets(stories[session]))}
    [name] = dice.choices([*possible], [DEEDS[name].weight for name in possible])
    return Step(name, session, token, dice.choice(possible[name]))


class Witness:
    """Reads a workspace and says where it differs from the stories; content it found right it does not read again."""

    def __init__(self, wb: Workbench, seen: set[str]) -> None:
        self._wb = wb
        self._seen = seen
        self._log = wb._services.log

    def difference(self, session_id: str, story: Story) -> str:
        """Return how a session differs from its story, "" when it does not."""
        if story.erased:
            return self._trace_of(session_id)
        try:
            session = self._wb.sessions.get_session(session_id)
        except SessionNotFoundError:
            return "session: not found"
        artifacts = self._wb.artifacts.list_artifacts(session_id)
        read = State(
            tuple(message.content for message in session.conversation_history),
            session.global_context,
            frozenset((artifact.name, artifact.version) for artifact in artifacts),
        )
        numbers = [number for number, _ in self._log.read(session_id, Line(((1, OPEN_END),)))]
        checkpoints = {checkpoint.label for checkpoint in self._wb.context.list_checkpoints(session_id)}
        compared: list[tuple[str, Any, Any]] = [
            ("title", session.title, story.title),
            ("metadata", session.metadata, story.metadata),
            ("messages", read.messages, story.now.messages),
            ("context", read.context, story.now.context),
            ("artifacts", read.artifacts, story.now.artifacts),
            ("number of artifacts", len(artifacts), len(read.artifacts)),
            ("number of messages", len({m.message_id for m in session.conversation_history}), len(read.messages)),
            ("checkpoints", checkpoints, set(story.checkpoints)),
            ("snapshots", len(self._wb.context.list_snapshots(session_id)), len(story.snapshots)),
            ("entries of the log", numbers, [*range(1, story.entries + 1)]),
        ]
        for what, found, told in compared:
            if found != told:
                return f"{what}: {_shortly(found)} where {_shortly(told)} was told"
        return self._wrong_content(story, {(a.name, a.version): a.artifact_id for a in artifacts})

    def _trace_of(self, session_id: str) -> str:
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
        return ""


def _shortly(value: Any) -> str:
    return str(sorted(value) if isinstance(value, (set, frozenset)) else value)[-400:]
