"""Which workflow a message means: what the model makes of the words, and what the message itself gives away."""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from pydantic import BaseModel

from dataops_kernel.llm.base import Label, LanguageModel
from dataops_kernel.llm.rules.background import SENTENCES
from dataops_kernel.llm.rules.thesaurus import meanings
from dataops_kernel.llm.rules.words import FUNCTION_STEMS, Token, readable, tokens
from dataops_kernel.orchestration.catalog import Catalog
from dataops_kernel.orchestration.fields import shape_of, wanted
from dataops_kernel.orchestration.mentions import IT, mentions, pieces
from dataops_kernel.types import Candidate
from dataops_kernel.workflows.parameters import ColumnName, DataFile, NameIn, TableName, WholeMessage

RUN_FROM = 0.5
"""A best candidate this sure runs, unless another is about as sure."""
REJECT_BELOW = 0.3
"""A best candidate less sure than this is nothing the message means."""
_CLEARLY_AHEAD, _AHEAD = 1.2, 0.5  # in log odds: between the thresholds, and above them
_SHOWN = 3
_LEAST, _MOST = 0.001, 0.999
_READ = 300
_COLOURLESS = frozenset({"id", "name", "date", "type", "key", "code", "no", "number", "time", "value"})

# Log odds that one piece of evidence adds or takes.
_FITTING_FILE, _ANY_FILE, _OTHER_FILE, _NO_FILE = 2.0, 1.0, -4.0, -0.5
_SUFFIX_WORD, _SHAPED_NAME, _PARAMETER = 0.8, 1.0, 0.6
_TABLE, _LIKE_TABLE, _THE_NEWEST_TABLE, _COLUMN, _COLUMNS = 0.8, 0.3, 0.8, 1.0, 1.8
_OF_THE_TABLES, _OF_SOMETHING_ELSE = 0.5, -1.0


class Routable(NamedTuple):
    """What the router reads of a workflow."""

    name: str
    description: str
    examples: tuple[str, ...]
    parameters: type[BaseModel]


class Routing(NamedTuple):
    """What a message means: ``run`` the first candidate, ``ask`` which one, or ``reject``."""

    outcome: Literal["run", "ask", "reject"]
    candidates: tuple[Candidate, ...]


