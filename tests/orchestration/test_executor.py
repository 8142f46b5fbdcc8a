"""A run plans, executes its steps and answers; what it read and left is lineage."""

import threading
from pathlib import Path

import pytest

from dataops_kernel.artifacts import ArtifactStore, Lineage
from dataops_kernel.artifacts.query import QueryService
from dataops_kernel.clock import system_clock
from dataops_kernel.engine.local import LocalEngine
from dataops_kernel.errors import ParameterError, QueryError, RunCancelledError, StepFailedError
from dataops_kernel.ids import IdSource
from dataops_kernel.llm.base import LanguageModel
from dataops_kernel.orchestration.executor import PlanExecutor
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.storage.ledger import Append
from dataops_kernel.storage.memory import MemoryBlobs, MemoryLedger
from dataops_kernel.types import ArtifactMetadata, Plan, PlanStep, Question, Run
from dataops_kernel.workflows import WorkflowContext, WorkflowRegistry, WorkflowResult, WorkflowRunner

PATIENCE = 20.0


class Mute(LanguageModel):
    """A model nobody should need here."""

    def classify(self, text, labels):
        raise NotImplementedError

    extract = summarize = generate = classify


class Desk:
    """An engine over a plan executor, on a workspace in memory."""

    def __init__(self, plan_run=None):
        self.ids = IdSource()
        self.ledger = MemoryLedger()
        self.artifacts = ArtifactStore(self.ledger, MemoryBlobs(), SessionLog(self.ledger), self.ids, system_clock)
        self.query = QueryService(self.artifacts.open_table)
        self.lineage = Lineage(self.ledger)
        self.registry = WorkflowRegistry([])
        executor = PlanExecutor(
            plan_run or self._nothing_to_plan,
            self.registry,
            WorkflowRunner(),
            self.artifacts,
            self.query,
            self.lineage,
            Mute(),
            ids=self.ids,
        )
        self.engine = LocalEngine(self.ledger, executor, self.ids, system_clock, close_seconds=0.1)

    def _nothing_to_plan(self, run):
        raise AssertionError("this run brought its plan")

    def start(self, *steps, text=None, **plan):
        run = Run(
            run_id=self.ids.new("run"),
            session_id="ses_one",
            user_id="ada",
            status="running",
            created_at=system_clock(),
            text=text,
            plan=Plan(outcome="run", steps=steps, confidence=0.9, **plan) if steps else None,
        )
        return self.engine.submit(run)

    def table(self, rows, name):
        metadata = ArtifactMetadata(session_id="ses_one", workflow_name="upload", name=name)
        return self.artifacts.store_artifact(rows, metadata)


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.engine.close()
    made.query.close()


def step(function, **parameters):
    return PlanStep(workflow=function.__name__, parameters=parameters)


def test_a_run_by_name_starts_runs_and_answers(desk):
    def greet(name: str):
        """Greet."""
        return {"text": f"Hello {name}.", "letters": len(name)}

    desk.registry.register(greet)

    handle = desk.start(step(greet, name="Ada"), engine="rules")

    answer = handle.result(PATIENCE)
    assert (answer.kind, answer.text, answer.workflow) == ("answer", "Hello Ada.", "greet")
    assert (answer.confidence, answer.engine, answer.data) == (0.9, "rules", {"letters": 3})
    events = list(handle.events())
    assert [event.type for event in events] == [
        "run_started",
        "planned",
        "step_started",
        "answer",
        "step_finished",
        "run_finished",
    ]
    assert events[2].data == {"workflow": "greet", "parameters": {"name": "Ada"}}
    assert events[3].data == {"text": "Hello Ada."}
    assert {event.step for event in events[2:5]} == {events[2].step}
    assert events[4].data["seconds"] >= 0


def test_a_message_is_planned_on_a_thread_of_its_own():
    planners = []

    def plan_run(run):
        planners.append((run.text, threading.current_thread().name))
        return Plan(outcome="run", steps=(PlanStep(workflow="plain"),), engine="recorded")

    desk = Desk(plan_run)
    desk.registry.register(lambda: "Done.", "plain")

    answer = desk.start(text="do it").result(PATIENCE)

    assert (answer.text, answer.engine) == ("Done.", "recorded")
    assert planners[0][0] == "do it"
    assert planners[0][1].startswith("dataops-node")
    desk.engine.close()


