"""Compressing a context: verified against its keep-list, reversible, inside the budget, and honest about how."""

from collections.abc import Sequence
from typing import Any

from dataops_kernel.context import places
from dataops_kernel.context.keeping import KEPT, Evidence, Fact, keep_list
from dataops_kernel.context.model_rewriting import ModelRewriting
from dataops_kernel.context.originals import Originals
from dataops_kernel.context.places import cost
from dataops_kernel.context.shortening import MARK, Shortening
from dataops_kernel.errors import LimitExceededError, ParameterError
from dataops_kernel.llm.base import LanguageModel
from dataops_kernel.types import CompressedContext, FoundSection, ReplacedSection

_ROUNDS = 6
_MODEL_SECONDS = 30.0
_TOLD = 500
"""Dropped numbers that the outcome lists one by one; the note says how many there are."""


class Compression:
    """Compresses contexts for their owners.

    The order in which things go when the budget gets tight: long texts lose their least telling sentences, lists
    their far end, objects their largest values; then numbers. Decisions, parameter values, artifact references,
    states and open questions never go: when they alone are over the budget, the error says how much they need.
    """

    def __init__(
        self, originals: Originals, model: LanguageModel | None = None, model_seconds: float = _MODEL_SECONDS
    ) -> None:
        self._originals = originals
        self._model = model if model is not None and model.engine == "llm" else None
        self._seconds = model_seconds

    def compress(
        self, context: dict[str, Any], max_tokens: int, *, owner: str = "", session_id: str | None = None
    ) -> CompressedContext:
        """Return the context in at most ``max_tokens`` tokens of JSON, with an account of what became of it.

        One that fits is returned as it is. Raises ``ParameterError`` for a budget below 1 or a value that JSON cannot
        hold, and ``LimitExceededError`` for too large or deep a context or a budget below what must be kept.
        """
        if isinstance(max_tokens, bool) or not isinstance(max_tokens, int) or max_tokens < 1:
            raise ParameterError(
                f"A budget of {max_tokens!r} tokens cannot hold a context.",
                hint="Give a whole number of 1 or more: 2000",
            )
        context = places.checked(context)
        if not isinstance(context.get(KEPT, []), list) or not all(isinstance(x, str) for x in context.get(KEPT, [])):
            raise ParameterError(
                f"The key {KEPT!r} holds what a compression kept, a list of texts.", hint="Give yours another name."
            )
        before = cost(context)
        facts = keep_list(context)
        if before <= max_tokens:
            return CompressedContext(
                context=context,
                method="unchanged",
                max_tokens=max_tokens,
                tokens_before=before,
                tokens_after=before,
                kept=tuple(fact.public for fact in facts),
            )
        rewriting = ModelRewriting(self._model, self._seconds) if self._model is not None else None
        made, changed, put_back, dropped = verified(context, facts, max_tokens, rewriting)
        reference = self._originals.keep(context, owner, session_id)
        gone = set(dropped)
        return CompressedContext(
            context=made,
            method="llm" if rewriting is not None and rewriting.used else "extractive",
            max_tokens=max_tokens,
            tokens_before=before,
            tokens_after=cost(made),
            reference=reference,
            sections=tuple(
                ReplacedSection(path=path, reference=f"{reference}#{path}", tokens_before=was, tokens_after=now)
                for path, (was, now) in sorted(changed.items())
            ),
            kept=tuple(fact.public for fact in facts if fact not in gone),
            put_back=tuple(fact.public for fact in put_back),
            dropped=tuple(fact.public for fact in dropped[:_TOLD]),
            note=_note(rewriting, len(dropped)),
        )

    def expand(self, reference: str, *, owner: str = "") -> Any:
        """Return the original of a section, or of the whole, by the reference that the outcome gave."""
        return self._originals.expand(reference, owner)

    def search(self, reference: str, text: str, *, owner: str = "", k: int = 10) -> list[FoundSection]:
        """Return the places of an original that speak of ``text``, best first."""
        return self._originals.search(reference, text, owner, k)


Verified = tuple[dict[str, Any], dict[str, tuple[int, int]], list[Fact], list[Fact]]
"""The smaller context, what each changed place cost before and after, what was put back, which numbers are gone."""


def verified(context: dict[str, Any], facts: list[Fact], max_tokens: int, rewriting: ModelRewriting | None) -> Verified:
    """Shorten, look what got lost, make room for it and shorten again; after ``_ROUNDS`` only what must be stays."""
    body = {key: value for key, value in context.items() if key != KEPT}
    strict = [fact for fact in facts if fact.kind != "number"]
    figures = [fact for fact in facts if fact.kind == "number"]
    must = {fact.carrier for fact in strict if not fact.scalar}
    reserve: list[Fact] = []
    slack = 0
    for _ in range(_ROUNDS):
        room = max_tokens - slack - (cost({KEPT: _lines(reserve)}) if reserve else 0)
        if room < 3:
            break
        shortening = Shortening(must, rewriting)
        made = shortening.shorten(body, room)
        evidence = Evidence(made)
        lost = evidence.lost(strict)
        whole = _with(made, lost)
        if cost(whole) <= max_tokens and whole:
            back, dropped = _figures_back(made, lost, evidence.lost(figures), max_tokens)
            return _with(made, [*lost, *back]), shortening.changed, [*lost, *back], dropped
        more = [fact for fact in lost if fact not in reserve]
        reserve += more
        if not more:
            slack += max(1, cost(whole) - max_tokens)
    least: dict[str, Any] = {KEPT: _lines(strict)} if strict else {MARK: f"{len(body)} more"}
    if cost(least) > max_tokens:
        needed = min(cost(least), cost(context))
        raise LimitExceededError(
            f"{max_tokens:,} tokens cannot hold what this context must keep: {_kinds(strict)}.",
            hint=f"Give at least {needed:,} tokens.",
            needed=needed,
            max_tokens=max_tokens,
        )
    return least, {"": (cost(context), cost(least))}, strict, Evidence(least).lost(figures)


def _figures_back(
    made: dict[str, Any], lost: list[Fact], figures: list[Fact], max_tokens: int
) -> tuple[list[Fact], list[Fact]]:
    """Put back as many numbers as there is room for, in their order."""
    lines = dict.fromkeys(_lines(lost))
    room = max_tokens - cost(_with(made, lost))
    back: list[Fact] = []
    dropped: list[Fact] = []
    for fact in figures:
        price = 0 if fact.line in lines else cost(fact.line) + (1 if lines else cost({KEPT: []}))
        if price <= room:
            room -= price
            lines[fact.line] = None
            back.append(fact)
        else:
            dropped.append(fact)
    return back, dropped


def _with(made: dict[str, Any], facts: Sequence[Fact]) -> dict[str, Any]:
    return {**made, KEPT: _lines(facts)} if facts else made


def _lines(facts: Sequence[Fact]) -> list[str]:
    return list(dict.fromkeys(fact.line for fact in facts))


def _kinds(facts: Sequence[Fact]) -> str:
    counts: dict[str, int] = {}
    for fact in facts:
        counts[fact.kind] = counts.get(fact.kind, 0) + 1
    return (
        ", ".join(f"{count} {kind}{'s' * (count > 1)}" for kind, count in counts.items()) or "that there was something"
    )


def _note(rewriting: ModelRewriting | None, dropped: int) -> str:
    said = []
    if rewriting is not None:
        said = [f"The model was not used for {n} text(s): {why}." for why, n in rewriting.refused.items()]
    if dropped:
        said.append(f"There was no room for {dropped:,} number(s); the originals have them.")
    return " ".join(said)
