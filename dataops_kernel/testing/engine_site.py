"""What the engine contract needs around it: a workspace with engines on it, bodies and one law."""

import asyncio
import threading
from abc import ABC, abstractmethod
from datetime import UTC, datetime

from dataops_kernel.engine import Body, Cancellation, ClosingWrites, Emit, Engine
from dataops_kernel.ids import IdSource
from dataops_kernel.storage.ledger import Ledger
from dataops_kernel.types import CLOSING_EVENTS, Answer, Event, Run

PATIENCE = 20.0
"""Seconds after which a test gives up on something that should have happened at once."""

_IDS = IdSource()


class EngineSite(ABC):
    """One workspace and the engines on it; closes what it made when its test is over."""

    ledger: Ledger

    @abstractmethod
    def engine(self, body: Body, closing_writes: ClosingWrites | None = None) -> Engine:
        """Return an engine that executes runs with ``body``."""

    @abstractmethod
    def elsewhere(self) -> Engine:
        """Return an engine that sees the workspace as another process does."""

    @abstractmethod
    def dead(self, body: Body) -> Engine:
        """Return an engine whose runs look as if their process had been killed."""


class Gate:
    """A body that says what it is told to say, then waits until it is opened."""

    def __init__(self, *texts: str) -> None:
        self.texts = texts
        self.reached = threading.Event()
        self.opened = threading.Event()

    async def __call__(self, run: Run, emit: Emit, cancelled: Cancellation) -> Answer:
        """Speak, wait, answer."""
        for text in self.texts:
            emit("progress", text=text)
        self.reached.set()
        while not self.opened.is_set():
            await asyncio.sleep(0.001)
        return Answer(text="through")


def new_run(session_id: str | None = "ses_one", text: str | None = "hello") -> Run:
    """Return a run nobody has submitted yet; later ones have later ids."""
    now = datetime.now(UTC)
    run_id = _IDS.new("run")
    return Run(run_id=run_id, session_id=session_id, user_id="ada", status="running", created_at=now, text=text)


async def answer_at_once(run: Run, emit: Emit, cancelled: Cancellation) -> Answer:
    """Answer with the text of the run."""
    emit("progress", text="thinking")
    return Answer(text=f"You said {run.text}.", data={"rows": [1, 2]})


def lawful(events: list[Event]) -> bool:
    """Say whether events keep the order law: numbered from 1, started first, closed once and last."""
    closings = [event.seq for event in events if event.type in CLOSING_EVENTS]
    numbers = [event.seq for event in events]
    starts = [event.seq for event in events if event.type == "run_started"]
    return numbers == list(range(1, len(events) + 1)) and starts == [1] and closings == [len(events)]
