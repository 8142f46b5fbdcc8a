"""A session in few words, inside a budget of tokens: what was said long ago, what fits the question, what came last."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dataops_kernel.errors import ParameterError
from dataops_kernel.llm.tokens import count_tokens, fit
from dataops_kernel.sessionlog import Line, SessionLog
from dataops_kernel.sessions.rolling import RollingSummaries
from dataops_kernel.types import Message, MessageAdded, MessageHit, Remembered, RollingSummary

if TYPE_CHECKING:
    from dataops_kernel.sessions.memory import Memory

_RECENT, _RELEVANT = 0.5, 0.25  # shares of the budget; what one part leaves over, the next may use
_ONE_TURN = 0.25  # a single turn, but for the newest, is cut to this share
_FITTING_TURNS = 12
_ABOUT = 400  # characters of a question that are looked for: who pastes a page asks in its first lines
_ANSWERING = 64  # log entries that a question's answer may take
_SEARCHES = 256
_PAGE = 32
_COUNTED = 50_000
_EARLIER, _FITTING, _LATELY = "Earlier in this session:", "Said before about this:", "Most recent:"


class Turn(NamedTuple):
    """One message of a line as it is shown, with its log entry's number and its tokens."""

    seq: int
    message: Message
    text: str
    tokens: int
    why: str = ""


class _Search(NamedTuple):
    """What was found for a question when the line ended at ``head``."""

    about: str
    head: int
    hits: Sequence[MessageHit]


class Summary(NamedTuple):
    """The parts of a summary; any of them may be empty."""

    earlier: list[Remembered]
    relevant: list[Turn]
    recent: list[Turn]
    text: str


class ContextSummaries:
    """Summaries of sessions. The cost of one does not grow with the session: the past is rolled up as it comes."""

    def __init__(self, log: SessionLog, rolling: RollingSummaries, memory: "Memory | None" = None) -> None:
        self._log = log
        self._rolling = rolling
        self._memory = memory
        self._tokens: dict[tuple[str, int], int] = {}
        self._searches: dict[str, _Search] = {}

    def text(self, session_id: str, max_tokens: int) -> str:
        """Return the session in at most ``max_tokens`` tokens (``llm.tokens.count_tokens``), "" when none fit.

        Raises ``ParameterError`` for a budget below 0 or one that is no whole number.
        """
        return self.compose(session_id, max_tokens).text

    def compose(self, session_id: str, max_tokens: int, about: str | None = None) -> Summary:
        """Return the parts and their text; ``about`` is what turns are relevant to (the newest of the user's words).

        The newest turns take up to half of the budget, relevant ones a quarter, the rest is for what the rolling
        summary keeps; a conversation that fits as a whole is given as a whole.
        """
        budget = checked_budget(max_tokens)
        line = self._log.line(session_id, self._log.tail(session_id))
        recent, whole = self._recent(session_id, line, budget)
        if whole or not recent:
            return Summary([], [], recent, _lines(recent) if recent else "")
        if about is None:
            about = next((turn.message.content for turn in reversed(recent) if turn.message.role == "user"), "")
        recent = _newest(recent, int(budget * _RECENT) - _cost(_LATELY), budget)
        shown = {turn.seq for turn in recent}
        room = budget - _spent(recent, _LATELY)
        relevant = self.fitting(session_id, line, about, shown, min(room, int(budget * _RELEVANT)))
        shown |= {turn.seq for turn in relevant}
        room -= _spent(relevant, _FITTING)
        earlier = _best(self.rolling(session_id, line).sentences, shown, room - _cost(_EARLIER))
        text = _text(earlier, relevant, recent)
        return Summary(earlier, relevant, recent, text if count_tokens(text) <= budget else fit(text, budget))

    def turn(self, session_id: str, seq: int, message: Message) -> Turn:
        """Return a message as it is shown; its tokens are counted once and remembered."""
        text = said(message)
        key = (session_id, seq)
        tokens = self._tokens.get(key)
        if tokens is None:
            tokens = count_tokens(text)
            if len(self._tokens) >= _COUNTED:
                self._tokens.clear()
            self._tokens[key] = tokens
        return Turn(seq, message, text, tokens)

    def newest(self, session_id: str, line: Line, max_tokens: int) -> list[Turn]:
        """Return the newest whole turns of a line that fit together, oldest of them first."""
        return self._recent(session_id, line, max_tokens)[0]

    def _recent(self, session_id: str, line: Line, budget: int) -> tuple[list[Turn], bool]:
        """Read backwards until the budget is full; say also whether that was the whole conversation.

        The newest turn is there even when it is larger than the budget; who shows it cuts it.
        """
        turns: list[Turn] = []
        for seq, entry in self._log.read_back(session_id, line, page=_PAGE):
            if not isinstance(entry, MessageAdded):
                continue
            turn = self.turn(session_id, seq, entry)
            budget -= turn.tokens + 1
            if budget < -1 and turns:  # the line end after the last turn is not there
                return turns[::-1], False
            turns.append(turn)
        return turns[::-1], budget >= -1

    def fitting(self, session_id: str, line: Line, about: str, shown: set[int], budget: int) -> list[Turn]:
        """Return the turns that have to do with a text and are not shown anyway, in the order they were said."""
        room = budget - _cost(_FITTING)
        if self._memory is None or not about or room <= 0:
            return []
        found = self._found(self._memory, session_id, line, about[:_ABOUT])
        hits = [hit for hit in found if hit.seq in line and hit.seq not in shown]
        turns = (self.turn(session_id, hit.seq, hit.message)._replace(why=", ".join(hit.why)) for hit in hits)
        return _taken(turns, room, int(budget * 2 * _ONE_TURN))

    def _found(self, memory: "Memory", session_id: str, line: Line, about: str) -> Sequence[MessageHit]:
        """Search once for a question: what is said while it is answered is among the newest turns anyway."""
        known = self._searches.get(session_id)
        if known is not None and known.about == about and known.head in line and line.head - known.head <= _ANSWERING:
            return known.hits
        hits = memory.relevant(session_id, about, line=line, k=2 * _FITTING_TURNS)
        if len(self._searches) >= _SEARCHES:
            self._searches.clear()
        self._searches[session_id] = _Search(about, line.head, hits)
        return hits

    def rolling(self, session_id: str, line: Line) -> RollingSummary:
        """Return the rolling summary of a line with an end."""
        return self._rolling.at(session_id, line)

    def earlier(self, session_id: str, line: Line, shown: set[int], budget: int) -> str:
        """Return what the rolling summary keeps of entries that are not shown anyway; "" when nothing fits."""
        best = _best(self.rolling(session_id, line).sentences, shown, budget - _cost(_EARLIER))
        return "\n".join([_EARLIER, *map(remembered_line, best)]) if best else ""


