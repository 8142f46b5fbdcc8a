"""The rolling summary of a session: what was said so far, in a size that does not grow, extended by what is new."""

import contextlib
import threading

from pydantic import ValidationError

from dataops_kernel.errors import ConflictError, StorageUnavailableError
from dataops_kernel.ids import is_id
from dataops_kernel.sessionlog import Line, SessionLog
from dataops_kernel.sessions import salience
from dataops_kernel.storage.ledger import Ledger, Put, Record, Remove, Write
from dataops_kernel.types import MessageAdded, Remembered, RollingSummary

KIND = "summary"
"""Records of rolling summaries: a cache of the log, found by session; removing them loses nothing."""

STRIDE = 64
"""New messages after which a summary is worth writing down."""
_AT_ONCE = 2_048
"""Messages after which a long reading is written down on the way, so that a restore need not begin anew."""
_KEPT_SENTENCES = 96
_PER_MESSAGE = 3  # the sentences of one message that may be kept: one long paste must not push out a conversation
_READ = 20_000  # characters of one message that are looked at
_RECORDS = 24  # above this many, every second of the older ones goes
_SESSIONS = 256


class RollingSummaries:
    """Rolling summaries of every session, in memory and as rebuildable records in the ledger.

    A summary that covers a line up to entry n belongs to every line that n belongs to, and to no other: a restore
    that leaves n behind leaves the summary behind with it.
    """

    def __init__(self, ledger: Ledger, log: SessionLog) -> None:
        self._ledger = ledger
        self._log = log
        self._latest: dict[str, RollingSummary] = {}
        self._lock = threading.Lock()

    def at(self, session_id: str, line: Line) -> RollingSummary:
        """Return the summary of a line with an end (``log.line(session_id, at)``), reading only what is new."""
        known = self._latest.get(session_id)
        if known is None or known.seq not in line:
            known = _covering(self._stored(session_id), line)
        while True:
            grown = _extended(known, session_id, line, self._log)
            if grown.messages // STRIDE > known.messages // STRIDE:
                self._write(session_id, grown)
            if grown.messages - known.messages < _AT_ONCE:
                break
            known = grown
        with self._lock:
            while len(self._latest) >= _SESSIONS:
                self._latest.pop(next(iter(self._latest)))
            self._latest[session_id] = grown
        return grown

    def forget(self, session_id: str) -> None:
        """Keep nothing of a session in memory."""
        with self._lock:
            self._latest.pop(session_id, None)

    def _stored(self, session_id: str) -> list[Record]:
        return self._ledger.children(KIND, session_id) if is_id("ses", session_id) else []

    def _write(self, session_id: str, summary: RollingSummary) -> None:
        stored = self._stored(session_id)
        order = f"{summary.seq:010d}"
        writes: list[Write] = [
            Put(
                KIND,
                f"{session_id}/{order}",
                summary.model_dump_json(exclude_defaults=True).encode(),
                parent=session_id,
                order=order,
                session=session_id,
            )
        ]
        if len(stored) >= _RECORDS:
            writes += [Remove(KIND, record.id, record.revision) for record in stored[: _RECORDS // 2 : 2]]
        # It is a cache: another process wrote it first, or the disk is full, and the summary is right all the same.
        with contextlib.suppress(ConflictError, StorageUnavailableError):
            self._ledger.commit(writes)


def _covering(stored: list[Record], line: Line) -> RollingSummary:
    """Return the longest stored summary that belongs to the line."""
    for record in reversed(stored):
        if int(record.order) in line:
            with contextlib.suppress(ValidationError):  # written by another version: rebuilt instead
                return RollingSummary.model_validate_json(record.body)
    return RollingSummary()


def _extended(summary: RollingSummary, session_id: str, line: Line, log: SessionLog) -> RollingSummary:
    kept = {sentence.text.casefold(): sentence for sentence in summary.sentences}
    seq, messages, since, until = summary.seq, summary.messages, summary.since, summary.until
    for seq, entry in log.read(session_id, line, after=summary.seq):
        if not isinstance(entry, MessageAdded):
            continue
        messages += 1
        since, until = since or entry.timestamp, entry.timestamp
        for sentence in _telling(seq, entry, first=messages == 1):
            key = sentence.text.casefold()
            # Said again: it is remembered once, as of its last time.
            kept.pop(key, None)
            kept[key] = sentence
        if len(kept) > 2 * _KEPT_SENTENCES:
            kept = _weightiest(kept)
        if messages - summary.messages == _AT_ONCE:
            break
    if seq == summary.seq:
        return summary
    sentences = tuple(sorted(_weightiest(kept).values(), key=lambda sentence: sentence.seq))
    return RollingSummary(seq=seq, messages=messages, since=since, until=until, sentences=sentences)


def _telling(seq: int, message: MessageAdded, *, first: bool) -> list[Remembered]:
    asked = message.role == "user"
    told = [(salience.weight(text, asked=asked), text) for text in salience.sentences(message.content[:_READ])]
    told = sorted((pair for pair in told if pair[0] > 0), key=lambda pair: -pair[0])[:_PER_MESSAGE]
    # What somebody came for is worth as much as a decision.
    ahead = 3.0 if first else 0.0
    return [
        Remembered(seq=seq, role=message.role, text=" ".join(text.split()), weight=weight + ahead)
        for weight, text in told
    ]


def _weightiest(kept: dict[str, Remembered]) -> dict[str, Remembered]:
    """Keep the sentences that tell most; of those that tell the same, the newer ones."""
    best = sorted(kept.items(), key=lambda item: (-item[1].weight, -item[1].seq))[:_KEPT_SENTENCES]
    return dict(best)
