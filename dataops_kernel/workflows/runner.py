"""One run of one workflow: parameters in, result out, both held against the contract."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from dataops_kernel.workflows.base import BaseWorkflow, WorkflowResult
from dataops_kernel.workflows.checking import checked
from dataops_kernel.workflows.context import WorkflowContext
from dataops_kernel.workflows.graphs import compiled_graph, drive, import_langgraph, is_compiled, node_names

OnNode = Callable[[str], None]


class WorkflowRunner:
    """Runs workflows on the current event loop; each graph is compiled once and kept with its workflow."""

    async def run(
        self,
        workflow: BaseWorkflow,
        parameters: Mapping[str, Any],
        context: WorkflowContext,
        on_node: OnNode = lambda node: None,
    ) -> WorkflowResult:
        """Run a workflow and return its result; ``on_node(name)`` is called as each node finishes.

        Raises ``ParameterError`` for parameters that do not fit, ``WorkflowContractError`` for a graph that cannot
        be built or a last state without a proper result, and whatever a node raises.
        """
        import asyncio

        state = workflow.initial_state(checked(workflow.name, workflow.Parameters, parameters))
        if not is_compiled(workflow):
            # Importing langgraph and the nodes' modules takes a second; the loop has other runs to serve.
            await asyncio.to_thread(compiled_graph, workflow)
        last = await drive(workflow, state, context, lambda node, update: on_node(node))
        return workflow.read_result(last)

    def warm(self) -> None:
        """Import langgraph on a thread, so that the first run of a long-lived process does not wait for it."""
        threading.Thread(target=import_langgraph, name="dataops-warm", daemon=True).start()

    def nodes(self, workflow: BaseWorkflow) -> list[str]:
        """Return the names of a workflow's nodes; raises ``WorkflowContractError`` when its graph cannot be built."""
        return node_names(workflow)