def checked_budget(max_tokens: int) -> int:
    """Return a budget of tokens; raises ``ParameterError`` for one below 0 or one that is no whole number."""
    if isinstance(max_tokens, bool) or not isinstance(max_tokens, int) or max_tokens < 0:
        raise ParameterError(
            f"A budget of {max_tokens!r} tokens cannot be kept.", hint="Give a whole number of 0 or more: 2000"
        )
    return max_tokens


def said(message: Message) -> str:
    """Return a message as a line of a conversation."""
    return f"{message.role}: {' '.join(message.content.split())}"


def _newest(turns: list[Turn], share: int, budget: int) -> list[Turn]:
    newest = turns[-1]
    whole = newest if newest.tokens <= budget else _cut(newest, budget)
    return [*_taken(turns[-2::-1], share - whole.tokens - 1, int(budget * _ONE_TURN)), whole]


def _taken(turns: Iterable[Turn], budget: int, longest: int) -> list[Turn]:
    """Return the first turns that fit, each cut to ``longest`` tokens, in the order they were said."""
    taken: list[Turn] = []
    for turn in turns:
        short = turn if turn.tokens <= longest else _cut(turn, longest)
        budget -= short.tokens + 1
        if budget < 0 or not short.text:
            break
        taken.append(short)
    return sorted(taken, key=lambda turn: turn.seq)


def _cut(turn: Turn, budget: int) -> Turn:
    text = fit(turn.text, budget)
    return turn._replace(text=text, tokens=count_tokens(text))


def _best(sentences: Sequence[Remembered], shown: set[int], budget: int) -> list[Remembered]:
    """Return the weightiest sentences that fit and are not shown anyway, in the order they were said."""
    chosen: list[Remembered] = []
    for sentence in sorted(sentences, key=lambda sentence: (-sentence.weight, -sentence.seq)):
        if sentence.seq in shown:
            continue
        cost = count_tokens(remembered_line(sentence)) + 1
        if cost <= budget:
            chosen.append(sentence)
            budget -= cost
    return sorted(chosen, key=lambda sentence: sentence.seq)


def remembered_line(sentence: Remembered) -> str:
    """Return a remembered sentence as a line of a summary."""
    return f"- {sentence.role}: {sentence.text}"


def _text(earlier: list[Remembered], relevant: list[Turn], recent: list[Turn]) -> str:
    parts = []
    if earlier:
        parts.append("\n".join([_EARLIER, *map(remembered_line, earlier)]))
    if relevant:
        parts.append(f"{_FITTING}\n{_lines(relevant)}")
    # A heading over the only part says nothing.
    parts.append(f"{_LATELY}\n{_lines(recent)}" if parts else _lines(recent))
    return "\n".join(parts)


def _lines(turns: Iterable[Turn]) -> str:
    return "\n".join(turn.text for turn in turns)


def _spent(turns: Sequence[Turn], heading: str) -> int:
    return sum(turn.tokens + 1 for turn in turns) + _cost(heading) if turns else 0


def _cost(heading: str) -> int:
    return count_tokens(heading) + 1
