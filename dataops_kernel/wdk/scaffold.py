"""Templates: folders of text with two blanks to fill, the name and its class."""

import keyword
from collections.abc import Mapping
from pathlib import Path
from string import Template

from dataops_kernel.errors import ConflictError, ParameterError, StorageUnavailableError, suggestion

_FOLDER = Path(__file__).parent / "templates"
_LONGEST = 60


class WorkflowTemplate:
    """One template; ``scaffold`` writes a workflow folder that runs as it is."""

    def __init__(self, name: str) -> None:
        self.name = name

    def scaffold(self, name: str, folder: Path) -> Path:
        """Write ``folder/<name>/`` and return it; nothing that exists is overwritten.

        Raises ``ParameterError`` for a name that is no Python identifier, ``ConflictError`` when it exists and
        ``StorageUnavailableError`` when the folder cannot be written.
        """
        name = name.replace("-", "_")
        if not _is_name(name):
            raise ParameterError(
                f"{name[:80]!r} cannot name a workflow.",
                hint=f"Use up to {_LONGEST} lower-case letters, digits and _, such as late_orders.",
            )
        target = folder / name
        if target.exists():
            raise ConflictError(f"The folder {str(target)!r} exists already.", hint="Choose another name.")
        blanks = {"name": name, "class_name": "".join(part.title() for part in name.split("_"))}
        try:
            for source in sorted((_FOLDER / self.name).rglob("*.tmpl")):
                path = target / source.relative_to(_FOLDER / self.name).with_suffix("")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(Template(source.read_text(encoding="utf-8")).substitute(blanks), encoding="utf-8")
        except OSError as err:
            raise StorageUnavailableError(
                f"The folder {str(target)!r} cannot be written: {err.strerror}.", hint="Choose another with --folder."
            ) from err
        return target


def _is_name(name: str) -> bool:
    fits = name.isascii() and name.isidentifier() and len(name) <= _LONGEST
    return fits and not keyword.iskeyword(name) and name == name.lower() and not name.startswith("_")


TEMPLATES: Mapping[str, WorkflowTemplate] = {name: WorkflowTemplate(name) for name in ("simple",)}
"""The templates by name; the specification's other five come with the development kit in full."""


def template(name: str) -> WorkflowTemplate:
    """Return a template; raises ``ParameterError`` with the closest name."""
    if name not in TEMPLATES:
        raise ParameterError(
            f"There is no template {name[:80]!r}.", hint=suggestion(name, TEMPLATES, f"Known: {', '.join(TEMPLATES)}.")
        )
    return TEMPLATES[name]
