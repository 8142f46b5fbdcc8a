"""Rows U1 U2 and the cold and warm cost of a question."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

from bench.measure import Row, compare
from bench.sessions import fill
from dataops_kernel import connect
from dataops_kernel.types import PlanStep  # noqa: F401  (keeps pydantic out of the timed part)

DATA = Path(__file__).parents[1] / "notebooks" / "data"
COMMAND = Path(sys.executable).with_name("dataops")


def rows(folder: Path) -> list[Row]:
    """Measure every row of this file in a fresh folder."""
    return [*_imports(), _cold(folder), _overhead(folder)]


def _run(*command: str | Path, **environment: str) -> None:
    # Bytecode files must exist, as they do after `make run`.
    env = {**{k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}, **environment}
    subprocess.run(command, check=True, capture_output=True, env=env)


def _imports() -> list[Row]:
    def bare() -> None:
        _run(sys.executable, "-c", "pass")

    return [
        compare(
            "U1",
            "import dataops_kernel (raw: python -c pass)",
            bare,
            lambda: _run(sys.executable, "-c", "import dataops_kernel"),
            runs=15,
            goal=5.8,
            note="goal: 70 ms where python -c pass takes 12 ms",
        ),
        compare(
            "U2",
            "dataops --help (raw: python -c pass)",
            bare,
            lambda: _run(COMMAND, "--help"),
            runs=15,
            goal=8.7,
            note="goal: 105 ms where python -c pass takes 12 ms",
        ),
    ]


def _cold(folder: Path) -> Row:
    def ask() -> None:
        shutil.rmtree(folder / "cold", ignore_errors=True)
        _run(COMMAND, "ask", f"profile {DATA / 'customers.csv'}", DATAOPS_WORKSPACE=str(folder / "cold"))

    return compare(
        "ask",
        "cold `dataops ask` on a small file (raw: import langgraph)",
        lambda: _run(sys.executable, "-c", "import langgraph.graph"),
        ask,
        runs=5,
        goal=None,
        note="goal: under 2,000 ms where importing langgraph takes 900 ms",
    )


class _State(TypedDict, total=False):
    text: str


def _overhead(folder: Path) -> Row:
    """Ask with ten workflows and 1,000 messages; the workflow does nothing, so all of it is overhead."""
    from langgraph.graph import END, START, StateGraph

    graph = StateGraph(_State)
    graph.add_node("n", lambda state: {"text": "done"})
    graph.add_edge(START, "n")
    graph.add_edge("n", END)
    compiled = graph.compile()
    loop = asyncio.new_event_loop()
    with connect(folder / "overhead") as wb:
        for i in range(7):
            wb.workflows.register(_idle(i), name=f"idle_{i}")
        session_id = wb.sessions.create_session().session_id
        fill(wb, session_id, 1_000)
        row = compare(
            "ask",
            "ask, all but the workflow (raw: bare LangGraph ainvoke)",
            lambda: loop.run_until_complete(compiled.ainvoke({"text": "x"})),
            lambda: wb.ask(session_id, "please water plant number 3 in the garden").result(timeout=30),
            runs=100,
            goal=None,
            note="goal: under 15 ms with 10 workflows and 1,000 messages",
        )
    loop.close()
    return row


def _idle(number: int) -> object:
    class Idle:
        description = f"Waters plant number {number} in the garden."
        examples = (f"please water plant number {number} in the garden",)

        def invoke(self, inputs: dict[str, object]) -> dict[str, object]:
            return {"text": "watered"}

    return Idle()
