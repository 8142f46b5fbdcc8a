"""The runs of a user's sessions."""

from dataops_kernel.engine import Engine, RunHandle
from dataops_kernel.types import Run
from dataops_kernel.workbench.guard import Guard


class UserRuns:
    """The runs of the user's sessions."""

    def __init__(self, guard: Guard, engine: Engine) -> None:
        self._guard = guard
        self._engine = engine

    def get(self, run_id: str) -> Run:
        """Return the record of a run."""
        return self._guard.run(self._engine.run(run_id), "run.read")

    def list(self, session_id: str, limit: int = 50) -> list[Run]:
        """Return the runs of a session, newest first."""
        self._guard.session(session_id, "run.read")
        return self._engine.runs(session_id, limit=limit)

    def attach(self, run_id: str) -> RunHandle:
        """Return a handle on a run, whichever process it runs in."""
        self.get(run_id)
        return self._engine.attach(run_id)

    def cancel(self, run_id: str) -> None:
        """Ask a run to stop."""
        self._guard.run(self._engine.run(run_id), "run.cancel")
        self._engine.attach(run_id).cancel()
