"""Ranking workflows: the words of a message, and what it names, derived from the parameters' markers alone."""

import time
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from dataops_kernel.llm.base import Label, LanguageModel, Scored
from dataops_kernel.llm.rules import RulesModel
from dataops_kernel.orchestration.catalog import Catalog
from dataops_kernel.orchestration.router import REJECT_BELOW, RUN_FROM, Routable, Router
from dataops_kernel.workflows.parameters import ColumnName, DataFile, NameIn, TableName, WholeMessage


class Nothing(BaseModel):
    pass


class ReadsCsv(BaseModel):
    path: Annotated[str, DataFile(suffixes=(".csv",))]


class ReadsXml(BaseModel):
    path: Annotated[str, DataFile(suffixes=(".xml",))]


class ReadsAny(BaseModel):
    path: Annotated[str, DataFile()]


class Asks(BaseModel):
    question: Annotated[str, WholeMessage()]


class Named(BaseModel):
    job: Annotated[str, NameIn()]


class Columns(BaseModel):
    table: Annotated[str, TableName()]
    column: Annotated[str, ColumnName()]


class FixedModel(RulesModel):
    """A model that is as sure as it is told, so that only the evidence differs."""

    def __init__(self, **confidence: float) -> None:
        super().__init__()
        self._confidence = confidence

    def classify(self, text: str, labels: Any) -> list[Scored]:
        return [Scored(name=label.name, confidence=self._confidence.get(label.name, 0.4)) for label in labels]


def flows(**parameters: type[BaseModel]) -> list[Routable]:
    return [Routable(name, "", (), model) for name, model in parameters.items()]


def first(text: str, catalog: Catalog | None = None, **parameters: type[BaseModel]) -> str:
    found = Router(FixedModel()).route(text, flows(**parameters), catalog or Catalog())
    assert found.candidates[0].confidence > found.candidates[1].confidence
    return found.candidates[0].workflow


@pytest.mark.parametrize(
    ("text", "winner"),
    [
        ("look at book.xml", "xml"),
        ("look at BOOK.XML", "xml"),
        ('look at "my books/book.xml"', "xml"),
        ("look at book.csv", "csv"),
        ("look at the xml", "xml"),
        ("look at book.parquet", "any"),
    ],
)
def test_a_file_points_at_the_workflows_that_read_its_kind(text, winner):
    assert first(text, csv=ReadsCsv, xml=ReadsXml, any=ReadsAny) == winner


def test_a_name_of_the_right_shape_points_at_the_workflows_that_look_for_one():
    assert first("what about LOAD_ORDERS", named=Named, plain=Nothing) == "named"


def test_a_table_or_column_of_the_session_points_at_the_workflows_that_use_tables(catalog):
    assert first("what about customers", catalog, asks=Asks, plain=Nothing) == "asks"
    assert first("what about the unit price", catalog, columns=Columns, plain=Nothing) == "columns"
    assert first("what about unit price by segment", catalog, asks=Asks, csv=ReadsCsv) == "asks"


def test_a_column_with_an_everyday_name_gives_nothing_away(catalog):
    assert first("what is your name", catalog, asks=Asks, plain=Nothing) == "plain"


def test_a_word_that_means_the_same_as_a_column_speaks_of_the_tables(catalog):
    assert first("what about our turnover", catalog, asks=Asks, plain=Nothing) == "asks"


def test_a_question_about_nothing_in_the_tables_speaks_against_asking_them(catalog):
    assert first("what about the best restaurants", catalog, asks=Asks, plain=Nothing) == "plain"


def test_the_names_of_workflows_give_nothing_away():
    found = Router(FixedModel()).route("look at book.xml", flows(sql_generator=ReadsXml, jil_parser=ReadsXml))

    assert found.candidates[0].confidence == found.candidates[1].confidence


@pytest.mark.parametrize(
    ("confidence", "outcome", "asked"),
    [
        ({"a": 0.9, "b": 0.2, "c": 0.1}, "run", 3),
        ({"a": 0.9, "b": 0.89, "c": 0.1}, "ask", 2),
        ({"a": 0.4, "b": 0.05, "c": 0.05}, "run", 3),
        ({"a": 0.4, "b": 0.35, "c": 0.05}, "ask", 2),
        ({"a": 0.4, "b": 0.4, "c": 0.4, "d": 0.4}, "ask", 3),
        ({"a": 0.2, "b": 0.01, "c": 0.01}, "reject", 3),
    ],
)
def test_sure_runs_close_asks_and_low_refuses(confidence, outcome, asked):
    named = flows(**dict.fromkeys(confidence, Nothing))

    found = Router(FixedModel(**confidence)).route("something", named)

    assert found.outcome == outcome
    assert len(found.candidates) == asked
    assert found.candidates[0].workflow == "a"
    assert REJECT_BELOW < RUN_FROM


def test_without_workflows_everything_is_refused():
    assert Router(RulesModel()).route("profile orders.csv", []).outcome == "reject"


class NoLabels(FixedModel):
    def classify(self, text: str, labels: list[Label]) -> list[Scored]:
        return []


def test_a_model_that_scores_nothing_means_nothing():
    model: LanguageModel = NoLabels()

    assert Router(model).route("something", flows(a=Nothing)).outcome == "reject"


def test_ten_workflows_are_routed_in_under_a_millisecond_once_warm(registry, catalog):
    shipped = [
        Routable(f"{info.name}_{n}", info.description, info.examples, registry.get(info.name).Parameters)
        for n in range(4)
        for info in registry.list()
    ][:10]
    router = Router(RulesModel())
    text = "total amount by region for customers, top 5"
    router.route(text, shipped, catalog)

    fastest = 1.0
    for _ in range(300):
        started = time.perf_counter()
        router.route(text, shipped, catalog)
        fastest = min(fastest, time.perf_counter() - started)

    assert fastest < 0.001
