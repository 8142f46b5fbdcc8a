"""What is said back when a message cannot run yet: one friendly question, or an honest no with what can be done."""

from collections.abc import Sequence

from dataops_kernel.orchestration.catalog import Catalog
from dataops_kernel.orchestration.fields import Wanted
from dataops_kernel.orchestration.router import Routable
from dataops_kernel.types import Question
from dataops_kernel.workflows.parameters import ColumnName, DataFile, NameIn, TableName

_OFFERED = 5
WHICH_WORKFLOW = ""
"""The workflow of a question that asks which workflow was meant; its parameters hold the message."""


def ask_for(
    field: Wanted, workflow: str, catalog: Catalog, known: dict[str, object], problems: Sequence[str]
) -> Question:
    """Return the question for one missing parameter, with what exists to choose from."""
    choices = offers(field, catalog)
    sentence = _sentence(field, catalog, choices)
    return Question(
        workflow=workflow,
        parameter=field.name,
        text=" ".join([*problems, sentence]),
        parameters=known,
        choices=choices,
    )


def ask_again(question: Question, field: Wanted, text: str, catalog: Catalog, problems: Sequence[str]) -> Question:
    """Return the same question after an answer that could not be read, saying so and how to get out of it."""
    shown = f"{text[:60].strip()}…" if len(text) > 60 else text.strip()
    choices = offers(field, catalog)
    trouble = " ".join(problems) or f"I could not read {shown!r} as the {field.title}."
    sentence = f"{trouble} {_sentence(field, catalog, choices)}"
    return question.model_copy(
        update={"text": f"{sentence} Or say “never mind” and ask something else.", "choices": choices}
    )


def ask_which(candidates: Sequence[Routable], text: str) -> Question:
    """Return the question which of a few workflows was meant."""
    lines = [f"{number}. {flow.name}: {_first_sentence(flow.description)}" for number, flow in enumerate(candidates, 1)]
    return Question(
        workflow=WHICH_WORKFLOW,
        parameter="workflow",
        text="\n".join(["I can read this in more than one way. Which do you mean?", "", *lines]),
        parameters={"message": text},
        choices=tuple(flow.name for flow in candidates),
    )


def refuse(workflows: Sequence[Routable], *, opening: str) -> str:
    """Return the text that lists what can be done, one example each."""
    if not workflows:
        return f"{opening} No workflow is installed here yet."
    lines = [
        f"- **{flow.name}**: {_first_sentence(flow.description)}"
        + (f" For example: “{flow.examples[0]}”" if flow.examples else "")
        for flow in workflows
    ]
    return "\n".join([f"{opening} Here is what I can do:".strip(), "", *lines])


def offers(field: Wanted, catalog: Catalog) -> tuple[str, ...]:
    """Return up to five values that would do: choices, tables, files or columns that exist."""
    if field.choices:
        return field.choices[:_OFFERED]
    found: list[str] = []
    for marker in field.lookups:
        match marker:
            case TableName():
                # What was loaded is likelier meant than what was made of it.
                found += sorted(catalog.table_names, key=lambda name: bool(catalog.tables[name].parent_artifacts))
            case DataFile(suffixes=suffixes):
                found += catalog.files(suffixes)
            case ColumnName():
                found += catalog.columns()
    if any(isinstance(marker, TableName) for marker in field.lookups):
        # What the session already holds is nearer than what lies on the disk.
        found.sort(key=lambda name: name not in catalog.tables)
    return tuple(dict.fromkeys(found))[:_OFFERED]


def _sentence(field: Wanted, catalog: Catalog, choices: Sequence[str]) -> str:
    kinds = {type(marker) for marker in field.lookups}
    if choices:
        return f"{_which(field, kinds)} {_or(choices)}?"
    if DataFile in kinds:
        suffixes = [suffix for marker in field.lookups if isinstance(marker, DataFile) for suffix in marker.suffixes]
        what = f"{_or(suffixes)} file" if suffixes else "data file"
        return f"Which file should I read? I see no {what} in or below the working folder; type its path."
    if TableName in kinds or ColumnName in kinds:
        return "Which table? This session has none yet; load a file first, for example by profiling it."
    if NameIn in kinds:
        return f"Which {field.title}? Type its name as it is written there."
    told = f" ({field.description.rstrip('.')})" if field.description else ""
    if field.type == "date":
        return f"Which day should be the {field.title}{told}? For example 2026-03-01 or “last Monday”."
    return f"What should the {field.title} be{told}?"


def _which(field: Wanted, kinds: set[type]) -> str:
    if DataFile in kinds and TableName in kinds:
        return "Which table or file:"
    if DataFile in kinds:
        return "Which file:"
    return f"Which {field.title}:"


def _or(names: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _first_sentence(text: str) -> str:
    head, stop, _ = text.strip().partition(". ")
    return f"{head}." if stop else head
