"""``schema_analyzer``: what it is called, what it needs to know and how its graph is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BaseModel, Field

from dataops_kernel.workflows import BaseWorkflow, DataFile, TableName, WorkflowContext

if TYPE_CHECKING:
    from langgraph.graph import StateGraph

SUFFIXES = (".csv", ".tsv", ".tab", ".psv", ".txt", ".dat", ".json", ".jsonl", ".ndjson", ".parquet", ".pq")


class SchemaAnalyzer(BaseWorkflow):
    """Load a data file or look at a table, and say what it holds and what looks wrong."""

    name = "schema_analyzer"
    description = (
        "Profiles a data file (CSV, TSV, JSON, JSON Lines, Parquet) or a table: its columns and types, missing and "
        "distinct values, ranges, candidate keys, duplicates, a sample, and what looks wrong with its quality."
    )
    examples: ClassVar[tuple[str, ...]] = (
        "profile orders.csv",
        "load customers.csv",
        "what columns are in products.csv?",
        "describe the table orders",
        "analyze the schema of sales.parquet",
        "check the data quality of events.jsonl",
        "which columns have missing values in orders.csv?",
        "what is the primary key of customers.csv?",
        "are there duplicates in orders.csv?",
        "import the file report.tsv and show its structure",
        "give me an overview of this dataset",
        "what data types does orders have?",
        "take a look at measurements.json",
    )

    class Parameters(BaseModel):
        """What the schema_analyzer needs to know."""

        source: Annotated[str, DataFile(suffixes=SUFFIXES), TableName()] = Field(
            description="The data file, or a table that is already there."
        )

    def build(self) -> StateGraph[Any, Any, Any, Any]:
        """Return the graph: load, measure, find keys, report."""
        from langgraph.graph import END, START, StateGraph

        from .nodes import find_keys, load, measure, report
        from .state import State

        graph = StateGraph(State, context_schema=WorkflowContext)
        for node in (load, measure, find_keys, report):
            graph.add_node(node.__name__, node)
        graph.add_edge(START, "load")
        graph.add_edge("load", "measure")
        graph.add_edge("measure", "find_keys")
        graph.add_edge("find_keys", "report")
        graph.add_edge("report", END)
        return graph
