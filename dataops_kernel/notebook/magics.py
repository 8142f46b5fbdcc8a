"""Magics: ``%ask question`` and ``%%sql query`` on the default workspace's last active session."""

import sys
from typing import Any

from IPython.core.error import UsageError as MagicUsageError
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class

from dataops_kernel.errors import DataOpsError
from dataops_kernel.views import event_line
from dataops_kernel.workbench import Workbench


# IPython's decorators are untyped.
@magics_class  # type: ignore[no-untyped-call,untyped-decorator,unused-ignore]
class DataOpsMagics(Magics):  # type: ignore[misc,unused-ignore]
    """The workbench in one line; ``workbench`` and ``session_id`` may be set to others than the default."""

    def __init__(self, shell: Any, workbench: Workbench) -> None:
        super().__init__(shell)  # type: ignore[no-untyped-call,unused-ignore]
        self.workbench = workbench
        self.session_id: str | None = None

    @line_magic  # type: ignore[untyped-decorator,unused-ignore]
    def ask(self, line: str) -> Any:
        """Ask a question; progress goes to standard error, the answer is shown as Markdown."""
        from IPython.display import Markdown

        try:
            handle = self.workbench.ask(self._session(), line)
            for event in handle.events():
                if text := event_line(event):
                    sys.stderr.write(f"· {text}\n")
            answer = handle.result()
        except DataOpsError as err:
            raise MagicUsageError(str(err)) from None
        return Markdown(answer.text)  # type: ignore[no-untyped-call,unused-ignore]

    @line_cell_magic  # type: ignore[untyped-decorator,unused-ignore]
    def sql(self, line: str, cell: str | None = None) -> Any:
        """Run a query over the session's tables and return a DataFrame."""
        try:
            table = self.workbench.sql("\n".join(part for part in (line, cell) if part), self._session())
        except DataOpsError as err:
            raise MagicUsageError(str(err)) from None
        return table.to_pandas()

    def _session(self) -> str:
        return self.session_id or self.workbench.sessions.current().session_id


def load_ipython_extension(ipython: Any) -> None:
    """Register the magics on the default workspace."""
    from dataops_kernel.wiring import connect

    ipython.register_magics(DataOpsMagics(ipython, connect()))


def unload_ipython_extension(ipython: Any) -> None:
    """Let go of the workspace."""
    ipython.magics_manager.registry["DataOpsMagics"].workbench.close()
