"""What is no workflow becomes one unchanged: functions, objects with invoke, graphs compiled elsewhere."""

import asyncio
from typing import Any, TypedDict

import pytest

from dataops_kernel.errors import ParameterError
from dataops_kernel.workflows import WorkflowRunner
from dataops_kernel.workflows.adapters import adapt


class State(TypedDict, total=False):
    path: str
    seen: list[str]
    result: dict[str, Any]


def graph_of(node):
    from langgraph.graph import START, StateGraph

    graph = StateGraph(State)
    graph.add_node(node.__name__, node)
    graph.add_edge(START, node.__name__)
    return graph


def run(workflow, context=None, on_node=lambda node: None, **parameters):
    return asyncio.run(WorkflowRunner().run(workflow, parameters, context, on_node))


def test_a_function_is_run_with_its_arguments_and_its_dict_becomes_readable():
    def measure(path: str, factor: float = 2.0):
        return {"path": path, "value": factor * 2}

    result = run(adapt(measure), path="a.csv", factor="1.5")

    assert result.text == "- **path**: a.csv\n- **value**: 3.0"
    assert result.data == {"path": "a.csv", "value": 3.0}
    with pytest.raises(ParameterError, match="'path' of 'measure' is missing"):
        run(adapt(measure))


def test_an_asynchronous_function_and_one_that_takes_the_context_are_workflows_too():
    async def slow(name: str):
        await asyncio.sleep(0)
        return f"Hello {name}."

    def where(context, suffix: str = "!"):
        return context + suffix

    assert run(adapt(slow), name="Ada").text == "Hello Ada."
    assert run(adapt(where), context="here").text == "here!"
    assert "context" not in adapt(where).Parameters.model_fields


def test_an_object_with_invoke_is_a_workflow():
    class LegacyProfiler:
        """Profiles things the old way."""

        def invoke(self, inputs):
            return {"text": f"Profiled {inputs['file']}.", "rows": 3, "sql": "select 1"}

    workflow = adapt(LegacyProfiler())
    result = run(workflow, file="a.csv")

    assert (workflow.name, workflow.description) == ("legacy_profiler", "Profiles things the old way.")
    assert (result.text, result.sql, result.data) == ("Profiled a.csv.", "select 1", {"rows": 3})


def test_a_graph_compiled_elsewhere_is_a_workflow_with_its_own_nodes():
    from langgraph.checkpoint.memory import InMemorySaver

    async def shout(state):
        return {"seen": [state["path"].upper()]}

    def sign(state):
        return {"result": {"text": f"Signed {state['path']}."}}

    graph = graph_of(shout).compile(name="shouting", checkpointer=InMemorySaver())
    finished = []

    result = run(adapt(graph), path="a.csv", on_node=finished.append)

    assert finished == ["shout"]
    assert "- **seen**: ['A.CSV']" in result.text
    assert run(adapt(graph_of(sign).compile(), "signing"), path="x").text == "Signed x."


def test_the_last_message_of_a_conversation_is_the_answer():
    def talk():
        return {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": " Hello there. "}]}

    assert run(adapt(talk)).text == "Hello there."


@pytest.mark.parametrize(("value", "text"), [(None, "Done; it gave nothing back."), ("Two.", "Two."), (2, "2")])
def test_plain_values_become_text(value, text):
    assert run(adapt(lambda: value, "plain")).text == text