def test_a_plan_that_asks_gives_the_question_back():
    question = Question(workflow="profile", parameter="path", text="Which file?", choices=("a.csv", "b.csv"))
    desk = Desk(lambda run: Plan(outcome="ask", question=question, confidence=0.6))
    handle = desk.start(text="profile")

    answer = handle.result(PATIENCE)

    assert (answer.kind, answer.text, answer.question) == ("question", "Which file?", question)
    assert (answer.workflow, answer.confidence) == ("profile", 0.6)
    assert desk.engine.run(handle.run_id).plan.question == question
    desk.engine.close()


def test_a_plan_that_rejects_gives_its_text_back():
    desk = Desk(lambda run: Plan(outcome="reject", text="I can profile files."))

    answer = desk.start(text="sing").result(PATIENCE)

    assert (answer.kind, answer.text, answer.artifacts) == ("reject", "I can profile files.", ())
    desk.engine.close()


def test_a_planner_that_falls_fails_the_run_in_one_sentence():
    desk = Desk(lambda run: {}["intent"])

    with pytest.raises(StepFailedError, match=r"Understanding the message failed: KeyError: 'intent'\."):
        desk.start(text="hm").result(PATIENCE)
    desk.engine.close()


def test_a_workflow_that_refuses_ends_the_run_with_its_words(desk):
    reached = []

    def refuse():
        return WorkflowResult(text="I can't, because there is no date.", refused=True)

    def later():
        reached.append("later")

    desk.registry.register(refuse)
    desk.registry.register(later)

    answer = desk.start(step(refuse), step(later)).result(PATIENCE)

    assert (answer.kind, answer.text) == ("reject", "I can't, because there is no date.")
    assert reached == []


def test_corrections_are_said_before_the_answer(desk):
    desk.registry.register(lambda: "42 rows.", "count")

    steps = PlanStep(workflow="count", corrections=("Read 'ordrs' as 'orders'.", "Took 'amount' for the column."))

    assert desk.start(steps).result(PATIENCE).text == (
        "Read 'ordrs' as 'orders'. Took 'amount' for the column.\n\n42 rows."
    )


def test_steps_run_in_order_and_their_words_and_artifacts_are_put_together(desk):
    def make(context: WorkflowContext):
        return [{"day": 1, "amount": 5}, {"day": 2, "amount": 7}]

    def total(context: WorkflowContext):
        rows = context.sql("select sum(amount) as total from make")
        stored = context.store(rows, name="total")
        text = f"The total is {rows.column('total')[0].as_py()}."
        return WorkflowResult(text=text, sql="select sum(amount) as total from make", artifacts=(stored.artifact_id,))

    desk.registry.register(make)
    desk.registry.register(total)

    handle = desk.start(step(make), step(total))

    answer = handle.result(PATIENCE)
    assert answer.text == "Stored **make**: 2 rows.\n\nThe total is 12."
    assert answer.sql == "select sum(amount) as total from make"
    names = [desk.artifacts.describe(artifact).name for artifact in answer.artifacts]
    assert names == ["total", "make"]
    stored = [event.data for event in handle.events() if event.type == "artifact_stored"]
    assert [(data["name"], data["version"], data["rows"]) for data in stored] == [("make", 1, 2), ("total", 1, 1)]


def test_what_a_step_reads_and_writes_is_lineage(desk):
    orders = desk.table([{"region": "north", "amount": 5}], "orders")
    desk.table([{"unused": 1}], "other")

    def by_region(context: WorkflowContext):
        rows = context.sql("select region, sum(amount) as amount from orders group by region")
        return WorkflowResult(text="Done.", artifacts=(context.store(rows, name="by_region").artifact_id,))

    desk.registry.register(by_region)
    handle = desk.start(step(by_region))

    (result,) = handle.result(PATIENCE).artifacts
    edges = {(e.source, e.target, e.relation) for e in desk.lineage.graph(result, "up").edges}
    (step_id,) = {event.step for event in handle.events() if event.step}
    assert edges == {
        (handle.run_id, step_id, "informed"),
        (orders, step_id, "used"),
        (step_id, result, "generated"),
        (orders, result, "derived"),
    }
    assert desk.artifacts.describe(result).parent_artifacts == (orders,)
    kinds = {node.id: node.kind for node in desk.lineage.graph(result, "up").nodes}
    assert kinds == {result: "artifact", orders: "artifact", step_id: "step", handle.run_id: "run"}


