"""Which blobs are referred to: every kind of record that may name one is asked, see ``types/kinds.py``."""

import re
from collections.abc import Collection

from dataops_kernel.storage.ledger import Ledger, Record
from dataops_kernel.types.kinds import BLOB_KINDS

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_INLINE = b'{"inline":true}'  # all there is to say of an original that rides with its record and has no blob
_PAGE = 1_000


def referred(ledger: Ledger, digests: Collection[str], *, besides: Collection[tuple[str, str]] = ()) -> set[str]:
    """Return those of the digests that records name, other than ``besides`` (pairs of kind and id).

    What only looks like a reference is one, to be safe.
    """
    wanted = set(digests)
    found: set[str] = set()
    for kind in BLOB_KINDS if wanted else ():
        after: str | None = None
        while records := ledger.scan(kind, after=after, limit=_PAGE):
            after = records[-1].id
            for record in records:
                if (kind, record.id) not in besides:
                    found |= wanted.intersection(_named(record))
    return found


def _named(record: Record) -> list[str]:
    if record.body == _INLINE:
        return []
    return _DIGEST.findall(f"{record.order} {record.body.decode('utf-8', 'replace')}")
