"""Which number in a text belongs to which slot: the slot whose words stand nearest to it."""

from collections.abc import Iterator, Sequence

from dataops_kernel.llm.base import Slot
from dataops_kernel.llm.rules.numbers import Number
from dataops_kernel.llm.rules.words import Token, stem_set, tokens

_NEAR = 3  # tokens between a number and the word that says what it is
_LEAST = 0.6
_OWN, _AMOUNT, _TOLD = 3.0, 2.0, 1.5  # the slot's own name, words that go with any limit, words of its description
_BEHIND = 0.9  # "limit 20, share 3": the word before a number is likelier its name than the word after it
_AMOUNTS = stem_set("limit top rows row count n size sample max maximum head results number")
_RANKED = "best worst largest smallest biggest highest lowest newest latest oldest cheapest"
_BEFORE_AMOUNTS = stem_set(f"top first last bottom head {_RANKED}")
_AFTER_AMOUNTS = stem_set(f"rows records lines results most least {_RANKED}")
_PERCENT = stem_set("percent pct percentage")


def assign(slots: Sequence[Slot], numbers: Sequence[Number], read: Sequence[Token]) -> Iterator[tuple[Slot, Number]]:
    """Yield which slot gets which number, each at most once.

    A number that no slot's words stand near goes to the only required slot left, or to the only slot when the text
    says nothing else.
    """
    free = list(numbers)
    without = list(slots)
    pairs = [(_closeness(slot, number, read), slot, number) for slot in slots for number in numbers]
    for closeness, slot, number in sorted(pairs, key=lambda pair: (-pair[0], pair[2].first)):
        if closeness >= _LEAST and slot in without and number in free and fits(slot, number):
            without.remove(slot)
            free.remove(number)
            yield slot, number
    says_nothing_else = len(read) <= 3 and sum(token.is_content for token in read) <= 1
    needy = [slot for slot in without if slot.required] or (without if says_nothing_else else [])
    if len(needy) == 1 and len(free) == 1 and fits(needy[0], free[0]):
        yield needy[0], free[0]


def fits(slot: Slot, number: Number) -> bool:
    """Say whether a slot's type can hold a number."""
    return slot.type != "integer" or float(number.value).is_integer()


def value_for(slot: Slot, number: Number) -> int | float:
    """Return a number as a slot wants it: ``10%`` is 0.1, unless the slot counts in percent."""
    if slot.type == "integer":
        return int(number.value)
    if number.percent and not words_of(f"{slot.name} {slot.description}") & _PERCENT:
        return number.value / 100
    return number.value


def words_of(text: str) -> frozenset[str]:
    """Return the stems of the content words of a slot's name or description."""
    return frozenset(token.stem for token in tokens(text.replace("_", " ")[:500]) if token.is_content)


def _closeness(slot: Slot, number: Number, read: Sequence[Token]) -> float:
    own, told = words_of(slot.name), words_of(slot.description) - _BEFORE_AMOUNTS - _AFTER_AMOUNTS
    best = _AMOUNT if own & _AMOUNTS and _is_amount(number, read) else 0.0
    for at in range(max(0, number.first - _NEAR), min(len(read), number.last + _NEAR + 1)):
        strength = _OWN if read[at].stem in own else _TOLD if read[at].stem in told else 0.0
        steps = max(number.first - at, at - number.last, 1)
        best = max(best, strength / steps * (_BEHIND if at > number.last else 1.0))
    return best


def _is_amount(number: Number, read: Sequence[Token]) -> bool:
    """Say whether a number says how many of something to show: "top 5", "100 rows", "the 3 largest".

    Only the words right beside it count: in "at most 5 orders" and "top regions over 5000" it is a condition.
    """
    before = read[number.first - 1].stem if number.first else ""
    after = read[number.last + 1].stem if number.last + 1 < len(read) else ""
    return before in _BEFORE_AMOUNTS or after in _AFTER_AMOUNTS
