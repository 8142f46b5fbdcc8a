"""``sql_generator``: what it is called, what it needs to know and how its graph is built."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BaseModel, Field

from dataops_kernel.workflows import BaseWorkflow, Earlier, WholeMessage, WorkflowContext

if TYPE_CHECKING:
    from langgraph.graph import StateGraph


class SqlGenerator(BaseWorkflow):
    """Answer a question in English from the session's tables by SQL, or say honestly that it cannot."""

    name = "sql_generator"
    description = (
        "Answers questions about the loaded tables by writing and running SQL: totals, counts, averages, groups, "
        "rankings, shares, filters, dates and lists of rows."
    )
    examples: ClassVar[tuple[str, ...]] = (
        "total amount by region, top 5",
        "average unit price per category",
        "how many orders per month in 2026",
        "orders from EMEA over 500",
        "which customers placed the most orders",
        "list the 10 largest orders",
        "revenue by region last quarter",
        "how many orders were cancelled in March 2026",
        "show orders where quantity is at least 10",
        "which category has the highest revenue",
        "share of revenue by region",
        "what percentage of orders were returned",
        "customers without orders",
        "regions with more than 100 orders",
        "compare revenue of EMEA and APAC",
        "median amount per segment",
        "newest 5 orders",
        "what are the order statuses",
        "monthly revenue since April 2026",
        "number of customers per country, highest first",
    )

    class Parameters(BaseModel):
        """What the sql_generator needs to know."""

        question: Annotated[str, WholeMessage()] = Field(description="The question, in English.")
        limit: int | None = Field(default=None, ge=1, le=1_000_000, description="At most so many rows of the result.")
        thread: Annotated[list[str], Earlier()] = Field(
            default=[], max_length=50, description="The messages before it that it may change, oldest first."
        )
        last: Annotated[dict[str, Any] | None, Earlier()] = Field(
            default=None, description="The result of the last of them, which may be read instead of the tables."
        )

    def build(self) -> StateGraph[Any, Any, Any, Any]:
        """Return the graph; every node but the last may end it early with a refusal."""
        from langgraph.graph import END, START, StateGraph

        from . import nodes
        from .state import State

        graph = StateGraph(State, context_schema=WorkflowContext)
        steps = {
            "read_tables": nodes.read_tables,
            "look_up": nodes.look_up,
            "understand": nodes.understand,
            "run_query": nodes.run_query,
            "answer": nodes.answer,
        }
        for name, node in steps.items():
            graph.add_node(name, node)
        names = list(steps)
        graph.add_edge(START, names[0])
        for name, following in pairwise(names):
            graph.add_conditional_edges(name, nodes.is_answered, {True: END, False: following})
        graph.add_edge(names[-1], END)
        return graph
