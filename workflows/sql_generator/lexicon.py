"""What English words mean here: operators, aggregates, synonyms of column names, and words that carry no meaning.

A word that stands in none of these tables and names nothing in the data is *unknown*, and a question with an unknown
word is refused. So a word belongs into ``FILLER`` only when leaving it out can never change what is asked.
"""

from __future__ import annotations

from typing import Any

from .words import word_list

# ------------------------------------------------------------------ phrases that do something: words -> (kind, value)

_COMPARISONS = {
    ">": ">; over; above; more than; greater than; larger than; bigger than; higher than; exceeding; exceeds; exceed; "
    "exceeded; in excess of; upwards of; beyond; longer than",
    ">=": ">=; at least; no less than; not less than; minimum of; or more than; not below; no fewer than; not under",
    "<": "<; under; below; less than; fewer than; smaller than; lower than; cheaper than; shorter than",
    "<=": "<=; at most; no more than; not more than; up to; maximum of; not over; not above; not exceeding",
    "=": "=; ==; exactly; equal to; equals; equal; precisely",
    "<>": "!=; <>; not equal to; not equal; different from; does not equal",
}
_AGGREGATES = {
    "sum": "total; sum; sum of; total of; combined; sum up; aggregate; sum total",
    "avg": "average; avg; mean; average of; mean of; on average; typical",
    "min": "minimum; min; minimum of; min of",
    "max": "maximum; max; maximum of; max of",
    "median": "median; median of",
}
_RANKS = {
    "most": "highest; largest; biggest; greatest; most; top; maximal",
    "least": "lowest; smallest; least; fewest; bottom; minimal",
    "most named": "best; strongest; leading",
    "least named": "worst; weakest",
    "most duration": "longest",
    "least duration": "shortest",
    "most price": "most expensive; priciest; costliest; dearest; most costly",
    "least price": "cheapest; least expensive; least costly; most affordable",
    "most date": "newest; latest; most recent; most recently",
    "least date": "oldest; earliest",
    "most birth": "youngest",
    "most count": "most common; most frequent; most frequently; most often; most popular; busiest",
    "least count": "least common; least frequent; least popular; rarest",
    "most salary": "highest paid; best paid; highest earning; top earning",
    "least salary": "lowest paid; worst paid; lowest earning",
}
_PLAIN = {
    "count": "how many; number of; count of; count; # of; no of; total number of; total count of; the count of",
    "how much": "how much",
    "any": "is there any; are there any; are there; is there; do we have any; have we got any; was there any; "
    "were there any",
    "distinct": "distinct; unique; different; individual",
    "by": "by; per; for each; for every; in each; in every; of each; of every; each; every; within each; from each; "
    "grouped by; group by; broken down by; break down by; breakdown by; split by; across; across all; "
    "for all the different; at each; on each; with each; aggregated by",
    "sort": "sorted by; sort by; ordered by; order by; ranked by; rank by; sort them by; order them by; sorted on; "
    "arranged by; sort the result by; sort results by; in order of; ranked on",
    "rank verb": "rank",
    "descending": "descending; desc; in descending order; descending order; highest first; largest first; "
    "biggest first; most first; from highest to lowest; high to low; from high to low; from largest to smallest; "
    "from most to least; highest to lowest; largest to smallest; in decreasing order; decreasing; in reverse order",
    "ascending": "ascending; asc; in ascending order; ascending order; lowest first; smallest first; "
    "from lowest to highest; low to high; from low to high; from smallest to largest; alphabetically; "
    "in alphabetical order; lowest to highest; smallest to largest; in increasing order; increasing; least first; "
    "chronologically; in chronological order",
    "newest first": "newest first; latest first; most recent first; newest to oldest; from newest to oldest",
    "oldest first": "oldest first; earliest first; oldest to newest; from oldest to newest",
    "first": "first",
    "last": "last",
    "between": "between; in the range; in the range of; ranging from",
    "and": "and; &; as well as; plus; along with",
    "or": "or",
    "either": "either; both",
    "comma": ",; /",
    "not": "not; except; except for; excluding; exclude; excludes; other than; apart from; but not; non; besides; "
    "outside; outside of; not including; neither; nor; leave out; leaving out; ignoring; ignore; are not; is not; "
    "was not; were not; do not; does not; did not; that are not; not in; not from; without counting",
    "without": "without; without any; without a; without an; with no; have no; has no; having no; had no; lacking; "
    "lack; lacks; missing; do not have; does not have; did not have; do not have any; do not have a; never; no; "
    "does not have a; does not have any; do not have an; does not have an; who have not; that have not; have not; "
    "has not; has never; have never; never had; never had any; did not have any; have never had; missing a; "
    "missing an; have never been; were never; was never; are never; has never been; have not been; has not been",
    "null": "is null; are null; null; is missing; are missing; is empty; are empty; empty; blank; is blank; "
    "are blank; is unknown; are unknown; unknown; is not known; is not set; are not set; not set; unset; "
    "is not given; not known; is not available; not available; not given; were missing; was missing; undefined; "
    "is undefined; na; n/a; is nan",
    "not null": "is not null; are not null; not null; is present; are present; is not missing; is not empty; "
    "is not blank; is known; are known; is set; are set; not missing; not empty; not blank; is given; are not empty; "
    "are not missing",
    "contains": "contains; contain; containing; includes the word; including the text; like; includes the text; "
    "with the word; with the text; has the word; whose name includes; matching; matches; include the word",
    "starts": "starts with; start with; starting with; begins with; begin with; beginning with; that starts with",
    "ends": "ends with; end with; ending with; ending in; ends in; end in; that ends with",
    "named": "named; called; titled; by the name of; with the name; whose name is; with name",
    "with": "with; having; have; has; had; with a; with an; have a; has a; have an; has an; with the; having a; "
    "that have; that has; which have; who have; who has; with any; have any; who had; that had",
    "where": "where; whose; for which; in which; such that; when the; if; while; provided",
    "of": "of; of the; of all; of all the; of our; of their; of its; of these; of those; of each of the; of any",
    "is": "is; are; was; were; be; been; being; 's; is the; are the; equals to; =:; :; is exactly; are exactly; "
    "is in; are in; was in; were in; is one of; are one of; is from; are from; is either; are either; comes from; "
    "come from; came from; is at; are at; is for; are for; belong to; belongs to; belongs in; belong in",
    "share": "share of; share; percentage of; percent of; percentage; % of; %; fraction of; proportion of; "
    "what percentage of; what percent of; what share of; what fraction of; what proportion of; percentage share of; "
    "percentage share; percent share of; ratio of; relative share of; market share of; pct of; percentage of the",
    "of total": "of the total; of total; of the whole; of the overall; of all of the; of the grand",
    "compare": "compare; comparison of; comparing; comparison",
    "versus": "versus; vs; compared to; compared with; against; relative to",
    "rows": "rows; row; records; record; entries; entry; lines; line",
    "in": "in; during; within; from; on; for; in the; during the; within the; on the; for the; from the; over the; "
    "in the month of; for the month of; throughout; over; as of; dated; on date; with date; across the; inside; into",
    "since": "since; starting; starting from; starting in; from and after; on or after; beginning; as from; "
    "since the; starting on; from the start of; since the start of; since the beginning of; since start of; "
    "on or later than; not before",
    "after": "after; later than; following; past; after the; after the end of; more recent than; newer than; "
    "more recently than",
    "before": "before; earlier than; prior to; ahead of; before the; older than; preceding",
    "until": "until; till; up until; through; up to and including; on or before; no later than; by the end of; "
    "up through; not after; until the end of; at the latest on",
    "to": "to; and up to; thru; up to the; through to",
    "list": "list; show; display; give; print; fetch; get; find; return; see; view; list out; output; retrieve; "
    "list all; show all; list all the; show me all; show all the; give me all; which; what; who; whose are; bring up; "
    "look up; select",
    "when": "when; when was; when did; when is; when were; on which date; on what date; on which day; what date; "
    "when was the; what day; which date",
    "over time": "over time; trend; trend of; trends; the trend of; development of; evolution of; timeline of; "
    "history of",
    "overall": "in total; in all; all together; all in all",
    "truth": "true; yes; false",
    "currency": "dollars; dollar; usd; euros; euro; eur; pounds; gbp; bucks; €; $; £",
    "table": "table; dataset; data set; data; file; sheet; tables; information; info; details; detail",
}
_BUCKETS = {
    "day": "day; daily; days; each day; day by day",
    "week": "week; weekly; weeks; calendar week; week by week",
    "month": "month; monthly; months; calendar month; month by month",
    "quarter": "quarter; quarterly; quarters; calendar quarter; quarter by quarter",
    "year": "year; yearly; annual; annually; years; calendar year; year by year",
    "weekday": "weekday; day of week; day of the week; week day; weekdays; days of the week",
    "hour": "hour; hourly",
    "hour of day": "hour of day; hour of the day; hours of the day",
}


