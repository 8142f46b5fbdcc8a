"""Parameters against the model that a workflow declares, said in words its user can act on."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from dataops_kernel.errors import ParameterError, suggestion

_SAID = 3
_LONGEST = 80


def checked(workflow: str, model: type[BaseModel], values: Mapping[str, Any]) -> BaseModel:
    """Return the parameters as the model reads them; raises ``ParameterError`` naming field, value and what fits."""
    if not isinstance(values, Mapping):
        raise ParameterError(
            f"The parameters of {workflow!r} are {_shown(values)}, not names with values.",
            hint=f'Pass a dict: {{"{next(iter(model.model_fields), "name")}": …}}.',
            workflow=workflow,
        )
    known = _names(model)
    unknown = [name for name in values if name not in known]
    if unknown and model.model_config.get("extra") != "allow":
        raise ParameterError(
            f"The workflow {workflow!r} has no parameter {unknown[0]!r}.",
            hint=suggestion(str(unknown[0]), known, f"It takes {', '.join(known) or 'none'}."),
            workflow=workflow,
            parameter=unknown[0],
        )
    try:
        return model.model_validate(dict(values))
    except ValidationError as err:
        problems = err.errors(include_url=False)
        first = ".".join(str(part) for part in problems[0]["loc"]) or "parameters"
        raise ParameterError(
            " ".join(_sentence(workflow, problem) for problem in problems[:_SAID]),
            hint=_expectation(model, problems[0]["loc"]),
            workflow=workflow,
            parameter=first,
        ) from err


def _names(model: type[BaseModel]) -> dict[str, None]:
    names: dict[str, None] = {}
    for name, field in model.model_fields.items():
        names[field.alias or name] = None
        if field.alias and model.model_config.get("validate_by_name"):
            names[name] = None
    return names


def _sentence(workflow: str, problem: Mapping[str, Any]) -> str:
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "missing":
        return f"The parameter {name!r} of {workflow!r} is missing."
    said = str(problem["msg"]).removeprefix("Value error, ")
    if not name:
        return f"The parameters of {workflow!r} do not fit together: {said}."
    return f"The parameter {name!r} of {workflow!r} is {_shown(problem['input'])}: {said[0].lower()}{said[1:]}."


def _expectation(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else ""
    schema = model.model_json_schema()
    field = schema.get("properties", {}).get(name)
    if field is None:
        return f"It takes {', '.join(_names(model)) or 'no parameters'}."
    kind = _kind(field, schema.get("$defs", {}))
    about = field.get("description")
    return f"{name} is {kind}: {about}" if about else f"{name} is {kind}."


_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a set of named values",
    "null": "nothing",
}
_FORMATS = {"date": "a date such as 2026-11-22", "date-time": "a time such as 2026-11-22T09:30:00"}


def _kind(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "$ref" in field:
        return _kind(definitions.get(str(field["$ref"]).rpartition("/")[2], {}), definitions)
    if "enum" in field:
        return "one of " + ", ".join(map(repr, field["enum"]))
    if "const" in field:
        return repr(field["const"])
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_kind(option, definitions) for option in field["anyOf"]))
    return _FORMATS.get(field.get("format", "")) or _KINDS.get(field.get("type", ""), "a value")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
