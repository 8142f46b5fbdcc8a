"""Random operations on sessions, restores included, in one process and in two, beside a session in plain Python."""

import os
from contextlib import closing
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from dataops_kernel import Workbench
from dataops_kernel.testing.crash import Nursery
from tests.reliability.acting import Witness, opened, perform
from tests.reliability.deeds import CREATE, DEEDS, Step, every_deed_once, next_step, outcomes
from tests.reliability.story import Story

EXAMPLES = int(os.environ.get("DATAOPS_TEST_EXAMPLES", "25"))
"""Set it to 1,000 or more for a long look; the examples are the same in every run."""
_SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # the steps of a failure are printed as found: shrinking takes minutes
    deadline=None,
    suppress_health_check=[*HealthCheck],
)


class StoryMachine(RuleBasedStateMachine):
    """Sessions and their stories; every step is followed by a comparison of the session it touched."""

    examples = 0

    def __init__(self, wb: Workbench, nursery: Nursery | None) -> None:
        super().__init__()
        StoryMachine.examples += 1  # in one workspace, so that no two examples say the same
        self.wb = wb
        self.nursery = nursery
        self.witness = Witness(wb, set())
        self.stories: dict[str, Story] = {}
        self.ids: dict[str, str] = {}
        self.turns = 0

    @initialize()
    def begin(self) -> None:
        self._do(Step(CREATE, "first", "first"), elsewhere=False)

    @rule(elsewhere=st.booleans())
    def create(self, elsewhere: bool) -> None:
        self.turns += 1
        if self._room():
            self._do(Step(CREATE, f"session {self.turns}", f"session {self.turns}"), elsewhere)

    @precondition(lambda self: self._living())
    @rule(data=st.data(), elsewhere=st.booleans())
    def act(self, data: Any, elsewhere: bool) -> None:
        self.turns += 1
        key = data.draw(st.sampled_from(self._living()), "session")
        deed = data.draw(
            st.sampled_from(sorted(name for name in DEEDS if not DEEDS[name].makes or self._room())), "deed"
        )
        token = f"turn {StoryMachine.examples}.{self.turns}"
        step = next_step(
            deed, self.stories, key, token, lambda found: data.draw(st.sampled_from(sorted(found)), "target")
        )
        if step is not None:
            self._do(step, elsewhere)

    @precondition(lambda self: self._living())
    @rule(data=st.data())
    def restore(self, data: Any) -> None:
        """Restore more often than chance would, also lines that were left."""
        key = data.draw(st.sampled_from(self._living()), "session")
        if labels := sorted(self.stories[key].checkpoints):
            self._do(Step("restore", key, "", data.draw(st.sampled_from(labels), "label")), elsewhere=False)

    def _room(self) -> bool:
        return len(self._living()) < 4

    def _living(self) -> list[str]:
        return sorted(key for key, story in self.stories.items() if not story.erased)

    def _do(self, step: Step, elsewhere: bool) -> None:
        if elsewhere and self.nursery is not None:
            [told] = self.nursery.run({"workspace": str(self.wb.workspace), "ids": self.ids, "steps": [step]})
            if DEEDS[step.deed].makes:
                self.ids[step.session] = told
        else:
            perform(self.wb, step, self.ids)
        story = outcomes(self.stories, step)[-1]
        self.stories[step.session] = story
        assert self.witness.difference(self.ids[step.session], story) == ""

    def teardown(self) -> None:
        for key, story in self.stories.items():
            assert self.witness.difference(self.ids[key], story) == ""


def test_random_operations_of_one_process_read_as_the_story_says(tmp_path):
    with opened(tmp_path / "ws") as wb:
        run_state_machine_as_test(lambda: StoryMachine(wb, None), settings=_SETTINGS)


def test_random_operations_of_two_processes_read_as_the_story_says(tmp_path):
    warm = {"workspace": str(tmp_path / "warm"), "ids": {}, "steps": every_deed_once()}
    with closing(Nursery("tests.reliability.acting:follow", warm)) as nursery, opened(tmp_path / "ws") as wb:
        run_state_machine_as_test(
            lambda: StoryMachine(wb, nursery), settings=settings(_SETTINGS, max_examples=max(6, EXAMPLES // 4))
        )
