"""Finds the values a text holds for named slots: choices, dates, numbers, lengths of time, yes or no, quoted text."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from dataops_kernel.llm.base import Slot
from dataops_kernel.llm.rules.choices import choice_in
from dataops_kernel.llm.rules.dates import DateSpan, dates_in
from dataops_kernel.llm.rules.numbers import Number, durations_in, numbers_in
from dataops_kernel.llm.rules.words import FUNCTION_STEMS, Token, readable, stem, stem_set, tokens, word_set

_STARTS = stem_set("since from start begin after first earliest min lower")
_ENDS = stem_set("until till to end before last latest max upper through")
_AMOUNTS = stem_set("limit top rows row count n size sample max maximum head results number")
_AMOUNT_CUES = stem_set(
    "top first last limit row record line most maximum largest smallest bottom head best worst result sample"
) | {"to"}
_NO = word_set("no not without don dont never skip exclude disable off false")
_YES_ANSWERS = word_set("yes y yep yeah sure ok okay true on please")
_NO_ANSWERS = word_set("no n nope not false off never dont don")
_NEAR = 3
_ASSIGNED = r"(?<![\w.-]){name}\s{{0,3}}(?:=|:(?!//))\s{{0,3}}(\"[^\"\n]{{0,300}}\"|'[^'\n]{{0,300}}'|[^\s,;]{{1,300}})"


def extract(text: str, slots: Sequence[Slot], today: date) -> dict[str, Any]:
    """Return the values of the slots that the text holds; see ``LanguageModel.extract``."""
    text = readable(text)
    read = tokens(text)
    values: dict[str, Any] = {}
    for slot in slots:
        written = assigned(text, slot.name)
        value = _single(slot, written, today) if written is not None else None
        if value is not None:
            values[slot.name] = value
    taken: set[int] = set()
    finders: tuple[Callable[..., Iterator[tuple[str, Any]]], ...] = (
        _choices,
        _dates,
        _durations,
        _numbers,
        _flags,
        _strings,
    )
    for finder in finders:
        values.update(finder(read, [slot for slot in slots if slot.name not in values], taken, today))
    return values


def assigned(text: str, name: str) -> str | None:
    """Return what a text writes behind ``name=`` or ``name:``, without quotes; None when it does not."""
    pattern = _ASSIGNED.format(name=re.escape(name).replace("_", "[_ -]"))
    match = re.search(pattern, text, re.IGNORECASE)
    return match[1].strip("\"'").rstrip(".!?") if match else None


def _single(slot: Slot, written: str, today: date) -> Any:
    """Read a text that is nothing but one slot's value."""
    if slot.type == "string" and not slot.choices:
        return written or None
    alone = slot.model_copy(update={"required": True})
    read = tokens(written)
    for finder in (_choices, _dates, _durations, _numbers, _flags):
        for _, value in finder(read, [alone], set(), today):
            return value
    return None


def _choices(read: Sequence[Token], slots: Sequence[Slot], taken: set[int], today: date) -> Iterator[tuple[str, Any]]:
    for slot in slots:
        chosen = choice_in(read, slot.choices, slot.synonyms) if slot.choices else None
        if chosen:
            yield slot.name, chosen.choice


def _dates(read: Sequence[Token], slots: Sequence[Slot], taken: set[int], today: date) -> Iterator[tuple[str, Any]]:
    wanted = [slot for slot in slots if slot.type == "date" and not slot.choices]
    spans = dates_in(read, today) if wanted else []
    for span in spans:
        taken.update(range(span.begin, span.end + 1))
    for slot in wanted:
        day = next((day for day in (_day_for(slot, span) for span in spans) if day), None)
        if day:
            yield slot.name, day.isoformat()


def _day_for(slot: Slot, span: DateSpan) -> date | None:
    words = set(map(stem, slot.name.lower().split("_")))
    if words & _ENDS and not words & _STARTS:
        return span.last
    return span.first


def _durations(read: Sequence[Token], slots: Sequence[Slot], taken: set[int], today: date) -> Iterator[tuple[str, Any]]:
    wanted = [slot for slot in slots if slot.type == "duration"]
    yield from _assign(wanted, durations_in(read) if wanted else [], read, taken)


def _numbers(read: Sequence[Token], slots: Sequence[Slot], taken: set[int], today: date) -> Iterator[tuple[str, Any]]:
    wanted = [slot for slot in slots if slot.type in ("integer", "number") and not slot.choices]
    if not wanted:
        return
    for span in dates_in(read, today):
        taken.update(range(span.begin, span.end + 1))
    yield from _assign(wanted, numbers_in(read), read, taken)


