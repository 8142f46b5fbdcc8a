"""One run of one workflow: parameters and results are held against the contract, errors say what to do."""

import asyncio
import os
import subprocess
import sys
import threading
from datetime import date
from typing import Any, Literal, TypedDict

import pytest
from pydantic import BaseModel, Field

from dataops_kernel.errors import ParameterError, StepFailedError, UsageError, WorkflowContractError
from dataops_kernel.workflows import BaseWorkflow, WorkflowResult, WorkflowRunner


class State(TypedDict, total=False):
    path: str
    limit: int
    since: date | None
    order: str
    seen: list[str]
    result: dict[str, Any]


class Counting(BaseWorkflow):
    """A workflow whose nodes are given as functions, run one after the other."""

    name = "counting"
    description = "Counts."
    built = 0

    class Parameters(BaseModel):
        path: str = Field(description="The file to read.")
        limit: int = 3
        since: date | None = None
        order: Literal["up", "down"] = "up"

    def __init__(self, *nodes):
        self.nodes = nodes

    def build(self):
        from langgraph.graph import START, StateGraph

        self.built += 1
        graph = StateGraph(State)
        before = START
        for node in self.nodes:
            graph.add_node(node.__name__, node)
            graph.add_edge(before, node.__name__)
            before = node.__name__
        return graph


def look(state):
    return {"seen": [state["path"], threading.current_thread().name]}


async def answer(state):
    text = f"{state['path']} up to {state['limit']}"
    return {"result": WorkflowResult(text=text, data={"thread": threading.current_thread().name}).model_dump()}


def ends_with(result):
    def end(state):
        return {"result": result}

    return end


def run(workflow, context=None, on_node=lambda node: None, **parameters):
    return asyncio.run(WorkflowRunner().run(workflow, parameters, context, on_node))


def test_a_workflow_gets_its_parameters_and_gives_its_result():
    finished = []

    result = run(Counting(look, answer), path="a.csv", on_node=finished.append)

    assert result.text == "a.csv up to 3"
    assert finished == ["look", "answer"]


def test_synchronous_nodes_leave_the_event_loop_alone():
    threads = {}

    def blocking(state):
        threads["node"] = threading.current_thread()

    async def both():
        threads["loop"] = threading.current_thread()
        return await WorkflowRunner().run(Counting(blocking, answer), {"path": "x"}, None)

    result = asyncio.run(both())

    assert threads["node"] is not threads["loop"]
    assert result.data["thread"] == threads["loop"].name


def test_nodes_see_the_types_that_the_parameters_declare():
    seen = {}

    def keep(state):
        seen.update(state)

    run(Counting(keep, answer), path="x", since="2026-11-22", limit="7")

    assert (seen["since"], seen["limit"], seen["order"]) == (date(2026, 11, 22), 7, "up")


def test_a_graph_is_built_once_even_when_many_ask_at_once():
    workflow = Counting(answer)

    async def many():
        return await asyncio.gather(*(WorkflowRunner().run(workflow, {"path": str(n)}, None) for n in range(20)))

    results = asyncio.run(many())

    assert [result.text for result in results] == [f"{n} up to 3" for n in range(20)]
    assert workflow.built == 1
    assert WorkflowRunner().nodes(workflow) == ["answer"]


@pytest.mark.parametrize(
    ("parameters", "told", "hint"),
    [
        ({}, "The parameter 'path' of 'counting' is missing.", "path is a text: The file to read."),
        (
            {"path": "x", "limit": "many"},
            "'limit' of 'counting' is 'many': input should be a valid integer",
            "whole number",
        ),
        ({"path": "x", "order": "sideways"}, "'order' of 'counting' is 'sideways'", "one of 'up', 'down'"),
        ({"path": "x", "since": "soon"}, "'since' of 'counting' is 'soon'", "a date such as 2026-11-22 or nothing"),
        ({"pth": "x"}, "has no parameter 'pth'", "Did you mean 'path'?"),
        ({"path": "x" * 500, "limit": "x" * 500}, "…", "whole number"),
    ],
)
def test_parameters_that_do_not_fit_are_named_with_their_value_and_what_fits(parameters, told, hint):
    with pytest.raises(ParameterError) as caught:
        run(Counting(answer), **parameters)

    assert told in caught.value.message
    assert hint in caught.value.hint
    assert len(str(caught.value)) < 500


