"""Turns a message into a plan: run a workflow with these parameters, ask one question back, or say no honestly."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from dataops_kernel.llm.base import LanguageModel
from dataops_kernel.llm.rules.words import FUNCTION_STEMS, stem_set, tokens
from dataops_kernel.orchestration import wording
from dataops_kernel.orchestration.answers import is_dropping, picked, read_reply
from dataops_kernel.orchestration.catalog import Catalog
from dataops_kernel.orchestration.fields import wanted
from dataops_kernel.orchestration.parameters import extract
from dataops_kernel.orchestration.router import Routable, Router, Routing
from dataops_kernel.types import Artifact, Frozen, Plan, PlanStep, Question
from dataops_kernel.workflows.registry import WorkflowRegistry

_SURE = Routing("run", ())
_SURELY = 0.6
_GREETINGS = stem_set("help greetings command commands capabilities options good morning day")


class SessionView(Frozen):
    """What of a session a plan may depend on."""

    session_id: str = ""
    tables: tuple[Artifact, ...] = ()
    """Newest version of each table, newest first."""
    pending: Question | None = None
    """What the last answer asked for, when it asked."""
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
        catalog = Catalog(view.tables, view.cwd)
        flows = self._flows()
        plan = self._of_reply(text, view.pending, view, flows, catalog) if view.pending else None
        return plan or self._of_request(text, view, flows, catalog)

    def _flows(self) -> dict[str, Routable]:
        """Return the workflows that loaded; a broken one is listed by the registry and cannot be meant."""
        found = {}
        for info in self._registry.list():
            if info.error is None:
                workflow = self._registry.get(info.name)
                found[info.name] = Routable(info.name, info.description, tuple(info.examples), workflow.Parameters)
        return found

    def _of_request(self, text: str, view: SessionView, flows: Mapping[str, Routable], catalog: Catalog) -> Plan:
        routing = self._router.route(text, list(flows.values()), catalog)
        if routing.outcome == "run":
            return self._filled(flows[routing.candidates[0].workflow], text, {}, routing, view, catalog)
        if routing.outcome == "ask":
            asked = [flows[candidate.workflow] for candidate in routing.candidates]
            return self._made(routing, outcome="ask", question=wording.ask_which(asked, text))
        opening = "" if _is_greeting(text) else "That is nothing I can help with."
        return self._made(routing, outcome="reject", text=wording.refuse(list(flows.values()), opening=opening))

    def _of_reply(
        self, text: str, question: Question, view: SessionView, flows: Mapping[str, Routable], catalog: Catalog
    ) -> Plan | None:
        """Return the plan for a reply to the open question; None when the message is a request of its own."""
        if is_dropping(text):
            dropped = wording.refuse(list(flows.values()), opening="All right, I have dropped that.")
            return self._made(_SURE, outcome="reject", text=dropped)
        if question.workflow == wording.WHICH_WORKFLOW:
            return self._of_choice(text, question, view, flows, catalog)
        flow = flows.get(question.workflow)
        field = (
            next((field for field in wanted(flow.parameters) if field.name == question.parameter), None)
            if flow
            else None
        )
        if flow is None or field is None:
            return None  # the workflow was changed or taken away since
        reply = read_reply(question, field, flow.parameters, text, catalog, self._llm, view.today)
        if not reply.is_short and self._is_request(text, flows, catalog):
            return None
        if not reply.values:
            again = wording.ask_again(question, field, text, catalog, reply.problems)
            return self._made(_SURE, outcome="ask", question=again)
        known = {**question.parameters, **reply.values}
        return self._filled(flow, reply.rest, known, _SURE, view, catalog)

    def _of_choice(
        self, text: str, question: Question, view: SessionView, flows: Mapping[str, Routable], catalog: Catalog
    ) -> Plan | None:
        name = picked(text, [choice for choice in question.choices if choice in flows])
        if name is not None:
            message = str(question.parameters.get("message", text))
            return self._filled(flows[name], message, {}, _SURE, view, catalog)
        if self._is_request(text, flows, catalog):
            return None
        again = wording.ask_which([flows[choice] for choice in question.choices if choice in flows], text)
        return self._made(_SURE, outcome="ask", question=again.model_copy(update={"parameters": question.parameters}))

    def _is_request(self, text: str, flows: Mapping[str, Routable], catalog: Catalog) -> bool:
        """Say whether a message in answer to a question is surely a request of its own."""
        routing = self._router.route(text, list(flows.values()), catalog)
        return routing.outcome == "run" and routing.candidates[0].confidence >= _SURELY

    def _filled(
        self,
        flow: Routable,
        text: str,
        known: dict[str, Any],
        routing: Routing,
        view: SessionView,
        catalog: Catalog,
    ) -> Plan:
        """Return the plan that runs a workflow, or asks for the first thing it cannot start without."""
        own_words = frozenset(token.stem for token in tokens(f"{flow.name.replace('_', ' ')}. {flow.description}"))
        found = extract(flow.parameters, text, catalog, known, self._llm, today=view.today, ordinary=own_words)
        if found.missing:
            fields = {field.name: field for field in wanted(flow.parameters)}
            question = wording.ask_for(fields[found.missing[0]], flow.name, catalog, found.values, found.problems)
            return self._made(routing, outcome="ask", question=question)
        step = PlanStep(workflow=flow.name, parameters=found.values, corrections=found.corrections)
        return self._made(routing, outcome="run", steps=(step,))

    def _made(self, routing: Routing, **plan: Any) -> Plan:
        candidates = routing.candidates
        confidence = candidates[0].confidence if candidates else 1.0 if routing is _SURE else 0.0
        return Plan(confidence=confidence, candidates=candidates, engine=self._llm.engine, **plan)


def _is_greeting(text: str) -> bool:
    return all(token.stem in _GREETINGS | FUNCTION_STEMS for token in tokens(text[:200]))
