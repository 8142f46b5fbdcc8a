"""Schema linking: which columns, tables and values the words of a question may stand for, with a score for each.

Nothing is decided here. A word that fits two columns keeps both; who else is in the question decides (``resolve``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .lexicon import is_operator
from .schema import Column, Schema, Table
from .synonyms import (
    ABBREVIATIONS,
    DATE_WORDS,
    MONEY,
    PRODUCT_OF,
    SHORTHANDS,
    SYNONYMS,
    TRADE,
    UNITS,
)
from .words import Token, is_plural, normal, stem

LONGEST_NAME = 6
Synonyms = Mapping[str, Sequence[str]]
"""Word of a name in the data -> what people say instead."""


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """A column that may be meant; ``times`` makes it an amount computed from two columns."""

    column: Column
    score: float
    times: Column | None = None
    opposite: bool = False
    """The word says the opposite of a yes-or-no column: "inactive"."""


@dataclass(frozen=True, slots=True)
class TableMatch:
    """A table that may be meant."""

    table: Table
    score: float


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """A value that stands in a column; ``raw`` are its spellings there (they may differ in case and spaces)."""

    column: Column
    raw: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """Some words of the question with everything in the data they may stand for."""

    text: str
    columns: tuple[ColumnMatch, ...] = ()
    tables: tuple[TableMatch, ...] = ()
    values: tuple[ValueMatch, ...] = ()
    plural: bool = False
    verb: bool = False

    @property
    def score(self) -> float:
        """How well the best reading fits."""
        return max(
            [m.score for m in self.columns] + [m.score for m in self.tables], default=1.0 if self.values else 0.0
        )

    @property
    def is_event(self) -> bool:
        """Whether it only stands for what happened at a time, and for no column by its full name."""
        return all(match.column.kind == "date" and match.score < 0.9 for match in self.columns)

    def within(self, table: Table) -> Mention | None:
        """Return the mention with only the columns of one table left, or None when there are none."""
        columns = tuple(match for match in self.columns if match.column.table == table.name)
        return Mention(self.text, columns, plural=self.plural) if columns else None


class Links:
    """Every name of the schema and every value found, by the words people may say for it."""

    def __init__(self, schema: Schema, values: Sequence[ValueMatch] = (), synonyms: Synonyms | None = None) -> None:
        self.schema = schema
        self._other_words = {**SYNONYMS}
        for word, others in (synonyms or {}).items():
            self._other_words[word] = (*self._other_words.get(word, ()), *(" ".join(normal(other)) for other in others))
        self._columns: dict[tuple[str, ...], dict[tuple[str, str], ColumnMatch]] = {}
        self._tables: dict[tuple[str, ...], dict[str, TableMatch]] = {}
        self._values: dict[tuple[str, ...], list[ValueMatch]] = {}
        self._events: dict[str, list[ColumnMatch]] = {}
        self._doers: dict[str, list[TableMatch]] = {}
        self._joined: set[str] = set()
        for table in schema.tables:
            self._add_table(table)
        self._add_computed_amounts()
        for value in values:
            self._values.setdefault(normal(value.raw[0]), []).append(value)
        self._longest_value = max((len(words) for words in self._values), default=0)

    @property
    def vocabulary(self) -> set[str]:
        """Every single word that stands for a name or value, synonyms and all."""
        names = {word for index in (self._columns, self._tables) for words in index for word in words}
        return (names | self.value_words) - self._joined

    @property
    def value_words(self) -> set[str]:
        """Every word of a value."""
        return {word for words in self._values for word in words}

    def is_verb(self, token: Token) -> bool:
        """Whether a word is a verb that points to a table or a date column."""
        return self._verb(token) is not None

    def at(self, tokens: Sequence[Token], at: int) -> tuple[Mention, int] | None:
        """Return the longest mention that starts at a token, with the number of tokens it takes."""
        words: list[str] = []
        best: tuple[Mention, int] | None = None
        limit = max(LONGEST_NAME, self._longest_value)
        for end in range(at, len(tokens)):
            token = tokens[end]
            if token.kind == "sign":
                short = tokens[end - 1].text
                initial = token.text == "." and len(short) <= 3 and short[:1].isupper()
                if not words or (token.text in ".;?!()" and not initial):
                    break
                continue
            words += token.words
            if len(words) > limit:
                break
            found = self._mention(tuple(words), tokens[at : end + 1])
            if found is not None:
                best = (found, end + 1 - at)
            if token.kind == "quoted":
                break
        if best is None and tokens[at].kind == "word":
            verb = self._verb(tokens[at])
            return (verb, 1) if verb else None
        if best is None or best[1] > 1 or (verb := self._verb(tokens[at])) is None:
            return best
        mention, low = best[0], tokens[at].low
        if low.endswith("ed") and mention.columns and not mention.tables and not mention.values and mention.is_event:
            return replace(mention, tables=verb.tables, verb=True), 1  # "delivered", beside a column delivered_on
        if low in TRADE:
            bare = not mention.columns and not mention.tables
            columns, tables = mention.columns or verb.columns, mention.tables or verb.tables
            return replace(mention, columns=columns, tables=tables, verb=bare), 1
        return best

    def _mention(self, words: tuple[str, ...], tokens: Sequence[Token]) -> Mention | None:
        if not words:
            return None
        if words[-1] in SHORTHANDS or words[0] in SHORTHANDS:
            words = tuple(part for word in words for part in ABBREVIATIONS.get(word, word).split())
        columns, tables, values = self._columns.get(words), self._tables.get(words), self._values.get(words)
        if not columns and not tables and not values:
            return None
        text = " ".join(token.text for token in tokens)
        if values and len(tokens) == 1 and is_operator(tokens[0].low):
            values = [value for value in values if text in value.raw]  # "it" is no department, "IT" may be one
            if not columns and not tables and not values:
                return None
        return Mention(
            text=text,
            columns=tuple(columns.values()) if columns else (),
            tables=tuple(tables.values()) if tables else (),
            values=tuple(values or ()),
            plural=is_plural(tokens[-1].low),
        )

    def _verb(self, token: Token) -> Mention | None:
        """Return what a verb points to: "hired" to a hire date, "sold" to the sales, "ordered" to the orders."""
        root = stem(token.low)
        columns = {(m.column.table, m.column.name): m for m in self._events.get(root, ())}
        tables = {m.table.name: m for m in self._doers.get(root, ())}
        noun = TRADE.get(token.low)
        if noun:
            columns |= self._columns.get((noun,), {})
            tables |= self._tables.get((noun,), {})
        if not columns and not tables:
            return None
        return Mention(token.text, tuple(columns.values()), tuple(tables.values()), verb=True)

    # ------------------------------------------------------------------------------------------------- building

    def _add_table(self, table: Table) -> None:
        names = {("".join(table.words),): 0.95, table.words: 1.0, normal(table.name): 1.0}
        if len(table.words) > 1:
            names.setdefault(table.words[-1:], 0.8)
            names.setdefault(table.words[:-1], 0.7)
        for words, score in [*names.items()]:
            for other in self._synonyms(words):
                names.setdefault(other, score * 0.85)
        for words, score in names.items():
            self._tables.setdefault(words, {}).setdefault(table.name, TableMatch(table, score))
        for root in {stem(words[-1]) for words in names}:
            self._doers.setdefault(root, []).append(TableMatch(table, 0.6))
        for column in table.columns:
            self._add_column(column, table)

    def _add_column(self, column: Column, table: Table) -> None:
        names: dict[tuple[str, ...], float] = {}
        if len(column.words) > 1:
            self._joined.add("".join(column.words))
        for written in dict.fromkeys((column.words, normal(column.name))):
            for words, score in _names(column, table, written):
                if words:
                    names[words] = max(score, names.get(words, 0))
        for words, score in [*names.items()]:
            for other in self._synonyms(words):
                names.setdefault(other, score * 0.85)
        for words, score in names.items():
            self._columns.setdefault(words, {})[column.table, column.name] = ColumnMatch(column, score)
        if column.kind == "flag":
            for prefix in ("in", "un", "non", "not"):
                words = (prefix + _bare_flag(column.words)[-1],)
                match = ColumnMatch(column, 0.9, opposite=True)
                self._columns.setdefault(words, {}).setdefault((column.table, column.name), match)
        if column.kind == "date" or column.is_year:
            for word in column.event[:1]:
                self._events.setdefault(stem(word), []).append(ColumnMatch(column, 0.7))

    def _synonyms(self, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for place, word in enumerate(words):
            for other in self._other_words.get(word, ()):
                yield (*words[:place], *other.split(), *words[place + 1 :])
        for width in (2, 3):
            for place in range(len(words) - width + 1):
                for other in self._other_words.get(" ".join(words[place : place + width]), ()):
                    yield (*words[:place], *other.split(), *words[place + width :])

    def _add_computed_amounts(self) -> None:
        """Where no column holds an amount, "revenue" means quantity times price."""
        if any(column.is_money for table in self.schema.tables for column in table.columns):
            return
        for table in self.schema.tables:
            pair = [
                next((c for c in table.columns if c.is_measure and words & set(c.words)), None) for words in PRODUCT_OF
            ]
            if pair[0] is not None and pair[1] is not None:
                match = ColumnMatch(pair[0], 0.8, times=pair[1])
                for word in MONEY:
                    known = self._columns.setdefault((word,), {})
                    if not known:
                        known[table.name, "quantity times price"] = match


def _names(column: Column, table: Table, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yield the word sequences that may stand for a column (``words`` spells it out), with how clearly they do."""
    yield words, 1.0
    yield ("".join(words),), 0.95
    if column.kind == "flag":
        yield _bare_flag(words), 0.95
        return
    own = words
    for prefix in (table.words, table.words[-1:]):
        if len(words) > len(prefix) and words[: len(prefix)] == prefix:
            own = words[len(prefix) :]
            break
    if own != words:
        yield own, 0.95
    elif not is_operator(table.words[-1]):
        yield table.words + words, 1.0
        yield table.words[-1:] + words, 1.0
    if len(words) > 1:
        generic = column.is_key and words[-1] in ("id", "key", "code", "number", "no")
        if len(words[-1]) > 1:
            yield words[-1:], 0.6 if generic else 0.8
        yield words[-2:], 0.85
        if generic:
            yield words[:-1], 0.75
            yield (*words[:-1], "id"), 0.9
            yield (*words[:-1], "number"), 0.8
        elif column.is_name:
            yield words[:-1], 0.7
    if column.is_measure and len(words) > 1 and words[-1] in UNITS:
        yield words[:-1], 0.8
    if column.kind == "date":
        event = column.event
        yield event, 0.75
        yield (*event, "date"), 0.9
        yield (*event, "day"), 0.8
        yield (*event, "time"), 0.8
        if DATE_WORDS & set(words):
            yield ("date",), 0.8


def _bare_flag(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return ``active`` for ``is_active``."""
    return tuple(word for word in words if word not in ("is", "has", "was", "flag")) or words
