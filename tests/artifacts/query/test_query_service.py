"""Queries over stored tables: answers, types, parameters, limits on rows, and the engine's errors in plain words."""

import datetime as dt
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_kernel.artifacts.query import QueryOutcome
from dataops_kernel.errors import (
    IntegrityError,
    LimitExceededError,
    ParameterError,
    QueryError,
    RunCancelledError,
)


def rows(outcome: QueryOutcome) -> list[dict]:
    return outcome.table.to_pylist()


def parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def test_an_answer_carries_its_rows_and_what_it_read(ask):
    outcome = ask(
        "select c.name, count(*) as n from customers c join ORDERS using (customer_id) group by all order by n"
    )

    assert rows(outcome) == [{"name": "Cid", "n": 1}, {"name": "Bob", "n": 2}, {"name": "Ann", "n": 3}]
    assert outcome.used == ("art_customers", "art_orders")
    assert not outcome.truncated
    assert outcome.seconds > 0


def test_a_table_named_with_a_sign_is_quoted(ask):
    assert ask('from "orders@2"').table.num_rows == 2


def test_an_artifact_read_under_two_names_is_used_once(shelf, service):
    tables = {"a": shelf.tables["orders"], "b": shelf.tables["orders"]}

    outcome = service.run("select count(*) as n from a join b using (order_id)", tables)

    assert rows(outcome) == [{"n": 6}]
    assert outcome.used == ("art_orders",)


def test_types_come_back_as_they_were_stored(ask, shelf):
    stored = pq.read_table(shelf.open(shelf.tables["orders"]))

    table = ask("from orders").table

    assert table.schema.field("amount").type == pa.decimal128(10, 2)
    assert table.schema.field("ordered_at").type == pa.timestamp("us", "Etc/UTC")
    assert pa.types.is_list(table.schema.field("items").type)
    assert pa.types.is_struct(table.schema.field("items").type.value_type)
    assert table.to_pylist() == stored.to_pylist()


def test_a_table_without_rows_keeps_its_columns(ask, shelf):
    table = ask("from empty").table

    assert table.num_rows == 0
    assert table.column_names == [column.name for column in shelf.tables["empty"].columns]
    assert rows(ask("select count(*) as n, sum(amount) as total from empty")) == [{"n": 0, "total": None}]


def test_order_is_kept_over_many_batches(ask):
    table = ask("select range as i from range(300000) order by i desc").table

    assert table.num_rows == 300_000
    assert table["i"][0].as_py() == 299_999
    assert table["i"][-1].as_py() == 0


@pytest.mark.parametrize(
    "value",
    [
        7,
        2**70,
        1.5,
        True,
        None,
        "it's; drop table orders --",
        b"\x00\xff",
        Decimal("12.345"),
        dt.date(2026, 2, 28),
        dt.datetime(2026, 2, 28, 12, 30),
        dt.datetime(2026, 2, 28, 12, 30, tzinfo=dt.UTC),
        dt.time(12, 30),
        [1, 2, 3],
        {"a": 1, "b": "x"},
    ],
)
def test_a_parameter_arrives_with_its_value_and_type(ask, value):
    assert rows(ask("select $value as value", {"value": value})) == [{"value": value}]


def test_parameters_filter(ask):
    found = ask(
        "select order_id from orders where region = $r and ordered_at >= $since",
        {"r": "north", "since": dt.date(2026, 1, 3)},
    )

    assert [row["order_id"] for row in rows(found)] == [3, 6]


def test_a_list_is_one_parameter(ask):
    assert rows(ask("select count(*) as n from orders where region in $some", {"some": ["east", "south"]})) == [
        {"n": 2}
    ]


def test_parameters_that_the_query_does_not_name_are_left_alone(ask):
    assert rows(ask("select $a as a", {"a": 1, "b": object()})) == [{"a": 1}]


def test_a_missing_parameter_is_named(ask):
    with pytest.raises(ParameterError, match=r"a value for \$since") as missing:
        ask("from orders where ordered_at > $since", {"sinse": 1})

    assert missing.value.hint == "Did you mean 'sinse'?"


def test_a_parameter_of_no_sql_type_is_refused(ask):
    with pytest.raises(ParameterError, match=r"\$x is of no type SQL knows: object"):
        ask("select $x", {"x": object()})


@pytest.mark.parametrize(("limit", "found", "truncated"), [(0, 0, True), (5, 5, True), (6, 6, False), (7, 6, False)])
def test_a_row_limit_cuts_and_says_so(ask, limit, found, truncated):
    outcome = ask("from orders", row_limit=limit)

    assert (outcome.table.num_rows, outcome.truncated) == (found, truncated)


def test_a_row_limit_holds_over_many_batches_and_stops_the_work(ask):
    outcome = ask("from range(100000000000)", row_limit=250_000)

    assert (outcome.table.num_rows, outcome.truncated) == (250_000, True)
    assert outcome.seconds < 20


def test_the_limit_of_the_service_wins_over_a_larger_one(shelf):
    service = shelf.service(max_rows=3)

    outcome = service.run("from orders", shelf.tables, row_limit=1000)

    assert (outcome.table.num_rows, outcome.truncated) == (3, True)


