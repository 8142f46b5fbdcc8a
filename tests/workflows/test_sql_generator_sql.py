"""From plan to SQL: every name and every value comes back as it was, and the reserved words are all known."""

import datetime as dt

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.sql_site import schema_of
from workflows.sql_generator.joins import Edge, EdgeFacts, JoinGraph, candidate_edges, joins_of
from workflows.sql_generator.plan import ColumnRef, Condition, Join, Measure, QueryPlan
from workflows.sql_generator.queries import edge_check, newest_days
from workflows.sql_generator.sql import identifier, literal, pretty, write

DUCK = duckdb.connect()
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)


@given(value=TEXT)
def test_text_survives_as_a_constant_also_when_laid_out(value):
    assert DUCK.execute(pretty(f"SELECT {literal(value)} AS v")).fetchall() == [(value,)]


@given(value=st.one_of(st.integers(-(2**60), 2**60), st.booleans(), st.floats(allow_nan=False, allow_infinity=False)))
def test_numbers_survive_as_constants(value):
    [(found,)] = DUCK.execute(f"SELECT CAST({literal(value)} AS DOUBLE)").fetchall()

    assert found == float(value)


@given(name=TEXT.filter(bool))
def test_any_name_survives_as_an_identifier(name):
    DUCK.execute(f"CREATE OR REPLACE TABLE names ({identifier(name)} INTEGER)")

    assert DUCK.sql(pretty(f"SELECT {identifier(name)} FROM names")).columns == [name]


def test_every_reserved_word_of_the_engine_is_quoted():
    with duckdb.connect() as connection:
        words = connection.execute(
            "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
        ).fetchall()

    assert [word for (word,) in words if identifier(word) == word] == []


def test_a_time_is_half_open_so_that_the_last_day_counts_to_its_end():
    column = ColumnRef(table="t", column="at")
    plan = QueryPlan(
        base="t",
        measures=(Measure(function="count", alias="n"),),
        conditions=(Condition(column=column, operator="during", values=("2026-03-01", "2026-04-01")),),
    )

    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT UNNEST(?) AS at",
            [[dt.datetime(2026, 3, 31, 23, 59, 59), dt.datetime(2026, 4, 1)]],
        )
        assert connection.execute(write(plan)).fetchall() == [(1,)]


# ------------------------------------------------------------------------------------------------------------ joins


@pytest.fixture
def connection():
    with duckdb.connect() as made:
        made.execute(
            "CREATE TABLE orders AS SELECT * FROM (VALUES (1, 7), (2, 7), (3, 8), (4, NULL)) t(order_id, customer_id)"
        )
        made.execute(
            "CREATE TABLE customers AS SELECT * FROM (VALUES (7, 'a'), (8, 'b'), (9, 'c')) t(customer_id, name)"
        )
        yield made


SCHEMA = schema_of(
    orders={"order_id": "INTEGER", "customer_id": "INTEGER"}, customers={"customer_id": "INTEGER", "name": "VARCHAR"}
)


def checked(connection, schema=SCHEMA):
    edges = candidate_edges(schema, [table.name for table in schema.tables])
    found = []
    for place, *counts in connection.execute(edge_check(edges)).fetchall():
        found += joins_of(edges[place], EdgeFacts(*counts))
    return found


def test_a_join_goes_to_the_side_where_the_key_stands_once(connection):
    assert checked(connection) == [
        Join(
            many=ColumnRef(table="orders", column="customer_id"),
            one=ColumnRef(table="customers", column="customer_id"),
            complete=False,
        )
    ]


def test_a_key_that_stands_twice_on_both_sides_is_no_join(connection):
    connection.execute("INSERT INTO customers VALUES (7, 'again')")

    assert checked(connection) == []


def test_keys_that_hardly_meet_are_no_join(connection):
    connection.execute("UPDATE orders SET customer_id = customer_id + 100 WHERE order_id < 3")

    assert checked(connection) == []


def test_columns_of_the_same_name_without_a_key_are_not_taken_for_keys_of_numbers():
    schema = schema_of(a={"amount": "DOUBLE", "id": "INTEGER"}, b={"amount": "DOUBLE", "id": "INTEGER"})

    assert candidate_edges(schema, ["a", "b"]) == []


def test_a_reference_named_after_the_table_meets_its_id():
    schema = schema_of(books={"author_id": "INTEGER"}, authors={"id": "INTEGER", "name": "VARCHAR"})

    assert candidate_edges(schema, ["books", "authors"]) == [
        Edge(schema.tables[0].columns[0], schema.tables[1].columns[0])
    ]


def join(many, one):
    key = f"{one}_id"
    return Join(many=ColumnRef(table=many, column=key), one=ColumnRef(table=one, column=key))


def test_a_way_of_two_joins_is_found_and_one_of_three_is_not():
    graph = JoinGraph([join("a", "b"), join("b", "c"), join("c", "d")])

    assert graph.path("a", "c") == (join("a", "b"), join("b", "c"))
    assert graph.path("a", "d") is None
    assert graph.path("c", "a") is None


def test_two_ways_of_the_same_length_are_none():
    graph = JoinGraph([join("a", "b"), join("a", "c"), join("b", "d"), join("c", "d")])

    assert graph.path("a", "d") is None


# ------------------------------------------------------------------------------------------------------ newest day


def test_a_mistyped_year_does_not_become_today(connection):
    connection.execute("CREATE TABLE t AS SELECT DATE '2026-01-01' + CAST(i AS INTEGER) AS day FROM range(100) r(i)")
    connection.execute("INSERT INTO t VALUES (DATE '2062-06-16'), (NULL)")
    [column] = schema_of(t={"day": "DATE"}).tables[0].columns

    assert connection.execute(newest_days([column])).fetchall() == [
        (0, dt.date(2026, 4, 10), dt.date(2026, 1, 1), 1, dt.date(2062, 6, 16))
    ]
