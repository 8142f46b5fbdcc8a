"""Group commit without a thread of its own: whoever comes first commits for all who came since."""

import threading
from collections import deque
from collections.abc import Callable, Sequence

from dataops_kernel.errors import DataOpsError
from dataops_kernel.storage.ledger import Write

_BATCH = 256


class Ticket:
    """One caller's writes on their way into a transaction; done when ``numbers`` or ``error`` is the answer."""

    __slots__ = ("done", "error", "leads", "numbers", "turn", "writes")

    def __init__(self, writes: Sequence[Write]) -> None:
        self.writes = writes
        self.numbers: list[int] = []
        self.error: DataOpsError | None = None
        self.done = False
        self.leads = False
        self.turn = _UNUSED


class CommitQueue:
    """Lines callers up behind the one that commits.

    ``lead(batch)`` is called by one thread at a time: it takes tickets with ``drain``, and marks them done. Meanwhile
    the next callers gather; the first of them leads next. So one fsync serves everybody who waits, and a caller
    that waits alone pays for no hand-over.
    """

    def __init__(self, lead: Callable[[list[Ticket]], None]) -> None:
        self._lead = lead
        self.forget()

    def forget(self) -> None:
        """Start empty (in the child of a fork: the tickets' owners live on in the parent only)."""
        self._lock = threading.Lock()
        self._pending: deque[Ticket] = deque()
        self._led = False

    def carry(self, ticket: Ticket) -> None:
        """Return when the ticket is done, in this thread's commit or in somebody else's."""
        with self._lock:
            self._pending.append(ticket)
            ticket.leads = not self._led
            self._led = True
            if not ticket.leads:
                ticket.turn = threading.Lock()
                ticket.turn.acquire()
        try:
            if not ticket.leads:
                ticket.turn.acquire()  # released when the ticket is done, or is the next to lead
        except BaseException:
            self._abandon(ticket)
            raise
        if not ticket.done:
            self._commit()

    def drain(self, batch: list[Ticket]) -> None:
        """Move waiting tickets into ``batch``; only for the leader."""
        with self._lock:
            while self._pending and len(batch) < _BATCH:
                ticket = self._pending.popleft()
                if not ticket.done:
                    batch.append(ticket)

    def _commit(self) -> None:
        batch: list[Ticket] = []
        try:
            self._lead(batch)
        finally:
            # The next leader first: its fsync runs while the others wake up.
            self._hand_over()
            for ticket in batch:
                if not ticket.leads:
                    ticket.turn.release()

    def _hand_over(self) -> None:
        with self._lock:
            while self._pending and self._pending[0].done:
                self._pending.popleft()
            self._led = bool(self._pending)
            if self._led:
                self._pending[0].leads = True
                self._pending[0].turn.release()

    def _abandon(self, ticket: Ticket) -> None:
        # Interrupted while waiting: nobody may write later what its caller saw fail.
        with self._lock:
            ticket.done = True
        if ticket.leads:
            self._hand_over()


_UNUSED = threading.Lock()
