"""Everything a user can do to a session: how it is done, and how the story must read afterwards.

A new operation is one line of ``DEEDS``. Whoever performs them (a process that will be killed, one whose writes fail,
a state machine) and whoever checks them share this table and nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import NamedTuple, get_args

from dataops_kernel import Workbench
from dataops_kernel.clock import Clock
from dataops_kernel.errors import StorageUnavailableError
from dataops_kernel.types import ArtifactMetadata, KeepKind, Message
from tests.reliability.contents import content, long_context
from tests.reliability.story import Place, Story

CREATE = "create session"
"""Its token is the title."""
IMPORT = "export and import"
"""Makes a session like another one, its target."""
INHERIT = "inherit context"
"""Its target is the session inherited from."""
ERASE = "erase session"


class Step(NamedTuple):
    """One operation to be done: on which session, with a token nothing else has, and on what (a name or label)."""

    deed: str
    session: str
    token: str
    target: str = ""


class Deed(NamedTuple):
    """``do`` does it and returns the id it was given; ``then`` tells the story's next states, the last one whole.

    An interrupted operation may leave any of the states, or none. ``targets`` says on what it can be done, if at all.
    A deed that ``makes`` a session is given "" for its id and returns it. With ``reads`` the target is another
    session, whose id (``do``) and story (``then``) come last.
    """

    do: Callable[..., str]
    then: Callable[..., list[Story]]
    weight: float = 1
    targets: Callable[[Story], list[str]] = lambda story: [""]
    makes: bool = False
    reads: bool = False


_ORPHANED = (
    "The process that executed the run ended before the run did.\n\n"
    "What it stored so far is kept. Ask again to start over."
)
_NAMES = ["orders", "totals", "report"]
_KEYS = ["region", "month", "job"]
_LAST = 3
_LONG_AFTER = timedelta(days=400)


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


def _clean_up(wb: Workbench, session_id: str, step: Step) -> str:
    clock = wb._services.clock
    assert isinstance(clock, Calendar)
    before, clock.ahead = clock.ahead, clock.ahead + _LONG_AFTER
    try:
        report = wb.sessions.cleanup_expired_sessions()
    finally:
        clock.ahead = before
    if report.errors:  # as good as raised: the caller is told
        raise StorageUnavailableError(str(report.errors), hint="Clean up again.")
    return str(len(report.archived))


def _erase(wb: Workbench, session_id: str, step: Step) -> str:
    report = wb.sessions.erase_session(session_id)
    assert not report.found, report.found
    return report.session_id


def _run(wb: Workbench, session_id: str, step: Step) -> str:
    handle = wb.run("echo", {"said": step.token}, session_id)
    handle.result(60)
    return handle.run_id


def _asked(step: Step) -> str:
    return f'/echo said="{step.token}"'


def _ask(wb: Workbench, session_id: str, step: Step) -> str:
    handle = wb.ask(session_id, _asked(step))
    handle.result(60)
    return handle.run_id


def _load(wb: Workbench, session_id: str, step: Step) -> str:
    snapshot = wb.context.list_snapshots(session_id)[int(step.target)]
    return wb.context.load_context(snapshot.snapshot_id).snapshot_id


def _compress(wb: Workbench, session_id: str, step: Step) -> str:
    outcome = wb.context.compress_context(long_context(step.token), 60, session_id=session_id)
    assert outcome.reference is not None
    return outcome.reference


def _inherit(wb: Workbench, session_id: str, step: Step, source: str) -> str:
    filters = ["artifacts", "context", f"messages:last={_LAST}"]
    return wb.context.inherit_context(source, session_id, filters).target_session


def _import(wb: Workbench, session_id: str, step: Step, source: str) -> str:
    bundle = BytesIO()
    wb.context.export_bundle(source, bundle)
    bundle.seek(0)
    return wb.context.import_bundle(bundle).session_id


def _delete(wb: Workbench, session_id: str, step: Step) -> str:
    [id] = [a.artifact_id for a in wb.artifacts.list_artifacts(session_id) if (a.name, a.version) == _place(step)]
    wb.artifacts.delete_artifacts([id], despite=get_args(KeepKind))
    return id


def _undelete(wb: Workbench, session_id: str, step: Step) -> str:
    return wb.artifacts.restore_artifacts([_hidden(wb, session_id, step)])[0].artifact_id


def _purge(wb: Workbench, session_id: str, step: Step) -> str:
    return wb.artifacts.purge_artifacts([_hidden(wb, session_id, step)], now=True).purged[0].artifact_id


def _hidden(wb: Workbench, session_id: str, step: Step) -> str:
    [id] = [w.artifact_id for w in wb.artifacts.deleted_artifacts(session_id) if (w.name, w.version) == _place(step)]
    return id


def _place(step: Step) -> Place:
    name, _, version = step.target.partition("@")
    return name, int(version)


def _told(places: frozenset[Place]) -> list[str]:
    return [f"{name}@{version}" for name, version in sorted(places)]


def _pinnable(story: Story) -> list[str]:
    return [target for target in story.pinnable() if target not in story.now.pins]


def _store(kind: str, weight: float) -> Deed:
    def do(wb: Workbench, session_id: str, step: Step) -> str:
        metadata = ArtifactMetadata(session_id=session_id, workflow_name="deeds", name=step.target)
        return wb.artifacts.store_artifact(content(kind, step.token), metadata)

    return Deed(do, lambda story, step: [story.with_artifact(step.target, kind, step.token)], weight, lambda _: _NAMES)


class Calendar:
    """The system's clock, or one that is ahead of it."""

    def __init__(self, now: Clock, ahead: timedelta = timedelta()) -> None:
        self._now = now
        self.ahead = ahead

    def __call__(self) -> datetime:
        return self._now() + self.ahead


