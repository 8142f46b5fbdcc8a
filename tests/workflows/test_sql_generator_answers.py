"""What comes back from a question over the real stores: text, SQL, the stored table and where it comes from."""

import asyncio

import pytest

from dataops_kernel.workflows import WorkflowRegistry, WorkflowRunner
from tests.workflows.sql_site import DATA, Site, site_of
from tests.workflows.sql_worlds import F, T, table


@pytest.fixture(scope="module")
def shop():
    made = site_of("shop")
    yield made
    made.close()


@pytest.fixture
def site():
    made = Site()
    yield made
    made.close()


def test_the_registry_finds_the_workflow_and_the_runner_runs_it(shop):
    found = WorkflowRegistry([DATA.parents[1] / "workflows"]).get("sql_generator")

    result = asyncio.run(
        WorkflowRunner().run(found, {"question": "how many orders are there"}, shop.step(), lambda node: None)
    )

    assert result.data["rows"] == [{"order_count": 600}]
    assert len(found.examples) >= 15


def test_an_answer_names_the_leader_and_its_value(shop):
    result = shop.ask("total amount by region, top 5")

    (leader, most), (second, less) = shop.rows(result)[:2]
    assert result.text.startswith(
        f"**{leader}** leads with **{most:,.2f}** (total amount), then {second} with {less:,.2f}"
    )
    assert "4 regions in all" in result.text


def test_the_sql_that_is_shown_is_the_sql_that_was_run(shop):
    result = shop.ask("orders from EMEA over 500")

    assert shop.queries()[-1] == result.sql
    assert result.sql == "SELECT\n  *\nFROM orders\nWHERE\n  region = 'EMEA' AND amount > 500"


def test_the_result_is_stored_under_a_readable_name_with_its_parents(shop):
    result = shop.ask("amount by segment")

    stored = shop.stored(result)
    parents = {shop.artifacts.describe(parent).name for parent in stored.parent_artifacts}
    assert (stored.name, stored.artifact_type, stored.row_count) == ("amount_by_segment", "result", 4)
    assert parents == {"orders", "customers"}
    assert result.data["columns"] == ["segment", "total_amount"]
    assert result.data["plan"]["joins"][0]["one"] == {"table": "customers", "column": "customer_id"}


def test_a_result_never_takes_the_name_of_a_table_it_was_made_from(shop):
    result = shop.ask("show all orders")

    assert shop.stored(result).name == "orders_result"
    assert shop.ask("how many orders are there").data["rows"] == [{"order_count": 600}]


def test_earlier_results_are_no_tables_to_ask_about_unless_called_by_name(shop):
    made = shop.ask("total amount by region")

    again = shop.ask("total amount by region")
    named = shop.ask(f"how many rows are in {shop.stored(made).name}")

    assert again.data["plan"]["base"] == "orders"
    assert named.data["plan"]["base"] == shop.stored(made).name
    assert named.data["rows"][0] == {next(iter(named.data["rows"][0])): 4}


def test_the_preview_is_short_and_the_stored_table_is_whole(shop):
    result = shop.ask("orders from EMEA")

    assert len(result.data["rows"]) == 20
    assert result.data["row_count"] == len(shop.rows(result)) == 190
    assert "**190 of orders**, where region is EMEA." in result.text


def test_a_limit_can_be_given_beside_the_question(shop):
    assert len(shop.rows(shop.ask("orders from EMEA", limit=7))) == 7
    assert len(shop.rows(shop.ask("top 3 regions by amount", limit=7))) == 3


def test_relative_time_counts_from_the_newest_credible_day_and_says_so(shop):
    result = shop.ask("revenue by region last quarter")

    assert "'last quarter' (2026-07-01 to 2026-09-30)" in result.text
    assert "counted back from 2026-09-30" in result.text
    assert "1 row has a later order\\_date, up to 2062-06-16; that looks like a mistake" in result.text


