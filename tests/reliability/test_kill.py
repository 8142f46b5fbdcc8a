"""`kill -9` at every operation of the managers, a thousand times: what was acknowledged is there, whole, once."""

import random
import time
from pathlib import Path

import pytest

from dataops_kernel.testing.crash import Nursery
from tests.reliability.acting import Witness, choose, opened, outcomes
from tests.reliability.deeds import CREATE, DEEDS, Step, every_deed_once
from tests.reliability.story import Story

KILLS = 1_000
ACKNOWLEDGED = 20_000
_LONGEST = 46
_NEW_SESSION_EVERY = 6


class Campaign:
    """One workspace, its writers that are killed, and the stories of what they acknowledged."""

    def __init__(self, workspace: Path, seed: int) -> None:
        self.workspace = workspace
        self.dice = random.Random(seed)
        self.stories: dict[str, Story] = {}
        self.ids: dict[str, str] = {}
        self.counted: dict[str, int] = {}
        self.interrupted: dict[str, int] = {}
        self.slowest = 0.0
        self._seen: set[str] = set()

    def trial(self, nursery: Nursery, number: int) -> None:
        """Let a writer follow a plan, kill it, open the workspace and look at every session it touched."""
        steps = self._plan(number)
        plan = {"workspace": str(self.workspace), "ids": self.ids, "steps": steps}
        trial = nursery.kill(plan, after=self.dice.randrange(_LONGEST), spin=self.dice.randrange(20_000))
        assert trial.killed, "the plan was too short"

        done, doubtful = steps[: len(trial.acknowledged)], steps[len(trial.acknowledged)]
        for step, told in zip(done, trial.acknowledged, strict=True):
            if step.deed == CREATE:
                self.ids[step.session] = told
            self.stories[step.session] = outcomes(self.stories.get(step.session), step)[-1]
            self.counted[step.deed] = self.counted.get(step.deed, 0) + 1
        start = time.perf_counter()
        wb = opened(self.workspace)
        with wb:
            for key in [key for key, story in self.stories.items() if not story.erased and key != doubtful.session][:1]:
                wb.sessions.get_session(self.ids[key], history=1)
            self.slowest = max(self.slowest, time.perf_counter() - start)
            witness = Witness(wb, self._seen)
            self._settle(witness, wb.sessions.list_sessions(limit=10_000), doubtful)
            for session in {step.session for step in done} - {doubtful.session}:
                assert witness.difference(self.ids[session], self.stories[session]) == "", f"kill {number}"

    def _plan(self, number: int) -> list[Step]:
        """Return more steps than the writer will live to see, on a few sessions, each possible after those before."""
        dice = self.dice
        living = [key for key, story in self.stories.items() if not story.erased]
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
            known[step.session] = outcomes(known.get(step.session), step)[-1]
            steps.append(step)
        return steps

    def _settle(self, witness: Witness, sessions: list, doubtful: Step) -> None:
        """Find out how far the operation came that was under way: wholly, not at all, or to a state it may leave."""
        before = self.stories.get(doubtful.session)
        if doubtful.deed == CREATE:
            made = [session.session_id for session in sessions if session.title == doubtful.token]
            assert len(made) <= 1
            if made:
                self.ids[doubtful.session] = made[0]
                self.stories[doubtful.session] = outcomes(None, doubtful)[-1]
                assert witness.difference(made[0], self.stories[doubtful.session]) == ""
            return
        assert before is not None
        differences = []
        for story in (before, *outcomes(before, doubtful)):
            differences.append(witness.difference(self.ids[doubtful.session], story))
            if not differences[-1]:
                self.stories[doubtful.session] = story
                if story is not before:
                    self.interrupted[doubtful.deed] = self.interrupted.get(doubtful.deed, 0) + 1
                return
        raise AssertionError(f"{doubtful} left neither nothing nor all: {differences}")

    def look_at_everything(self) -> int:
        """Open once more and compare all sessions, now and at every checkpoint; return how many points those were."""
        points = 0
        with opened(self.workspace) as wb:
            witness = Witness(wb, set())
            listed = {session.session_id for session in wb.sessions.list_sessions(limit=10_000)}
            assert listed == {self.ids[key] for key, story in self.stories.items() if not story.erased}
            for key, story in self.stories.items():
                id = self.ids[key]
                assert witness.difference(id, story) == "", key
                for label in [] if story.erased else story.checkpoints:
                    wb.context.restore_checkpoint(id, label)
                    story = story.restored(label)
                    assert witness.difference(id, story) == "", (key, label)
                    points += 1
        return points


@pytest.mark.timeout(600)
def test_after_a_thousand_kills_nothing_acknowledged_is_lost_doubled_or_half_there(tmp_path: Path, capsys):
    campaign = Campaign(tmp_path / "ws", seed=20261122)
    warm = {"workspace": str(tmp_path / "warm"), "ids": {}, "steps": every_deed_once()}
    nursery = Nursery("tests.reliability.acting:follow", warm)
    for number in range(KILLS):
        campaign.trial(nursery, number)
    nursery.close()
    points = campaign.look_at_everything()

    acknowledged = sum(campaign.counted.values())
    with capsys.disabled():
        print(
            f"\n{KILLS:,} kills, {acknowledged:,} acknowledged operations in {len(campaign.ids):,} sessions, "
            f"{points:,} checkpoints restored and compared; {sum(campaign.interrupted.values())} operations had taken "
            f"effect unacknowledged; slowest reopening {campaign.slowest * 1000:.0f} ms"
        )
        print("  " + ", ".join(f"{deed} {count:,}" for deed, count in sorted(campaign.counted.items())))
    assert acknowledged >= ACKNOWLEDGED
    assert campaign.slowest < 2
    assert {*campaign.counted} >= {CREATE, *(name for name, deed in DEEDS.items() if deed.weight)}
