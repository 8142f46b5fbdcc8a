"""Making a JSON-shaped value fit a budget of tokens with its own words: small parts whole, large ones shortened."""

from collections.abc import Callable, Collection
from typing import Any

from dataops_kernel.context.keeping import is_talk
from dataops_kernel.context.places import below, cost
from dataops_kernel.llm.tokens import count_tokens, fit
from dataops_kernel.sessions import salience

MARK = "…"
_EDGE = 4  # tokens that a model's text may cost more in JSON
_TRIES = 4

ShortenText = Callable[[str, int], str]
"""(text, max_tokens) -> a text of at most that many tokens."""


class Shortening:
    """One pass over a context; ``changed`` tells which places it made shorter.

    ``must`` are sentences that a text keeps before any other; ``text`` makes a long text shorter in another way and
    may give it back as it came, which means: not at all.
    """

    def __init__(self, must: Collection[str], text: ShortenText | None = None) -> None:
        self._must = frozenset(must)
        self._text = text
        self._costs: dict[int, int] = {}
        self.changed: dict[str, tuple[int, int]] = {}

    def shorten(self, value: Any, budget: int, path: str = "") -> Any:
        """Return the value, or what of it fits the budget; a mark stands where something is gone."""
        whole = self._cost(value)
        if whole <= budget:
            return value
        if isinstance(value, str):
            made: Any = self._shorter_text(value, budget)
        elif isinstance(value, list):
            made = self._shorter_list(value, budget, path)
        elif isinstance(value, dict):
            made = self._shorter_dict(value, budget, path)
        else:
            made = MARK
        self.changed[path] = (whole, cost(made))
        return made

    def _cost(self, value: Any) -> int:
        # The same list is asked for again and again while its parents share out the budget.
        if not isinstance(value, dict | list):
            return cost(value)
        known = self._costs.get(id(value))
        if known is None:
            known = self._costs[id(value)] = cost(value)
        return known

    def _shorter_text(self, text: str, budget: int) -> str:
        if self._text is not None and budget > _EDGE:
            made = self._text(text, budget - _EDGE)
            if made != text and cost(made) <= budget:
                return made
        room = budget - 2
        for _ in range(_TRIES):  # quotation marks inside a text cost more in JSON than in the text
            made = extract(text, room, self._must)
            over = cost(made) - budget
            if over <= 0:
                return made or MARK
            room -= over
        return MARK

    def _shorter_list(self, items: list[Any], budget: int, path: str) -> list[Any]:
        """Keep the end of a conversation, the beginning of anything else, and say how many are gone."""
        talk = is_talk(items)
        order = range(len(items) - 1, -1, -1) if talk else range(len(items))
        mark = f"{MARK} {len(items)} {'earlier ' if talk else ''}more"
        room = budget - 2 - cost(mark) - 1
        largest = max(room // 3, 0)
        kept: list[Any] = []
        for place in order:
            item = self.shorten(items[place], largest, below(path, place)) if room > 0 else MARK
            room -= cost(item) + 1
            if room < 0 or item == MARK:
                self.changed.pop(below(path, place), None)
                break
            kept.append(item)
        gone = len(items) - len(kept)
        said = [f"{MARK} {gone} {'earlier' if talk else 'more'}"] if gone else []
        return [*said, *kept[::-1]] if talk else [*kept, *said]

    def _shorter_dict(self, values: dict[str, Any], budget: int, path: str) -> dict[str, Any]:
        """Give every key its share: small values stay whole, large ones divide what is left by their size."""
        room = budget - 2
        names = {key: cost(key) + 2 for key in values}
        kept: dict[str, Any] = {}
        by_size = sorted(values, key=lambda key: self._cost(values[key]))
        for at, key in enumerate(by_size):
            left = len(by_size) - at
            size = self._cost(values[key])
            room -= names[key]
            share = size if size <= room // left else max(room // left, 0)
            if share < 3 and size > share:  # not even a mark
                room += names[key]
                continue
            kept[key] = self.shorten(values[key], share, below(path, key))
            room -= cost(kept[key]) + 1
        gone = len(values) - len(kept)
        made = {key: kept[key] for key in values if key in kept}
        if gone and cost({**made, MARK: f"{gone} more"}) <= budget:
            made[MARK] = f"{gone} more"
        return made


def extract(text: str, budget: int, must: Collection[str] = ()) -> str:
    """Return the sentences of a text that tell most, in their order, in at most ``budget`` tokens.

    Sentences in ``must`` come first; when not one sentence fits, the beginning of the text is given.
    """
    if budget <= 0:
        return ""
    found = [" ".join(sentence.split()) for sentence in salience.sentences(text)]
    found = list(dict.fromkeys(found))
    told = [(sentence in must, salience.weight(sentence, asked=False)) for sentence in found]
    chosen: list[int] = []
    room = budget
    for place in sorted(range(len(found)), key=lambda place: (*told[place], -place), reverse=True):
        size = count_tokens(found[place]) + 1
        if size <= room:
            chosen.append(place)
            room -= size
        elif room < 4:
            break
    if not chosen:
        return fit(" ".join(text.split()), budget)
    parts: list[str] = []
    last = -1
    for place in sorted(chosen):
        parts.append(found[place])
        last = place
    whole = " ".join(parts)
    return whole if last == len(found) - 1 else fit(f"{whole} {MARK}", budget)
