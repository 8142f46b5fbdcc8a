"""How a run ends: what its task left, told as a record, a closing event and last words in one commit."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

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
from dataops_kernel.storage.ledger import Append, Ledger, Put, Remove, Write
from dataops_kernel.types import Answer, Run, event_stream

if TYPE_CHECKING:
    import asyncio

RUNNING = "running"
"""Kind and parent of the record that exists exactly while a run does, so that orphans are found at once."""
MAX_ANSWER_BYTES = 200_000
"""One answer as JSON; half of what a record may hold, for the record carries plan and message too."""


class Ending(NamedTuple):
    """An answer, an error, or neither: cancelled."""

    answer: Answer | None = None
    error: DataOpsError | None = None


def ending_of(task: "asyncio.Task[Any]", live: LiveRun) -> Ending:
    """Read how the body of a run ended; whatever it raised becomes an error a person can read."""
    failure = None if task.cancelled() else task.exception()
    if live.lost is not None:
        return Ending(error=live.lost)
    if not task.cancelled() and failure is None:
        return _checked(task.result())
    if live.cancelled.is_set() or isinstance(failure, RunCancelledError):
        return Ending()
    if isinstance(failure, DataOpsError):
        return Ending(error=failure)
    if failure is None:
        return Ending(error=StepFailedError("The run's own work cancelled it.", run_id=live.run.run_id))
    return Ending(error=as_step_error(failure, "The run", run_id=live.run.run_id))


def run_record(run: Run, expect: int) -> Put:
    """Return the write that stores a run's record."""
    body = run.model_dump_json().encode()
    parent = run.session_id or ""
    return Put("run", run.run_id, body, parent=parent, order=run.run_id, session=run.session_id, expect=expect)


def running_record(run: Run) -> Put:
    """Return the write that lists a run among those that run."""
    return Put(RUNNING, run.run_id, run.owner.encode(), parent=RUNNING, order=run.run_id)


def closed_run(run: Run, ending: Ending, now: datetime) -> Run:
    """Return the record of a run as it ended."""
    status = "finished" if ending.answer else "failed" if ending.error else "cancelled"
    error = _error_facts(ending.error) if ending.error else None
    return run.model_copy(update={"status": status, "finished_at": now, "answer": ending.answer, "error": error})


def closing_writes(
    ledger: Ledger,
    final: Run,
    now: datetime,
    last_words: ClosingWrites | None,
    *,
    revision: int | None = None,
) -> Sequence[Write]:
    """Return the one commit that closes a run; empty when somebody closed it already.

    ``revision`` is the record's when the caller knows it, which saves looking.
    """
    if revision is None:
        record = ledger.get("run", final.run_id)
        if record is None or Run.model_validate_json(record.body).status != "running":
            return ()
        revision = record.revision
    return [
        Append(event_stream(final.run_id), _closing_event(final, now)),
        run_record(final, expect=revision),
        Remove(RUNNING, final.run_id, expect=1),
        *(last_words(final) if last_words else ()),
    ]


def _closing_event(final: Run, now: datetime) -> bytes:
    if final.answer is not None:
        return encode("run_finished", now, None, {"answer": final.answer})
    if final.error is not None:
        return encode("run_failed", now, None, {"error": final.error})
    return encode("run_cancelled", now, None, {})


def _checked(answer: Any) -> Ending:
    if not isinstance(answer, Answer):
        return Ending(error=StepFailedError(f"The run ended with {type(answer).__name__!r} instead of an answer."))
    size = len(encode("run_finished", datetime.min, None, {"answer": answer}))
    if size > MAX_ANSWER_BYTES:
        return Ending(
            error=LimitExceededError(
                f"An answer of {size:,} bytes is over the limit of {MAX_ANSWER_BYTES:,}.",
                hint="Store large results as artifacts and name them in the answer.",
            )
        )
    return Ending(answer=answer)


def _error_facts(error: DataOpsError) -> dict[str, Any]:
    told = jsonable(error.to_dict())
    told["message"] = told["message"][:MAX_ERROR_TEXT]
    if len(str(told["facts"])) > 10 * MAX_ERROR_TEXT:
        told["facts"] = {}
    return told
