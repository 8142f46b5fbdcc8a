"""A shorter text made of a text's own most telling sentences (TextRank), within a token budget."""

import re
from collections import Counter

from dataops_kernel.llm.rules.words import FUNCTION_STEMS, stem

CHARS_PER_TOKEN = 4
"""English prose, measured over common tokenizers; an estimate, there is no tokenizer without a network."""

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?=\S)[^.!?\n]*)*[.!?]*")
_WORD = re.compile(r"[^\W_]+")
_DAMPING, _ROUNDS = 0.85, 20
_RANKED = 200  # sentences ranked against each other, so that time grows with the text and not with its square
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
    words = [{stem(word) for word in _WORD.findall(sentence.lower())} - FUNCTION_STEMS for sentence in sentences]
    likely = _likely(words)
    sentences, words = [sentences[at] for at in likely], [words[at] for at in likely]
    ranked = sorted(range(len(sentences)), key=_ranks(words).__getitem__, reverse=True)
    chosen: list[int] = []
    for at in ranked:
        if sum(len(sentences[other]) + 1 for other in chosen) + len(sentences[at]) <= budget:
            chosen.append(at)
    if not chosen:
        return _cut(sentences[ranked[0]] if ranked else text, budget)
    return " ".join(sentences[at] for at in sorted(chosen))


def _likely(words: list[set[str]]) -> list[int]:
    """Return the sentences worth ranking: those whose words the whole text uses most, in their order."""
    if len(words) <= _RANKED:
        return list(range(len(words)))
    used = Counter(word for sentence in words for word in sentence)
    weight = [sum(used[word] for word in sentence) / (5 + len(sentence)) for sentence in words]
    return sorted(sorted(range(len(words)), key=lambda at: (-weight[at], at))[:_RANKED])


def _ranks(words: list[set[str]]) -> list[float]:
    """Return how much each sentence is spoken for by the others that share its words."""
    near: list[list[tuple[int, float]]] = [[] for _ in words]
    for one, mine in enumerate(words):
        for other in range(one):
            shared = len(mine & words[other])
            if shared:
                weight = shared / (1 + len(mine) + len(words[other]))
                near[one].append((other, weight))
                near[other].append((one, weight))
    totals = [sum(weight for _, weight in links) or 1.0 for links in near]
    # People open with what matters: an early sentence starts a little ahead.
    ahead = [1.0 + 0.2 / (1 + at) for at in range(len(words))]
    ranks = ahead
    for _ in range(_ROUNDS):
        ranks = [
            (1 - _DAMPING) * ahead[at]
            + _DAMPING * sum(ranks[other] * weight / totals[other] for other, weight in near[at])
            for at in range(len(words))
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
