"""The one entrance to the library: JIL in, estate out."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .apply import Application
from .decode import decode, read_bytes, recover
from .link import Linker
from .model import Diagnostic, Estate
from .scan import scan


def parse_jil(source: str | Path) -> Estate:
    """Return the estate that a JIL text, or the file at a path, describes.

    Doubts are ``estate.diagnostics`` in the order of their lines, never exceptions; time is linear in the text.
    Raises ``FileInputError`` when a path cannot be read.
    """
    text = decode(read_bytes(source)) if isinstance(source, Path) else recover(source)
    with collector_paused():
        return _parse(text)


def _parse(text: str) -> Estate:
    nul = text.find("\0")
    if nul >= 0:
        message = "The text holds NUL characters: it is binary, or was decoded with the wrong encoding."
        before = text[:nul].replace("\r\n", "\n").replace("\r", "\n")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return Estate(diagnostics=[Diagnostic(line, column, "error", "binary", message)], lines=line)
    statements, diagnostics, lines = scan(text)
    application = Application()
    application.run(statements)
    linker = Linker(application, lines)
    linker.run()
    if not statements:
        message = "No JIL statement such as 'insert_job: NAME' was found in this text."
        diagnostics.append(Diagnostic(1, 1, "error", "no-statements", message))
    diagnostics += application.diagnostics + linker.diagnostics
    diagnostics.sort()
    return Estate(
        jobs=application.jobs,
        edges=linker.edges,
        diagnostics=diagnostics,
        objects=application.objects,
        overrides=application.overrides,
        lines=len(lines),
    )


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the garbage collector still: a load makes millions of objects and not one cycle among them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
