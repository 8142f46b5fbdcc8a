"""What a ledger promises, in plain Python: two dicts, one writer, nothing clever."""

from collections.abc import Sequence
from typing import NamedTuple

from dataops_kernel.storage.ledger import Append, Entry, Put, Record, Remove, Write


class Conflict(Exception):
    """Something is not as a write expected."""


class Row(NamedTuple):
    """A record and what rides with it."""

    record: Record
    data: bytes | None


class PlainLedger:
    """Streams and records; a commit works on copies, which take the place of the originals when it has succeeded."""

    def __init__(self) -> None:
        self.streams: dict[str, list[bytes]] = {}
        self.rows: dict[tuple[str, str], Row] = {}

    def commit(self, writes: Sequence[Write]) -> list[int]:
        """Apply all writes or none and return the numbers of the entries; raises ``Conflict``."""
        streams = {name: [*bodies] for name, bodies in self.streams.items()}
        rows = dict(self.rows)
        numbers: list[int] = []
        for write in writes:
            if isinstance(write, Append):
                stream = streams.setdefault(write.stream, [])
                if write.expect not in (None, len(stream)):
                    raise Conflict
                stream.append(write.body)
                numbers.append(len(stream))
            elif isinstance(write, Remove):
                found = rows.get((write.kind, write.id))
                if found is None or found.record.revision != write.expect:
                    raise Conflict
                del rows[write.kind, write.id]
            else:
                rows[write.kind, write.id] = _put(rows, write, len(streams[write.stamp]) if write.stamp else None)
        self.streams, self.rows = streams, rows
        return numbers

    def entries(self, stream: str, after: int, upto: int | None, limit: int | None, reverse: bool) -> list[Entry]:
        """Return the entries of a stream between two numbers."""
        found = [Entry(number, body) for number, body in enumerate(self.streams.get(stream, []), start=1)]
        return _cut([e for e in found if after < e.seq and (upto is None or e.seq <= upto)], limit, reverse)

    def list(
        self, index: str, kind: str, value: str, after: str | None, before: str | None, limit: int | None, reverse: bool
    ) -> list[Record]:
        """Return the records of a parent by order, or of a session or workflow by id, between two bounds."""
        place = "order" if index == "parent" else "id"
        found = [r.record for r in self.rows.values() if (r.record.kind, getattr(r.record, index)) == (kind, value)]
        inside = [
            record
            for record in sorted(found, key=lambda record: getattr(record, place))
            if (after is None or getattr(record, place) > after) and (before is None or getattr(record, place) < before)
        ]
        return _cut(inside, limit, reverse)


def _put(rows: dict[tuple[str, str], Row], write: Put, seq: int | None) -> Row:
    order = write.order or write.id
    found = rows.get((write.kind, write.id))
    if write.expect == 0:
        taken = any(
            (r.record.kind, r.record.parent, r.record.order) == (write.kind, write.parent, order) for r in rows.values()
        )
        if found is not None or taken:
            raise Conflict
        revision, data = 1, write.data
    else:
        if found is None or found.record.revision != write.expect:
            raise Conflict
        if (found.record.parent, found.record.order) != (write.parent, order):
            raise Conflict
        revision, data = write.expect + 1, found.data if write.data is None else write.data
        seq = found.record.seq if seq is None else seq
    session, workflow = write.session or None, write.workflow or None
    return Row(Record(write.kind, write.id, write.parent, order, session, workflow, revision, seq, write.body), data)


def _cut(found: list, limit: int | None, reverse: bool) -> list:
    found = found[::-1] if reverse else found
    return found if limit is None else found[:limit]
