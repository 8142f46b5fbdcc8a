"""The proof that a delimited file is what it claims: every record counted, in one vectorised pass over the bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dataops_kernel.artifacts.readers.report import Watch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHUNK = 8 * 2**20
_QUOTE, _FEED, _RETURN = 34, 10, 13


class _Piece(NamedTuple):
    """Whole records at the beginning of some bytes; ``size`` 0 when not even one ends there."""

    size: int
    records: int = 0
    trailing_blank: int = 0
    pairs: int = 0
    feeds: int = 0


def count_even_records(
    path: Path,
    delimiter: str,
    width: int,
    *,
    bom: int = 0,
    limit: int = 16 * 2**20,
    watch: Watch | None = None,
) -> tuple[int, str] | None:
    """Return the number of records and their line break if all of them have ``width`` fields, else None.

    Even means: one kind of line break, quotes only where RFC 4180 has them, no record over ``limit`` bytes, no blank
    line but at the end. None says nothing about what is wrong; ``mend`` finds that out record by record.
    """
    total, pairs, feeds, ended, rest, more = 0, 0, 0, False, b"", True
    with path.open("rb") as stream:
        stream.seek(bom)
        while more:
            chunk = stream.read(_CHUNK)
            more = len(chunk) > 0
            if watch:
                watch("counting records")
            if not more:
                if not rest:
                    break
                chunk = b"\r\n" if pairs else b"\n"  # the last record may do without its line break
            data = rest + chunk
            piece = _look_at(data, ord(delimiter), width, limit)
            if piece is None or (ended and piece.records) or len(data) - piece.size > limit:
                return None
            ended = ended or piece.trailing_blank > 0
            total, pairs, feeds = total + piece.records, pairs + piece.pairs, feeds + piece.feeds
            rest = data[piece.size :]
    even = pairs in {0, feeds} and not (ended and width == 1)  # for one column a blank line is a missing value
    return (total, "\r\n" if pairs else "\n") if even and not rest else None


def _look_at(data: bytes, delimiter: int, width: int, limit: int) -> _Piece | None:
    import numpy as np

    view = np.frombuffer(data, dtype=np.uint8)
    feeds, marks, returns = view == _FEED, view == delimiter, view == _RETURN
    quotes = view == _QUOTE if b'"' in data else None
    if quotes is not None:
        # After an even number of quotes a byte stands outside of them; a pair inside quotes cancels itself out.
        outside = (np.cumsum(quotes, dtype=np.uint8) & 1) == 0
        feeds, marks, returns = feeds & outside, marks & outside, returns & outside
    ends = np.flatnonzero(feeds)
    if not len(ends):
        return _Piece(0)
    size = int(ends[-1]) + 1
    if quotes is not None and not _quotes_in_place(view, np.flatnonzero(quotes[:size]), delimiter):
        return None
    after_returns = np.flatnonzero(returns[:size]) + 1
    if not bool(np.all(view[after_returns] == _FEED)):
        return None
    starts = np.concatenate(([0], ends[:-1] + 1))
    blank = (ends == starts) | ((ends == starts + 1) & (view[starts] == _RETURN))
    trailing = int(np.argmin(blank[::-1])) if not bool(blank.all()) else len(blank)
    if int(blank.sum()) != trailing:
        return None
    if int((ends - starts).max()) > limit:
        return None
    stops = np.flatnonzero((feeds | marks)[:size])
    fields = np.diff(np.flatnonzero(view[stops] == _FEED), prepend=-1)
    if not bool(np.all(fields[: len(fields) - trailing] == width)):
        return None
    return _Piece(size, len(ends) - trailing, trailing, len(after_returns), len(ends))


def _quotes_in_place(view: NDArray[np.uint8], quotes: NDArray[np.intp], delimiter: int) -> bool:
    """Say whether quotes open only at the start of a field and close only at its end."""
    import numpy as np

    opening, closing = quotes[0::2], quotes[1::2]
    before = view[opening[opening > 0] - 1]
    after = view[closing + 1]
    opened = np.isin(before, (delimiter, _FEED, _QUOTE))
    closed = np.isin(after, (delimiter, _FEED, _RETURN, _QUOTE))
    return bool(opened.all()) and bool(closed.all())
