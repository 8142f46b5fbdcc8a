"""What runs say is written in few commits, and a ledger that fails is told of instead of waited for."""

import asyncio
import threading

import pytest

from dataops_kernel.clock import system_clock
from dataops_kernel.engine.local import LocalEngine
from dataops_kernel.errors import LimitExceededError, StepFailedError, StorageUnavailableError
from dataops_kernel.ids import IdSource
from dataops_kernel.storage.ledger import Append, Put
from dataops_kernel.storage.memory import MemoryLedger
from dataops_kernel.testing.engine_site import PATIENCE, Gate, answer_at_once, lawful, new_run
from dataops_kernel.types import Answer


class Watched(MemoryLedger):
    """Counts commits and refuses them on demand."""

    def __init__(self):
        super().__init__()
        self.commits = []
        self.refuse = lambda writes: None

    def _commit(self, writes):
        error = self.refuse(writes)
        if error is not None:
            raise error
        self.commits.append(list(writes))
        return super()._commit(writes)


@pytest.fixture
def ledger():
    return Watched()


@pytest.fixture
def engine_with(ledger):
    engines = []

    def engine_with(body, closing_writes=None, **more):
        engine = LocalEngine(ledger, body, IdSource(), system_clock, closing_writes, close_seconds=0.1, **more)
        engines.append(engine)
        return engine

    yield engine_with
    ledger.refuse = lambda writes: None
    for engine in engines:
        engine.close()


def full(writes):
    return StorageUnavailableError("The disk is full.", hint="Free some space.")


def test_a_brief_run_costs_two_commits(ledger, engine_with):
    async def brief(run, emit, cancelled):
        for number in range(20):
            emit("progress", text=str(number))
        return Answer(text="done")

    # However long events may wait for company, the closing waits for nothing.
    engine = engine_with(brief, pause=3600)
    handle = engine.submit(new_run())
    handle.result(PATIENCE)

    assert len(ledger.commits) == 2
    assert len(list(handle.events())) == 22


def test_a_flood_of_events_takes_few_commits_and_none_is_over_the_limit(ledger, engine_with):
    async def flood(run, emit, cancelled):
        def pour():
            for number in range(5000):
                emit("progress", text="drop", done=number)

        await asyncio.to_thread(pour)
        return Answer(text="done")

    handle = engine_with(flood).submit(new_run())
    events = list(handle.events())

    assert lawful(events)
    assert [event.data["done"] for event in events[1:-1]] == list(range(5000))
    assert max(map(len, ledger.commits)) <= 100
    assert len(ledger.commits) < 5000 / 4


def test_a_run_is_closed_in_one_commit_with_what_it_said_last(ledger, engine_with):
    async def body(run, emit, cancelled):
        emit("progress", text="last words")
        return Answer(text="done")

    engine_with(body, lambda run: [Append("log/ses_one", b"said")]).submit(new_run()).result(PATIENCE)

    streams = [write.stream.split("/")[0] for write in ledger.commits[-1] if isinstance(write, Append)]
    assert streams[-2:] == ["events", "log"]
    assert [(write.kind, write.workflow) for write in ledger.commits[-1] if isinstance(write, Put)] == [("run", None)]


def test_a_ledger_that_takes_nothing_more_stops_the_run_and_says_why(ledger, engine_with):
    gate = Gate("first")
    handle = engine_with(gate).submit(new_run())
    assert gate.reached.wait(PATIENCE)
    reading = handle.events()
    assert [next(reading).type, next(reading).type] == ["run_started", "progress"]

    ledger.refuse = full
    gate.opened.set()

    with pytest.raises(StorageUnavailableError, match="disk is full"):
        handle.result(PATIENCE)
    with pytest.raises(StorageUnavailableError, match="disk is full"):
        next(reading)
    assert handle.status == "failed"


