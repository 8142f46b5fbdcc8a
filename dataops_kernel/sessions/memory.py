"""Conversation memory: what was said about this, in one session or in all sessions of a user."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from dataops_kernel.errors import LimitExceededError, ParameterError
from dataops_kernel.llm.tokens import count_tokens
from dataops_kernel.sessionlog import Line, SessionLog
from dataops_kernel.sessionlog.line import OPEN_END
from dataops_kernel.sessions.ranking import QUICK, THOROUGH, Effort, Keep, Place, Ranked, rank
from dataops_kernel.sessions.terms import SILENT, every_word, root, terms
from dataops_kernel.storage.ledger import Ledger
from dataops_kernel.storage.textindex import TextIndex
from dataops_kernel.types import ArtifactAttached, MessageAdded, SessionRecord
from dataops_kernel.types.memory import MessageHit

MAX_HITS = 1_000
"""The most messages one search returns."""
MAX_TEXT = 100_000
"""The longest text to search for, in characters."""
_PAGE = 1_000
_REMEMBERED_LINES = 10_000
_PAGE_OF_HITS = 16
_NEAR = 8  # log entries: reading those between two messages costs less than another reading
_EVERYTHING = Line(((1, OPEN_END),))


class Memory:
    """Finds messages by what they are about; reads new log entries into its index when somebody searches.

    Whose session it is, is asked by the facade above.
    """

    def __init__(self, ledger: Ledger, log: SessionLog, index: TextIndex) -> None:
        self._ledger = ledger
        self._log = log
        self._index = index
        self._known_lines: dict[str, tuple[int, Line]] = {}

    def search(
        self, user_id: str, text: str, *, session_id: str | None = None, k: int = 10, left: bool = False
    ) -> list[MessageHit]:
        """Return up to ``k`` messages of a user that have to do with ``text``, best first.

        All of the user's sessions are searched when ``session_id`` is None. Messages on lines that a restore left are
        found only with ``left``. Raises ``ParameterError`` for a ``k`` outside 1 to 1,000 or a text without words,
        ``LimitExceededError`` for a text over 100,000 characters.
        """
        if not 1 <= k <= MAX_HITS:
            raise ParameterError(f"k is {k!r}; it must be from 1 to {MAX_HITS:,}.", hint="Ask for 10 messages: k=10")
        if len(text) > MAX_TEXT:
            raise LimitExceededError(
                f"A search of {len(text):,} characters is over the limit of {MAX_TEXT:,}.",
                hint="Search for a sentence or a few words.",
            )
        if not any(map(str.isalnum, text)):
            raise ParameterError(
                f"There is no word to search for in {text[:80]!r}.", hint="Say what it was about, for example: refunds"
            )
        sessions = [session_id] if session_id is not None else self._sessions(user_id)
        tails = self._catch_up(user_id, sessions)
        ranked = self._rank(user_id, text, session_id, None if left else self._on_its_line(tails), k)
        return [*islice(self._each_hit(ranked, at_once=k), k)]

    def relevant(
        self,
        session_id: str,
        text: str,
        *,
        line: Line,
        max_tokens: int | None = None,
        k: int | None = None,
        without: Collection[int] = frozenset(),
    ) -> list[MessageHit]:
        """Return the messages of a session's line that have to do with ``text``, best first.

        At most ``k`` messages and together at most ``max_tokens`` tokens of content; a message that does not fit is
        passed over for shorter ones behind it. Log entries numbered in ``without`` are left out. Any text will do:
        without a word that tells, nothing is found.
        """
        most = MAX_HITS if k is None else min(k, MAX_HITS)
        if most < 1 or (max_tokens is not None and max_tokens < 1):
            return []
        stored = self._ledger.get("session", session_id)
        if stored is None:
            return []
        owner = SessionRecord.model_validate_json(stored.body).user_id
        self._catch_up(owner, [session_id])

        def keep(_: str, number: int) -> bool:
            return number in line and number not in without

        enough = most if max_tokens is None else min(most, max(10, max_tokens // 5))
        ranked = self._rank(owner, text[:MAX_TEXT], session_id, keep, enough, QUICK)
        if max_tokens is None:
            return [*islice(self._each_hit(ranked, at_once=most), most)]
        kept: list[MessageHit] = []
        left = max_tokens
        for hit in self._each_hit(ranked, at_once=_PAGE_OF_HITS):
            size = count_tokens(hit.message.content)
            if size <= left:
                kept.append(hit)
                left -= size
            if len(kept) == most or left < 1:
                break
        return kept

    def forget(self, session_id: str) -> None:
        """Remove a session from the index, for a session that is erased."""
        self._index.remove(session_id)

    def purge(self) -> None:
        """Leave no byte of forgotten sessions in the index's files."""
        self._index.purge()

    def close(self) -> None:
        """Let go of the index's files."""
        self._index.close()

    # Keeping up with the logs

    def _sessions(self, user_id: str) -> list[str]:
        return [record.id for record in self._ledger.children("session", user_id)]

    def _catch_up(self, owner: str, sessions: list[str]) -> dict[str, int]:
        """Read what was said since the index was last used; a message costs nothing here when it is added.

        Returns the number of each session's newest log entry.
        """
        positions = self._index.positions(sessions)
        tails = {session_id: self._log.tail(session_id) for session_id in sessions}
        for session_id, tail in tails.items():
            position = positions.get(session_id, 0)
            if tail < position:
                # The ledger is older than the index: it was restored from a backup.
                self._index.remove(session_id)
                position = 0
            if tail > position:
                self._read(owner, session_id, position)
        return tails

    def _read(self, owner: str, session_id: str, position: int) -> None:
        names: dict[str, str] = {}
        texts: list[tuple[int, list[str]]] = []
        number = position
        for number, entry in self._log.read(session_id, _EVERYTHING, after=position):
            if isinstance(entry, ArtifactAttached):
                names[entry.artifact_id] = entry.name
            elif isinstance(entry, MessageAdded):
                texts.append((number, _terms_of(entry, names)))
                if len(texts) == _PAGE:
                    self._index.add(owner, session_id, texts, number)
                    texts = []
        self._index.add(owner, session_id, texts, number)

    # From places to messages

    def _on_its_line(self, tails: dict[str, int]) -> Keep:
        lines: dict[str, Line] = {}

        def keep(session_id: str, number: int) -> bool:
            line = lines.get(session_id)
            if line is None:
                line = lines[session_id] = self._line(session_id, tails.get(session_id))
            return number in line

        return keep

    def _line(self, session_id: str, tail: int | None) -> Line:
        """Return the line as it reads now; only a new entry can change it."""
        known = self._known_lines.get(session_id)
        if tail is None:
            tail = self._log.tail(session_id)
        if known is None or known[0] != tail:
            if len(self._known_lines) >= _REMEMBERED_LINES:
                self._known_lines.clear()
            known = self._known_lines[session_id] = (tail, self._log.line(session_id))
        return known[1]

    def _rank(
        self,
        owner: str,
        text: str,
        session_id: str | None,
        keep: Keep | None,
        enough: int,
        effort: Effort = THOROUGH,
    ) -> list[Ranked]:
        everywhere: Keep = lambda *_: True  # noqa: E731
        return rank(self._index, owner, text, group=session_id, keep=keep or everywhere, enough=enough, effort=effort)

    def _each_hit(self, ranked: list[Ranked], at_once: int) -> Iterator[MessageHit]:
        """Yield the hits in order, their messages read ``at_once`` at a time."""
        for start in range(0, len(ranked), at_once):
            page = ranked[start : start + at_once]
            messages = self._messages(found.place for found in page)
            for found in page:
                message = messages.get(found.place)
                if message is not None:
                    said = _words_of(message, found)
                    yield MessageHit(
                        message=message,
                        session_id=found.place[0],
                        seq=found.place[1],
                        score=round(found.score, 4),
                        words=said,
                        why=_why(found, said),
                    )

    def _messages(self, places: Iterable[Place]) -> dict[Place, MessageAdded]:
        numbers: dict[str, list[int]] = {}
        for session_id, number in places:
            numbers.setdefault(session_id, []).append(number)
        return {
            (session_id, number): entry
            for session_id, some in numbers.items()
            for number, entry in self._log.read(session_id, _line_through(some))
            if isinstance(entry, MessageAdded)
        }


def _line_through(numbers: list[int]) -> Line:
    """Return a line that holds all the numbers and few between them."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and number - ranges[-1][1] <= _NEAR:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return Line(tuple(ranges))


def _terms_of(message: MessageAdded, names: dict[str, str]) -> list[str]:
    """Return the terms of a message, those of the workflow and the artifacts it came with included."""
    found = terms(message.content)
    for name in (message.workflow, *(names.get(artifact_id) for artifact_id in message.artifacts)):
        if name:
            found.extend(terms(name))
    return found


def _words_of(message: MessageAdded, found: Ranked) -> tuple[str, ...]:
    """Return the words of a message that match, in the order they are said."""
    matched = set(found.matched)
    said = dict.fromkeys(every_word(message.content))
    return tuple(word for word in said if root(word) in matched and word not in SILENT)


def _why(found: Ranked, said: tuple[str, ...]) -> tuple[str, ...]:
    near = dict.fromkeys(term for term in found.beside if term not in found.matched)
    return (*(f"says {word!r}" for word in said[:5]), *(f"is next to {term!r}" for term in [*near][:3]))
