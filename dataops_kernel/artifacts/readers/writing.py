"""The last step of every reading: decide the type of each column over all of its values, and write Parquet."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from dataops_kernel.artifacts.readers.lens import Lens
from dataops_kernel.artifacts.readers.readings import BLANKS, MISSING, Reading, bare, choose, nearest

_FIRST_VALUES = 200_000
_FEW = 50
_COUNTS_AT_ONCE = 1_000
_LOOKED_UP = 5
_ROW_GROUP_ROWS, _ROW_GROUP_VALUES = 122_880, 20_000_000


class Raw(NamedTuple):
    """One column as the file has it: SQL over the source, and what its text may be read as (nothing: keep it).

    ``known`` is what its values are beyond doubt; should none of the readings keep them exactly, that is worth a note.
    """

    name: str
    expression: str
    readings: tuple[Reading, ...] = ()
    known: str = ""


class _Seen(NamedTuple):
    """What was counted of one column: values that are there, words for "no value" among them, fits by reading."""

    present: int
    missing: int
    fits: dict[str, int]
    untrimmed: bool = False
    """The values fit as they stand: nothing around them has to be cut off."""

    @property
    def values(self) -> int:
        return self.present - self.missing


class Written(NamedTuple):
    """How many rows were written, and what was doubted about the columns."""

    rows: int
    notes: list[str]


def write_table(lens: Lens, source: str, raws: Sequence[Raw], target: Path) -> Written:
    """Write the columns ``raws`` of ``source`` (SQL for a table) to the Parquet file ``target``."""
    seen, rows = _count_all(lens, source, raws)
    notes: list[str] = []
    wanted = []
    for number, raw in enumerate(raws):
        expression, said = _settle(raw, seen.get(number, _Seen(0, 0, {})))
        wanted.append(f"{expression} AS {quoted(raw.name)}")
        notes += said
    notes += _odd_values(lens, source, raws, seen)
    notes += _empty_columns(raws, seen, rows)
    # Wide tables get shorter row groups: DuckDB holds a whole one per thread.
    group = max(2048, min(_ROW_GROUP_ROWS, _ROW_GROUP_VALUES // max(1, len(raws))))
    written = lens.rows(
        f"COPY (SELECT {', '.join(wanted)} FROM {source}) TO {literal(str(target))} "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {group})",
        "writing",
    )
    return Written(int(written[0][0]), notes)


def quoted(name: str) -> str:
    """Return an identifier as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def _count_all(lens: Lens, source: str, raws: Sequence[Raw]) -> tuple[dict[int, _Seen], int | None]:
    """Return what every column of text holds: the first rows say what is likely, all rows say what is true."""
    texts = {number: raw for number, raw in enumerate(raws) if raw.readings}
    if not texts:
        return {}, None
    first = _first_values(lens, source, texts)
    # Counting fits is what reading costs most, so only the likely reading is held against every value at once, and
    # the value as it stands: cutting blanks off takes twice as long as all the rest.
    likely = {number: _likely(seen) for number, seen in first.items()}
    seen, rows = _count(lens, source, raws, likely, closely=False)
    unsettled = {
        number: tuple(
            reading for reading in raw.readings if not first[number].values or first[number].fits[reading.name]
        )
        for number, raw in texts.items()
        if _is_open(first[number], seen[number])
    }
    if unsettled:
        seen |= _count(lens, source, raws, unsettled)[0]
    return seen, rows


