"""How well the shipped workflows are found: labelled messages nobody tuned anything on.

``routing_tuning.tsv`` is what the classifier's weights were fitted to, ``routing_heldout.tsv`` was written after and
is only ever measured. A line is a workflow (``-`` for none of them) and a message; some are misspelled on purpose.
A failing test prints every message that went wrong, and the counts.
"""

from collections import Counter
from pathlib import Path

import pytest

from dataops_kernel.llm.rules import RulesModel
from dataops_kernel.orchestration.catalog import Catalog
from dataops_kernel.orchestration.router import Routable, Router
from dataops_kernel.types import Artifact
from dataops_kernel.workflows import WorkflowRegistry
from tests.orchestration.conftest import table

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHIPPED = ("jil_parser", "schema_analyzer", "sql_generator")


@pytest.fixture(scope="module")
def flows() -> list[Routable]:
    registry = WorkflowRegistry([ROOT / "workflows"])
    return [
        Routable(info.name, info.description, info.examples, registry.get(info.name).Parameters)
        for info in registry.list()
        if info.name in SHIPPED
    ]


def _loaded(name: str, path: Path) -> Artifact:
    header = path.read_text(encoding="utf-8").partition("\n")[0]
    return table(name, " ".join(header.strip().split(",")), workflow="schema_analyzer")


@pytest.fixture(scope="module", params=["a session with two tables", "an empty session"])
def catalog(request: pytest.FixtureRequest) -> Catalog:
    data = ROOT / "notebooks" / "data"
    tables = [_loaded(name, data / f"{name}.csv") for name in ("orders", "customers")]
    return Catalog(tables if "two" in request.param else (), ROOT)


def _outcomes(name: str, flows: list[Routable], catalog: Catalog) -> tuple[Counter[str], list[str]]:
    """Return how often each thing happened, and a line for every message that was not simply routed right."""
    router = Router(RulesModel())
    counted: Counter[str] = Counter()
    wrong = []
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        label, text = line.split("\t")
        found = router.route(text, flows, catalog)
        best = found.candidates[0]
        if label == "-":
            happened = {"reject": "refused", "ask": "off-topic asked", "run": "off-topic run"}[found.outcome]
        elif found.outcome == "run":
            happened = "right" if best.workflow == label else "wrong"
        elif found.outcome == "ask" and label in {one.workflow for one in found.candidates}:
            happened = "asked"
        else:
            happened = "refused although meant"
        counted[happened] += 1
        if happened not in ("right", "refused"):
            wrong.append(f"{happened}: {text!r} ({label}) -> {best.workflow} {best.confidence}")
    return counted, wrong


def _shares(counted: Counter[str]) -> tuple[float, float, float]:
    meant = sum(counted[name] for name in ("right", "wrong", "asked", "refused although meant"))
    off_topic = sum(counted[name] for name in ("refused", "off-topic asked", "off-topic run"))
    return counted["right"] / meant, counted["wrong"] / meant, counted["refused"] / off_topic


def test_the_shipped_workflows_are_all_there(flows):
    assert tuple(flow.name for flow in flows) == SHIPPED


@pytest.mark.parametrize(
    ("name", "least_right", "least_refused"),
    [("routing_tuning.tsv", 0.97, 0.95), ("routing_heldout.tsv", 0.94, 0.92)],
)
def test_messages_reach_their_workflow_and_others_are_refused(name, least_right, least_refused, flows, catalog):
    counted, wrong = _outcomes(name, flows, catalog)
    report = "\n".join([name, *wrong, str(dict(counted))])

    right, misled, refused = _shares(counted)

    assert right >= least_right, report
    assert misled <= 0.02, report
    assert refused >= least_refused, report


def test_every_example_an_author_gave_reaches_the_authors_workflow(flows, catalog):
    router = Router(RulesModel())

    lost = [
        (flow.name, example, found)
        for flow in flows
        for example in flow.examples
        if (found := router.route(example, flows, catalog)).outcome != "run"
        or found.candidates[0].workflow != flow.name
    ]

    assert lost == []


def test_the_corpus_is_what_it_says():
    lines = [
        line.split("\t")
        for name in ("routing_tuning.tsv", "routing_heldout.tsv")
        for line in (HERE / name).read_text(encoding="utf-8").splitlines()
    ]

    assert all(len(line) == 2 and line[0] in (*SHIPPED, "-") for line in lines)
    assert len({text.lower() for _, text in lines}) == len(lines)