def test_a_result_too_large_is_refused_with_the_fix(shelf):
    service = shelf.service(max_result_mb=1)

    with pytest.raises(LimitExceededError, match="larger than 1 MB") as refused:
        service.run("select repeat('x', 1000) as x from range(100000)", shelf.tables)

    assert "LIMIT" in refused.value.hint
    assert rows(service.run("select 1 as x", {})) == [{"x": 1}]


def test_small_tables_ride_as_bytes(shelf, ask):
    shelf.put_bytes("rates", parquet(pa.table({"region": ["north"], "rate": [Decimal("1.10")]})))

    outcome = ask("select order_id, amount * rate as gross from orders join rates using (region) order by all")

    assert rows(outcome)[0] == {"order_id": 1, "gross": Decimal("11.5500")}
    assert outcome.used == ("art_orders", "art_rates")


def test_json_rows_are_a_table(shelf, ask):
    shelf.put_bytes("notes", json.dumps([{"id": 1, "tags": ["a"]}, {"id": 2, "tags": []}]).encode(), kind="json")

    assert rows(ask("select id, len(tags) as n from notes order by id")) == [{"id": 1, "n": 1}, {"id": 2, "n": 0}]


def test_a_new_version_under_the_same_name_is_read_at_once(shelf, service):
    shelf.put_bytes("now", parquet(pa.table({"x": [1]})))
    before = rows(service.run("from now", shelf.tables))
    shelf.put_bytes("now", parquet(pa.table({"x": [2]})))

    assert (before, rows(service.run("from now", shelf.tables))) == ([{"x": 1}], [{"x": 2}])


def test_a_path_is_a_path_and_never_a_pattern(shelf, service, tmp_path):
    folder = tmp_path / "year=2026" / "a[1]*'?"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"x": [1]}), folder / "abc")
    shelf.add("odd", folder / "abc", "1")

    assert rows(service.run("from odd", shelf.tables)) == [{"x": 1}]


def test_a_name_may_hold_any_sign(shelf, service):
    odd = "a\"b; drop 'view' -- é"
    shelf.put_bytes(odd, parquet(pa.table({"x": [1]})))

    assert rows(service.run('from "a""b; drop \'view\' -- é"', {odd: shelf.tables[odd]})) == [{"x": 1}]


def test_an_unknown_column_names_the_closest(ask):
    with pytest.raises(QueryError) as refused:
        ask("select amout from orders")

    assert refused.value.message == "There is no column 'amout'."
    assert refused.value.hint.startswith("Did you mean 'amount'? Columns: 'order_id', 'customer_id'")


def test_text_in_double_quotes_is_taken_for_a_column_and_explained(ask):
    with pytest.raises(QueryError, match="no column 'north'") as refused:
        ask('from orders where region = "north"')

    assert "it takes single quotes: 'north'" in refused.value.hint


@pytest.mark.parametrize(
    ("sql", "message", "hint"),
    [
        ("select o.amout from orders o", "There is no column 'amout'.", "'amount'"),
        ("select * exclude (amout) from orders", "There is no column 'amout'.", "'amount'"),
        ("select region, sum(amount) from orders", 'Column "region" must appear in the GROUP BY', "GROUP BY ALL"),
        ("select 'x'::int", "Could not convert string 'x' to INT32.", "try_cast"),
        ("select sum(region) from orders", "No function matches", "CAST"),
        ("select regexp_matches('a', '(')", "Missing ): (", "patterns"),
        ("select region.x from orders", "", ""),
        ("select sum(amount) over w from orders", 'Window "w" does not exist.', "Check the SQL"),
        ("select " + "+".join(["1"] * 2000), "Max expression depth limit of 1000 exceeded.", "Check the SQL"),
    ],
)
def test_an_error_of_the_engine_is_short_and_says_the_fix(ask, sql, message, hint):
    with pytest.raises(QueryError) as refused:
        ask(sql)

    assert refused.value.message.startswith(message)
    assert hint in refused.value.hint
    assert "LINE 1" not in str(refused.value)
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b"nonsense", lambda b: b[:900] + b[1000:]])
def test_damaged_content_is_told_by_its_table_and_not_by_its_path(shelf, service, damage):
    path = shelf.put("damaged", pa.table({"x": [f"value {i}" for i in range(1000)]}))
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(IntegrityError, match="content of table 'damaged' cannot be read") as failed:
        service.run("from damaged", shelf.tables)

    assert str(path.parent) not in str(failed.value)


def test_missing_content_is_told_by_its_table(shelf, service):
    shelf.put("gone", pa.table({"x": [1]})).unlink()

    with pytest.raises(IntegrityError, match="'gone'"):
        service.run("from gone", shelf.tables)


def test_a_closed_service_says_so_and_closing_twice_is_harmless(shelf):
    service = shelf.service()
    service.run("select 1", {})
    service.close()
    service.close()

    with pytest.raises((QueryError, RunCancelledError), match="closed"):
        service.run("select 1", {})
    assert service.processes() == ()