def test_parameters_that_are_no_dict_are_refused():
    with pytest.raises(ParameterError, match="not names with values"):
        asyncio.run(WorkflowRunner().run(Counting(answer), "a.csv", None))


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (None, "ended without a result; its last state holds path, limit, since, order"),
        ({}, "bad result.text: Field required"),
        ({"text": 5}, "bad result.text: Input should be a valid string"),
        ({"text": "x", "rows": 5}, "bad result.rows: Extra inputs are not permitted"),
        ("done", "bad result: Input should be a valid dictionary"),
        ({"text": "x", "data": {"a": object()}}, "result.data that JSON cannot hold"),
    ],
)
def test_a_last_state_without_a_proper_result_names_the_workflow(result, told):
    with pytest.raises(WorkflowContractError) as caught:
        run(Counting(ends_with(result)), path="x")

    assert told in caught.value.message
    assert "'counting'" in caught.value.message


def test_data_is_given_back_as_json_would_hold_it():
    import numpy as np

    told = {"n": np.int64(3), "f": float("nan"), "pair": (1, 2), "day": date(2026, 1, 2)}

    assert run(Counting(ends_with({"text": "x", "data": told})), path="x").data == {
        "n": 3,
        "f": None,
        "pair": [1, 2],
        "day": "2026-01-02",
    }


def test_a_graph_that_cannot_be_built_says_where():
    with pytest.raises(
        WorkflowContractError, match=r"The graph of 'counting' cannot be built: ValueError: .*entrypoint"
    ):
        run(Counting(), path="x")


def test_what_a_node_raises_comes_through_as_it_is():
    def fall(state):
        raise UsageError("No.", hint="Yes.")

    with pytest.raises(UsageError, match=r"No\."):
        run(Counting(fall), path="x")


def test_a_loop_without_an_end_is_stopped():
    class Endless(Counting):
        def build(self):
            graph = super().build()
            graph.add_edge("look", "look")
            return graph

    with pytest.raises(StepFailedError, match="'counting' had not ended after 500 steps"):
        run(Endless(look), path="x")


def test_a_graph_that_interrupts_is_told_what_to_do_instead():
    def ask(state):
        from langgraph.types import interrupt

        return {"path": interrupt("which?")}

    with pytest.raises(WorkflowContractError, match="waits for a person"):
        run(Counting(ask, answer), path="x")


def test_cancelling_reaches_an_asynchronous_node():
    async def cancel_inside():
        reached = asyncio.Event()
        left = []

        async def wait(state):
            reached.set()
            try:
                await asyncio.Event().wait()
            finally:
                left.append("node")

        task = asyncio.create_task(WorkflowRunner().run(Counting(wait), {"path": "x"}, None))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return left

    assert asyncio.run(cancel_inside()) == ["node"]


def test_a_workflow_can_be_invoked_directly_also_inside_a_running_loop():
    workflow = Counting(look, answer)

    async def as_in_a_notebook():
        return workflow.invoke({"path": "b.csv"})

    assert workflow.invoke({"path": "a.csv", "limit": 1})["result"]["text"] == "a.csv up to 1"
    assert asyncio.run(as_in_a_notebook())["result"]["text"] == "b.csv up to 3"
    with pytest.raises(ParameterError, match="missing"):
        workflow.invoke({})


def test_a_workflow_streams_each_nodes_update():
    updates = list(Counting(look, answer).stream({"path": "a.csv"}))

    assert [list(update) for update in updates] == [["look"], ["answer"]]
    assert updates[0]["look"]["seen"][0] == "a.csv"


def test_a_stream_raises_what_a_node_raises_after_what_came_before():
    def fall(state):
        raise UsageError("No.")

    stream = Counting(look, fall).stream({"path": "a.csv"})

    assert list(next(stream)) == ["look"]
    with pytest.raises(UsageError):
        next(stream)


def test_a_node_that_needs_a_context_says_how_to_give_it_one():
    def needs(state, runtime):
        return {"result": {"text": runtime.context.session_id}}

    with pytest.raises(UsageError, match="asked its context for 'session_id'") as caught:
        Counting(needs).invoke({"path": "x"})
    assert "connect().run" in caught.value.hint


TRACING = dict.fromkeys(
    ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"), "true"
) | {"LANGSMITH_API_KEY": "none"}


def test_tracing_is_off_and_checkpoints_are_strict_whatever_the_environment_says():
    script = """
import os
import dataops_kernel.workflows.runner
from langgraph.graph import StateGraph
from langsmith.utils import tracing_is_enabled
from langgraph.checkpoint.serde import jsonplus
assert not tracing_is_enabled()
assert os.environ["LANGGRAPH_STRICT_MSGPACK"] == "true"
"""
    subprocess.run([sys.executable, "-c", script], check=True, env={**os.environ, **TRACING})


def test_tracing_is_off_even_when_its_client_was_imported_first():
    script = """
from langsmith.utils import tracing_is_enabled
assert tracing_is_enabled()
import dataops_kernel.workflows.runner
assert not tracing_is_enabled()
"""
    subprocess.run([sys.executable, "-c", script], check=True, env={**os.environ, **TRACING})