class Router:
    """Ranks workflows for a message; keeps nothing between messages but what the model learnt of the workflows."""

    def __init__(self, llm: LanguageModel) -> None:
        self._llm = llm

    def route(self, text: str, workflows: Sequence[Routable], catalog: Catalog | None = None) -> Routing:
        """Return the candidates, best first, and whether the best should run."""
        scored = {found.name: found.confidence for found in self._llm.classify(text, _labels(tuple(workflows)))}
        evidence = _Evidence(text, catalog or Catalog())
        odds = {
            flow.name: _odds(scored.get(flow.name, 0.0)) + evidence.of(_wants(flow.parameters)) for flow in workflows
        }
        ranked = sorted(odds.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
        candidates = tuple(Candidate(workflow=name, confidence=round(_confidence(odd), 3)) for name, odd in ranked)
        return _decide(candidates, [odd for _, odd in ranked])


@lru_cache(maxsize=8)
def _labels(workflows: tuple[Routable, ...]) -> tuple[Label, ...]:
    return tuple(Label(name=flow.name, description=flow.description, examples=flow.examples) for flow in workflows)


def _decide(candidates: tuple[Candidate, ...], odds: Sequence[float]) -> Routing:
    if not candidates or candidates[0].confidence < REJECT_BELOW:
        return Routing("reject", candidates)
    lead = odds[0] - odds[1] if len(odds) > 1 else math.inf
    needed = _AHEAD if candidates[0].confidence >= RUN_FROM else _CLEARLY_AHEAD
    if lead >= needed:
        return Routing("run", candidates)
    return Routing("ask", tuple(one for one, odd in zip(candidates, odds, strict=True) if odds[0] - odd < needed))


class _Evidence:
    """What a message names: files, tables, columns, identifiers; read once for all workflows."""

    def __init__(self, text: str, catalog: Catalog) -> None:
        read = tokens(readable(text))[:_READ]
        self._suffixes = {
            token.stem[token.stem.rfind(".") :] for token in read if token.kind == "file" and "." in token.stem
        }
        self._words = {token.text.lower() for token in read if token.kind == "word"}
        self._stems = {token.stem for token in read}
        self._tables = mentions(read, catalog.table_names)
        columns = mentions(read, catalog.columns())
        self._columns = {found.name for found in columns if found.misspelled or not _is_everyday(found.name)}
        self._says_it = bool(catalog.tables) and not IT.isdisjoint(self._stems)
        self._speaks_of_tables = _speaks_of(read, catalog) if catalog.tables else None
        known = {at for found in (*self._tables, *columns) for at in range(found.first, found.last + 1)}
        self._names = [token for at, token in enumerate(read) if token.kind == "name" and at not in known]

    def of(self, wants: "_Wants") -> float:
        """Return the log odds that the message's names add for a workflow with these parameters."""
        odds = self._of_files(wants)
        odds += _SUFFIX_WORD if wants.suffix_words & self._words else 0.0
        odds += _SHAPED_NAME if any(shape(token.text) for shape in wants.shapes for token in self._names) else 0.0
        odds += _PARAMETER if any(self._stems.issuperset(name) for name in wants.named) else 0.0
        if wants.answers and self._speaks_of_tables is not None and not self._columns:
            odds += _OF_THE_TABLES if self._speaks_of_tables else _OF_SOMETHING_ELSE
        if self._tables and (wants.answers or wants.table):
            odds += _TABLE if any(found.is_to_the_letter for found in self._tables) else _LIKE_TABLE
        elif wants.table and self._says_it:
            odds += _THE_NEWEST_TABLE
        if self._columns and (wants.answers or wants.column):
            odds += _COLUMNS if len(self._columns) > 1 else _COLUMN
        return odds

    def _of_files(self, wants: "_Wants") -> float:
        if not self._suffixes:
            return 0.0
        if not wants.file:
            return _NO_FILE
        if self._suffixes & wants.suffixes:
            return _FITTING_FILE
        return _ANY_FILE if wants.any_file else _OTHER_FILE


class _Wants(NamedTuple):
    """What the parameters of a workflow can be told by."""

    file: bool
    any_file: bool
    suffixes: frozenset[str]
    suffix_words: frozenset[str]
    table: bool
    column: bool
    answers: bool
    shapes: tuple[Callable[[str], bool], ...]
    named: tuple[tuple[str, ...], ...]
    """The words of parameters that have no marker and no everyday name."""


@lru_cache(maxsize=256)
def _wants(parameters: type[BaseModel]) -> _Wants:
    fields = wanted(parameters)
    markers = [marker for field in fields for marker in field.lookups]
    kinds = {type(marker) for marker in markers}
    files = [marker for marker in markers if isinstance(marker, DataFile)]
    suffixes = frozenset(suffix.lower() for marker in files for suffix in marker.suffixes)
    return _Wants(
        file=bool(files),
        any_file=any(not marker.suffixes for marker in files),
        suffixes=suffixes,
        suffix_words=frozenset(suffix.lstrip(".") for suffix in suffixes),
        table=TableName in kinds,
        column=ColumnName in kinds,
        answers=WholeMessage in kinds,
        shapes=tuple(shape_of(marker.pattern) for marker in markers if isinstance(marker, NameIn)),
        named=tuple(pieces(field.name) for field in fields if not field.lookups and not _is_everyday(field.name)),
    )


def _speaks_of(read: Sequence[Token], catalog: Catalog) -> bool:
    """Say whether a text uses a word of a table's or column's name, or one that means the same ("revenue", amount)."""
    names = {piece for name in (*catalog.table_names, *catalog.columns()) for piece in pieces(name)} - _COLOURLESS
    meant = {meaning for piece in names for meaning in meanings().get(piece, ())}
    said = {token.stem for token in read if token.is_content}
    return bool(said & names or meant & {meaning for word in said for meaning in meanings().get(word, ())})


def _is_everyday(name: str) -> bool:
    """Say whether a name is a word of ordinary talk ("name", "country"), which gives nothing away."""
    return len(pieces(name)) == 1 and pieces(name)[0] in _everyday()


@lru_cache(maxsize=1)
def _everyday() -> frozenset[str]:
    return FUNCTION_STEMS | {token.stem for sentence in SENTENCES for token in tokens(sentence)}


def _odds(confidence: float) -> float:
    clipped = min(max(confidence, _LEAST), _MOST)
    return math.log(clipped / (1 - clipped))


def _confidence(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))