DEEDS: Mapping[str, Deed] = {
    CREATE: Deed(
        lambda wb, _, step: wb.sessions.create_session(title=step.token).session_id,
        lambda _, step: [Story(step.token)],
        weight=0,  # whoever plans says when
        makes=True,
    ),
    "say": Deed(_say, lambda story, step: [story.heard(step.token, step.token)], weight=12),
    "set context": Deed(
        _set_context,
        lambda story, step: [story.with_context(step.target, {"of": step.token})],
        weight=4,
        targets=lambda story: _KEYS,
    ),
    "forget context": Deed(
        _forget_context, lambda story, step: [story.with_context(step.target, None)], targets=lambda story: _KEYS
    ),
    "rename": Deed(_rename, lambda story, step: [story.titled(step.token)], weight=2),
    "update": Deed(
        _update, lambda story, step: [story.with_metadata(step.target, step.token)], targets=lambda story: _KEYS
    ),
    "store small": _store("small", 5),
    "store rows": _store("rows", 1),
    "store large": _store("large", 2),
    "store shared": _store("shared", 1),
    "store table": _store("table", 0.5),
    "store long table": _store("long table", 0.1),
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
        lambda wb, session_id, step: wb.context.dump_context(session_id), lambda story, step: [story.dumped()]
    ),
    "load": Deed(
        _load,
        lambda story, step: [story.loaded(int(step.target))],
        targets=lambda story: [str(number) for number in range(len(story.snapshots))],
    ),
    "pin": Deed(
        lambda wb, session_id, step: wb.context.pin(session_id, step.target),
        lambda story, step: [story.with_pin(step.target)],
        targets=_pinnable,
    ),
    "unpin": Deed(
        lambda wb, session_id, step: wb.context.unpin(session_id, step.target),
        lambda story, step: [story.without_pin(step.target)],
        targets=lambda story: [*story.now.pins],
    ),
    "delete artifact": Deed(
        _delete, lambda story, step: [story.deleted(_place(step))], targets=lambda story: _told(story.artifacts)
    ),
    "restore artifact": Deed(
        _undelete, lambda story, step: [story.undeleted(_place(step))], 0.5, lambda story: _told(story.hidden)
    ),
    "purge artifact": Deed(
        _purge, lambda story, step: [story.purged_of(_place(step))], 0.3, lambda story: _told(story.hidden)
    ),
    "compress context": Deed(_compress, lambda story, step: [story.with_original(step.token)], weight=0.5),
    INHERIT: Deed(_inherit, lambda story, step, source: [story.inherited(source, _LAST)], weight=0.5, reads=True),
    IMPORT: Deed(_import, lambda _, step, source: [source.forked()], weight=0.1, makes=True, reads=True),
    # However far they came, what was archived reads as before.
    "archive": Deed(
        lambda wb, session_id, step: str(wb.sessions.archive_session(session_id)), lambda story, step: [story], 0.5
    ),
    "clean up": Deed(_clean_up, lambda story, step: [story], weight=0.03),
    # Accepted in one commit, closed with its last words in another; between them the next to open closes it.
    "run": Deed(_run, lambda story, step: [story.heard(t, step.token, entries=3) for t in (_ORPHANED, step.token)]),
    "ask": Deed(
        _ask,
        lambda story, step: [
            story.heard(_asked(step), f"asked {step.token}").heard(text, step.token, entries=3)
            for text in (_ORPHANED, step.token)
        ],
        weight=0.3,
    ),
    # The last, because nothing can be done after it; what is interrupted is finished by the next to open.
    ERASE: Deed(_erase, lambda story, step: [replace(story, erased=True)], weight=0.05),
}


def outcomes(stories: Mapping[str, Story], step: Step) -> list[Story]:
    """Return how the story of the step's session may go on by the step, the whole of it last."""
    deed = DEEDS[step.deed]
    return deed.then(stories.get(step.session), step, *([stories[step.target]] if deed.reads else []))


def next_step(
    deed: str, stories: Mapping[str, Story], session: str, token: str, choice: Callable[[list[str]], str] = min
) -> Step | None:
    """Return the step that does a deed to a session, as ``choice`` chooses its target; None when it cannot be done."""
    others = [key for key, story in stories.items() if not story.erased and key != session]
    if DEEDS[deed].makes:
        return Step(deed, f"session {token}", token, session if DEEDS[deed].reads else "")
    targets = others if DEEDS[deed].reads else DEEDS[deed].targets(stories[session])
    return Step(deed, session, token, choice(targets)) if targets else None


_ROOM = [
    *(("store small", name) for name in (*_NAMES, *_NAMES, "orders")),
    *(("set context", key) for key in _KEYS),
    *[("pin", "")] * 2,
    *[("delete artifact", "")] * 3,
    ("checkpoint", ""),
    ("dump", ""),
]


def every_deed_once() -> list[Step]:
    """Return steps that do everything at least once, to the session "all" (the last is its erasure).

    They begin so that each of them could be done twice more at the end.
    """
    steps = [
        Step(CREATE, "other", "other"),
        Step("store small", "other", "of other", "lone"),
        Step(CREATE, "all", "all"),
    ]
    stories: dict[str, Story] = {}
    for step in steps:
        stories[step.session] = outcomes(stories, step)[-1]
    for number, (deed, target) in enumerate([*_ROOM, *((deed, "") for deed in DEEDS)]):
        step = next_step(deed, stories, "all", f"step {number}", lambda found, wanted=target: wanted or min(found))
        assert step is not None, deed
        stories[step.session] = outcomes(stories, step)[-1]
        steps.append(step)
    return steps
