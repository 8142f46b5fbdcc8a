"""What compressions replaced: kept under its SHA-256, given back by place, and searched."""

import contextlib
import hashlib
import re
from typing import Any

from pydantic_core import from_json

from dataops_kernel.context.places import at, leaves, rendered
from dataops_kernel.errors import ConflictError, IntegrityError, NotFoundError
from dataops_kernel.sessions.terms import root, words
from dataops_kernel.storage.blobs import Blobs
from dataops_kernel.storage.ledger import Ledger, Put, Record
from dataops_kernel.types import FoundSection

KIND = "original"
"""Records of originals: parent is the owner, ``data`` the JSON, or a blob of the same hash when it is large."""

_INLINE = 256 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")
_EXCERPT = 200


class Originals:
    """The originals of every compressed context; an owner sees only their own."""

    def __init__(self, ledger: Ledger, blobs: Blobs) -> None:
        self._ledger = ledger
        self._blobs = blobs

    def keep(self, context: dict[str, Any], owner: str, session_id: str | None) -> str:
        """Store a context durably and return its reference; an owner's session stores the same context once.

        What one session compressed is erased with it, and stays for another that compressed the same.
        """
        content = rendered(context).encode()
        digest = hashlib.sha256(content).hexdigest()
        name = f"{digest}/{session_id}" if session_id else digest
        if self._ledger.get(KIND, f"{owner}/{name}") is None:
            inline = len(content) <= _INLINE
            if not inline:
                self._blobs.put(content)
            record = Put(
                KIND,
                f"{owner}/{name}",
                b'{"inline":true}' if inline else b'{"inline":false}',
                parent=owner,
                order=name,
                session=session_id,
                data=content if inline else None,
            )
            with contextlib.suppress(ConflictError):  # stored by another in the meantime: the same bytes
                self._ledger.commit([record])
            if not inline and not self._blobs.exists(digest):  # purged just before the record said that it is needed
                self._blobs.put(content)
        return digest

    def expand(self, reference: str, owner: str) -> Any:
        """Return what a reference names: a whole original, or the part behind ``#`` (a JSON pointer).

        Raises ``NotFoundError`` for a reference nobody gave this owner or a place that is not there, and
        ``IntegrityError`` when the stored bytes have changed.
        """
        digest, _, path = reference.partition("#")
        return at(self._load(digest, owner), path)

    def search(self, reference: str, text: str, owner: str, k: int) -> list[FoundSection]:
        """Return up to ``k`` places of an original that share words with ``text``, best first."""
        digest = reference.partition("#")[0]
        wanted = _about(text)
        found = []
        for path, value in leaves(self._load(digest, owner)):
            said = value if isinstance(value, str) else rendered(value)
            shared = wanted & _about(f"{path} {said}")
            if shared:
                excerpt = _excerpt(said, shared)
                score = round(len(shared) / len(wanted), 3)
                found.append(FoundSection(reference=f"{digest}#{path}", path=path, excerpt=excerpt, score=score))
        return sorted(found, key=lambda section: -section.score)[:k]

    def _load(self, digest: str, owner: str) -> Any:
        record = self._record(digest, owner) if _DIGEST.fullmatch(digest) else None
        if record is None:
            raise NotFoundError(
                f"There is no original {digest[:80]!r}.",
                hint="Use a reference from the outcome of a compression: outcome.sections[0].reference",
            )
        content = self._ledger.data(KIND, record.id)
        if content is None:
            with self._blobs.open(digest) as stream:
                content = stream.read()
        if hashlib.sha256(content).hexdigest() != digest:
            raise IntegrityError(
                f"The original {digest!r} is not what was stored.",
                hint="Restore the workspace from a backup; `dataops doctor` says what else has changed.",
                digest=digest,
            )
        return from_json(content)

    def _record(self, digest: str, owner: str) -> Record | None:
        """Return the record of an original that belongs to no session, or else that of any session."""
        own = self._ledger.get(KIND, f"{owner}/{digest}")
        of_sessions = [] if own else self._ledger.children(KIND, owner, after=f"{digest}/", limit=1)
        return own or next((record for record in of_sessions if record.order.startswith(f"{digest}/")), None)


def _about(text: str) -> set[str]:
    return set(map(root, words(text)))


def _excerpt(text: str, shared: set[str]) -> str:
    places = [match.start() for match in re.finditer(r"\w+", text) if _about(match.group()) & shared]
    start = max(0, (places[0] if places else 0) - _EXCERPT // 4)
    cut = " ".join(text[start : start + _EXCERPT].split())
    return f"{'…' if start else ''}{cut}{'…' if start + _EXCERPT < len(text) else ''}"
