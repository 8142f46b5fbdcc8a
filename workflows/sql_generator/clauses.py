"""The parts a question is made of, as the grammar hands them to the one who puts the plan together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .dates import Span
from .linking import Mention, ValueMatch
from .plan import Bucket, Function, Operator, Scalar

Asked = Literal["list", "which", "what", "who", "when", "any", "how much"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A number to compute. No function: the sum, if that makes sense. No mention: rows, or the default measure."""

    function: Function | None
    mention: Mention | None = None
    distinct: bool = False
    of: bool = False
    """Said as "total of", not as "total"."""
    per_group: Function | None = None
    """Applied to the groups' results: "average number of orders per customer"."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to group by: a name, a bucket of time, or a bucket of a named date column."""

    mention: Mention | None = None
    bucket: Bucket | None = None
    wanted: Wanted | None = None
    """After "by" may also stand what to rank by: "top 5 regions by total amount"."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The opening word: show, which, who, when, is there."""

    how: Asked


@dataclass(frozen=True, slots=True)
class Measure:
    """A number the question asks for."""

    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Group:
    """ "by region and month"."""

    parts: tuple[Part, ...]
    each: bool = False
    """Said as "per", "for each": never an order."""


@dataclass(frozen=True, slots=True)
class Rank:
    """ "the 10 largest orders", "the most orders", "top 5"."""

    descending: bool
    count: int | None = None
    by: Wanted | None = None
    subject: Part | None = None
    hint: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sort:
    """ "sorted by amount, highest first"; nothing to sort by: by what is asked for."""

    by: tuple[Part, ...] = ()
    descending: bool | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Values:
    """ "EMEA or APAC", "status is not cancelled": one column is one of these values."""

    values: tuple[tuple[ValueMatch, ...], ...]
    column: Mention | None = None
    negated: bool = False
    predicate: bool = False
    text: str = ""
    place: bool = False
    """Said after "in", "from" or the like: it narrows the whole question."""
    end: Literal["", "from", "to"] = ""
    """The word before it, which tells an origin from a destination."""
    compare: bool = False
    """Listed with "versus": each value is to have its own row."""
    noun: bool = False
    """Said in the plural, as the name of rows: "list engineers" where a job title is Engineer."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A column against numbers or text as written; no mention: the default measure."""

    operator: Operator
    values: tuple[Scalar, ...]
    mention: Mention | None = None
    predicate: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class When:
    """A stretch of time; ``spans`` are (from, to), the same twice for a single one."""

    direction: Literal["in", "since", "after", "before", "until", "between", "either"]
    spans: tuple[Span, Span]
    mention: Mention | None = None
    negated: bool = False
    predicate: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold on a group: "with more than 100 orders", "with an average amount over 500"."""

    wanted: Wanted
    operator: Operator
    values: tuple[float | int, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """ "without a ship date", "customers with no orders", "amount is missing"; ``present`` for the opposite."""

    mention: Mention
    present: bool = False
    predicate: bool = False
    explicit: bool = True
    """Said as "missing" or "null"; "without" may also mean zero."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A yes-or-no column used as an adjective: "discontinued products"."""

    mention: Mention
    value: bool = True
    predicate: bool = False


@dataclass(frozen=True, slots=True)
class Bare:
    """A name that stands alone; its part in the question follows from the rest."""

    part: Part
    after: Literal["", "with", "has"] = ""
    """Said after "with", or after words such as "have a"."""
    before: str = ""
    """The kind of the chunk before it: after "and" it stands beside another name, after "in" it belongs to one."""
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """ "share of", "percentage of"."""


@dataclass(frozen=True, slots=True)
class Compare:
    """ "compare", "versus": one row for each of the values."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Words that fit nowhere; ``is_word`` when nothing in the data or the language is called so."""

    text: str
    is_word: bool = False


Clause = (
    Ask
    | Measure
    | Group
    | Rank
    | Sort
    | Values
    | Compared
    | When
    | Limit
    | Presence
    | Flag
    | Bare
    | Share
    | Compare
    | Unknown
)
Filter = Values | Compared | When | Presence | Flag
FILTERS = (Values, Compared, When, Presence, Flag)


@dataclass(frozen=True, slots=True)
class Parts:
    """The clauses of a question by kind; ``order`` keeps filters and names as they came."""

    wanted: tuple[Wanted, ...]
    groups: tuple[Group, ...]
    rank: Rank | None
    sorts: tuple[Sort, ...]
    filters: tuple[Filter, ...]
    limits: tuple[Limit, ...]
    bares: tuple[Bare, ...]
    asks: frozenset[str]
    share: bool
    compare: bool
    sequence: tuple[Clause, ...]