def test_joins_and_column_choices_are_told(shop):
    text = shop.ask("revenue by category").text

    assert "- 'revenue' is orders.amount." in text
    assert "- orders and products are joined on product\\_id." in text


def test_spellings_of_one_value_all_count_and_are_told(shop):
    result = shop.ask("number of orders by sales rep")
    one = shop.ask("how many orders did Dana Whitaker make")

    rows = dict(shop.rows(result))
    assert one.data["rows"] == [{"order_count": rows["Dana Whitaker"] + rows["Dana Whitaker  "]}]
    assert "sales\\_rep spells it in several ways" in one.text
    assert "sales\\_rep holds values that differ only in case or spaces" in result.text


def test_misspelt_words_are_read_and_the_reading_is_told(shop):
    result = shop.ask("totl amuont by regoin")

    assert not result.refused
    assert "- 'regoin' was read as 'region'." in result.text


def test_without_tables_it_asks_for_a_file(site):
    result = site.ask("total amount by region")

    assert result.refused
    assert "Profile a file first" in result.text


def test_a_refusal_tells_what_was_understood_what_was_not_and_what_there_is(shop):
    result = shop.ask("profit by region")

    assert result.refused
    assert result.artifacts == ()
    assert "I don't know what *profit* means here" in result.text
    assert "Understood: region." in result.text
    assert "- `orders`: `order_id`, `order_date`" in result.text
    example = result.text.split("I could answer, for example: *")[1].rstrip("*")
    assert not shop.ask(example).refused
    assert result.data["unknown"] == ["profit"]


def test_a_word_that_fits_two_columns_is_refused_with_both(site):
    site.load({"trips": table({"pickup_zone": T, "dropoff_zone": T, "fare": F}, [("A", "B", 3.0), ("B", "A", 4.0)])})

    result = site.ask("number of trips by zone")

    assert result.refused
    assert "trips.dropoff\\_zone or trips.pickup\\_zone" in result.text


def test_two_tables_that_could_be_meant_are_both_named(site):
    columns = {"region": T, "amount": F}
    site.load({"sales_2025": table(columns, [("N", 1.0)]), "sales_2026": table(columns, [("N", 2.0)])})

    result = site.ask("total amount by region")

    assert result.refused
    assert "sales\\_2025 or about sales\\_2026" in result.text
    assert site.ask("total amount by region in sales_2026").data["rows"] == [{"region": "N", "total_amount": 2.0}]


def test_an_amount_is_computed_only_where_no_column_holds_one(site):
    site.load({"lines": table({"shop": T, "quantity": F, "unit_price": F}, [("a", 2.0, 3.0), ("b", 1.0, 4.0)])})

    result = site.ask("revenue by shop")

    assert site.rows(result) == [("a", 6.0), ("b", 4.0)]
    assert "No column holds an amount, so it is quantity times unit\\_price." in result.text


def test_a_query_that_fails_is_an_honest_no(site, monkeypatch):
    from dataops_kernel.errors import QueryTimeoutError

    site.load({"things": table({"kind": T}, [("a",)])})
    context = site.step()

    def stopped(query, parameters=None, *, row_limit=None):
        raise QueryTimeoutError("The query was stopped after 30 seconds.", hint="Ask for less.")

    monkeypatch.setattr(context, "sql", stopped)
    result = site.workflow.invoke({"question": "how many things are there"}, context=context)["result"]

    assert result["refused"]
    assert "stopped after 30 seconds. Ask for less." in result["text"]
    assert result["data"]["error"]["code"] == "query_timeout"


def test_the_same_question_gives_the_same_answer(shop):
    question = "top 3 customers by revenue in EMEA last quarter"

    first, second = shop.ask(question), shop.ask(question)

    first.data.pop("last"), second.data.pop("last")  # the two results are two artifacts
    assert (first.text, first.sql, first.data) == (second.text, second.sql, second.data)
    assert shop.stored(second).version == shop.stored(first).version + 1
