""" "Undo that", "go back two", "redo": how such a message is known, and what is said when it is done."""

import re
from typing import Literal, NamedTuple

from dataops_kernel.context import ContextManager
from dataops_kernel.types import Plan, Run, Undone

_WORDS = {"a": 1, "one": 1, "once": 1, "two": 2, "twice": 2, "both": 2, "three": 3, "four": 4, "five": 5, "six": 6,
          "seven": 7, "eight": 8, "nine": 9, "ten": 10}  # fmt: skip
_NUMBER = r"(\d{1,9}|" + "|".join(_WORDS) + ")"
_POLITE = r"(?:(?:ok|okay|oops|ups|no|sorry|please|now|wait|can you|could you)[,!\s]+)*"
_THAT = r"(?:that|this|it|(?:the|my) last(?: (?:one|step|turn|question|answer|message|change|thing))?)"
_COUNTED = rf"(?:(?:the |my )?(?:last )?{_NUMBER}(?: (?:steps?|turns?|times?|questions?|messages?|changes?|more))?)"
_UNDO = re.compile(
    rf"{_POLITE}(?:undo|revert|go back|step back|take back|roll back)(?: {_THAT})?(?: {_COUNTED})?(?: please)?"
    rf"|{_POLITE}take {_THAT} back(?: please)?",
    re.IGNORECASE,
)
_REDO = re.compile(
    rf"{_POLITE}(?:redo(?: {_THAT})?|(?:undo|revert|take back) (?:the|that|this|my) (?:last )?undo"
    rf"|bring (?:it|that|this) back)(?: please)?",
    re.IGNORECASE,
)
_LONGEST = 80
_MOST = 1_000_000
_QUOTED = 60


class TakeBack(NamedTuple):
    """What a message wants taken back."""

    outcome: Literal["undo", "redo"]
    turns: int = 1


def wants_back(text: str) -> TakeBack | None:
    """Return what a message wants undone or redone; None when it is about something else."""
    said = " ".join(text.split()).rstrip("?!. ") if len(text) <= _LONGEST else ""
    if _REDO.fullmatch(said):
        return TakeBack("redo")
    found = _UNDO.fullmatch(said)
    if found is None:
        return None
    number = next((group.lower() for group in found.groups() if group), "1")
    turns = _WORDS[number] if number in _WORDS else int(number)
    return TakeBack("undo", min(turns, _MOST)) if turns else None


def is_undo(text: str) -> bool:
    """Say whether a message only undoes or redoes."""
    return wants_back(text) is not None


class TakingBack:
    """Does what an undo's plan says, for the run that answers it."""

    def __init__(self, context: ContextManager) -> None:
        self._context = context

    def __call__(self, run: Run, plan: Plan) -> Undone:
        """Restore the run's session; raises ``ParameterError`` and ``ConflictError`` as the context manager does."""
        session_id, message_id = run.session_id or "", run.message_id or ""
        if plan.outcome == "redo":
            return self._context.redo_turns(session_id, message_id=message_id, run_id=run.run_id, is_undo=is_undo)
        return self._context.undo_turns(
            session_id, plan.turns, message_id=message_id, run_id=run.run_id, is_undo=is_undo
        )


def told_undone(undone: Undone) -> str:
    """Return what was taken back, and how to get it back again."""
    way = f"`dataops checkpoint restore @{undone.left}`"
    if not undone.said:
        return f"It is back: conversation and tables are as they were before the undo. To leave them again: {way}."
    shown = [" ".join(text.split()) for text in undone.said[:3]]
    cut = [text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…" for text in shown]
    more = f" and {len(undone.said) - 3:,} more" if len(undone.said) > 3 else ""
    return (
        f"Undone: {', '.join(f'“{_plain(text)}”' for text in cut)}{more}. Conversation and tables are as they were "
        f"before. Nothing is lost: say “redo” next, or later {way} (`dataops checkpoint tree` shows every branch)."
    )


def _plain(text: str) -> str:
    """Return the user's own words as Markdown that shows exactly them."""
    return re.sub(r"([\\`*_\[\]<>|~#$])", r"\\\1", text)
