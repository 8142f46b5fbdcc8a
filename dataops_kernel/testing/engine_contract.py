"""The contract every engine signs: subclass ``EngineContract`` and give it one fixture, ``site``."""

# ruff: noqa: D102 - the name of a test is its sentence

import asyncio
import threading
from typing import Any

import pytest

from dataops_kernel.engine import Cancellation, Emit
from dataops_kernel.errors import (
    ConflictError,
    LimitExceededError,
    RunNotFoundError,
)
from dataops_kernel.storage.ledger import Append, Put
from dataops_kernel.testing.engine_endings import EngineEndings
from dataops_kernel.testing.engine_site import PATIENCE, EngineSite, Gate, answer_at_once, lawful, new_run
from dataops_kernel.types import Answer, Event, Plan, Run, event_stream


class EngineContract(EngineEndings):
    """What every engine promises its clients.

    ::

        class TestMyEngine(EngineContract):
            @pytest.fixture
            def site(self, tmp_path):
                with MySite(tmp_path) as site:
                    yield site
    """

    @pytest.fixture
    def site(self) -> Any:
        """Return the ``EngineSite`` to test; given by the subclass."""
        raise NotImplementedError

    def test_the_events_of_a_run_start_with_run_started_and_end_with_one_closing_event(self, site: EngineSite) -> None:
        handle = site.engine(answer_at_once).submit(new_run())

        events = list(handle.events())

        assert lawful(events)
        assert [event.type for event in events] == ["run_started", "progress", "run_finished"]
        assert Answer.model_validate(events[-1].data["answer"]) == handle.result(PATIENCE)

    def test_the_answer_is_the_same_for_whoever_waits_and_in_the_record(self, site: EngineSite) -> None:
        engine = site.engine(answer_at_once)
        handle = engine.submit(new_run())

        answer = handle.result(PATIENCE)

        assert answer == Answer(text="You said hello.", data={"rows": [1, 2]})
        assert site.elsewhere().attach(handle.run_id).result(PATIENCE) == answer
        record = engine.run(handle.run_id)
        assert (record.status, record.answer, record.error) == ("finished", answer, None)
        assert record.finished_at is not None

    def test_a_submitted_run_is_durable_before_it_has_done_anything(self, site: EngineSite) -> None:
        gate = Gate()
        run = new_run()

        site.engine(gate).submit(run, also=[Append("log/ses_one", b"said")])

        assert site.elsewhere().run(run.run_id).text == "hello"
        assert [entry.seq for entry in site.ledger.entries(event_stream(run.run_id))] == [1]
        assert [entry.body for entry in site.ledger.entries("log/ses_one")] == [b"said"]
        gate.opened.set()

    def test_a_run_is_accepted_once(self, site: EngineSite) -> None:
        gate = Gate()
        engine, run = site.engine(gate), new_run()
        handle = engine.submit(run)

        for again in (engine, site.elsewhere()):
            with pytest.raises(ConflictError, match=run.run_id):
                again.submit(run)
        gate.opened.set()

        assert handle.result(PATIENCE).text == "through"
        assert lawful(list(handle.events()))

    def test_a_run_that_could_not_be_recorded_never_starts(self, site: EngineSite) -> None:
        asked: list[str] = []

        async def body(run: Run, emit: Emit, cancelled: Cancellation) -> Answer:
            asked.append(run.run_id)
            return Answer(text="no")

        engine, run = site.engine(body), new_run()
        site.ledger.commit([Put("thing", "taken", b"1")])

        with pytest.raises(ConflictError):
            engine.submit(run, also=[Put("thing", "taken", b"2", expect=0)])

        with pytest.raises(RunNotFoundError):
            engine.run(run.run_id)
        engine.close()
        assert asked == []
        assert site.ledger.tail(event_stream(run.run_id)) == 0

    def test_a_client_goes_on_after_the_last_event_it_has_seen(self, site: EngineSite) -> None:
        gate = Gate("one", "two", "three")
        handle = site.engine(gate).submit(new_run())
        first = handle.events()
        seen = [next(first), next(first)]

        gate.opened.set()
        rest = list(site.elsewhere().attach(handle.run_id).events(after=seen[-1].seq))

        assert lawful([*seen, *rest])
        assert [e.data["text"] for e in [*seen, *rest] if e.type == "progress"] == ["one", "two", "three"]
        assert list(handle.events(after=rest[-1].seq)) == []

    def test_readers_at_the_same_time_read_the_same(self, site: EngineSite) -> None:
        gate = Gate(*(f"line {number}" for number in range(300)))
        handle = site.engine(gate).submit(new_run())
        read: dict[int, list[Event]] = {}
        others = [site.elsewhere().attach(handle.run_id) for _ in range(2)]
        readers = [
            threading.Thread(target=lambda n=n, h=h: read.update({n: list(h.events())}))
            for n, h in enumerate([handle, handle, *others])
        ]
        for reader in readers:
            reader.start()

        gate.opened.set()
        for reader in readers:
            reader.join(PATIENCE)

        assert len(read[0]) == 302
        assert lawful(read[0])
        assert [read[n] == read[0] for n in (1, 2, 3)] == [True, True, True]

    def test_what_threads_say_at_once_keeps_each_ones_order(self, site: EngineSite) -> None:
        async def body(run: Run, emit: Emit, cancelled: Cancellation) -> Answer:
            def speak(speaker: str) -> None:
                for number in range(200):
                    emit("progress", text=speaker, done=number)

            await asyncio.gather(*(asyncio.to_thread(speak, name) for name in "abcd"))
            return Answer(text="said")

        events = list(site.engine(body).submit(new_run()).events())

        assert lawful(events)
        for name in "abcd":
            assert [e.data["done"] for e in events if e.data.get("text") == name] == list(range(200))

    def test_what_a_run_planned_is_in_its_record(self, site: EngineSite) -> None:
        plan = Plan(outcome="reject", text="I cannot.")

        async def body(run: Run, emit: Emit, cancelled: Cancellation) -> Answer:
            emit("planned", plan=plan)
            return Answer(kind="reject", text=plan.text)

        engine = site.engine(body)
        handle = engine.submit(new_run())
        handle.result(PATIENCE)

        assert engine.run(handle.run_id).plan == plan

    def test_an_event_over_the_limit_raises_where_it_is_said(self, site: EngineSite) -> None:
        caught: list[str] = []

        async def body(run: Run, emit: Emit, cancelled: Cancellation) -> Answer:
            try:
                emit("progress", text="x" * 500_000)
            except LimitExceededError as err:
                caught.append(err.code)
            return Answer(text="went on")

        assert site.engine(body).submit(new_run()).result(PATIENCE).text == "went on"
        assert caught == ["limit_exceeded"]

    def test_waiting_too_long_raises_a_timeout_and_the_run_goes_on(self, site: EngineSite) -> None:
        gate = Gate()
        handle = site.engine(gate).submit(new_run())
        foreign = site.elsewhere().attach(handle.run_id)

        for holder in (handle, foreign):
            with pytest.raises(TimeoutError, match=r"still going after 0\.01 seconds"):
                holder.result(timeout=0.01)
        gate.opened.set()

        assert handle.result(PATIENCE).text == foreign.result(PATIENCE).text == "through"

    def test_an_unknown_run_cannot_be_attached_to(self, site: EngineSite) -> None:
        with pytest.raises(RunNotFoundError, match="run_nowhere"):
            site.engine(answer_at_once).attach("run_nowhere")

    def test_the_runs_of_a_session_are_listed_newest_first(self, site: EngineSite) -> None:
        engine = site.engine(answer_at_once)
        handles = [engine.submit(new_run(text=str(number))) for number in range(3)]
        engine.submit(new_run(session_id="ses_two"))
        for handle in handles:
            handle.result(PATIENCE)

        assert [run.text for run in engine.runs("ses_one")] == ["2", "1", "0"]
        assert [run.text for run in engine.runs("ses_one", limit=1)] == ["2"]
