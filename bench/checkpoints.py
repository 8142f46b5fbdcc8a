"""Rows C1 C2 C3: checkpoints, restores and lists of them; bytes on disk; LangGraph's saver on the same conversation."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import orjson

from bench.measure import Row, compare
from bench.raw import RawTable
from bench.sessions import TEXT, fill
from dataops_kernel import connect
from dataops_kernel.workbench import Workbench

LISTED = 1_000
_BODY = b"x" * 200
_SAVED = (100, 1_000)


def rows(folder: Path) -> list[Row]:
    """Measure every row of this file in a fresh folder."""
    with connect(folder / "ws") as wb:
        found = [*_created_and_restored(wb, folder), *_listed(wb, folder)]
    growth = _bytes_each(folder)
    found[-1] = found[-1]._replace(note=f"{growth}\n      {_saver(folder)}")
    return found


def _created_and_restored(wb: Workbench, folder: Path) -> list[Row]:
    raw = RawTable(folder / "raw_checkpoints.sqlite")
    found = []
    numbers = count()
    for entries in (100, 100_000):
        session_id = wb.sessions.create_session().session_id
        fill(wb, session_id, entries)
        first = wb.context.create_checkpoint(session_id, "first")
        found.append(
            compare(
                "C1",
                f"checkpoint a session of {entries:,} entries",
                lambda: raw.insert(_BODY),
                lambda session_id=session_id: wb.context.create_checkpoint(session_id, f"c{next(numbers)}"),
                runs=200,
                goal=2.8,
            )
        )
        for name in ("first", first.checkpoint_id):
            found.append(
                compare(
                    "C2",
                    f"restore it by {'label' if name == 'first' else 'id'}, {entries:,} entries",
                    lambda: raw.insert(_BODY),
                    lambda session_id=session_id, name=name: wb.context.restore_checkpoint(session_id, name),
                    runs=200,
                    goal=3.3,
                )
            )
    for row, before in ((3, 0), (4, 1), (5, 2)):
        slope = found[row].median / found[before].median
        found[row] = found[row]._replace(note=f"p50 at 100,000 / p50 at 100 = {slope:.2f} (goal ≤ 1.15)")
    return found


def _listed(wb: Workbench, folder: Path) -> list[Row]:
    session_id = wb.sessions.create_session().session_id
    fill(wb, session_id, 100)
    raw = RawTable(folder / "raw_list.sqlite")
    for number in range(LISTED):
        made = wb.context.create_checkpoint(session_id, f"checkpoint {number}")
        raw.insert(orjson.dumps(made.model_dump(mode="json")))
    kept = wb._services.context._checkpoints._kept

    def first_time() -> None:
        kept.clear()
        wb.context.list_checkpoints(session_id)

    return [
        compare(
            "C3",
            f"list {LISTED:,} checkpoints, {what}",
            lambda: [orjson.loads(body) for body in raw.newest(LISTED)],
            product,
            runs=100,
            goal=3.5,
        )
        for what, product in (
            ("read for the first time", first_time),
            ("the log unchanged since", lambda: wb.context.list_checkpoints(session_id)),
        )
    ]


def _bytes_each(folder: Path) -> str:
    """Return a sentence on how much the ledger's file grows by each of many checkpoints, at two sizes of a session."""
    told = []
    for entries in (100, 100_000):
        place = folder / f"growth{entries}"
        with connect(place) as wb:
            session_id = wb.sessions.create_session().session_id
            fill(wb, session_id, entries)
        before = _size(place)
        with connect(place) as wb:
            for number in range(LISTED):
                wb.context.create_checkpoint(session_id, f"before step {number}")
        told.append(f"{(_size(place) - before) / LISTED:,.0f} B with {entries:,} entries")
    return f"bytes on disk per checkpoint: {', '.join(told)} (goal ≤ 1,024)"


def _size(place: Path) -> int:
    return sum(file.stat().st_size for file in place.glob("ledger.sqlite*"))


def _saver(folder: Path) -> str:
    """Return a sentence on LangGraph's SqliteSaver: one more checkpoint of the same conversation, its bytes, a list."""
    told = []
    for messages in _SAVED:
        file = folder / f"saver{messages}.sqlite"
        with _conversation(file, messages) as (graph, config):
            before = file.stat().st_size
            start = time.perf_counter()
            graph.update_state(config, {"messages": [{"role": "user", "content": TEXT}]})
            once = (time.perf_counter() - start) * 1000
            start = time.perf_counter()
            listed = len(list(graph.get_state_history(config, limit=10)))
            each = (time.perf_counter() - start) * 1000 / listed
            told.append(
                f"{messages:,} messages: {once:.1f} ms and {file.stat().st_size - before:,} B a checkpoint,"
                f" {each:.1f} ms each when listed"
            )
    return f"LangGraph SqliteSaver, {'; '.join(told)}"


@contextmanager
def _conversation(file: Path, messages: int) -> Iterator[tuple[Any, Any]]:
    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph import START, MessagesState, StateGraph

    with SqliteSaver.from_conn_string(str(file)) as saver:
        saver.setup()
        # Its file grows in place, so that what a checkpoint adds is seen at once.
        saver.conn.execute("pragma journal_mode=delete")
        graph = StateGraph(MessagesState)
        graph.add_node("nothing", lambda state: {})
        graph.add_edge(START, "nothing")
        compiled = graph.compile(checkpointer=saver)
        config = {"configurable": {"thread_id": "one"}}
        said = [{"role": "user", "content": TEXT} for _ in range(messages)]
        compiled.update_state(config, {"messages": said})
        for _ in range(10):
            compiled.update_state(config, {"messages": [{"role": "user", "content": TEXT}]})
        yield compiled, config
