"""Templates: folders of text with two blanks to fill, the name and its class."""

import keyword
from collections.abc import Mapping
from pathlib import Path
from string import Template

from dataops_kernel.errors import ConflictError, ParameterError, suggestion

_FOLDER = Path(__file__).parent / "templates"


class WorkflowTemplate:
    """One template; ``scaffold`` writes a workflow folder that runs as it is."""

    def __init__(self, name: str) -> None:
        self.name = name

    def scaffold(self, name: str, folder: Path) -> Path:
        """Write ``folder/<name>/`` and return it; nothing that exists is overwritten.

        Raises ``ParameterError`` for a name that is no Python identifier and ``ConflictError`` when it exists.
        """
        name = name.replace("-", "_")
        if not name.isidentifier() or keyword.iskeyword(name) or name != name.lower():
            raise ParameterError(
                f"{name!r} cannot name a workflow.", hint="Use lower-case letters, digits and _, such as late_orders."
            )
        target = folder / name
        if target.exists():
            raise ConflictError(f"The folder {str(target)!r} exists already.", hint="Choose another name.")
        blanks = {"name": name, "class_name": "".join(part.title() for part in name.split("_"))}
        for source in sorted((_FOLDER / self.name).rglob("*.tmpl")):
            path = target / source.relative_to(_FOLDER / self.name).with_suffix("")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(Template(source.read_text()).substitute(blanks))
        return target


TEMPLATES: Mapping[str, WorkflowTemplate] = {name: WorkflowTemplate(name) for name in ("simple",)}
"""The templates by name; the specification's other five come with the development kit in full."""


def template(name: str) -> WorkflowTemplate:
    """Return a template; raises ``ParameterError`` with the closest name."""
    if name not in TEMPLATES:
        raise ParameterError(
            f"There is no template {name!r}.", hint=suggestion(name, TEMPLATES, f"Known: {', '.join(TEMPLATES)}.")
        )
    return TEMPLATES[name]