def _first_values(lens: Lens, source: str, raws: dict[int, Raw]) -> dict[int, _Seen]:
    """Count by their shape what the first values of each column may be read as."""
    limit = max(100, min(2000, _FIRST_VALUES // len(raws)))
    columns = ", ".join(raw.expression for raw in raws.values())
    rows = lens.rows(f"SELECT {columns} FROM {source} LIMIT {limit}", "looking at the columns")
    found = {}
    for place, (number, raw) in enumerate(raws.items()):
        texts = [bare(row[place]) for row in rows if row[place] is not None]
        values = [text for text in texts if text.lower() not in MISSING]
        few = values[:_FEW]
        fits = {
            reading.name: sum(map(reading.matches, values)) if any(map(reading.matches, few)) else 0
            for reading in raw.readings
        }
        found[number] = _Seen(len(texts), len(texts) - len(values), fits)
    return found


def _likely(seen: _Seen) -> tuple[Reading, ...]:
    return tuple(reading for reading in choose(seen.values, seen.fits) if reading is not None)


def _is_open(first: _Seen, seen: _Seen) -> bool:
    """Say whether a column needs a closer look: what its first values promised did not hold, or was not clear."""
    if seen.fits:
        return any(fits < seen.present for fits in seen.fits.values())
    return seen.present > 0 and (not first.values or nearest(first.values, first.fits) is not None)


def _count(
    lens: Lens, source: str, raws: Sequence[Raw], readings: dict[int, tuple[Reading, ...]], *, closely: bool = True
) -> tuple[dict[int, _Seen], int]:
    """Count rows, values and fits; not ``closely``, values in blanks and words for "no value" do not fit."""
    words = ", ".join(map(literal, MISSING))
    seen: dict[int, _Seen] = {}
    rows = 0
    for batch in _batches(readings):
        columns, counts = [], ["count(*)"]
        for number, tried in batch.items():
            text = raws[number].expression
            columns.append(f"{_trimmed(text) if tried and closely else text} AS c{number}")
            counts.append(f"count(c{number})")
            counts.append(f"count(*) FILTER (WHERE lower(c{number}) IN ({words}))" if tried and closely else "0")
            counts += [f"count({reading.sql(f'c{number}')})" for reading in tried]
        sql = f"SELECT {', '.join(counts)} FROM (SELECT {', '.join(columns)} FROM {source})"
        found = iter(lens.rows(sql, "looking at the columns")[0])
        rows = int(next(found))
        for number, tried in batch.items():
            present, absent = int(next(found)), int(next(found))
            fits = {reading.name: int(next(found)) for reading in tried}
            seen[number] = _Seen(present, absent, fits, untrimmed=not closely)
    return seen, rows


def _batches(readings: dict[int, tuple[Reading, ...]]) -> Iterator[dict[int, tuple[Reading, ...]]]:
    """Yield columns by as many as one query can count at a time."""
    batch: dict[int, tuple[Reading, ...]] = {}
    counts = 0
    for number, tried in readings.items():
        if batch and counts + len(tried) + 2 > _COUNTS_AT_ONCE:
            yield batch
            batch, counts = {}, 0
        batch[number] = tried
        counts += len(tried) + 2
    yield batch


def _settle(raw: Raw, seen: _Seen) -> tuple[str, list[str]]:
    """Return SQL for the column as it will be stored, and what is to be said about it."""
    reading, rival = choose(seen.values, seen.fits)
    if reading is None and raw.known and seen.values:
        return raw.expression, [
            f"The column {raw.name!r} stays text: it holds {raw.known} that no numeric type here keeps exactly."
        ]
    if reading is None:
        return raw.expression, []
    if rival is not None:
        return raw.expression, [
            f"The column {raw.name!r} stays text: each of its {seen.values:,} values can be a {reading.name} or a "
            f"{rival.name}, and nothing in the file says which."
        ]
    value = raw.expression if seen.untrimmed else _trimmed(raw.expression)
    # The shape was checked for every value; it is asked again only where it keeps the words for "no value" out.
    expression = reading.sql(value) if seen.missing else reading.cast.format(value=value)
    notes = []
    if reading.note:
        notes.append(f"The column {raw.name!r} {reading.note} (all {seen.values:,} of its values).")
    if seen.missing:
        them = "one value that means" if seen.missing == 1 else f"{seen.missing:,} values that mean"
        notes.append(
            f"The column {raw.name!r} holds {reading.type} but for {them} 'missing', such as N/A or blanks: NULL now."
        )
    return expression, notes


def _odd_values(lens: Lens, source: str, raws: Sequence[Raw], seen: dict[int, _Seen]) -> list[str]:
    """Say which columns stay text because of some values only, with the first such value and its row."""
    notes: list[str] = []
    for number, counted in seen.items():
        reading = nearest(counted.values, counted.fits)
        if reading is None or raws[number].known or choose(counted.values, counted.fits)[0] is not None:
            continue
        odd = counted.values - counted.fits[reading.name]
        where = _first_odd(lens, source, raws[number], reading) if len(notes) < _LOOKED_UP else ""
        notes.append(
            f"The column {raws[number].name!r} stays text: {odd:,} of its {counted.values:,} values "
            f"{'is' if odd == 1 else 'are'} no {reading.name}{where}."
        )
    return notes


def _first_odd(lens: Lens, source: str, raw: Raw, reading: Reading) -> str:
    words = ", ".join(map(literal, MISSING))
    found = lens.rows(
        f"SELECT place, value FROM (SELECT row_number() OVER () AS place, {raw.expression} AS value FROM {source}) "
        f"WHERE lower({_trimmed('value')}) NOT IN ({words}) AND {reading.sql(_trimmed('value'))} IS NULL LIMIT 1",
        "looking at the columns",
    )
    if not found:
        return ""
    place, value = found[0]
    shown = value if len(value) <= 40 else value[:37] + "..."
    return f", the first being {shown!r} in row {place:,}"


def _trimmed(expression: str) -> str:
    return f"trim({expression}, '{BLANKS}')"


def _empty_columns(raws: Sequence[Raw], seen: dict[int, _Seen], rows: int | None) -> list[str]:
    empty = [raws[number].name for number, counted in seen.items() if rows and not counted.present]
    if not empty:
        return []
    named = ", ".join(map(repr, empty[:_LOOKED_UP])) + (
        f" and {len(empty) - _LOOKED_UP} more" if len(empty) > _LOOKED_UP else ""
    )
    if len(empty) == 1:
        return [f"The column {named} has no value in any row."]
    return [f"{len(empty):,} columns have no value in any row: {named}."]
