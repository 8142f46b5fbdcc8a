"""A follow-up gives the rows that asking everything at once gives, reads the last result where it can, and guesses
nothing."""

import itertools

import pyarrow as pa
import pytest

from dataops_kernel.types import Artifact, Column
from tests.workflows.sql_site import Quick, Site, same_rows, site_of

MEASURES = (("total amount", "SUM(amount)"), ("average quantity", "AVG(quantity)"), ("number of orders", "COUNT(*)"))
GROUPS = (("region", "region"), ("status", "status"), ("month", "DATE_TRUNC('month', order_date)::DATE"))
FILTERS = (
    ("only for EMEA", "region = 'EMEA'"),
    ("without cancelled ones", "status <> 'cancelled'"),
    ("in March 2026", "order_date >= '2026-03-01' AND order_date < '2026-04-01'"),
    ("only over 500", "amount > 500"),
)
REGROUPS = (("the same by sales rep", "sales_rep"), ("per quarter instead", "DATE_TRUNC('quarter', order_date)::DATE"))


class Talking(Quick):
    """``Quick``, whose results are tables that later questions may read."""

    def store(self, content: pa.Table, *, name: str, **about: object) -> Artifact:
        artifact = super().store(content, name=name, **about)
        self.connection.register("arrow", content)
        self.connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS FROM arrow')
        self.connection.unregister("arrow")
        columns = tuple(Column(name=row[0], type=row[1]) for row in self.run(f'DESCRIBE "{name}"'))
        made = artifact.model_copy(update={"workflow_name": "sql_generator", "columns": columns})
        self.artifacts = [a for a in self.artifacts if a.name != name] + [made]
        return made


@pytest.fixture(scope="module")
def talk() -> Talking:
    return Talking("shop")


@pytest.fixture(scope="module")
def shop():
    made = site_of("shop")
    yield made
    made.close()


def _say(site: Site, *texts: str):
    """Say several things one after another and return all answers."""
    answers = []
    earlier: dict = {}
    for text in texts:
        answers.append(site.ask(text, thread=earlier.get("thread", []), last=earlier.get("last")))
        earlier = answers[-1].data
    return answers


@pytest.mark.parametrize("measure", MEASURES, ids=lambda pair: pair[0])
def test_stacked_follow_ups_give_what_asking_everything_at_once_gives(talk: Talking, measure):
    asked, number = measure
    every = itertools.product(GROUPS, FILTERS, REGROUPS)
    for (group, column), first, (regroup, new) in itertools.islice(every, MEASURES.index(measure), None, 3):
        second = FILTERS[(FILTERS.index(first) + 1) % len(FILTERS)]
        answer = None
        where: list[str] = []
        for text, condition, key, end in (
            (f"{asked} by {group}", "", column, ""),
            (first[0], first[1], column, ""),
            (second[0], second[1], column, ""),
            (regroup, "", new, ""),
            ("top 2", "", new, "ORDER BY 2 DESC, 1 LIMIT 2"),
        ):
            where += [condition] if condition else []
            answer = talk.ask(text, answer)
            gold = (
                f"SELECT {key}, {number} FROM orders {'WHERE ' if where else ''}{' AND '.join(where)} GROUP BY 1 {end}"
            )
            assert not answer.refused, (asked, group, text, answer.text)
            assert same_rows(talk.run(gold), talk.rows(answer), ordered=False), (asked, group, first, text, answer.sql)


def test_a_filter_on_a_group_reads_the_last_result_and_lineage_shows_it(shop: Site):
    first, second = _say(shop, "total amount by region", "only for EMEA")

    assert second.sql == (
        "SELECT\n  *\nFROM total_amount_by_region\nWHERE\n  region = 'EMEA'\nORDER BY\n  total_amount DESC,\n  region"
    )
    assert shop.stored(second).parent_artifacts == first.artifacts
    assert second.text.startswith("Understood as: total amount by region, where region is EMEA.")


def test_a_list_of_rows_answers_what_is_asked_of_it_next(shop: Site):
    listed, counted = _say(shop, "orders from EMEA", "how many?")

    assert shop.stored(counted).parent_artifacts == listed.artifacts
    assert shop.rows(counted) == shop.run("SELECT COUNT(*) FROM orders WHERE region = 'EMEA'")


def test_a_table_that_was_only_looked_into_is_no_source_of_the_answer(shop: Site):
    (answer,) = _say(shop, "total amount for EMEA")

    parents = {shop.artifacts.describe(parent).name for parent in shop.stored(answer).parent_artifacts}
    assert any("customers" in query for query in shop.queries())
    assert parents == {"orders"}


def test_a_result_whose_table_was_replaced_is_asked_anew():
    site = site_of("shop")
    try:
        (first,) = _say(site, "total amount by region")
        site.step("loading").store(pa.table({"region": ["EMEA", "APAC"], "amount": [1.5, 2.0]}), name="orders")

        second = site.ask("only for EMEA", thread=first.data["thread"], last=first.data["last"])

        assert site.rows(second) == [("EMEA", 1.5)]
        assert "FROM orders" in second.sql
    finally:
        site.close()


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (("total amount by region", "only for"), "stops in the middle"),
        (("total amount by region", "the same by"), "stops in the middle"),
        (("total amount by region", "only for Narnia"), "Narnia"),
        (("total amount by region", "the sixth one"), "has 4 rows"),
        (("total amount by region", "what is behind that one?"), "which one"),
        (("total amount by region", "and the year before?"), "names no time"),
        (("total amount by region", "not EMEA, APAC"), "nothing before this said"),
        (("only for EMEA",), "no question before it"),
    ],
)
def test_a_follow_up_that_cannot_be_understood_says_why(shop: Site, texts, reason):
    *_, answer = _say(shop, *texts)

    assert answer.refused
    assert reason in answer.text


def test_a_refused_follow_up_leaves_the_question_before_as_it_was(shop: Site):
    *_, answer = _say(shop, "total amount by region", "only for Narnia", "top 2")

    assert shop.rows(answer) == shop.run("SELECT region, SUM(amount) FROM orders GROUP BY 1 ORDER BY 2 DESC LIMIT 2")
    assert answer.data["thread"] == ["total amount by region", "top 2"]


def test_a_row_that_is_pointed_at_is_spelled_out(shop: Site):
    *_, answer = _say(shop, "total amount by month", "what is behind the second one?")

    wanted = "SELECT order_id FROM orders WHERE order_date >= '2026-02-01' AND order_date < '2026-03-01'"
    assert same_rows(shop.run(wanted), shop.rows(answer), ordered=False)


def test_use_a_table_asks_the_same_of_it(shop: Site):
    *_, answer = _say(shop, "how many orders are there", "use the table customers")

    assert shop.rows(answer) == shop.run("SELECT COUNT(*) FROM customers")


def test_a_thread_of_hostile_texts_is_refused_or_ignored(talk: Talking):
    for thread in (["'; drop table orders; --"] * 50, ["x" * 5000], ["\x00"], [""]):
        answer = talk.ask("only for EMEA", None)
        state = {"thread": thread, "last": {"name": "orders", "artifact_id": "art_x", "sources": {}, "places": []}}
        forged = talk.ask("only for EMEA", answer.model_copy(update={"data": state}))
        assert forged.refused
    assert talk.run("SELECT COUNT(*) FROM orders") == [(600,)]
