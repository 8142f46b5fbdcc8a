"""``jil_parser``: what it is called, what it needs to know and how its graph is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Field

from dataops_kernel.workflows import BaseWorkflow, Choice, DataFile, NameIn, WorkflowContext

if TYPE_CHECKING:
    from langgraph.graph import StateGraph

Relation = Literal["summary", "downstream", "upstream", "impact", "cycles", "undefined", "job"]

_OTHER_WORDS = {
    "summary": ("overview", "summarize", "parse", "how many jobs", "what is in"),
    "downstream": (
        "run after", "after", "depend on", "depends on", "depending on", "dependent on", "wait for", "waits for",
        "wait on", "waits on", "waiting for", "triggered by", "started by", "follow", "follows", "successors",
        "children of", "needs … to finish", "descendants", "does … trigger", "does … start", "triggers after",
        "runs next", "comes next",
    ),
    "upstream": (
        "run before", "before", "predecessors", "prerequisites", "what does … depend on", "what does … wait for",
        "what does … need", "what must … finish", "has to finish before", "needs to run before", "must run before",
        "feeds", "ancestors", "parents of", "depends on what", "waits for what", "what triggers", "what starts",
    ),
    "impact": (
        "stops if … fails", "what stops", "stops if", "stops when", "happens if", "happens when", "if … fails",
        "when … fails", "fails", "failure of", "breaks", "blocked by", "affected by", "affected if", "impact of",
        "consequences", "does not run if", "cannot run if",
    ),
    "cycles": ("cycle", "circular", "circle", "circles", "loop", "loops", "deadlock", "wait on each other"),
    "undefined": (
        "undefined jobs", "not defined", "do not exist", "does not exist", "missing jobs", "unknown jobs",
        "nonexistent", "dangling", "referred to but", "referenced but",
    ),
    "job": ("describe", "definition of", "details of", "tell me about", "show job", "explain job", "look like"),
}  # fmt: skip


class JilParser(BaseWorkflow):
    """Read an AutoSys JIL file and answer questions about its jobs."""

    name = "jil_parser"
    description = (
        "Reads AutoSys JIL files (scheduled job definitions, boxes, conditions) and answers which jobs run after or "
        "before a job, what stops if a job fails, which jobs wait on each other in a cycle, which are not defined."
    )
    examples: ClassVar[tuple[str, ...]] = (
        "parse nightly.jil",
        "summarize the jobs in nightly.jil",
        "in nightly.jil, which jobs run after LOAD_ORDERS?",
        "which jobs depend on EXTRACT_CUSTOMERS?",
        "what is downstream of LOAD_ORDERS within 2 levels?",
        "what must finish before REPORT_MARGIN can run?",
        "show the upstream jobs of MAIL_REPORTS",
        "what stops if job LOAD_GL fails?",
        "what is the impact of a failure of WAIT_ORDERS_FILE?",
        "are there circular dependencies between the jobs?",
        "which jobs are referenced but not defined in the jil?",
        "describe job BACKUP_WAREHOUSE",
        "which autosys boxes does LOAD_FX belong to?",
        "show the condition and schedule of the job COMPACT_WAREHOUSE",
    )

    class Parameters(BaseModel):
        """What the jil_parser needs to know."""

        path: Annotated[str | None, DataFile(suffixes=(".jil", ".txt"))] = Field(
            default=None, description="The JIL file; not needed again once the session holds its tables."
        )
        job: Annotated[str | None, NameIn(table="jobs", column="job_name")] = Field(
            default=None, description="The job or box that is asked about."
        )
        relation: Annotated[Relation, Choice(synonyms=_OTHER_WORDS)] = Field(
            default="summary", description="What is asked about the job, or about all of them."
        )
        levels: int | None = Field(default=None, ge=1, description="How many levels away to look; all when not given.")

    def build(self) -> StateGraph[Any, Any, Any, Any]:
        """Return the graph: read the file unless its tables are there, then answer from the tables."""
        from langgraph.graph import END, START, StateGraph

        from .nodes import answer, is_answered, load
        from .state import State

        graph = StateGraph(State, context_schema=WorkflowContext)
        graph.add_node("load", load)
        graph.add_node("answer", answer)
        graph.add_edge(START, "load")
        graph.add_conditional_edges("load", is_answered, {True: END, False: "answer"})
        graph.add_edge("answer", END)
        return graph
