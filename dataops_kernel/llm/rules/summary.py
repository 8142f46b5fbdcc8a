"""A shorter text made of a text's own most telling sentences (TextRank), within a token budget."""

import re

from dataops_kernel.llm.rules.words import FUNCTION_STEMS, stem

CHARS_PER_TOKEN = 4
"""English prose, measured over common tokenizers; an estimate, there is no tokenizer without a network."""

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?=\S)[^.!?\n]*)*[.!?]*")
_WORD = re.compile(r"[^\W_]+")
_DAMPING, _ROUNDS = 0.85, 20
_AT_ONCE = 200  # sentences ranked against each other at a time, so that time grows with the text, not its square
_LONGEST = 600  # characters; a longer run without a full stop is cut


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text is."""
    return -(-len(text) // CHARS_PER_TOKEN)


def summarize(text: str, max_tokens: int) -> str:
    """Return the sentences of a text that say the most, in their order, in at most ``max_tokens`` estimated tokens.

    A text that fits is returned as it is; when not even one sentence fits, the first words of the best one.
    """
    text = text.strip()
    budget = max(0, max_tokens) * CHARS_PER_TOKEN
    if len(text) <= budget:
        return text
    sentences = [match.group().strip()[:_LONGEST] for match in _SENTENCE.finditer(text)]
    sentences = list(dict.fromkeys(sentence for sentence in sentences if _WORD.search(sentence)))
    while len(sentences) > _AT_ONCE:
        sentences = [
            sentence
            for start in range(0, len(sentences), _AT_ONCE)
            for sentence in _best(sentences[start : start + _AT_ONCE], _AT_ONCE // 4)
        ]
    ranked = sorted(range(len(sentences)), key=_ranks(sentences).__getitem__, reverse=True)
    chosen: list[int] = []
    for at in ranked:
        if sum(len(sentences[other]) + 1 for other in chosen) + len(sentences[at]) <= budget:
            chosen.append(at)
    if not chosen:
        return _cut(sentences[ranked[0]] if ranked else text, budget)
    return " ".join(sentences[at] for at in sorted(chosen))


def _best(sentences: list[str], count: int) -> list[str]:
    ranks = _ranks(sentences)
    best = sorted(range(len(sentences)), key=ranks.__getitem__, reverse=True)[:count]
    return [sentences[at] for at in sorted(best)]


def _ranks(sentences: list[str]) -> list[float]:
    """Return how much each sentence is spoken for by the others that share its words."""
    words = [{stem(word) for word in _WORD.findall(sentence.lower())} - FUNCTION_STEMS for sentence in sentences]
    near: list[list[tuple[int, float]]] = [[] for _ in sentences]
    for one, mine in enumerate(words):
        for other in range(one):
            shared = len(mine & words[other])
            if shared:
                weight = shared / (1 + len(mine) + len(words[other]))
                near[one].append((other, weight))
                near[other].append((one, weight))
    totals = [sum(weight for _, weight in links) or 1.0 for links in near]
    # People open with what matters: an early sentence starts a little ahead.
    ahead = [1.0 + 0.2 / (1 + at) for at in range(len(sentences))]
    ranks = ahead
    for _ in range(_ROUNDS):
        ranks = [
            (1 - _DAMPING) * ahead[at]
            + _DAMPING * sum(ranks[other] * weight / totals[other] for other, weight in near[at])
            for at in range(len(sentences))
        ]
    return ranks


def _cut(sentence: str, budget: int) -> str:
    if len(sentence) <= budget:
        return sentence
    if budget < 2:
        return ""
    whole = sentence[: budget - 1]
    words, space, _ = whole.rpartition(" ")
    return f"{words if space else whole}…"
