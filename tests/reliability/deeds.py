"""Everything a user can do to a session: how it is done, and how the story must read afterwards.

A new operation is one line of ``DEEDS``. Whoever performs them (a process that will be killed, one whose writes fail,
a state machine) and whoever checks them share this table and nothing else.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from dataops_kernel import Workbench
from dataops_kernel.types import ArtifactMetadata, Message
from tests.reliability.story import Story

CREATE = "create session"
"""The one operation without a session to be done on; its token is the title."""
ERASE = "erase session"


class Step(NamedTuple):
    """One operation to be done: on which session, with a token nothing else has, and on what (a name or label)."""

    deed: str
    session: str
    token: str
    target: str = ""


class Deed(NamedTuple):
    """``do`` does it and returns the id it was given; ``then`` tells the story's next states, the last one whole.

    An interrupted operation may leave any of the states, or none. ``ready`` says when it can be done at all.
    """

    do: Callable[[Workbench, str, Step], str]
    then: Callable[[Story, Step], list[Story]]
    weight: float = 1
    targets: Callable[[Story], list[str]] = lambda story: [""]


_ORPHANED = (
    "The process that executed the run ended before the run did.\n\n"
    "What it stored so far is kept. Ask again to start over."
)
_NAMES = ["orders", "totals", "report"]
_KEYS = ["region", "month", "job"]


def content(kind: str, token: str) -> Any:
    """Return what an artifact of a kind holds: other bytes for every token (but "shared"), and none that shrink."""
    if kind == "small":
        return {"token": token, "values": [1, 2.5, None, "é"]}
    if kind == "rows":
        return [{"row": row, "of": token} for row in range(20)]
    if kind == "shared":
        token = "the same for all"
    noise = hashlib.shake_256(token.encode()).digest(_SIZES[kind])
    return noise if kind in ("large", "shared") else pa.table({"value": np.frombuffer(noise, dtype=np.int64)})


# Over what rides in the ledger, so a file is written; "long" is also over what is encoded in memory.
_SIZES = {"large": 40_000, "shared": 40_000, "table": 48_000, "long table": 1_100_000}


def same_content(kind: str, token: str, found: Any) -> bool:
    """Say whether an artifact's content is what was stored."""
    stored = content(kind, token)
    return found.equals(stored) if isinstance(stored, pa.Table) else bool(found == stored)


def _say(wb: Workbench, session_id: str, step: Step) -> str:
    return wb.sessions.add_message(session_id, Message(role="user", content=step.token)).message_id


def _set_context(wb: Workbench, session_id: str, step: Step) -> str:
    wb.sessions.set_context(session_id, step.target, {"of": step.token})
    return ""


def _forget_context(wb: Workbench, session_id: str, step: Step) -> str:
    wb.sessions.set_context(session_id, step.target, None)
    return ""


def _rename(wb: Workbench, session_id: str, step: Step) -> str:
    wb.sessions.rename(session_id, step.token)
    return ""


def _update(wb: Workbench, session_id: str, step: Step) -> str:
    return wb.sessions.update_session(session_id, {"metadata": {step.target: step.token}}).session_id


def _archive(wb: Workbench, session_id: str, step: Step) -> str:
    return str(wb.sessions.archive_session(session_id))


def _erase(wb: Workbench, session_id: str, step: Step) -> str:
    return wb.sessions.erase_session(session_id).session_id


def _run(wb: Workbench, session_id: str, step: Step) -> str:
    handle = wb.run("echo", {"said": step.token}, session_id)
    handle.result(60)
    return handle.run_id


def _load(wb: Workbench, session_id: str, step: Step) -> str:
    snapshot = wb.context.list_snapshots(session_id)[int(step.target)]
    return wb.context.load_context(snapshot.snapshot_id).snapshot_id


def _store(kind: str) -> Deed:
    def do(wb: Workbench, session_id: str, step: Step) -> str:
        metadata = ArtifactMetadata(session_id=session_id, workflow_name="deeds", name=step.target)
        return wb.artifacts.store_artifact(content(kind, step.token), metadata)

    return Deed(
        do,
        lambda story, step: [story.with_artifact(step.target, kind, step.token)],
        weight=_STORED[kind],
        targets=lambda story: _NAMES,
    )


_STORED = {"small": 5, "rows": 1, "large": 2, "shared": 1, "table": 1, "long table": 0.1}
DEEDS: Mapping[str, Deed] = {
    "say": Deed(_say, lambda story, step: [story.heard(step.token)], weight=12),
    "set context": Deed(
        _set_context,
        lambda story, step: [story.with_context(step.target, {"of": step.token})],
        weight=4,
        targets=lambda story: _KEYS,
    ),
    "forget context": Deed(
        _forget_context,
        lambda story, step: [story.with_context(step.target, None)],
        targets=lambda story: _KEYS,
    ),
    "rename": Deed(_rename, lambda story, step: [story.titled(step.token)], weight=2),
    **{f"store {kind}": _store(kind) for kind in _STORED},
    "checkpoint": Deed(
        lambda wb, session_id, step: wb.context.create_checkpoint(session_id, step.token).checkpoint_id,
        lambda story, step: [story.with_checkpoint(step.token)],
        weight=4,
    ),
    "restore": Deed(
        lambda wb, session_id, step: wb.context.restore_checkpoint(session_id, step.target).checkpoint_id,
        lambda story, step: [story.restored(step.target)],
        weight=3,
        targets=lambda story: [*story.checkpoints],
    ),
    "undo": Deed(
        lambda wb, session_id, step: wb.context.undo_restore(session_id).checkpoint_id,
        lambda story, step: [story.undone()],
        targets=lambda story: [""] if story.left else [],
    ),
    "dump": Deed(
        lambda wb, session_id, step: wb.context.dump_context(session_id),
        lambda story, step: [story.dumped()],
    ),
    "load": Deed(
        _load,
        lambda story, step: [story.loaded(int(step.target))],
        targets=lambda story: [str(number) for number in range(len(story.snapshots))],
    ),
    "update": Deed(
        _update,
        lambda story, step: [story.with_metadata(step.target, step.token)],
        targets=lambda story: _KEYS,
    ),
    # However far it came, what was archived reads as before.
    "archive": Deed(_archive, lambda story, step: [story], weight=0.5),
    # Accepted in one commit, closed with its last words in another; between them the next to open closes it.
    "run": Deed(_run, lambda story, step: [story.heard(_ORPHANED, entries=3), story.heard(step.token, entries=3)]),
    # The last, because nothing can be done after it; what is interrupted is finished by the next to open.
    ERASE: Deed(_erase, lambda story, step: [replace(story, erased=True)], weight=0.1),
}


def every_deed_once() -> list[Step]:
    """Return steps that do everything once, on one session."""
    steps = [Step(CREATE, "all", "all"), Step("checkpoint", "all", "label"), Step("dump", "all", "")]
    story = Story("all").with_checkpoint("label").dumped().restored("label")
    for number, (name, deed) in enumerate(DEEDS.items()):
        steps.append(Step(name, "all", f"once {number}", deed.targets(story)[0]))
    return steps
