"""`kill -9` at every operation of the managers, a thousand times: what was acknowledged is there, whole, once."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from dataops_kernel.testing.crash import Nursery
from tests.reliability.acting import Witness, choose, opened
from tests.reliability.deeds import CREATE, DEEDS, Step, every_deed_once, outcomes
from tests.reliability.story import Story

KILLS = 1_000
ACKNOWLEDGED = 20_000
CAMPAIGNS = 2
"""At the same time, each in a workspace of its own: while one looks, the other one's writer works."""
_LONGEST = 46
_NEW_SESSION_EVERY = 6
_IN_USE = 24
"""Sessions that are still worked on: the newest."""
_WHOLLY_EVERY = 4
"""Every how many kills the sessions that were touched are read wholly; after the others their entries are counted."""


class Campaign:
    """One workspace, its writers that are killed, and the stories of what they acknowledged."""

    def __init__(self, workspace: Path, seed: int) -> None:
        self.workspace = workspace
        self.dice = random.Random(seed)
        self.stories: dict[str, Story] = {}
        self.ids: dict[str, str] = {}
        self.counted: Counter[str] = Counter()
        self.interrupted: Counter[str] = Counter()
        self.kills = 0
        self.slowest = 0.0
        self._seen: set[str] = set()
        self._touched: set[str] = set()
        self._history: dict[str, list[Step]] = {}

    def run(self, kills: int) -> int:
        """Kill so many writers and compare everything at the end; return how many points were looked at then."""
        warm = {"workspace": f"{self.workspace}-warm", "ids": {}, "steps": every_deed_once()}
        with closing(Nursery("tests.reliability.acting:follow", warm)) as nursery:
            number = 0
            while self.kills < kills:
                self.trial(nursery, number)
                number += 1
        return self.look_at_everything()

    def trial(self, nursery: Nursery, number: int) -> None:
        """Let a writer follow a plan, kill it, open the workspace and look at every session it touched."""
        steps = self._plan(number)
        plan = {"workspace": str(self.workspace), "ids": self.ids, "steps": steps}
        trial = nursery.kill(plan, after=self.dice.randrange(_LONGEST), spin=self.dice.randrange(20_000))
        self.kills += trial.killed
        # On a busy machine a writer may come to its plan's end before it is killed: then nothing is in doubt.
        done = steps[: len(trial.acknowledged)]
        doubtful = steps[len(trial.acknowledged)] if len(done) < len(steps) else None
        for step, told in zip(done, trial.acknowledged, strict=True):
            if DEEDS[step.deed].makes:
                self.ids[step.session] = told
            self.stories[step.session] = outcomes(self.stories, step)[-1]
            self.counted[step.deed] += 1
            self._history.setdefault(step.session, []).append(step)
        untouched = [k for k, s in self.stories.items() if not s.erased and (not doubtful or k != doubtful.session)]
        start = time.perf_counter()
        with opened(self.workspace) as wb:
            for key in untouched[:1]:
                wb.sessions.get_session(self.ids[key], history=1)
            self.slowest = max(self.slowest, time.perf_counter() - start)
            witness = Witness(wb, self._seen)
            listed = [session.session_id for session in wb.sessions.list_sessions(limit=10_000)]
            if doubtful:
                self._settle(witness, listed, doubtful)
            assert sorted(listed) == sorted(self.ids[k] for k, s in self.stories.items() if not s.erased), f"{number}"
            self._touched |= {step.session for step in done}
            look = witness.missing
            if number % _WHOLLY_EVERY == 0:
                look = witness.difference
            for session in self._touched:
                found = look(self.ids[session], self.stories[session])
                assert found == "", f"kill {number}, {session}: {found} after {self._history[session]}, then {doubtful}"
            if number % _WHOLLY_EVERY == 0:
                self._touched.clear()

    def _plan(self, number: int) -> list[Step]:
        """Return more steps than the writer will live to see, on a few sessions, each possible after those before."""
        dice = self.dice
        living = [key for key, story in self.stories.items() if not story.erased][-_IN_USE:]
        known = {key: self.stories[key] for key in dice.sample(living, min(3, len(living)))}
        steps: list[Step] = []
        for turn in range(_LONGEST + 40):
            token = f"{number}.{turn}"
            if (
                all(story.erased for story in known.values())
                or (turn == 7 and number % _NEW_SESSION_EVERY == 0)
                or (turn and dice.random() < 0.01)
            ):
                step = Step(CREATE, f"session {token}", token)
            else:
                step = choose(dice, known, token)
            known[step.session] = outcomes(known, step)[-1]
            steps.append(step)
        return steps

    def _settle(self, witness: Witness, listed: list[str], doubtful: Step) -> None:
        """Find out how far the operation came that was under way: wholly, not at all, or to a state it may leave."""
        possible = outcomes(self.stories, doubtful)
        if DEEDS[doubtful.deed].makes:
            made = {*listed} - {*self.ids.values()}
            assert len(made) <= 1
            if not made:
                return
            [self.ids[doubtful.session]] = made
        else:
            possible = [self.stories[doubtful.session], *possible]
        differences = []
        for story in possible:
            differences.append(witness.difference(self.ids[doubtful.session], story))
            if not differences[-1]:
                self.interrupted[doubtful.deed] += story is not self.stories.get(doubtful.session)
                self.stories[doubtful.session] = story
                if story is not possible[0] or DEEDS[doubtful.deed].makes:
                    self._history.setdefault(doubtful.session, []).append(doubtful)
                return
        raise AssertionError(f"{doubtful} left neither nothing nor all: {differences}")

    def look_at_everything(self) -> int:
        """Open once more and compare all sessions, now and at every checkpoint; return how many points those were."""
        points = 0
        with opened(self.workspace) as wb:
            witness = Witness(wb, set())
            for key, story in self.stories.items():
                id = self.ids[key]
                assert witness.difference(id, story) == "", key
                for label in [] if story.erased else story.checkpoints:
                    wb.context.restore_checkpoint(id, label)
                    story = story.restored(label)
                    messages = [message.content for message in wb.sessions.get_session(id).conversation_history]
                    assert messages == [said.text for said in story.now.messages], (key, label)
                    points += 1
                assert witness.difference(id, story) == "", key
        return points


@pytest.mark.timeout(600)
def test_after_a_thousand_kills_nothing_acknowledged_is_lost_doubled_or_half_there(tmp_path: Path, capsys):
    campaigns = [Campaign(tmp_path / f"ws{number}", seed=20261122 + number) for number in range(CAMPAIGNS)]
    with ThreadPoolExecutor(CAMPAIGNS) as pool:
        points = sum(pool.map(lambda campaign: campaign.run(KILLS // CAMPAIGNS), campaigns))

    counted = sum((campaign.counted for campaign in campaigns), Counter())
    interrupted = sum((campaign.interrupted for campaign in campaigns), Counter())
    slowest = max(campaign.slowest for campaign in campaigns)
    with capsys.disabled():
        print(
            f"\n{KILLS:,} kills, {counted.total():,} acknowledged operations in "
            f"{sum(len(campaign.ids) for campaign in campaigns):,} sessions, {points:,} checkpoints restored and "
            f"compared; {interrupted.total()} operations had taken effect unacknowledged; "
            f"slowest reopening {slowest * 1000:.0f} ms"
        )
        print("  " + ", ".join(f"{deed} {count:,}" for deed, count in sorted(counted.items())))
    assert counted.total() >= ACKNOWLEDGED
    assert slowest < 2
    assert {*counted} == {*DEEDS}
