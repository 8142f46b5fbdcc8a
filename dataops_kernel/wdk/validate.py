"""Does a workflow sign the contract?"""

from dataops_kernel.errors import WorkflowContractError
from dataops_kernel.workflows import WorkflowRegistry, WorkflowRunner


def validate(registry: WorkflowRegistry, name: str) -> list[str]:
    """Load a workflow, compile its graph and return its nodes' names.

    Raises ``WorkflowNotFoundError`` with the closest name and ``WorkflowContractError`` with what is broken.
    """
    workflow = registry.get(name)
    if not workflow.examples:
        raise WorkflowContractError(
            f"The workflow {name!r} has no examples, so no message can reach it.",
            hint="Add sentences a user would say to `examples`.",
        )
    nodes: list[str] = WorkflowRunner().nodes(workflow)
    return nodes
