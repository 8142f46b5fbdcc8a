"""How a run ends: what its task left, told as a record, a closing event and last words in one commit."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import PydanticSerializationError

from dataops_kernel.engine.base import ClosingWrites
from dataops_kernel.engine.events import encode, jsonable
from dataops_kernel.engine.failures import MAX_ERROR_TEXT, as_step_error
from dataops_kernel.engine.live import LiveRun
from dataops_kernel.errors import (
    DataOpsError,
    LimitExceededError,
    RunCancelledError,
    StepFailedError,
)
from dataops_kernel.storage.ledger import Append, Ledger, Put, Write
from dataops_kernel.types import Answer, Run, event_stream

if TYPE_CHECKING:
    import asyncio

RUNNING = ":running"
"""Where runs are listed while they run, in place of a workflow's name, so that orphans are found at once."""
MAX_ANSWER_BYTES = 200_000
"""One answer as JSON; half of what a record may hold, for the record carries plan and message too."""


class Ending(NamedTuple):
    """An answer, an error, or neither: cancelled."""

    answer: Answer | None = None
    error: DataOpsError | None = None


class Closed(NamedTuple):
    """A run's last record, the same as JSON, and its closing event."""

    run: Run
    record: bytes
    event: bytes


def ending_of(task: "asyncio.Task[Any]", live: LiveRun) -> Ending:
    """Read how the body of a run ended; whatever it raised becomes an error a person can read."""
    failure = None if task.cancelled() else task.exception()
    if live.lost is not None:
        return Ending(error=live.lost)
    if not task.cancelled() and failure is None:
        answer = task.result()
        if isinstance(answer, Answer):
            return Ending(answer=answer)
        found = type(answer).__name__
        return Ending(error=StepFailedError(f"The run ended with {found!r} instead of an answer."))
    if live.cancelled.is_set() or isinstance(failure, RunCancelledError):
        return Ending()
    if isinstance(failure, DataOpsError):
        return Ending(error=failure)
    if failure is None:
        return Ending(error=StepFailedError("The run's own work cancelled it.", run_id=live.run.run_id))
    return Ending(error=as_step_error(failure, "The run", run_id=live.run.run_id))


def run_record(run: Run, body: bytes, expect: int) -> Put:
    """Return the write that stores a run's record; ``body`` is the run as JSON."""
    steps = run.plan.steps if run.plan else ()
    workflow = RUNNING if run.status == "running" else steps[-1].workflow if steps else None
    return Put(
        "run",
        run.run_id,
        body,
        parent=run.session_id or "",
        order=run.run_id,
        session=run.session_id,
        workflow=workflow,
        expect=expect,
    )


def closed(run: Run, ending: Ending, now: datetime) -> Closed:
    """Return how a run ended; an answer over the limit becomes the error that says so."""
    final = run.model_copy(
        update={
            "status": "finished" if ending.answer else "failed" if ending.error else "cancelled",
            "finished_at": now,
            "answer": ending.answer,
            "error": _error_facts(ending.error) if ending.error else None,
        }
    )
    try:
        record = final.to_json()
    except (PydanticSerializationError, UnicodeEncodeError):
        # Facts that JSON cannot hold are kept as text: the end of a run must always be writable.
        final = Run.model_validate(jsonable(final.model_dump()))
        record = final.to_json()
    event = _closing_event(final, now)
    if final.answer is not None and len(event) > MAX_ANSWER_BYTES:
        error = LimitExceededError(
            f"An answer of {len(event):,} bytes is over the limit of {MAX_ANSWER_BYTES:,}.",
            hint="Store large results as artifacts and name them in the answer.",
        )
        return closed(run, Ending(error=error), now)
    return Closed(final, record, event)


def closing_writes(
    ledger: Ledger, ended: Closed, last_words: ClosingWrites | None, *, revision: int | None = None
) -> Sequence[Write]:
    """Return the one commit that closes a run; empty when somebody closed it already.

    ``revision`` is the record's when the caller knows it, which saves looking.
    """
    final = ended.run
    if revision is None:
        record = ledger.get("run", final.run_id)
        if record is None or Run.model_validate_json(record.body).status != "running":
            return ()
        revision = record.revision
    return [
        Append(event_stream(final.run_id), ended.event),
        run_record(final, ended.record, expect=revision),
        *(last_words(final) if last_words else ()),
    ]


def _closing_event(final: Run, now: datetime) -> bytes:
    if final.answer is not None:
        return encode("run_finished", now, None, {"answer": final.answer})
    if final.error is not None:
        return encode("run_failed", now, None, {"error": final.error})
    return encode("run_cancelled", now, None, {})


def _error_facts(error: DataOpsError) -> dict[str, Any]:
    told = jsonable(error.to_dict())
    told["message"] = told["message"][:MAX_ERROR_TEXT]
    if len(str(told["facts"])) > 10 * MAX_ERROR_TEXT:
        told["facts"] = {}
    return told
