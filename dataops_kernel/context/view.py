"""The context view: the blocks a model would see of a session, why each is there, and what had no room."""

import contextlib
from typing import Any

from dataops_kernel.artifacts.store import ArtifactStore
from dataops_kernel.clock import Clock
from dataops_kernel.context.compression import verified
from dataops_kernel.context.keeping import keep_list
from dataops_kernel.context.page import BETWEEN, Page
from dataops_kernel.context.pins import ARTIFACT, CONTEXT, Pin, Pins
from dataops_kernel.context.places import rendered
from dataops_kernel.errors import ConflictError, DataOpsError, LimitExceededError, StorageUnavailableError
from dataops_kernel.ids import IdSource
from dataops_kernel.llm.tokens import count_tokens
from dataops_kernel.sessionlog import Line, SessionLog
from dataops_kernel.sessions import SessionManager
from dataops_kernel.sessions.summary import Turn, checked_budget, said
from dataops_kernel.storage.ledger import Ledger, Put
from dataops_kernel.types import (
    Artifact,
    AutomaticCompression,
    ContextView,
    MessageAdded,
    SessionStatus,
    TurnsFolded,
    session_stream,
)

KIND = "fold"
"""Records of automatic compressions, stamped with their log entry."""

NEARLY_FULL = 0.8
"""The share of the budget above which older turns are folded into the rolling summary."""
_RECENT_AFTER = 0.4  # what the newest turns may take right after a folding
_PINNED, _CONTEXT, _TABLES, _RELEVANT = 0.5, 0.2, 0.1, 0.25
_LOOKED_AT = 2  # budgets of turns that are looked at to say how much a folding saves
_COLUMNS = 12


