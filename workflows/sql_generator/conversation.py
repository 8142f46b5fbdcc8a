"""Several messages into one question: each is a question of its own or changes the one before, and evidence decides.

A conversation is a list of texts. It is read anew every time, over the tables as they are now, so that nothing has to
be kept between the messages but their words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from .clauses import FILTERS, Ask, Bare, Clause, Group, Limit, Measure, Part, Rank, Share, Sort, Values, When
from .linking import Mention, TableMatch
from .merging import behind, check_dropped, merged
from .plan import Order, QueryPlan
from .resolve import Unclear
from .shifting import shifted
from .turns import Turn, read_turn
from .understanding import Reading, Refusal, Understanding
from .words import word_list


@dataclass(frozen=True)
class Story:
    """A question as its messages have made it.

    ``texts`` are the messages that count. ``limit``, ``everything`` and ``reverse`` are what no clause says: "the first
    5", "show all", "the other way round"; ``base`` is the table that was chosen by name.
    """

    reading: Reading
    texts: tuple[str, ...]
    base: str | None = None
    limit: int | None = None
    everything: bool = False
    reverse: bool = False


class Told(NamedTuple):
    """What a message came to: the plan and its story, and whether it changed the question before."""

    plan: QueryPlan
    story: Story
    is_follow_up: bool


class Untold(NamedTuple):
    """A message that led nowhere, and the texts the next message may change."""

    refusal: Refusal
    texts: tuple[str, ...]
    is_follow_up: bool


class Conversation:
    """Reads messages one after another over one understanding of the data."""

    def __init__(self, understanding: Understanding) -> None:
        self._understanding = understanding
        self._tables = frozenset(table.name.casefold() for table in understanding.schema.tables)

    def tell(self, earlier: Sequence[str], text: str) -> Told | Untold:
        """Return what ``text`` comes to after the ``earlier`` messages."""
        story: Story | None = None
        failed: str | None = None
        for past in earlier:
            told = self._next(story, failed, past)
            if isinstance(told, Told):
                story, failed = told.story, None
            elif not told.is_follow_up:
                story, failed = None, past
        return self._next(story, failed, text)

    def _next(self, story: Story | None, failed: str | None, text: str) -> Told | Untold:
        turn = read_turn(text, self._tables)
        if story is None:
            mended = self._mended(failed, turn) if failed is not None else None
            return mended or self._alone(text, turn)
        if turn.act or turn.is_marked:
            return self._follow_up(story, turn, text)
        said = self._understanding.read(turn.rest, fragment=True)
        if isinstance(said, Reading) and (_is_fragment(said.clauses) or (turn.is_open and not _is_full(said.clauses))):
            told = self._follow_up(story, turn, text)
            if isinstance(told, Told):
                return told
            alone = self._alone(text, None)
            return alone if isinstance(alone, Told) else told
        return self._alone(text, None)

    def _alone(self, text: str, turn: Turn | None) -> Told | Untold:
        """Read a message as a question of its own."""
        reading = self._understanding.read(text)
        plan = reading if isinstance(reading, Refusal) else self._understanding.plan(reading)
        if isinstance(reading, Refusal) or isinstance(plan, Refusal):
            assert isinstance(plan, Refusal)
            if turn is not None and (turn.act or turn.is_marked):
                plan = replace(plan, reason=f"there is no question before it to change, and by itself {_TOO_LITTLE}")
                plan = replace(plan, unknown=())
            return Untold(plan, (text,), is_follow_up=False)
        return Told(plan, Story(reading, (text,)), is_follow_up=False)

    def _mended(self, failed: str, turn: Turn) -> Told | None:
        """Put a correction into the place of the one word that was not understood: "I meant amount"."""
        no = self._understanding.read(failed)
        if not isinstance(no, Refusal) or len(no.unknown) != 1 or not turn.replaces or not turn.is_marked:
            return None
        told = self._alone(failed.replace(no.unknown[0], turn.rest, 1), None)
        return told._replace(is_follow_up=True) if isinstance(told, Told) else None

    def _follow_up(self, story: Story, turn: Turn, text: str) -> Told | Untold:
        try:
            changed = self._changed(story, turn)
        except Unclear as unclear:
            return Untold(Refusal(unclear.message), story.texts, is_follow_up=True)
        if isinstance(changed, Story):
            plan = self._plan(changed)
            if isinstance(plan, QueryPlan):
                return Told(plan, replace(changed, texts=(*story.texts, text)), is_follow_up=True)
            changed = plan
        return Untold(changed, story.texts, is_follow_up=True)

    # ------------------------------------------------------------------------------------------------ changing

    def _changed(self, story: Story, turn: Turn) -> Story | Refusal:
        """Return the story after a follow-up; raises ``Unclear``."""
        clauses = story.reading.clauses
        match turn.act:
            case "again":
                return story
            case "reverse":
                return _reversed(story)
            case "all":
                return replace(story, limit=None, everything=True)
            case "first":
                return replace(story, limit=turn.count, everything=False)
            case "shift":
                plan = self._plan(story)
                return plan if isinstance(plan, Refusal) else self._with(story, shifted(clauses, plan, turn))
            case "behind":
                return self._behind(story, turn)
            case "table":
                return self._over(story, turn)
        if turn.rest.casefold() in _UNFINISHED:
            raise Unclear("it stops in the middle; please say the rest")
        said = self._understanding.read(turn.rest, fragment=True)
        if isinstance(said, Refusal):
            return said
        if turn.dropped:
            dropped = self._understanding.read(turn.dropped, fragment=True)
            if isinstance(dropped, Refusal):
                return dropped
            check_dropped(clauses, dropped.clauses, turn.dropped)
        ordered = any(isinstance(clause, Rank | Sort) for clause in said.clauses)
        changed = self._with(story, merged(clauses, said.clauses, turn), said)
        return replace(changed, limit=None, everything=False, reverse=False) if ordered else changed

    def _with(self, story: Story, clauses: tuple[Clause, ...], said: Reading | None = None) -> Story:
        notes = (*story.reading.notes, *(said.notes if said else ()))
        understood = (*story.reading.understood, *(said.understood if said else ()))
        return replace(story, reading=Reading(clauses, tuple(dict.fromkeys(notes)), tuple(dict.fromkeys(understood))))

    def _behind(self, story: Story, turn: Turn) -> Story | Refusal:
        plan = self._plan(story)
        if isinstance(plan, Refusal):
            return plan
        table = self._understanding.schema.by_name[plan.base]
        rows = Mention(table.name, tables=(TableMatch(table, 1.0),), plural=True)
        listed = behind(story.reading.clauses, rows)
        said = self._understanding.read(turn.rest, fragment=True)
        if isinstance(said, Refusal):
            return said
        told = self._with(story, merged(listed, said.clauses, Turn("")) if said.clauses else listed, said)
        return replace(told, limit=None, everything=False, reverse=False)

    def _over(self, story: Story, turn: Turn) -> Story | Refusal:
        """Ask the same of a table that is named: as it stands, or of its rows instead of those asked for."""
        table = next(t for t in self._understanding.schema.tables if t.name.casefold() == turn.rest.casefold())
        chosen = replace(story, base=table.name)
        plan = self._plan(chosen)
        if isinstance(plan, QueryPlan):
            return chosen
        rows = Mention(table.name, tables=(TableMatch(table, 1.0),), plural=True)
        clauses = merged(story.reading.clauses, [Bare(Part(rows))], replace(turn, replaces=True))
        return replace(self._with(story, clauses), base=table.name)

    # ------------------------------------------------------------------------------------------------ planning

    def _plan(self, story: Story) -> QueryPlan | Refusal:
        plan = self._understanding.plan(story.reading, story.base)
        if isinstance(plan, Refusal) or (story.everything and plan.within):
            return plan
        if story.everything:
            plan = plan.model_copy(update={"limit": None, "only_first": False})
        if story.limit is not None:
            if plan.within:
                return Refusal("is it the first of all, or the first of each group?")
            plan = plan.model_copy(update={"limit": story.limit, "only_first": False})
        if story.reverse:
            at = len(plan.within)
            if len(plan.order) <= at:
                return Refusal("it has no order that could be turned round; say by what to sort")
            first = plan.order[at]
            flipped = Order(by=first.by, descending=not first.descending)
            plan = plan.model_copy(update={"order": (*plan.order[:at], flipped, *plan.order[at + 1 :])})
        return plan


_TOO_LITTLE = "it says too little"
_UNFINISHED = frozenset(word_list("by per for in with and or of to from since over under than where without not"))


def _reversed(story: Story) -> Story:
    """Turn what is asked for round: the top becomes the bottom."""
    clauses = list(story.reading.clauses)
    for at, clause in enumerate(clauses):
        if isinstance(clause, Rank) and not story.everything:
            clauses[at] = replace(clause, descending=not clause.descending)
            return replace(story, reading=replace(story.reading, clauses=tuple(clauses)))
    return replace(story, reverse=not story.reverse)


def _is_fragment(clauses: Sequence[Clause]) -> bool:
    """Whether there is no subject: only filters, groups, orders, or a function without its number."""
    if not clauses:
        return False
    for clause in clauses:
        match clause:
            case Group() | Sort() | Limit() | Share():
                continue
            case Measure(wanted=wanted) if wanted.mention is None:
                continue
            case Rank(subject=None, by=None):
                continue
            case Ask(how="any"):
                continue
            case Bare(part=part) if part.mention is None:
                continue
            case _ if isinstance(clause, FILTERS) and not _names_rows(clause):
                continue
        return False
    return True


def _names_rows(clause: object) -> bool:
    mention = clause.column if isinstance(clause, Values) else getattr(clause, "mention", None)
    return mention is not None and bool(mention.tables) and not isinstance(clause, When)


def _is_full(clauses: Sequence[Clause]) -> bool:
    """Whether it asks in a full sentence: "how many customers are there", "show the products"."""
    asks = any(isinstance(clause, Ask) and clause.how != "any" for clause in clauses)
    counts = any(
        isinstance(clause, Measure) and clause.wanted.mention is not None and clause.wanted.function is not None
        for clause in clauses
    )
    return counts or (asks and any(isinstance(clause, Bare) for clause in clauses))
