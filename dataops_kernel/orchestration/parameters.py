"""Fills a workflow's ``Parameters`` from a message: what exists is looked up, the rest is asked of the model."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, ValidationError

from dataops_kernel.llm.base import LanguageModel
from dataops_kernel.orchestration.catalog import Catalog
from dataops_kernel.orchestration.fields import Wanted, wanted
from dataops_kernel.orchestration.search import Search
from dataops_kernel.types import Frozen


class Extraction(Frozen):
    """What a message says about a workflow's parameters; fields it does not speak of keep their defaults.

    ``missing`` are the required fields nothing was found for and those whose value does not fit, ``problems``
    sentences that say what does not fit, ``corrections`` what was read as something else than written.
    """

    values: dict[str, Any] = {}
    missing: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def extract(
    parameters: type[BaseModel],
    text: str,
    catalog: Catalog,
    known: Mapping[str, Any],
    llm: LanguageModel,
    *,
    today: date | None = None,
    ordinary: frozenset[str] = frozenset(),
    only: str | None = None,
    said_only: bool = False,
) -> Extraction:
    """Return the values of ``parameters`` that ``text`` holds, on top of those already ``known``.

    Values are JSON-shaped. ``only`` limits the search to one field; ``ordinary`` are stems of the workflow's own
    description, which name nothing. No file is opened and nothing is guessed, except that the only table or file
    there is may stand for a required one, and ``corrections`` say so; not even that with ``said_only``.
    """
    fields = [field for field in wanted(parameters) if only in (None, field.name)]
    values = dict(known)
    search = Search(text, catalog, ordinary)
    for field in fields:
        if field.name not in values and (found := search.look_up(field)) is not None:
            values[field.name] = found
    slots = [slot for field in fields if field.name not in values and (slot := field.slot())]
    if slots:
        values |= llm.extract(search.rest(), slots, today=today)
    for field in fields:
        guesses = field.required and field.name not in values and not said_only
        if guesses and (found := search.only_one(field)) is not None:
            values[field.name] = found
    unfit = _refused(parameters, values)
    return Extraction(
        values={name: value for name, value in values.items() if name not in unfit},
        missing=_missing(fields, values, unfit),
        corrections=tuple(dict.fromkeys(search.corrections)),
        problems=tuple(dict.fromkeys([*search.problems, *unfit.values()])),
    )


def _refused(parameters: type[BaseModel], values: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields whose value the parameters' model refuses, with the sentence that says why."""
    try:
        parameters.model_validate(dict(values))
    except ValidationError as err:
        faults = {str(fault["loc"][0]): fault["msg"] for fault in err.errors(include_url=False) if fault["loc"]}
        return {
            name: f"The {name.replace('_', ' ')} cannot be {values[name]!r}: {reason[0].lower()}{reason[1:]}."
            for name, reason in faults.items()
            if name in values
        }
    return {}


def _missing(fields: Sequence[Wanted], values: Mapping[str, Any], unfit: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(field.name for field in fields if field.name in unfit or (field.required and field.name not in values))
