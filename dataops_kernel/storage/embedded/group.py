"""Group commit without a thread of its own: whoever comes first commits for all who came since."""

import threading
from collections import deque
from collections.abc import Callable, Sequence

from dataops_kernel.errors import DataOpsError
from dataops_kernel.storage.ledger import Write

_BATCH = 256


class Ticket:
    """One caller's writes on their way into a transaction; done when ``numbers`` or ``error`` is the answer."""

    numbers: Sequence[int] = ()
    error: DataOpsError | None = None
    done = False
    leads = False
    turn: "threading.Lock | None" = None  # held while the caller waits

    def __init__(self, writes: Sequence[Write]) -> None:
        self.writes = writes


class CommitQueue:
    """Lines callers up behind the one that commits.

    ``lead(batch)`` is called by one thread at a time: it takes in who waits with ``drain``, and marks all done.
    Meanwhile the next callers gather; the first of them leads next. So one fsync serves everybody who waits, and a
    caller that is alone pays for no hand-over.
    """

    def __init__(self, lead: Callable[[list[Ticket]], None]) -> None:
        self._lead = lead
        self.forget()

    def forget(self) -> None:
        """Start empty (in the child of a fork: the tickets' owners live on in the parent only)."""
        self._lock = threading.Lock()
        self._waiting: deque[Ticket] = deque()
        self._led = False

    def __len__(self) -> int:
        """How many wait behind the leader."""
        return len(self._waiting)

    def carry(self, ticket: Ticket) -> None:
        """Return when the ticket is done, in this thread's commit or in somebody else's."""
        with self._lock:
            if self._led:
                ticket.turn = threading.Lock()
                ticket.turn.acquire()
                self._waiting.append(ticket)
            else:
                ticket.leads = self._led = True
        if ticket.turn is not None:
            try:
                ticket.turn.acquire()  # released when the ticket is done, or is the next to lead
            except BaseException:
                self._abandon(ticket)
                raise
        if ticket.leads:
            self._commit(ticket)

    def drain(self, batch: list[Ticket]) -> None:
        """Move those who wait into ``batch``; only for the leader."""
        if self._waiting:
            with self._lock:
                while self._waiting and len(batch) < _BATCH:
                    ticket = self._waiting.popleft()
                    if not ticket.done:
                        batch.append(ticket)

    def _commit(self, own: Ticket) -> None:
        batch = [own]
        try:
            self._lead(batch)
        finally:
            # The next leader first: its fsync runs while the others wake up.
            self._hand_over()
            for ticket in batch:
                if ticket is not own and ticket.turn is not None:
                    ticket.turn.release()

    def _hand_over(self) -> None:
        with self._lock:
            while self._waiting:
                ticket = self._waiting.popleft()
                if not ticket.done and ticket.turn is not None:
                    ticket.leads = True
                    ticket.turn.release()
                    return
            self._led = False

    def _abandon(self, ticket: Ticket) -> None:
        # Interrupted while waiting: nobody may write later what its caller saw fail.
        with self._lock:
            ticket.done = True
        if ticket.leads:
            self._hand_over()
