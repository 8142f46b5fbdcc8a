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
_TO_ALPHABET = bytes(ord(_ALPHABET[byte & 31]) for byte in range(256))

_TIME, _COUNT, _CHANCE = 10, 3, 13
_BODY = _TIME + _COUNT + _CHANCE
_COUNTS = 1 << 5 * _COUNT


class IdSource:
    """Makes ids whose text order is their time order, also inside one millisecond of one process.

    Behind a kind prefix stand 26 characters of base 32: ten of milliseconds, three that count the ids of one
    millisecond, thirteen (65 bits) of chance, so that processes never meet. ``randomness(n)`` gives n bytes.
    """

    def __init__(self, clock: Clock = system_clock, randomness: Callable[[int], bytes] = os.urandom) -> None:
        self._clock = clock
        self._randomness = randomness
        self._lock = threading.Lock()
        self._time = -1
        self._count = 0
        self._time_text = ""

    def new(self, kind: IdKind) -> str:
        """Return a fresh id such as ``art_01k9x2…``."""
        now = int(self._clock().timestamp() * 1000)
        chance = self._randomness(_CHANCE).translate(_TO_ALPHABET).decode("ascii")
        with self._lock:
            self._count += 1
            # A clock that stands still or jumps back must not break the order.
            if now > self._time or self._count == _COUNTS:
                self._time = max(now, self._time + 1)
                self._time_text = _text(self._time)
                self._count = 0
            count = self._count
            return f"{kind}_{self._time_text}{_ALPHABET[count >> 10]}{_PAIRS[count & 1023]}{chance}"


def _text(milliseconds: int) -> str:
    return "".join([_PAIRS[(milliseconds >> shift) & 1023] for shift in range(5 * _TIME - 10, -1, -10)])


def is_id(kind: IdKind, text: str) -> bool:
    """Say whether ``text`` has the shape of an id of this kind; a path or a sentence has not."""
    prefix, _, body = text.partition("_")
    # Stripping a text of the alphabet's characters leaves nothing exactly when it has no others.
    return prefix == kind and len(body) == _BODY and not body.strip(_ALPHABET)