def _entries(kind: str, table: dict[str, str]) -> dict[tuple[str, ...], tuple[str, Any]]:
    return {
        tuple(phrase.split()): (kind or name, name)
        for name, phrases in table.items()
        for phrase in phrases.split(";")
        if phrase.strip()
    }


PHRASES: dict[tuple[str, ...], tuple[str, Any]] = {
    **_entries("", _PLAIN),
    **_entries("bucket", _BUCKETS),
    **_entries("rank", _RANKS),
    **_entries("aggregate", _AGGREGATES),
    **_entries("compare op", _COMPARISONS),
}
"""What a sequence of words does: ``("at", "least") -> ("compare op", ">=")``; the longest one wins."""

LONGEST = max(len(words) for words in PHRASES)

# ----------------------------------------------------------------------------- words that never change what is asked

FILLER = frozenset(
    word_list(
        """
    a an the this that these those there here me us i we you it they them our my your their its his her he she
    please kindly can could would will shall may should do does did done let lets us like want wants wanted need
    needs know tell say give wish interested looking look curious wonder wondering so then now ok okay hey hi hello
    thanks thank dear well just only also really actually simply quickly is are was were be been being am have has
    had having got get gets all any some every each both of in on at for from to with as into onto about via within
    who which what whose whom order's work works working live lives living located based assigned ever made make
    makes placed place places put received recorded registered happened happen occurred occur took take taken found
    exist exists anything given brings bring brought generate generates generated produce produces produced yield
    yields present stored contained included appear appears came come comes went go one ones thing things up out
    overall altogether grand result results value's answer query question ? ! . : ; ( ) [ ] { } - – — ' " ’ * ’s ...
    """
    )
)
"""Words and signs without content. "not", "or", "than", "other", "same" and the like are no fillers."""


def is_operator(word: str) -> bool:
    """Whether a word alone is a phrase or a filler, so that only its exact spelling can make it a value."""
    return word in FILLER or (word,) in PHRASES
