"""Turns a message into a plan: run a workflow with these parameters, ask one question back, or say no honestly."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from dataops_kernel.llm.base import LanguageModel
from dataops_kernel.llm.rules.words import FUNCTION_STEMS, stem_set, tokens
from dataops_kernel.orchestration import followup, wording
from dataops_kernel.orchestration.answers import is_dropping, picked, read_reply
from dataops_kernel.orchestration.catalog import Catalog
from dataops_kernel.orchestration.fields import wanted
from dataops_kernel.orchestration.followup import EarlierTurn, Manner
from dataops_kernel.orchestration.mentions import mentions
from dataops_kernel.orchestration.parameters import extract
from dataops_kernel.orchestration.router import Routable, Router, Routing
from dataops_kernel.orchestration.undo import wants_back
from dataops_kernel.types import Artifact, Frozen, Plan, PlanStep, Question
from dataops_kernel.workflows.registry import WorkflowRegistry

_SURELY = 0.6
_GREETINGS = stem_set("help greetings command commands capabilities options good morning day")


class SessionView(Frozen):
    """What of a session a plan may depend on."""

    session_id: str = ""
    tables: tuple[Artifact, ...] = ()
    """Newest version of each table, newest first."""
    pending: Question | None = None
    """What the last answer asked for, when it asked."""
    turns: tuple[EarlierTurn, ...] = ()
    """What the newest answers on the line were about, newest first."""
    shown: str = ""
    """The text of the newest answer, in which tables may be listed."""
    cwd: Path
    today: date


class Planner:
    """Plans messages over the registered workflows; keeps no state of a session."""

    def __init__(self, registry: WorkflowRegistry, llm: LanguageModel) -> None:
        self._registry = registry
        self._llm = llm
        self._router = Router(llm)

    def plan(self, text: str, view: SessionView) -> Plan:
        """Return what to do about a message; a reply to an open question completes what it was about."""
        planning = _Planning(text, view, self._flows(), self._router, self._llm)
        return (
            planning.of_taking_back()
            or (view.pending and planning.of_reply(view.pending))
            or planning.of_statement()
            or planning.of_pointing()
            or planning.of_follow_up()
            or planning.of_request()
        )

    def _flows(self) -> dict[str, Routable]:
        """Return the workflows that loaded; a broken one is listed by the registry and cannot be meant."""
        found = {}
        for info in self._registry.list():
            if info.error is None:
                workflow = self._registry.get(info.name)
                found[info.name] = Routable(info.name, info.description, tuple(info.examples), workflow.Parameters)
        return found


class _Planning:
    """One message being planned."""

    def __init__(
        self, text: str, view: SessionView, flows: Mapping[str, Routable], router: Router, llm: LanguageModel
    ) -> None:
        self._text = text
        self._view = view
        self._flows = flows
        self._router = router
        self._llm = llm
        self._catalog = Catalog(view.tables, view.cwd)
        self._routed: Routing | None = None

    def of_taking_back(self) -> Plan | None:
        """Plan an undo or redo; None when the message is neither."""
        back = wants_back(self._text)
        return self._made(None, outcome=back.outcome, turns=back.turns) if back is not None else None

    def of_statement(self) -> Plan | None:
        """Refuse what is SQL that would change something; None for everything else."""
        if not followup.is_changing_sql(self._text):
            return None
        opening = "That reads as SQL that would change data. Tables here are only ever read, so nothing was done."
        return self._made(None, outcome="reject", text=wording.refuse(list(self._flows.values()), opening=opening))

    def of_pointing(self) -> Plan | None:
        """Read "use the second table" by what the answer before showed; None when no table is pointed at."""
        pointed = followup.pointed_table(self._text, self._view.shown, self._catalog.table_names)
        if pointed is None:
            return None
        if pointed.problem:
            return self._made(None, outcome="reject", text=pointed.problem)
        plan = _Planning(pointed.text, self._view, self._flows, self._router, self._llm)
        made = plan.of_follow_up() or plan.of_request()
        steps = tuple(
            step.model_copy(update={"corrections": (pointed.correction, *step.corrections)}) for step in made.steps
        )
        return made.model_copy(update={"steps": steps})

    def of_follow_up(self) -> Plan | None:
        """Plan the message as one that goes on from an earlier answer; None when it is a request of its own."""
        if not self._view.turns:
            return None
        routing = self._routing()
        manner = followup.manner(self._text)
        tried: set[str] = set()
        for turn in self._view.turns:
            flow = self._flows.get(turn.workflow)
            if flow is None or flow.name in tried:
                continue
            tried.add(flow.name)
            left = {field.name for field in wanted(flow.parameters) if field.is_left_by_answers}
            plan = self._carried(flow, turn, left, routing, manner) if left else None
            plan = plan or (self._varied(flow, turn, routing, manner) if not left else None)
            if plan is not None:
                return plan
        return None

    def _carried(
        self, flow: Routable, turn: EarlierTurn, left: set[str], routing: Routing, manner: Manner
    ) -> Plan | None:
        """Give the message to a workflow that reads follow-ups itself, with what its last answer left."""
        own = self._is_routed_to(flow, routing)
        if not own and self._is_surely_routed(routing):
            return None
        if not own and not (manner.goes_on or (manner.is_short and (manner.is_part or self._names_data()))):
            return None
        known = {name: value for name, value in turn.left(left).items() if value is not None}
        return self._filled(flow, self._text, known, routing if own else None)

    def _varied(self, flow: Routable, turn: EarlierTurn, routing: Routing, manner: Manner) -> Plan | None:
        """Run the same workflow with what the message says changed: "and upstream?", "what about LOAD_GL?"."""
        own = self._is_routed_to(flow, routing)
        if not (manner.goes_on or manner.points) or (not own and self._is_surely_routed(routing)):
            return None
        if not own and manner.is_part and not manner.points:
            return None
        said: dict[str, Any] = {}
        corrections: tuple[str, ...] = ()
        if not manner.is_again:
            words = frozenset(token.stem for token in tokens(f"{flow.name.replace('_', ' ')}. {flow.description}"))
            ordinary = words | followup.WORDS
            rest = manner.rest if manner.goes_on else self._text
            found = extract(
                flow.parameters, rest, self._catalog, {}, self._llm, today=self._view.today, ordinary=ordinary,
                said_only=True,
            )  # fmt: skip
            said, corrections = found.values, found.corrections
            if not said:
                return None
        told = followup.told(said, turn.parameters)
        values = {**turn.parameters, **said}
        step = PlanStep(workflow=flow.name, parameters=values, corrections=(*corrections, told))
        return self._made(routing if own else None, outcome="run", steps=(step,))

    def _is_routed_to(self, flow: Routable, routing: Routing) -> bool:
        return routing.outcome == "run" and routing.candidates[0].workflow == flow.name

    def _is_surely_routed(self, routing: Routing) -> bool:
        return routing.outcome == "run" and routing.candidates[0].confidence >= _SURELY

    def _names_data(self) -> bool:
        """Say whether the message names a table or a column of the session."""
        read = tokens(self._text[:200])
        return bool(mentions(read, (*self._catalog.table_names, *self._catalog.columns())))

    def of_request(self) -> Plan:
        """Plan the message as a request of its own."""
        routing = self._routing()
        if routing.outcome == "run":
            return self._filled(self._flows[routing.candidates[0].workflow], self._text, {}, routing)
        if routing.outcome == "ask":
            asked = [self._flows[candidate.workflow] for candidate in routing.candidates]
            return self._made(routing, outcome="ask", question=wording.ask_which(asked, self._text))
        opening = "" if _is_greeting(self._text) else "That is nothing I can help with."
        return self._made(routing, outcome="reject", text=wording.refuse(list(self._flows.values()), opening=opening))

    def of_reply(self, question: Question) -> Plan | None:
        """Plan the message as the answer to the open question; None when it is a request of its own."""
        if is_dropping(self._text):
            opening = "All right, I have dropped that."
            return self._made(None, outcome="reject", text=wording.refuse(list(self._flows.values()), opening=opening))
        if question.workflow == wording.WHICH_WORKFLOW:
            return self._of_choice(question)
        flow = self._flows.get(question.workflow)
        fields = {field.name: field for field in wanted(flow.parameters)} if flow else {}
        if flow is None or question.parameter not in fields:
            return None  # the workflow was changed or taken away since
        field = fields[question.parameter]
        reply = read_reply(question, field, flow.parameters, self._text, self._catalog, self._llm, self._view.today)
        if not reply.is_short and self._is_surely_a_request():
            return None
        if not reply.values:
            again = wording.ask_again(question, field, self._text, self._catalog, reply.problems)
            return self._made(None, outcome="ask", question=again)
        return self._filled(flow, reply.rest, {**question.parameters, **reply.values}, None)

    def _of_choice(self, question: Question) -> Plan | None:
        offered = [choice for choice in question.choices if choice in self._flows]
        name = picked(self._text, offered)
        if name is not None:
            return self._filled(self._flows[name], str(question.parameters.get("message", self._text)), {}, None)
        if self._is_surely_a_request():
            return None
        again = wording.ask_which([self._flows[choice] for choice in offered], self._text)
        return self._made(None, outcome="ask", question=again.model_copy(update={"parameters": question.parameters}))

    def _is_surely_a_request(self) -> bool:
        routing = self._routing()
        return routing.outcome == "run" and routing.candidates[0].confidence >= _SURELY

    def _routing(self) -> Routing:
        if self._routed is None:
            self._routed = self._router.route(self._text, list(self._flows.values()), self._catalog)
        return self._routed

    def _filled(self, flow: Routable, text: str, known: dict[str, Any], routing: Routing | None) -> Plan:
        """Plan to run a workflow, or to ask for the first thing it cannot start without."""
        own_words = frozenset(token.stem for token in tokens(f"{flow.name.replace('_', ' ')}. {flow.description}"))
        found = extract(
            flow.parameters, text, self._catalog, known, self._llm, today=self._view.today, ordinary=own_words
        )
        if found.missing:
            field = next(field for field in wanted(flow.parameters) if field.name == found.missing[0])
            question = wording.ask_for(field, flow.name, self._catalog, found.values, found.problems)
            return self._made(routing, outcome="ask", question=question)
        step = PlanStep(workflow=flow.name, parameters=found.values, corrections=found.corrections)
        return self._made(routing, outcome="run", steps=(step,))

    def _made(self, routing: Routing | None, **plan: Any) -> Plan:
        """Return the plan with how sure it is: as sure as its routing, and wholly when nothing had to be routed."""
        candidates = routing.candidates if routing else ()
        confidence = 1.0 if routing is None else candidates[0].confidence if candidates else 0.0
        return Plan(confidence=confidence, candidates=candidates, engine=self._llm.engine, **plan)


def _is_greeting(text: str) -> bool:
    return all(token.stem in _GREETINGS | FUNCTION_STEMS for token in tokens(text[:200]))
