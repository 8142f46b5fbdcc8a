"""The part of the engine contract about how runs end: failing, cancelled, orphaned, closed."""

# ruff: noqa: D102 - the name of a test is its sentence

import asyncio
import sys
import threading

import pytest

from dataops_kernel.engine import Cancellation, Emit
from dataops_kernel.errors import (
    DataOpsError,
    LimitExceededError,
    QueryError,
    RunCancelledError,
    StepFailedError,
    UsageError,
)
from dataops_kernel.storage.ledger import Append, Write
from dataops_kernel.testing.engine_site import PATIENCE, EngineSite, Gate, answer_at_once, lawful, new_run
from dataops_kernel.types import Answer, Run


class EngineEndings:
    """What every engine promises about the end of a run; part of ``EngineContract``."""

    def test_a_failure_reaches_every_client_as_the_error_it_was(self, site: EngineSite) -> None:
        async def body(run: Run, emit: Emit, cancelled: Cancellation) -> Answer:
            raise QueryError("There is no table 'ordrs'.", hint="Did you mean 'orders'?", table="ordrs")

        handle = site.engine(body).submit(new_run())

        for holder in (handle, site.elsewhere().attach(handle.run_id)):
            with pytest.raises(QueryError, match="no table 'ordrs'") as caught:
                holder.result(PATIENCE)
            assert caught.value.hint == "Did you mean 'orders'?"
            assert caught.value.facts == {"table": "ordrs"}
        events = list(handle.events())
        assert lawful(events)
        assert (events[-1].type, events[-1].data["error"]["code"]) == ("run_failed", "query")
        assert handle.status == "failed"

    def test_an_unexpected_exception_becomes_one_plain_sentence(self, site: EngineSite) -> None:
        async def body(run: Run, emit: Emit, cancelled: Cancellation) -> Answer:
            nothing: dict[str, Answer] = {}
            return nothing["rows"]

        handle = site.engine(body).submit(new_run())

        with pytest.raises(StepFailedError, match="KeyError: 'rows'") as caught:
            handle.result(PATIENCE)
        assert "Traceback" not in str(caught.value)
        assert "engine_endings.py" in caught.value.facts["where"]

    def test_a_body_that_exits_the_process_ends_only_its_own_run(self, site: EngineSite) -> None:
        async def body(run: Run, emit: Emit, cancelled: Cancellation) -> Answer:
            if run.text == "exit":
                sys.exit(3)
            return Answer(text="still here")

        engine = site.engine(body)

        with pytest.raises(StepFailedError, match="SystemExit: 3"):
            engine.submit(new_run(text="exit")).result(PATIENCE)
        assert engine.submit(new_run()).result(PATIENCE).text == "still here"

    def test_a_body_that_gives_no_answer_fails_its_run(self, site: EngineSite) -> None:
        async def body(run: Run, emit: Emit, cancelled: Cancellation) -> Answer:
            return "done"  # type: ignore[return-value]

        with pytest.raises(StepFailedError, match="'str' instead of an answer"):
            site.engine(body).submit(new_run()).result(PATIENCE)

    def test_cancel_stops_asynchronous_work_and_keeps_what_was_said(self, site: EngineSite) -> None:
        gate = Gate("one", "two")
        handle = site.engine(gate).submit(new_run())
        assert gate.reached.wait(PATIENCE)

        handle.cancel()

        events = list(handle.events())
        assert lawful(events)
        assert [event.data.get("text") for event in events] == [None, "one", "two", None]
        assert (events[-1].type, handle.status) == ("run_cancelled", "cancelled")
        with pytest.raises(RunCancelledError):
            handle.result(PATIENCE)

    def test_cancel_reaches_work_on_a_thread_through_its_cancellation(self, site: EngineSite) -> None:
        working, stopped = threading.Event(), threading.Event()

        async def body(run: Run, emit: Emit, cancelled: Cancellation) -> Answer:
            def work() -> None:
                working.set()
                if cancelled.wait(PATIENCE):
                    stopped.set()

            await asyncio.to_thread(work)
            return Answer(text="too late")

        handle = site.engine(body).submit(new_run())
        assert working.wait(PATIENCE)

        handle.cancel()

        with pytest.raises(RunCancelledError):
            handle.result(PATIENCE)
        assert stopped.wait(PATIENCE)

    def test_a_cancel_at_the_very_start_still_closes_the_run(self, site: EngineSite) -> None:
        handle = site.engine(Gate()).submit(new_run())

        handle.cancel()

        with pytest.raises(RunCancelledError):
            handle.result(PATIENCE)
        assert lawful(list(handle.events()))

    def test_another_process_can_follow_and_cancel_a_run(self, site: EngineSite) -> None:
        gate = Gate("working")
        own = site.engine(gate).submit(new_run())
        foreign = site.elsewhere().attach(own.run_id)
        seen = foreign.events()
        assert [next(seen).type, next(seen).data["text"]] == ["run_started", "working"]

        foreign.cancel()
        foreign.cancel()

        assert [event.type for event in seen] == ["run_cancelled"]
        with pytest.raises(RunCancelledError):
            own.result(PATIENCE)

    def test_cancelling_a_closed_run_changes_nothing(self, site: EngineSite) -> None:
        engine = site.engine(answer_at_once)
        handle = engine.submit(new_run())
        handle.result(PATIENCE)

        handle.cancel()
        site.elsewhere().attach(handle.run_id).cancel()

        assert engine.run(handle.run_id).status == "finished"
        assert lawful(list(handle.events()))

    def test_a_closed_run_takes_no_more_events(self, site: EngineSite) -> None:
        kept: list[Emit] = []

        async def body(run: Run, emit: Emit, cancelled: Cancellation) -> Answer:
            kept.append(emit)
            return Answer(text="over")

        handle = site.engine(body).submit(new_run())
        handle.result(PATIENCE)

        with pytest.raises(RunCancelledError, match="closed"):
            kept[0]("progress", text="one more thing")
        assert lawful(list(handle.events()))

    def test_last_words_are_written_with_the_closing(self, site: EngineSite) -> None:
        def last_words(run: Run) -> list[Write]:
            assert run.answer is not None
            return [Append("log/ses_one", f"{run.status}: {run.answer.text}".encode())]

        site.engine(answer_at_once, last_words).submit(new_run()).result(PATIENCE)

        assert [entry.body for entry in site.ledger.entries("log/ses_one")] == [b"finished: You said hello."]

    def test_last_words_that_cannot_be_said_do_not_keep_a_run_open(self, site: EngineSite) -> None:
        def last_words(run: Run) -> list[Write]:
            raise DataOpsError("The session is gone.")

        handle = site.engine(answer_at_once, last_words).submit(new_run())

        assert handle.result(PATIENCE).text == "You said hello."
        assert lawful(list(handle.events()))

    def test_an_answer_over_the_limit_fails_the_run_and_says_what_to_do(self, site: EngineSite) -> None:
        async def body(run: Run, emit: Emit, cancelled: Cancellation) -> Answer:
            return Answer(text="x" * 300_000)

        with pytest.raises(LimitExceededError, match="artifacts"):
            site.engine(body).submit(new_run()).result(PATIENCE)

    def test_a_run_of_a_dead_process_is_closed_by_whoever_recovers_first(self, site: EngineSite) -> None:
        gate = Gate("halfway")
        orphan = site.dead(gate).submit(new_run())
        assert gate.reached.wait(PATIENCE)
        alive = site.engine(Gate())
        other = alive.submit(new_run())

        assert site.elsewhere().recover() == [orphan.run_id]
        assert alive.recover() == []

        record = alive.run(orphan.run_id)
        assert record.error is not None
        assert (record.status, record.error["code"]) == ("failed", "owner_died")
        assert alive.run(other.run_id).status == "running"
        gate.opened.set()
        with pytest.raises(DataOpsError, match="process that executed the run"):
            orphan.result(PATIENCE)
        events = list(site.elsewhere().attach(orphan.run_id).events())
        assert lawful(events)

    def test_following_a_run_of_a_dead_process_ends(self, site: EngineSite) -> None:
        orphan = site.dead(Gate()).submit(new_run())

        events = list(site.elsewhere().attach(orphan.run_id).events())

        assert [event.type for event in events] == ["run_started", "run_failed"]

    def test_closing_waits_for_what_runs_and_then_accepts_nothing(self, site: EngineSite) -> None:
        engine = site.engine(answer_at_once)
        handles = [engine.submit(new_run()) for _ in range(5)]

        engine.close()
        engine.close()

        assert {site.elsewhere().run(handle.run_id).status for handle in handles} == {"finished"}
        with pytest.raises(UsageError, match="closed"):
            engine.submit(new_run())
