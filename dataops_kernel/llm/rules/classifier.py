"""Which of a few described things a text means, learnt from their own words; and that it means none of them.

Texts are compared as TF-IDF vectors with every label's name, description and examples, and with sentences that are
no request at all (``background``). Four readings become one confidence: how alike the nearest example is, how alike
the label is as a whole, how much of what the text talks about the label explains, and how alike the background is.
"""

import hashlib
import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from dataops_kernel.llm.base import Label, Scored
from dataops_kernel.llm.rules.background import SENTENCES
from dataops_kernel.llm.rules.features import Features, features
from dataops_kernel.llm.rules.spelling import SpellingIndex
from dataops_kernel.llm.rules.thesaurus import meanings
from dataops_kernel.llm.rules.words import FUNCTION_STEMS
from dataops_kernel.types import Frozen

# Fitted by logistic regression on 75 requests and 45 other texts over the shipped workflows' sentences, rounded.
_NEAREST, _WHOLE, _EXPLAINED, _BACKGROUND, _ORDINARY, _BIAS = 6.0, 5.5, 4.0, -0.6, -1.5, -3.8

_NAME_WEIGHT, _DESCRIPTION_WEIGHT = 0.6, 0.9
_SENTENCE = re.compile(r"[^.:;!?\n]+")


class Fitted(Frozen):
    """What was learnt of one set of labels; JSON-shaped, so that it can be kept (``fingerprint`` says of which)."""

    fingerprint: str
    names: tuple[str, ...]
    owners: tuple[int, ...]
    """Whose sentence each one is: the label's position, or -1 for the background."""
    idf: dict[str, float]
    postings: dict[str, tuple[tuple[int, float], ...]]
    """Per feature: the sentences that have it, with its weight in their vectors."""
    explains: dict[str, dict[int, float]]
    """Per word and meaning: the labels that speak of it (-1: the background), with how firmly, 0 to 1."""


def fingerprint(labels: Sequence[Label]) -> str:
    """Return the hash of a label set, the key of what was learnt of it."""
    return hashlib.sha256("\n".join(label.model_dump_json() for label in labels).encode()).hexdigest()


def fit(labels: Sequence[Label]) -> Fitted:
    """Learn a label set; milliseconds for ten labels, and linear in their words."""
    sentences = [
        (owner, weight, features(text)) for owner, label in enumerate(labels) for weight, text in _sentences(label)
    ]
    sentences += [(-1, 1.0, seen) for seen in _background()]
    idf = _inverse_frequencies(seen.terms for _, _, seen in sentences)
    postings: dict[str, list[tuple[int, float]]] = {}
    explains: dict[str, dict[int, float]] = {}
    for at, (owner, weight, seen) in enumerate(sentences):
        norm = _norm(seen, idf, 0.0)
        for term, count in seen.terms.items():
            if owner >= 0 or term[0] != "c":  # letters find misspelled words of labels; of small talk, nobody cares
                postings.setdefault(term, []).append((at, round(weight * count * idf[term] / norm, 5)))
            if term[0] in "wk":
                firm = explains.setdefault(term, {})
                # A word said once may be an accident of the example; said thrice it belongs to the label.
                firm[owner] = min(1.0, firm.get(owner, 0.6) + 0.2 * weight)
    return Fitted(
        fingerprint=fingerprint(labels),
        names=tuple(label.name for label in labels),
        owners=tuple(owner for owner, _, _ in sentences),
        idf=idf,
        postings={term: tuple(places) for term, places in postings.items()},
        explains=explains,
    )


