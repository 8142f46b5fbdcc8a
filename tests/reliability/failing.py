"""One operation whose n-th system call of a kind fails, and what the workspace reads like after it."""

import importlib
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dataops_kernel import Workbench
from dataops_kernel.clock import system_clock
from dataops_kernel.errors import DataOpsError
from dataops_kernel.testing.faults import Outcome, short_writes, strike
from tests.reliability.acting import Witness, follow, opened, outcomes, perform
from tests.reliability.deeds import CREATE, DEEDS, ERASE, Step, every_deed_once
from tests.reliability.story import Story

OPEN = "open the workspace"
MAKE = "make a workspace"
# What is left of an erased session cannot be worked on again; killing erasures is in test_kill.py.
OPERATIONS = [OPEN, MAKE, CREATE, *(deed for deed in DEEDS if deed != ERASE)]
SESSION = "all"


def _later() -> datetime:
    # So long after the template was made that an operation also moves its session up in lists.
    return system_clock() + timedelta(minutes=10)


def prepare(template: Path) -> dict[str, str]:
    """Make the workspace that every trial starts from, and return the ids of its sessions."""
    told: list[str] = []
    follow({"workspace": template, "ids": {}, "steps": _template_steps()}, told.append)
    return {SESSION: told[0]}


def _template_steps() -> list[Step]:
    return [step for step in every_deed_once() if step.deed != ERASE]


def template_story() -> Story:
    """Tell what the template reads like."""
    story = None
    for step in _template_steps():
        story = outcomes(story, step)[-1]
    assert story is not None
    return story


def fail_once(plan: Any, acknowledge: Callable[[str], None]) -> None:
    """Let one call fail under one operation, go on working, open again and compare; for a nursery that is traced
    (and that is warmed up by a plan of steps, to be followed as it is).

    The plan is ``{workspace, template, ids, operation, call, number, fault}``, or has a ``limit`` on the size of files
    in place of the last three. Acknowledges ``passed`` when the
    operation makes fewer calls, ``kept`` when it succeeded in spite of the fault, else the error's code.
    """
    if "steps" in plan:
        importlib.import_module("langgraph.graph")  # here, for in the engine's thread its files would be refused
        follow(plan, acknowledge)
        return
    workspace = Path(plan["workspace"])
    if plan["operation"] != MAKE:
        shutil.copytree(plan["template"], workspace)
    try:
        told = _opening(workspace, plan) if plan["operation"] in (OPEN, MAKE) else _working(workspace, plan)
    except Exception as error:
        error.add_note(f"under {plan['operation']!r}, {plan}")
        raise
    shutil.rmtree(workspace)
    acknowledge(told)


def _disturbed(plan: Any, work: Callable[[], Any]) -> Outcome:
    if "limit" not in plan:
        return strike(plan["call"], plan["number"], plan["fault"], work)
    try:
        with short_writes(plan["limit"]):
            return Outcome(work(), None, struck=False)
    except DataOpsError as error:
        return Outcome(None, error, struck=True)


def _opening(workspace: Path, plan: Any) -> str:
    def open_and_close() -> None:
        opened(workspace).close()

    outcome = _disturbed(plan, open_and_close)
    if plan["operation"] == OPEN:
        _compare(workspace, dict(plan["ids"]), template_story())
    else:
        _compare(workspace, {}, None)
    return _told(outcome)


def _working(workspace: Path, plan: Any) -> str:
    ids = dict(plan["ids"])
    before = template_story()
    step = _step(plan["operation"], before, "struck")
    with opened(workspace, clock=_later) as wb:
        outcome = _disturbed(plan, lambda: perform(wb, step, ids))
        told = _told(outcome)
        possible = after_one(before, step, whole=outcome.error is None)
        # The same again, and something else, in the process that saw the fault.
        for again in (_step(plan["operation"], before, "again"), Step("say", SESSION, "and on")):
            perform(wb, again, ids)
            possible = [after_one(story, again, whole=True)[0] for story in possible]
        story = _agreeing(wb, ids, possible)
    _compare(workspace, ids, story)
    return told


def after_one(story: Story, step: Step, *, whole: bool) -> list[Story]:
    """Return how the story may go on: by all of the step, or, when it failed, also by nothing."""
    if step.deed == CREATE:
        return [story]
    return [outcomes(story, step)[-1]] if whole else [story, *outcomes(story, step)]


def _step(operation: str, story: Story, token: str) -> Step:
    if operation == CREATE:
        return Step(CREATE, token, token)
    return Step(operation, SESSION, token, DEEDS[operation].targets(story)[0])


def _agreeing(wb: Workbench, ids: dict[str, str], possible: list[Story]) -> Story:
    witness = Witness(wb, set())
    differences = [witness.difference(ids[SESSION], story) for story in possible]
    assert "" in differences, differences
    _check_created(wb, ids, witness)
    return possible[differences.index("")]


def _compare(workspace: Path, ids: dict[str, str], story: Story | None) -> None:
    with opened(workspace) as wb:
        witness = Witness(wb, set())
        if story is not None:
            assert witness.difference(ids[SESSION], story) == ""
        _check_created(wb, ids, witness)
        assert perform(wb, Step(CREATE, "later", "later"), ids)


def _check_created(wb: Workbench, ids: dict[str, str], witness: Witness) -> None:
    listed = [session.session_id for session in wb.sessions.list_sessions()]
    assert {id for key, id in ids.items() if key != SESSION} <= {*listed}
    assert len(listed) == len({*listed})
    for key, id in ids.items():
        if key != SESSION:
            assert witness.difference(id, Story(key)) == ""


def _told(outcome: Outcome) -> str:
    if outcome.error is None:
        return "kept" if outcome.struck else "passed"
    if not (outcome.struck and isinstance(outcome.error, DataOpsError) and outcome.error.hint):
        raise outcome.error
    return outcome.error.code