class ContextViews:
    """Views of every session within ``budget`` tokens, unless another budget is asked for."""

    def __init__(
        self,
        ledger: Ledger,
        log: SessionLog,
        sessions: SessionManager,
        artifacts: ArtifactStore,
        pins: Pins,
        ids: IdSource,
        clock: Clock,
        budget: int,
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._sessions = sessions
        self._artifacts = artifacts
        self._pins = pins
        self._ids = ids
        self._clock = clock
        self._budget = budget

    def view(
        self, session_id: str, text: str | None = None, max_tokens: int | None = None, *, keep: bool = True
    ) -> ContextView:
        """Return what a model would see if ``text`` (the newest words of the user) were asked now.

        In this order: facts about the session, pins, tables, context values, rolling summary, turns that have to do
        with the text, newest turns; at most ``max_tokens`` together. Without ``max_tokens`` it is the session's own
        view: when it is above ``NEARLY_FULL`` of its budget, older turns are folded into the rolling summary, and the
        log keeps when, how and how many. Nothing is lost by it: the turns stay in the log and are found by search.
        With ``keep`` False nothing is written: the turns are left out of this view only.
        """
        budget = self._budget if max_tokens is None else checked_budget(max_tokens)
        record = self._sessions.record(session_id)
        line = self._log.line(session_id, self._log.tail(session_id))
        page = Page(budget)
        page.add("system", "system", "session record", self._facts(session_id), "Every view begins with it.")
        self._add_pins(page, session_id, line)
        self._add_tables(page, session_id, line)
        self._add_context(page, session_id, line)
        folds = self._folds(session_id, line)
        turns, fold = self._turns(page, session_id, line, folds[-1].seq if folds and max_tokens is None else 0)
        about = text if text is not None else _asked(turns)
        self._add_earlier(page, session_id, line, turns, about)
        for turn in turns:
            page.add(_id(turn), "recent", _source(turn), turn.text, "Said lately.", cut=True)
        view = page.view(session_id, tuple(map(_public, folds)))
        if keep and fold is not None and max_tokens is None and record.status is not SessionStatus.EXPIRED:
            fold = fold.model_copy(update={"tokens_after": view.tokens})
            self._write(session_id, fold)
            view = view.model_copy(update={"compressions": (*view.compressions, _public(fold))})
        return view

    # The parts

    def _facts(self, session_id: str) -> str:
        record = self._sessions.record(session_id)
        title = f" {record.title!r}" if record.title else ""
        return f"Session{title}, started {record.created_at:%Y-%m-%d}. Rows shown: {record.user_preferences.row_limit}."

    def _add_pins(self, page: Page, session_id: str, line: Line) -> None:
        pins = self._pins.of(session_id, line)
        keys = self._sessions.context(session_id, line) if pins else {}
        for pin in pins:
            found = self._pinned_text(session_id, pin, keys)
            if found is not None:
                source, text = found
                page.add(pin.target, "pinned", source, text, "Pinned.", cut=True, share=_PINNED, pinned=True)
                page.entries |= {pin.at} if pin.at else set()

    def _pinned_text(self, session_id: str, pin: Pin, keys: dict[str, Any]) -> tuple[str, str] | None:
        if pin.at is not None:
            line = Line(((pin.at, pin.at),))
            for seq, entry in self._log.read(session_id, line):
                if isinstance(entry, MessageAdded):
                    return f"message of log entry {seq}", said(entry)
        if pin.target.startswith(CONTEXT):
            key = pin.target.removeprefix(CONTEXT)
            # A value that was removed since leaves nothing to show; the pin waits for it to come back.
            return (f"context key {key!r}", _valued(key, keys[key])) if key in keys else None
        try:
            if pin.target.startswith(ARTIFACT):
                artifact = self._artifacts.latest(session_id, pin.target.removeprefix(ARTIFACT))
            else:
                artifact = self._artifacts.describe(pin.target)
        except DataOpsError:
            return None
        return f"artifact {artifact.artifact_id}", described(artifact)

    def _add_tables(self, page: Page, session_id: str, line: Line) -> None:
        tables = [artifact for artifact in self._artifacts.at(session_id, line).values() if artifact.is_table]
        room = min(int(page.budget * _TABLES), page.room)
        lines = ["Tables:"]
        for artifact in tables:
            if count_tokens("\n".join([*lines, described(artifact)])) > room:
                lines.append(f"… {len(tables) - len(lines) + 1} more")
                break
            lines.append(described(artifact))
        if tables:
            text = "\n".join(lines)
            page.add("tables", "tables", f"{len(tables)} tables of this line", text, "SQL can name them.", cut=True)

    def _add_context(self, page: Page, session_id: str, line: Line) -> None:
        values = self._sessions.context(session_id, line)
        room = min(int(page.budget * _CONTEXT), page.room)
        for at, (key, value) in enumerate(values.items()):
            target = f"{CONTEXT}{key}"
            if target in page.ids:
                continue
            share = room // (len(values) - at)
            text, why = _valued(key, value), "A value of the session's context."
            tokens = count_tokens(text)
            if tokens > share:
                try:
                    small, *_ = verified({key: value}, keep_list({key: value}), share, None)
                except LimitExceededError as err:
                    page.leave(target, "context", tokens, f"{err.facts['needed']} tokens is the least it can be.")
                    continue
                text, why = rendered(small), f"A value of the session's context, compressed from {tokens} tokens."
            if page.add(target, "context", f"context key {key!r}", text, why):
                room -= page.blocks[-1].tokens + BETWEEN

    def _add_earlier(self, page: Page, session_id: str, line: Line, turns: list[Turn], about: str) -> None:
        """Add the rolling summary and the turns that have to do with the text, leaving room for the newest."""
        summaries = self._sessions.summaries
        rolling = summaries.rolling(session_id, line)
        if rolling.messages <= len(turns):
            return
        room = page.room - sum(turn.tokens + BETWEEN for turn in turns)
        shown = {turn.seq for turn in turns} | page.entries
        fitting = summaries.fitting(session_id, line, about, shown, min(room, int(page.budget * _RELEVANT)))
        room -= sum(turn.tokens + BETWEEN for turn in fitting)
        shown |= {turn.seq for turn in fitting}
        earlier = summaries.earlier(session_id, line, shown, room - 2 * BETWEEN)
        if earlier:
            source = f"{rolling.messages} messages up to log entry {rolling.seq}"
            page.add("summary", "summary", source, earlier, "What was said before, in short.")
        for turn in fitting:
            why = f"Has to do with what is asked: {turn.why}." if turn.why else "Has to do with what is asked."
            page.add(_id(turn), "relevant", _source(turn), turn.text, why)

    # The newest turns, and folding the older ones

    def _turns(self, page: Page, session_id: str, line: Line, folded: int) -> tuple[list[Turn], TurnsFolded | None]:
        """Return the newest turns to show, and the folding that is due."""
        summaries = self._sessions.summaries
        read = summaries.newest(session_id, line, _LOOKED_AT * page.budget)
        turns = [turn for turn in read if turn.seq > folded] or read[-1:]
        full = page.used + sum(turn.tokens + BETWEEN for turn in turns)
        if full <= page.budget * NEARLY_FULL:
            return turns, None
        room = min(int(page.budget * _RECENT_AFTER), page.room)
        kept: list[Turn] = []
        for turn in reversed(turns):
            room -= turn.tokens + BETWEEN
            if room < 0 and kept:
                break
            kept.append(turn)
        kept.reverse()
        if len(kept) == len(turns):
            return kept, None
        return kept, TurnsFolded(
            time=self._clock(),
            seq=kept[0].seq - 1,
            method="extractive",
            messages=summaries.rolling(session_id, line).messages - len(kept),
            tokens_before=full,
            tokens_after=0,
        )

    def _folds(self, session_id: str, line: Line) -> list[TurnsFolded]:
        records = [record for record in self._ledger.children(KIND, session_id) if record.seq in line]
        folds = [TurnsFolded.model_validate_json(record.body) for record in records]
        return sorted(folds, key=lambda fold: fold.seq)

    def _write(self, session_id: str, fold: TurnsFolded) -> None:
        stream = session_stream(session_id)
        record = Put(KIND, self._ids.new("ctx"), fold.to_json(), parent=session_id, session=session_id, stamp=stream)
        # What cannot be written down now is found due again by the next view.
        with contextlib.suppress(ConflictError, StorageUnavailableError):
            self._log.append(session_id, fold, also=[record])


def described(artifact: Artifact) -> str:
    """Return an artifact in one line: name, version, size, first columns."""
    rows = "" if artifact.row_count is None else f", {artifact.row_count:,} rows"
    columns = ", ".join(f"{column.name} {column.type}" for column in artifact.columns[:_COLUMNS])
    more = f", … {len(artifact.columns) - _COLUMNS} more" if len(artifact.columns) > _COLUMNS else ""
    told = f": {columns}{more}" if columns else ""
    said_of_it = f" ({' '.join(artifact.description.split())[:200]})" if artifact.description else ""
    return f"{artifact.name} v{artifact.version}{said_of_it}, {artifact.content_type}{rows}{told}"


def _valued(key: str, value: Any) -> str:
    return f"{key} = {rendered(value)}"


def _asked(turns: list[Turn]) -> str:
    return next((turn.message.content for turn in reversed(turns) if turn.message.role == "user"), "")


def _id(turn: Turn) -> str:
    return turn.message.message_id or f"entry:{turn.seq}"


def _source(turn: Turn) -> str:
    return f"message of log entry {turn.seq}"


def _public(fold: TurnsFolded) -> AutomaticCompression:
    return AutomaticCompression(**fold.model_dump(exclude={"type"}))
