"""Misspelt words: corrected only when one known word is near and the word is no other English word; always told."""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import lru_cache
from itertools import takewhile

from .dates import read
from .lexicon import FILLER, PHRASES
from .linking import Links
from .synonyms import ABBREVIATIONS, TRADE
from .words import Token, singular, word, word_list

# English words people ask data about. A word that stands here is never "corrected" into a name that looks like it:
# "county" is not a misspelt "country", and an answer by country would be a wrong answer.
_REAL_WORDS = frozenset(
    word_list(
        """
    account address adult advertisement age agent album animal answer area article artist asset attendance auction
    balance band bank bar batch beer benefit bill birth block board boat body bonus book border box boy branch brand
    bread budget bug build building bus business buyer call campaign candidate car card cargo case cash cause cell
    center chain chair change channel charge chart chat check child church city claim class click client clinic
    cloud club coach code coffee color colour comment commission company complaint concert contact content contest
    contract cook copy cost county coupon course court cover crew crime crop cup currency custom damage danger
    dealer death debt debtor decision defect degree delay delivery demand deposit design desk device diagnosis
    disease distance doctor document dog donation door dose download draft driver drug duration earning effort
    election email energy engine engineer episode error estimate event exam expense export factor factory failure
    family farm fault fee feedback field film filter fine fish flight floor food forecast form freight friend fuel
    fund game garden gas gender gift girl goal gold good grade grain grant growth guest guide hall happiness head
    height hero hobby holiday home hospital host hotel hour house humidity idea image income index industry injury
    ink insurance interest inventory invoice issue item job journal journey keyword kid kitchen label land language
    law lawyer lead league leader lead length lesson letter level library license life light line link list location
    loss lot loyalty machine mail male female manager map margin market marriage match material meal meat media
    medicine meeting member memory menu message metal meter method milk mine mistake model mood month mortgage
    mother motor mouse movie museum music nation network news night noise nurse object offer office oil opinion
    option origin output owner pack package page pain paint pair paper parent park part partner party passenger
    patent path patient pattern payment payroll penalty pension people person pet phone photo piece pilot pipe place
    plan planet plane plant platform player poem point police policy poll pool port post poster power prize problem
    process profession professor profile profit program project promo promotion property prospect provider province
    public publisher pupil purpose quality queue race rain rate rating ratio reader reason receipt recipe record
    refund religion rent report request resource restaurant return revenue review reward risk river road role room
    route rule safety sample satisfaction scale schedule school score screen sea season seat section sector security
    sensor sentiment server service session shape share shelf shift ship shipment shop show side site skill slot
    smoke snow soldier song source space speed sport spot staff stage star start state station step stock stop store
    storm story street stress strike student studio style subject subscription success suburb supplier support
    surface survey symptom system table target task tax teacher team temperature tenant tenure test text theater
    ticket time tip tool topic tour tower town toy track trade traffic train training transport travel tree trend
    trial trip truck tunnel tutor university user vacation value vehicle vendor venue version vessel video village
    visit visitor voice volume vote voter voucher wage waiter walk wall war warehouse warranty waste water wave
    weather web wedding week weight wheel wife wind window wine winner winter wood word work worker workshop world
    writer yard zone compare correlation difference double fastest slowest faster slower bigger happier change
    increase decrease growth decline twice half third second predict forecast recommend explain describe summarize
    outlier anomaly average variance deviation percentile quartile running rolling cumulative previous consecutive
    repeat repeated loyal churn retention cohort likely because reason cheaper heavier newer rather instead again
    often usually rarely almost nearly around approximately roughly about since ago later tomorrow tonight morning
    evening afternoon weekend christmas easter summer spring autumn monday tuesday wednesday thursday friday
    saturday sunday
    """
    )
)
_SHORTEST = 4
_LONG = 7
_ENDINGS = frozenset(
    {"", "s", "d", "ed", "r", "er", "e", "es", "ing", "ings", "ment", "y", "ies", "al", "ure", "ion", "ly"}
)


@lru_cache(maxsize=1)
def _operators() -> frozenset[str]:
    return frozenset(part for words in PHRASES for part in words if part.isalpha()) | FILLER | TRADE.keys()


def known_word(token: Token) -> bool:
    """Whether a word belongs to the English this workflow reads, whatever the data is called."""
    return token.low in _operators() or singular(token.low) in _operators()


def correct(tokens: Sequence[Token], names: Set[str], links: Links) -> tuple[list[Token], list[tuple[str, str]]]:
    """Replace misspelt words by the one name or operator they are near; returns the tokens and (said, read) pairs.

    ``names`` are the words of the schema's own names. Words of values and long synonyms count too, but give way to a
    name that is as near.
    """
    known = names | links.vocabulary
    candidates: list[tuple[bool, str]] | None = None
    result, notes = list(tokens), []
    for place, token in enumerate(tokens):
        if not _is_strange(token, known) or links.is_verb(token) or read(tokens, place) is not None:
            continue
        if candidates is None:
            near = names | _operators()
            others = links.value_words | {word for word in known if len(word) >= _LONG}
            everything = [name for name in near | others if len(name) >= _SHORTEST and name.isalpha()]
            candidates = sorted((name not in near, name) for name in everything)
        nearest = _nearest(token.low, candidates)
        if nearest is not None:
            result[place] = word(nearest)
            notes.append((token.text, nearest))
    return result, notes


def _is_strange(token: Token, names: Set[str]) -> bool:
    if token.kind != "word" or len(token.low) < _SHORTEST or not token.low.isalpha():
        return False
    base = token.words[0] if token.words else token.low
    if base in names or token.low in names or known_word(token):
        return False
    return base not in _REAL_WORDS and token.low not in _REAL_WORDS and token.low not in ABBREVIATIONS


def _same_word(one: str, other: str) -> bool:
    """Whether two words are forms of one: "borrowed" is no misspelt "borrower"."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return one[shared:] in _ENDINGS and other[shared:] in _ENDINGS


def _nearest(low: str, candidates: Sequence[tuple[bool, str]]) -> str | None:
    """Return the one word that is nearest, or None when two are equally near."""
    from rapidfuzz.distance import OSA

    base = singular(low)
    allowed = 1 if len(base) < 8 else 2
    scored: list[tuple[int, bool, str]] = []
    for other, name in candidates:
        if name[0] != low[0] or abs(len(name) - len(base)) > allowed + 1 or _same_word(name, low):
            continue
        distance = min(OSA.distance(low, name), OSA.distance(base, name))
        if distance <= allowed:
            scored.append((distance, other, name))
    scored.sort()
    if not scored:
        return None
    first = scored[0]
    rivals = [name for distance, other, name in scored if (distance, other) == first[:2]]
    return first[2] if len({singular(name) for name in rivals}) == 1 else None
