"""A question and what is known of the data, into a plan or a refusal: the whole understanding, without any I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypedDict

from . import dates
from .chunks import Chunk, chunks
from .clauses import Clause, Unknown
from .filters import NewestDay, Today
from .grammar import clauses
from .intent import plan
from .joins import JoinGraph
from .linking import Links, Synonyms, ValueMatch
from .plan import Join, QueryPlan
from .resolve import Unclear
from .schema import Column, Schema, TableFacts
from .spelling import correct
from .synonyms import PERSONS
from .words import Token, normal, tokens


class Newest(TypedDict):
    """The newest credible day of a date column; ``later`` rows lie after it, the last of them on ``last``."""

    day: str
    oldest: str
    later: int
    last: str


@dataclass(frozen=True)
class Facts:
    """What was looked up in the data: values per column, sound joins, and newest days by ``table.column``."""

    values: Sequence[tuple[str, str, Sequence[str]]] = ()
    joins: Sequence[Join] = ()
    newest: Mapping[str, Newest] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """Why there is no plan: words nobody knows, or a reason; ``understood`` are the words that were clear."""

    reason: str
    unknown: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()


_COULD_BE_VALUES = frozenset({"unknown", "quoted", "null", "not null", "without", "truth"})


@dataclass(frozen=True)
class Survey:
    """What a question needs to have looked up before it can be understood."""

    tokens: tuple[Token, ...]
    tables: frozenset[str]
    """Tables that are named, or have a column that is."""
    values: bool
    today: bool


def choose(question: str, tables: Sequence[TableFacts]) -> list[TableFacts]:
    """Return the tables a question may be about: results of earlier questions only when it calls them by their name."""
    said = {token.low for token in tokens(question)} | {token.text for token in tokens(question)}
    named = [table for table in tables if table["derived"] and table["name"].casefold() in said]
    sources = [table for table in tables if not table["derived"]]
    return [*named, *sources] if named or sources else list(tables)


def survey(question: str, schema: Schema, synonyms: Synonyms | None = None) -> Survey:
    """Read a question against the names alone and say what must be looked up."""
    said = tokens(question)
    pieces = chunks(said, Links(schema, synonyms=synonyms))
    named: set[str] = set()
    certain = True
    for piece in pieces:
        mention = piece.mention
        if mention is not None:
            named |= {match.table.name for match in mention.tables} | {match.column.table for match in mention.columns}
        loose = piece.kind == "mention" and mention is not None and mention.score < 0.9
        if loose or piece.kind in _COULD_BE_VALUES or piece.low.endswith("ly"):
            certain = False
    if any(piece.low == "who" for piece in pieces):
        named |= {table.name for table in schema.tables if table.words[-1] in PERSONS}
    relative = any(
        found is not None and found[0].is_relative for found in (dates.read(said, at) for at in range(len(said)))
    )
    ranked = any(
        piece.kind in ("first", "last") or (piece.kind == "rank" and "date" in piece.value) for piece in pieces
    )
    return Survey(tuple(said), frozenset(named), not certain, relative or ranked)


def survey_all(texts: Sequence[str], schema: Schema, synonyms: Synonyms | None = None) -> Survey:
    """Return what several messages need to have looked up before the last of them can be understood."""
    found = [survey(text, schema, synonyms) for text in texts]
    return Survey(
        tokens=tuple(token for one in found for token in one.tokens),
        tables=frozenset().union(*(one.tables for one in found)),
        values=any(one.values for one in found),
        today=any(one.today for one in found),
    )


def holders(values: Sequence[tuple[str, str, Sequence[str]]], said: Sequence[Token]) -> set[str]:
    """Return the tables with a value whose every word stands in the question."""
    words = {word for token in said for word in token.words}
    return {table for table, _, known in values if any(words.issuperset(normal(value) or ("",)) for value in known)}


@dataclass(frozen=True)
class Reading:
    """One question as the grammar reads it; ``notes`` say what was corrected, ``understood`` are its clear words."""

    clauses: tuple[Clause, ...]
    notes: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()


class Understanding:
    """Reads and plans questions over one schema and what was looked up for them.

    ``synonyms`` are further words for names of the data.
    """

    def __init__(self, schema: Schema, facts: Facts, synonyms: Synonyms | None = None) -> None:
        self.schema = schema
        self._facts = facts
        self._links = Links(schema, _matches(schema, facts), synonyms)
        self._own_words = _own_words(schema)

    def read(self, question: str, *, fragment: bool = False) -> Reading | Refusal:
        """Return the clauses of a question (or of a ``fragment`` of one), or which of its words mean nothing here."""
        said = tokens(question)
        two_ways = dates.ambiguous(said)
        if two_ways is not None:
            return Refusal(f"{two_ways!r} can be read as two different days; please write the date as 2026-03-05")
        read, corrected = correct(said, self._own_words, self._links)
        pieces = chunks(read, self._links)
        found = clauses(pieces, fragment=fragment)
        lost = [clause for clause in found if isinstance(clause, Unknown)]
        unknown = [clause.text for clause in lost if clause.is_word] or [clause.text for clause in lost]
        understood = tuple(piece.text for piece in pieces if _has_content(piece) and piece.text not in unknown)
        if unknown:
            return Refusal("some of its words mean nothing to me here", tuple(dict.fromkeys(unknown)), understood)
        notes = tuple(f"'{said}' was read as '{read}'." for said, read in corrected)
        return Reading(tuple(found), notes, understood)

    def plan(self, reading: Reading, base: str | None = None) -> QueryPlan | Refusal:
        """Return the plan of what was read, over one certain base table when it is given."""
        if not reading.clauses:
            return Refusal("it names none of the tables or columns")
        try:
            result = plan(reading.clauses, self.schema, JoinGraph(self._facts.joins), _today(self._facts), base)
        except Unclear as unclear:
            return Refusal(unclear.message, (), reading.understood)
        return result.model_copy(update={"assumptions": reading.notes + result.assumptions})


def understand(question: str, schema: Schema, facts: Facts, synonyms: Synonyms | None = None) -> QueryPlan | Refusal:
    """Return the plan of a question, or why there is none; ``synonyms`` are further words for names of the data."""
    understanding = Understanding(schema, facts, synonyms)
    reading = understanding.read(question)
    return reading if isinstance(reading, Refusal) else understanding.plan(reading)


def _own_words(schema: Schema) -> set[str]:
    words = {word for table in schema.tables for word in table.words}
    return words | {word for table in schema.tables for column in table.columns for word in column.words}


def _has_content(piece: Chunk) -> bool:
    return piece.kind not in ("unknown", "comma", "and", "or", "is", "of", "in", "with", "to", "list", "by", "where")


def _matches(schema: Schema, facts: Facts) -> list[ValueMatch]:
    """Group the spellings of each value: 'EMEA' and 'emea ' are one thing to those who ask."""
    found: list[ValueMatch] = []
    for table, name, values in facts.values:
        column = schema.by_name[table].find(name)
        if column is None:
            continue
        spellings: dict[tuple[str, ...], list[str]] = {}
        for value in values:
            spellings.setdefault(normal(value), []).append(value)
        found += [ValueMatch(column, tuple(sorted(raw))) for words, raw in spellings.items() if words]
    return found


def _today(facts: Facts) -> Today:
    def newest(column: Column) -> NewestDay | None:
        known = facts.newest.get(f"{column.table}.{column.name}")
        if known is None:
            return None
        outliers = ""
        if known["later"]:
            one = known["later"] == 1
            outliers = (
                f"{known['later']} {'row has' if one else 'rows have'} a later {column.name}, up to {known['last']}; "
                f"that looks like a mistake and was not taken for today."
            )
        return NewestDay(date.fromisoformat(known["day"]), outliers, date.fromisoformat(known["oldest"]))

    return newest