def test_a_run_that_could_not_be_closed_is_closed_by_the_next_recovery(ledger, engine_with):
    gate = Gate()
    engine = engine_with(gate)
    handle = engine.submit(new_run())
    ledger.refuse = full
    gate.opened.set()
    with pytest.raises(StorageUnavailableError):
        handle.result(PATIENCE)

    ledger.refuse = lambda writes: None

    assert engine.run(handle.run_id).status == "running"
    assert engine.recover() == [handle.run_id]
    assert engine.run(handle.run_id).status == "failed"
    assert lawful(list(engine.attach(handle.run_id).events()))


@pytest.mark.parametrize("moment", ["another run is accepted", "another run closes"])
def test_a_run_that_could_not_be_closed_is_closed_as_soon_as_the_ledger_takes_writes_again(ledger, engine_with, moment):
    gates = {"lost": Gate(), "other": Gate()}
    engine = engine_with(lambda run, emit, cancelled: gates[run.text](run, emit, cancelled))
    lost = engine.submit(new_run(text="lost"))
    other = engine.submit(new_run(text="other")) if moment == "another run closes" else None
    ledger.refuse = full
    gates["lost"].opened.set()
    with pytest.raises(StorageUnavailableError):
        lost.result(PATIENCE)

    ledger.refuse = lambda writes: None
    gates["other"].opened.set()
    (other or engine.submit(new_run(text="other"))).result(PATIENCE)
    engine.close()

    record = engine.run(lost.run_id)
    assert (record.status, record.error["code"]) == ("failed", "storage_unavailable")
    events = engine_with(answer_at_once).attach(lost.run_id).events(follow=False)
    assert [event.type for event in events] == ["run_started", "run_failed"]


def test_events_that_cannot_be_written_stop_the_run_but_its_end_is_kept(ledger, engine_with):
    stopped = threading.Event()

    async def body(run, emit, cancelled):
        emit("progress", text="lost")
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    ledger.refuse = lambda writes: (
        full(writes) if b"lost" in b"".join(getattr(w, "body", b"") for w in writes) else None
    )
    handle = engine_with(body).submit(new_run())

    with pytest.raises(StorageUnavailableError, match="disk is full"):
        handle.result(PATIENCE)
    assert stopped.wait(PATIENCE)
    events = list(handle.events())
    assert [event.type for event in events] == ["run_started", "run_failed"]


def test_last_words_over_the_limit_do_not_keep_a_run_open(ledger, engine_with):
    def shout(run):
        return [Append("log/ses_one", b"!" * 500_000)]

    handle = engine_with(answer_at_once, shout).submit(new_run())

    assert handle.result(PATIENCE).text == "You said hello."
    assert lawful(list(handle.events()))
    assert ledger.tail("log/ses_one") == 0


def test_a_message_too_large_for_the_ledger_is_refused_before_it_is_accepted(engine_with):
    engine = engine_with(answer_at_once)
    run = new_run(text="x" * 500_000)

    with pytest.raises(LimitExceededError):
        engine.submit(run)
    assert engine.runs("ses_one") == []


def test_odd_values_in_events_are_said_as_text(engine_with):
    async def body(run, emit, cancelled):
        emit("progress", text="caf\udce9.csv", kind=LimitExceededError, ratio=float("nan"), when=system_clock().date())
        return Answer(text="done")

    event = list(engine_with(body).submit(new_run()).events())[1]

    assert event.data["text"] == "caf?.csv"
    assert "LimitExceededError" in event.data["kind"]
    assert event.data["ratio"] is None


def test_an_answer_with_facts_json_cannot_hold_is_kept_all_the_same(engine_with):
    async def body(run, emit, cancelled):
        return Answer(text="caf\udce9", data={"what": LimitExceededError, "pair": (1, 2)})

    engine = engine_with(body)
    handle = engine.submit(new_run())

    answer = handle.result(PATIENCE)
    assert (answer.text, answer.data["pair"]) == ("caf?", [1, 2])
    assert engine.run(handle.run_id).answer == answer


def test_an_error_that_cannot_even_be_printed_still_fails_its_run(engine_with):
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError("no words")

    async def body(run, emit, cancelled):
        raise Mute

    with pytest.raises(StepFailedError, match=r"The run failed: Mute\."):
        engine_with(body).submit(new_run()).result(PATIENCE)