def test_an_artifact_and_its_lineage_are_one_commit(desk):
    desk.table([{"amount": 5}], "orders")
    commits = []
    commit = desk.ledger.commit
    desk.ledger.commit = lambda writes: commits.append([_kind(write) for write in writes]) or commit(writes)

    def copy(context: WorkflowContext):
        context.store(context.content(context.table("orders")), name="copied")

    desk.registry.register(copy)
    desk.start(step(copy)).result(PATIENCE)

    (storing,) = [kinds for kinds in commits if "artifact" in kinds]
    # Informed, used, generated and derived, each recorded in both directions.
    assert storing == ["log/ses_one", "artifact", "step", *["edge", "edge_out"] * 4]
    assert [kinds for kinds in commits if "edge" in kinds] == [storing]


def _kind(write):
    return write.stream if isinstance(write, Append) else write.kind


def test_a_step_that_only_reads_leaves_its_reads_too(desk):
    orders = desk.table([{"amount": 5}], "orders")
    desk.registry.register(lambda context: str(context.sql("select amount from orders").num_rows), "look")

    handle = desk.start(PlanStep(workflow="look"))

    assert handle.result(PATIENCE).text == "1"
    below = desk.lineage.graph(orders, "down")
    assert [edge.relation for edge in below.edges] == ["used"]


def test_an_unexpected_error_names_workflow_node_and_line_without_a_traceback(desk):
    def stumble(divisor: int):
        return 1 // divisor

    desk.registry.register(stumble)

    with pytest.raises(StepFailedError) as caught:
        desk.start(step(stumble, divisor=0)).result(PATIENCE)

    assert caught.value.message == (
        "The workflow 'stumble', in its node 'stumble', failed: ZeroDivisionError: integer division or modulo by zero."
    )
    line = stumble.__code__.co_firstlineno + 1
    assert caught.value.facts["where"] == f"{Path(__file__)}:{line}"
    assert "Traceback" not in str(caught.value)


def test_errors_made_for_people_come_through_as_they_are(desk):
    desk.registry.register(lambda context: context.sql("drop table orders"), "drop")
    desk.registry.register(lambda n: n, "needs")

    with pytest.raises(QueryError):
        desk.start(PlanStep(workflow="drop")).result(PATIENCE)
    with pytest.raises(ParameterError, match="'n' of 'needs' is missing"):
        desk.start(PlanStep(workflow="needs")).result(PATIENCE)


def test_a_synchronous_node_stops_at_its_next_word(desk):
    said, cancelled, stopped = threading.Event(), threading.Event(), threading.Event()

    def endless(context: WorkflowContext):
        said.set()
        cancelled.wait(PATIENCE)
        try:
            context.progress("still here")
        except RunCancelledError:
            stopped.set()
            raise

    desk.registry.register(endless)
    handle = desk.start(step(endless))
    assert said.wait(PATIENCE)

    handle.cancel()
    with pytest.raises(RunCancelledError):
        handle.result(PATIENCE)
    cancelled.set()

    assert stopped.wait(PATIENCE)
    assert [event.type for event in handle.events()][-1] == "run_cancelled"
    assert "still here" not in [event.data.get("text") for event in handle.events()]


def test_each_node_of_a_graph_reports_that_it_is_done(desk):
    from typing import Any, TypedDict

    from langgraph.graph import START, StateGraph

    class State(TypedDict, total=False):
        result: dict[str, Any]

    def write(state, runtime):
        runtime.context.store({"n": 1}, name="note")
        return {"result": {"text": "Written."}}

    graph = StateGraph(State)
    graph.add_node("read", lambda state: {})
    graph.add_node("write", write)
    graph.add_edge(START, "read")
    graph.add_edge("read", "write")
    desk.registry.register(graph.compile(), "two")

    handle = desk.start(PlanStep(workflow="two"))

    assert handle.result(PATIENCE).text == "Written."
    assert [e.data["node"] for e in handle.events() if e.type == "progress"] == ["read", "write"]
    assert desk.artifacts.latest("ses_one", "note").created_by == "write"