def _assign(
    slots: Sequence[Slot], numbers: Sequence[Number], read: Sequence[Token], taken: set[int]
) -> Iterator[tuple[str, Any]]:
    """Give each number to the slot whose words stand nearest; one left over goes to the one required slot left."""
    free = [number for number in numbers if not taken & set(range(number.first, number.last + 1))]
    pairs = sorted(
        ((_closeness(slot, number, read), -number.first, slot.name, number, slot) for slot in slots for number in free),
        key=lambda pair: pair[:3],
        reverse=True,
    )
    done: set[str] = set()
    for closeness, _, name, number, slot in pairs:
        if closeness > 0 and name not in done and number in free and _fits(slot, number):
            free.remove(number)
            done.add(name)
            yield name, _value(slot, number)
    left = [slot for slot in slots if slot.name not in done]
    needy = [slot for slot in left if slot.required] or (left if _terse(read) else [])
    if len(needy) == 1 and len(free) == 1 and _fits(needy[0], free[0]):
        yield needy[0].name, _value(needy[0], free[0])


def _closeness(slot: Slot, number: Number, read: Sequence[Token]) -> float:
    own, told = _stems(slot.name), _stems(slot.description) - _AMOUNT_CUES
    amount = bool(own & _AMOUNTS)
    best = 0.0
    for at in range(max(0, number.first - _NEAR), min(len(read), number.last + _NEAR + 1)):
        if number.first <= at <= number.last and slot.type != "duration":
            continue
        steps = max(number.first - at, at - number.last, 1)
        word = read[at].stem
        strength = 3.0 if word in own else 2.0 if amount and word in _AMOUNT_CUES else 1.5 if word in told else 0.0
        if word == "to" and read[max(0, at - 1)].stem != "up":
            strength = 0.0
        best = max(best, strength / steps)
    return best if best >= 0.6 else 0.0


def _fits(slot: Slot, number: Number) -> bool:
    return slot.type != "integer" or float(number.value).is_integer()


def _value(slot: Slot, number: Number) -> int | float:
    value = number.value
    if (
        number.percent
        and slot.type == "number"
        and not _stems(f"{slot.name} {slot.description}") & {"percent", "pct", "percentag"}
    ):
        value /= 100
    return int(value) if slot.type == "integer" else value


def _flags(read: Sequence[Token], slots: Sequence[Slot], taken: set[int], today: date) -> Iterator[tuple[str, Any]]:
    stems = [token.stem for token in read]
    for slot in slots:
        if slot.type != "boolean":
            continue
        name = [stem(word) for word in slot.name.lower().split("_") if word]
        at = next((at for at in range(len(stems)) if name and stems[at : at + len(name)] == name), None)
        if at is None and slot.name.lower() in stems:
            at, name = stems.index(slot.name.lower()), [slot.name]
        if at is not None:
            before, after = stems[max(0, at - 3) : at], stems[at + len(name) : at + len(name) + 1]
            yield slot.name, not (_NO & set(before) or _NO & set(after))
        elif slot.required and len(read) <= 3 and stems and (stems[0] in _YES_ANSWERS or stems[0] in _NO_ANSWERS):
            yield slot.name, stems[0] in _YES_ANSWERS


def _strings(read: Sequence[Token], slots: Sequence[Slot], taken: set[int], today: date) -> Iterator[tuple[str, Any]]:
    """Quoted text goes to the slot named right before it, else to the first slot that has none."""
    wanted = [slot for slot in slots if slot.type == "string" and not slot.choices]
    for at, token in enumerate(read):
        if not wanted:
            return
        before = {other.stem for other in read[max(0, at - 2) : at]}
        named = [slot for slot in wanted if _stems(slot.name) & before or (_names(slot) and before & _NAMED)]
        chosen = None
        if token.kind == "quoted":
            chosen = (named or wanted)[0]
        elif token.kind in ("name", "word") and named and at and read[at - 1].stem in _NAMED | _stems(named[0].name):
            chosen = named[0] if token.stem not in FUNCTION_STEMS and token.kind == "name" else None
        if chosen:
            wanted.remove(chosen)
            yield chosen.name, token.text


_NAMED = frozenset({"nam", "name", "call", "titl", "title", "label"})


def _names(slot: Slot) -> bool:
    return bool(_stems(slot.name) & _NAMED)


def _terse(read: Sequence[Token]) -> bool:
    return sum(token.is_content for token in read) <= 1


def _stems(words: str) -> frozenset[str]:
    return frozenset(token.stem for token in tokens(words.replace("_", " ")[:500]) if token.is_content)
