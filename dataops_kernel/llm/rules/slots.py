"""Finds the values a text holds for named slots: choices, dates, numbers, lengths of time, yes or no, quoted text."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from dataops_kernel.llm.base import Slot
from dataops_kernel.llm.rules.assigning import assign, value_for, words_of
from dataops_kernel.llm.rules.choices import choice_in
from dataops_kernel.llm.rules.dates import DateSpan, dates_in
from dataops_kernel.llm.rules.numbers import durations_in, numbers_in
from dataops_kernel.llm.rules.words import Token, readable, stem, stem_set, tokens, word_set

_STARTS = stem_set("since from start begin after first earliest min lower")
_ENDS = stem_set("until till to end before last latest max upper through")
_NO = word_set("no not without don dont never skip exclude disable off false")
_YES_ANSWERS = word_set("yes y yep yeah sure ok okay true on please")
_NO_ANSWERS = word_set("no n nope not false off never dont don")
_NAMED = stem_set("name named call called title titled label")
_VALUE = r"(\"[^\"\n]{0,300}\"|'[^'\n]{0,300}'|[^\s,;]{1,300})"


def extract(text: str, slots: Sequence[Slot], today: date) -> dict[str, Any]:
    """Return the values of the slots that the text holds; see ``LanguageModel.extract``."""
    text = readable(text)
    reading = _Reading(tokens(text), today)
    values: dict[str, Any] = {}
    for slot in slots:
        written = _assigned(text, slot.name)
        value = _alone(slot, written, today) if written else None
        if value is not None:
            values[slot.name] = value
    for kind in _FINDERS:
        wanted = [slot for slot in slots if slot.name not in values and _kind(slot) == kind]
        if wanted:
            values.update(_FINDERS[kind](reading, wanted))
    return values


class _Reading:
    """A text's tokens, and which of them have given a value already."""

    def __init__(self, read: Sequence[Token], today: date) -> None:
        self.read = read
        self.stems = [token.stem for token in read]
        self.today = today
        self.taken: set[int] = set()

    def dates(self) -> list[DateSpan]:
        spans = dates_in(self.read, self.today)
        for span in spans:
            self.taken.update(range(span.begin, span.end + 1))
        return spans

    def is_free(self, first: int, last: int) -> bool:
        return self.taken.isdisjoint(range(first, last + 1))


def _kind(slot: Slot) -> str:
    return "choice" if slot.choices else "number" if slot.type == "integer" else slot.type


def _assigned(text: str, name: str) -> str | None:
    """Return what a text writes behind ``name=`` or ``name:``, without quotes; None when it does not."""
    spelled = re.escape(name).replace("_", "[_ -]")
    match = re.search(rf"(?<![\w.-]){spelled}\s{{0,3}}(?:=|:(?!//))\s{{0,3}}{_VALUE}", text, re.IGNORECASE)
    return match[1].strip("\"'").rstrip(".!?") if match else None


def _alone(slot: Slot, written: str, today: date) -> Any:
    """Read a text that is nothing but one slot's value."""
    if _kind(slot) == "string":
        return written
    needy = slot.model_copy(update={"required": True})
    return next((value for _, value in _FINDERS[_kind(slot)](_Reading(tokens(written), today), [needy])), None)


def _choices(reading: _Reading, slots: Sequence[Slot]) -> Iterator[tuple[str, Any]]:
    for slot in slots:
        chosen = choice_in(reading.read, slot.choices, slot.synonyms)
        if chosen:
            yield slot.name, chosen.choice


def _dates(reading: _Reading, slots: Sequence[Slot]) -> Iterator[tuple[str, Any]]:
    spans = reading.dates()
    for slot in slots:
        words = {stem(word) for word in slot.name.lower().split("_")}
        is_end = bool(words & _ENDS) and not words & _STARTS
        days = [day for span in spans if (day := span.last if is_end else span.first)]
        if days:
            yield slot.name, days[0].isoformat()


def _durations(reading: _Reading, slots: Sequence[Slot]) -> Iterator[tuple[str, Any]]:
    for slot, length in assign(slots, durations_in(reading.read), reading.read):
        reading.taken.update(range(length.first, length.last + 1))
        yield slot.name, length.value


def _numbers(reading: _Reading, slots: Sequence[Slot]) -> Iterator[tuple[str, Any]]:
    reading.dates()
    free = [number for number in numbers_in(reading.read) if reading.is_free(number.first, number.last)]
    for slot, number in assign(slots, free, reading.read):
        yield slot.name, value_for(slot, number)


def _flags(reading: _Reading, slots: Sequence[Slot]) -> Iterator[tuple[str, Any]]:
    """A flag is on where it is named, unless something near says no: "no dry run", "dry run off"."""
    stems = reading.stems
    for slot in slots:
        spellings = [[stem(word) for word in slot.name.lower().split("_") if word], [slot.name.lower()]]
        found = next(
            (
                (at, at + len(spelled))
                for spelled in spellings
                for at in range(len(stems))
                if stems[at : at + len(spelled)] == spelled
            ),
            None,
        )
        if found:
            yield slot.name, _NO.isdisjoint(stems[max(0, found[0] - 3) : found[0]] + stems[found[1] : found[1] + 1])
        elif slot.required and 0 < len(stems) <= 3:
            answer = reading.read[0].text.lower()
            if answer in _YES_ANSWERS | _NO_ANSWERS:
                yield slot.name, answer in _YES_ANSWERS


def _strings(reading: _Reading, slots: Sequence[Slot]) -> Iterator[tuple[str, Any]]:
    """Quoted text goes to the slot named right before it, else to the first without one; names only to the former."""
    without = list(slots)
    for at, token in enumerate(reading.read):
        before = set(reading.stems[max(0, at - 2) : at])
        named = [slot for slot in without if _is_named(slot, before)]
        chosen = (named or without)[:1] if token.kind == "quoted" else named[:1] if token.kind == "name" else []
        for slot in chosen:
            without.remove(slot)
            yield slot.name, token.text


def _is_named(slot: Slot, words: set[str]) -> bool:
    own = words_of(slot.name)
    return bool(own & words) or bool(own & _NAMED and words & _NAMED)


_Finder = Callable[[_Reading, Sequence[Slot]], Iterator[tuple[str, Any]]]
# In this order: what is surer first, so that the figures of a date are not taken for a number.
_FINDERS: dict[str, _Finder] = {
    "choice": _choices,
    "date": _dates,
    "duration": _durations,
    "number": _numbers,
    "boolean": _flags,
    "string": _strings,
}