class Classifier:
    """Scores texts against one fitted label set."""

    def __init__(self, fitted: Fitted) -> None:
        self._fitted = fitted
        self._unknown = math.log(1 + len(fitted.owners)) + 0.5
        of_meanings = {word for phrase in meanings() for word in phrase.split()}
        own = {term[2:] for term, owners in fitted.explains.items() if term[0] == "w" and max(owners) >= 0}
        self._spelling = SpellingIndex(own | of_meanings)
        self._known = {term[2:] for term in fitted.explains if term[0] == "w"} | of_meanings | FUNCTION_STEMS

    def scores(self, text: str) -> list[Scored]:
        """Return every label with its confidence, best first, ties in the order of the names."""
        seen = features(text, self._respell)
        if not seen.terms:
            return [Scored(name=name, confidence=0.0) for name in sorted(self._fitted.names)]
        alike = self._alike(seen)
        background = max(alike.pop(-1), default=0.0)
        explained = self._explained(seen)
        ordinary = explained.get(-1, 0.0)
        scored = []
        for owner, name in enumerate(self._fitted.names):
            nearest = sorted(alike.get(owner, ()), reverse=True)[:4]
            evidence = (
                _NEAREST * (nearest[0] if nearest else 0.0)
                + _WHOLE * sum(nearest) / 4
                + _EXPLAINED * explained.get(owner, 0.0)
                + _BACKGROUND * background
                + _ORDINARY * ordinary
                + _BIAS
            )
            scored.append(Scored(name=name, confidence=round(1 / (1 + math.exp(-evidence)), 4)))
        return sorted(scored, key=lambda found: (-found.confidence, found.name))

    def _alike(self, seen: Features) -> dict[int, list[float]]:
        """Return per label (and for -1, the background) how alike its sentences are that share anything."""
        fitted, norm = self._fitted, _norm(seen, self._fitted.idf, self._unknown)
        sums = [0.0] * len(fitted.owners)
        for term, count in seen.terms.items():
            places = fitted.postings.get(term)
            if places:
                weight = count * fitted.idf[term] / norm
                for at, share in places:
                    sums[at] += weight * share
        alike: dict[int, list[float]] = {-1: []}
        for owner, total in zip(fitted.owners, sums, strict=True):
            if total:
                alike.setdefault(owner, []).append(total)
        return alike

    def _explained(self, seen: Features) -> dict[int, float]:
        """Return per label the share of the text's content words that it speaks of, rare words counting more."""
        whole = 0.0
        shares: dict[int, float] = {}
        for word, *senses in seen.subjects:
            weight = self._fitted.idf.get(word, self._unknown)
            whole += weight
            best = dict(self._fitted.explains.get(word, {}))
            for sense in senses:
                for owner, firm in self._fitted.explains.get(sense, {}).items():
                    if owner >= 0:
                        best[owner] = max(best.get(owner, 0.0), 0.8 * firm)
            for owner, firm in best.items():
                shares[owner] = shares.get(owner, 0.0) + weight * (firm if owner >= 0 else 1.0)
        return {owner: share / whole for owner, share in shares.items()} if whole else {}

    def _respell(self, word: str) -> str:
        return word if word in self._known else self._spelling.correct(word) or word


def _sentences(label: Label) -> Iterable[tuple[float, str]]:
    yield _NAME_WEIGHT, label.name.replace("_", " ")
    for sentence in _SENTENCE.findall(label.description):
        if sentence.strip():
            yield _DESCRIPTION_WEIGHT, sentence
    for example in label.examples:
        yield 1.0, example


@lru_cache(maxsize=1)
def _background() -> tuple[Features, ...]:
    return tuple(features(text) for text in SENTENCES)


def _inverse_frequencies(sentences: Iterable[dict[str, float]]) -> dict[str, float]:
    counts: dict[str, int] = {}
    size = 0
    for terms in sentences:
        size += 1
        for term in terms:
            counts[term] = counts.get(term, 0) + 1
    return {term: round(math.log((1 + size) / (1 + count)) + 0.5, 5) for term, count in counts.items()}


def _norm(seen: Features, idf: dict[str, float], unknown: float) -> float:
    return math.sqrt(sum((count * idf.get(term, unknown)) ** 2 for term, count in seen.terms.items())) or 1.0
