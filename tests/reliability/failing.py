"""One operation whose n-th system call of a kind fails, and what the workspace reads like after it."""

import importlib
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from dataops_kernel import Workbench
from dataops_kernel.clock import system_clock
from dataops_kernel.errors import DataOpsError
from dataops_kernel.testing.faults import Outcome, short_writes, strike
from tests.reliability.acting import Witness, follow, opened, perform
from tests.reliability.deeds import CREATE, DEEDS, ERASE, INHERIT, Calendar, Step, every_deed_once, next_step, outcomes
from tests.reliability.story import Story

OPEN = "open the workspace"
MAKE = "make a workspace"
OPERATIONS = [OPEN, MAKE, *DEEDS]
SESSION, OTHER = "all", "other"
Stories = dict[str, Story]


def _later() -> Calendar:
    # So long after the template was made that an operation also moves its session up in lists.
    return Calendar(system_clock, timedelta(minutes=10))


def prepare(template: Path) -> dict[str, str]:
    """Make the workspace that every trial starts from, and return the ids of its sessions."""
    told: list[str] = []
    follow({"workspace": template, "ids": {}, "steps": _template_steps()}, told.append)
    return {step.session: id for step, id in zip(_template_steps(), told, strict=True) if DEEDS[step.deed].makes}


def _template_steps() -> list[Step]:
    return [step for step in every_deed_once() if step.deed not in (ERASE, INHERIT)]


def template_stories() -> Stories:
    """Tell what the template reads like."""
    stories: Stories = {}
    for step in _template_steps():
        stories[step.session] = outcomes(stories, step)[-1]
    return stories


def fail_once(plan: Any, acknowledge: Callable[[str], None]) -> None:
    """Let one call fail under one operation, go on working, open again and compare; for a nursery that is traced
    (and that is warmed up by a plan of steps, to be followed as it is).

    The plan is ``{workspace, template, ids, operation, call, number, fault}``, or has a ``limit`` on the size of files
    in place of the last three. Acknowledges ``passed`` when the operation makes fewer calls, ``kept`` when it
    succeeded in spite of the fault, else the error's code.
    """
    if "steps" in plan:
        importlib.import_module("langgraph.graph")  # here, for in the engine's thread its files would be refused
        follow(plan, acknowledge)
        return
    workspace = Path(plan["workspace"])
    if plan["operation"] != MAKE:
        # Blobs are never written to again: a link is as good as a copy.
        shutil.copytree(plan["template"], workspace, copy_function=_linked_or_copied)
    try:
        told = _opening(workspace, plan) if plan["operation"] in (OPEN, MAKE) else _working(workspace, plan)
    except Exception as error:
        error.add_note(f"under {plan['operation']!r}, {plan}")
        raise
    shutil.rmtree(workspace)
    acknowledge(told)


def _linked_or_copied(source: str, target: str) -> None:
    if f"{os.sep}blobs{os.sep}" in source:
        os.link(source, target)
    else:
        shutil.copyfile(source, target)


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

    told = _told(_disturbed(plan, open_and_close))
    if told != "passed" or "limit" in plan:
        ids = dict(plan["ids"]) if plan["operation"] == OPEN else {}
        _compare(workspace, ids, [template_stories() if ids else {}], {SESSION} if ids else set())
    return told


def _working(workspace: Path, plan: Any) -> str:
    ids = dict(plan["ids"])
    before = template_stories()
    step = next_step(plan["operation"], before, SESSION, "struck")
    assert step is not None
    touched = {OTHER, step.session}
    with opened(workspace, clock=_later()) as wb:
        outcome = _disturbed(plan, lambda: perform(wb, step, ids))
        told = _told(outcome)
        if told == "passed" and "limit" not in plan:
            return told
        possible = [{**before, step.session: story} for story in outcomes(before, step)]
        # All of it or, when it failed, also nothing, or what it may leave.
        possible = possible[-1:] if outcome.error is None else [before, *possible]
        # The same again, and something else, in the process that saw the fault.
        for again in _next(possible, step):
            perform(wb, again, ids)
            possible = [{**stories, again.session: outcomes(stories, again)[-1]} for stories in possible]
            touched.add(again.session)
        # What an erasure could not finish here, the next opening does.
        possible = _agreeing(wb, ids, possible, touched - {SESSION} if step.deed == ERASE else touched)
    _compare(workspace, ids, possible, touched)
    return told


def _next(possible: list[Stories], step: Step) -> list[Step]:
    """Return the operation once more, on what is there however the first one ended, and a word to say."""
    on = Step("say", OTHER if step.deed == ERASE else SESSION, "and on")
    if step.deed == ERASE:
        return [on]
    again = [next_step(step.deed, stories, SESSION, "again", _last) for stories in possible]
    return [again[0], on] if again[0] is not None and len({*again}) == 1 else [on]


def _last(targets: list[str]) -> str:
    return max(targets)


def _agreeing(wb: Workbench, ids: dict[str, str], possible: list[Stories], touched: set[str]) -> list[Stories]:
    """Return those of the possible stories that the workspace reads as; at least one."""
    witness = Witness(wb, set())
    listed = [session.session_id for session in wb.sessions.list_sessions()]
    assert len(listed) == len({*listed})
    unknown = {*listed} - {*ids.values()}
    differences = []
    for stories in possible:
        known = dict(ids)
        # A session that was made, though whoever made it was told of an error, is there as a whole.
        for key in {*stories} - {*ids}:
            if unknown:
                known[key] = max(unknown)
        found = [witness.difference(known[key], stories[key]) for key in touched & {*known}]
        found += [
            f"{key}: not listed"
            for key in {*known} & {*stories}
            if not stories[key].erased and known[key] not in listed
        ]
        found += [f"{id}: listed" for id in unknown - {*known.values()}]
        differences.append("; ".join(filter(None, found)))
    assert "" in differences, differences
    return [stories for stories, difference in zip(possible, differences, strict=True) if not difference]


def _compare(workspace: Path, ids: dict[str, str], possible: list[Stories], touched: set[str]) -> None:
    with opened(workspace) as wb:
        _agreeing(wb, ids, possible, touched)
        assert perform(wb, Step(CREATE, "later", "later"), dict(ids))


def _told(outcome: Outcome) -> str:
    if outcome.error is None:
        return "kept" if outcome.struck else "passed"
    if not (outcome.struck and isinstance(outcome.error, DataOpsError) and outcome.error.hint):
        raise outcome.error
    return outcome.error.code
