"""Ids carry their kind and their time: ``ses_01k9…`` sorts after every session made before it."""

import os
import threading
from collections.abc import Callable
from typing import Literal

from dataops_kernel.clock import Clock, system_clock

IdKind = Literal["ses", "msg", "run", "art", "chk", "snp", "ctx", "rst", "edg", "stp"]

# Crockford's base 32 in lower case: no i, l, o, u, so an id read aloud cannot be misheard.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_BODY = 26
_RANDOM_BITS = 80
_RANDOM_MASK = (1 << _RANDOM_BITS) - 1
_FORTY_BITS = (1 << 40) - 1


def _text(number: int, length: int) -> str:
    # Small numbers keep Python's arithmetic in machine words.
    pairs = [_PAIRS[(number >> shift) & 1023] for shift in range(5 * length - 10, -1, -10)]
    return "".join(pairs)


class IdSource:
    """Makes ids whose text order is their time order, also inside one millisecond of one process.

    The format is the ULID's (48 bits of milliseconds, 80 random bits, base 32) behind a kind prefix.
    """

    def __init__(self, clock: Clock = system_clock, randomness: Callable[[int], bytes] = os.urandom) -> None:
        self._clock = clock
        self._randomness = randomness
        self._lock = threading.Lock()
        self._last = 0

    def new(self, kind: IdKind) -> str:
        """Return a fresh id such as ``art_01k9x2…`` (the prefix, an underscore, 26 characters)."""
        stamp = int(self._clock().timestamp() * 1000) << _RANDOM_BITS
        # The top random bit stays 0 so that counting up inside one millisecond cannot spill into the time.
        fresh = stamp | (int.from_bytes(self._randomness(10), "big") >> 1)
        with self._lock:
            # A clock that stands still or jumps back must not break the order.
            self._last = max(fresh, self._last + 1)
            value = self._last
        time, chance = value >> _RANDOM_BITS, value & _RANDOM_MASK
        return f"{kind}_{_text(time, 10)}{_text(chance >> 40, 8)}{_text(chance & _FORTY_BITS, 8)}"


def is_id(kind: IdKind, text: str) -> bool:
    """Say whether ``text`` has the shape of an id of this kind; a path or a sentence has not."""
    prefix, _, body = text.partition("_")
    # Stripping a text of the alphabet's characters leaves nothing exactly when it has no others.
    return prefix == kind and len(body) == _BODY and not body.strip(_ALPHABET)
