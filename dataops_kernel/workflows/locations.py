"""Where the files lie that a user copies from: workflows, the app, the example data."""

from pathlib import Path
from typing import Literal

from dataops_kernel.errors import NotFoundError

Shipped = Literal["workflows", "app", "example"]

_PACKAGE = Path(__file__).parents[1]
_IN_CHECKOUT = {"workflows": "workflows", "app": "app", "example": "notebooks/data"}


def shipped_folder(what: Shipped, package: Path = _PACKAGE) -> Path:
    """Return a folder that came with the kernel, from the installed wheel or from the checkout around it.

    Raises ``NotFoundError`` when neither has it.
    """
    installed = package / "_shipped" / what
    checkout = package.parent / _IN_CHECKOUT[what]
    for folder in (installed, checkout):
        if folder.is_dir():
            return folder
    raise NotFoundError(
        f"The folder {what!r} that belongs to the kernel is neither {str(installed)!r} nor {str(checkout)!r}.",
        hint="Install the package again: pip install --force-reinstall dataops-kernel",
    )
