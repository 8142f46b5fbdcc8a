"""What the guard says: which tables a query reads, and what is wrong with the ones it refuses."""

import re
import time

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_kernel.artifacts.query import grammar, guard
from dataops_kernel.errors import DataOpsError, LimitExceededError, QueryError

KNOWN = ("orders", "Customers", "orders@2", "sales 2026")


def refusal(sql: str, known=KNOWN) -> QueryError:
    with pytest.raises(QueryError) as refused:
        guard.check(sql, known)
    return refused.value


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("select 1", ()),
        ("from orders", ("orders",)),
        ("from ORDERS o join customers c using (id)", ("orders", "Customers")),
        ('from "orders@2", "sales 2026", orders', ("orders@2", "sales 2026", "orders")),
        ("from orders where id in (select id from customers)", ("orders", "Customers")),
        ("with orders as (select 1) from orders", ()),
        ("with x as (from orders) from x", ("orders",)),
        # A CTE may hide the table it is made from.
        ("with orders as (select * from orders where id > 1) from orders", ("orders",)),
        ("with recursive orders as (select 1 union all from orders) from orders", ()),
        # A CTE is seen only inside the statement it belongs to, and only by what follows it.
        ("select * from (with orders as (select 1) from orders) x, orders", ("orders",)),
        ("with a as (from orders), orders as (select 1) from a, orders", ("orders",)),
        ("summarize orders", ("orders",)),
        ("describe select * from orders", ("orders",)),
        ("explain analyze from orders", ("orders",)),
        ("pivot orders on a using sum(b)", ("orders",)),
        ("from range(3), unnest([1])", ()),
        ("-- a comment first\nexplain from orders", ("orders",)),
    ],
)
def test_the_tables_a_query_reads_are_named(sql, tables):
    assert guard.check(sql, KNOWN).tables == tables


def test_an_unknown_table_names_the_closest_and_lists_the_rest():
    error = refusal("select * from ordrs")

    assert error.message == "There is no table 'ordrs'."
    assert error.hint == "Did you mean 'orders'? Tables: 'orders', 'Customers', 'orders@2', 'sales 2026'."


def test_an_unknown_table_is_found_whatever_its_case():
    assert "Did you mean 'Customers'?" in refusal("from CUSTOMRES").hint


def test_a_session_without_tables_says_so():
    assert refusal("from orders", known=()).hint == "Nothing is stored in this session yet: read a file first."


def test_a_name_that_two_tables_share_but_for_case_must_be_written_exactly():
    known = ("Orders", "orders")

    assert guard.check('from "Orders"', known).tables == ("Orders",)
    assert "could be any of 'Orders', 'orders'" in refusal("from ORDERS", known).message
    assert "could be any of 'Orders', 'orders'" in refusal('from "Orders", "orders"', known).message


def test_names_are_compared_as_the_engine_compares_them():
    assert guard.check('from "ÉTÉ_a"', ("ÉTÉ_A",)).tables == ("ÉTÉ_A",)
    assert "no table 'été_a'" in refusal('from "été_a"', ("ÉTÉ_A",)).message


@pytest.mark.parametrize("sql", ["", "  \n", ";", "-- nothing", "/* nothing */", ";;"])
def test_an_empty_query_is_answered_with_an_example(sql):
    error = refusal(sql)

    assert error.message == "The query is empty."
    assert "FROM orders SELECT" in error.hint


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("hello there", "This is not a query: it starts with 'hello'.", "Start with SELECT or FROM"),
        ("total sales by region please", "This is not a query: it starts with 'total'.", "Start with SELECT or FROM"),
        ("selec * from orders", "This is not a query: it starts with 'selec'.", "Did you mean SELECT?"),
        ("drop table orders", "DROP is not allowed: queries here only read.", "Start with SELECT"),
        ("explain drop table orders", "DROP is not allowed: queries here only read.", "Start with SELECT"),
        ("from orders; from orders", "There are 2 statements; one is run at a time.", "one after another"),
        ("from orders where x = 'abc", "The query breaks off inside a string", "Close it"),
        ("from orders where x = ?", "A parameter has no name: '?'", "region = $region"),
        ("from orders@2", "A name with a sign in it has no quotes: '@2'.", '"orders@2"'),
        ("from orders where x = :y", "A parameter is written :y.", "$y"),
        ("select lenght(x) from orders", "Not available in a query: function 'lenght'.", "'length'"),
        ("from read_csv('x.csv')", "Not available in a query: function 'read_csv'.", "Store a file as a table"),
        ("from main.orders", "Not available in a query: source 'main.orders'.", "name the table"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_how_to_mend_it(text, message, hint):
    error = refusal(text)

    assert error.message.startswith(message)
    assert hint in error.hint


def test_a_query_that_cannot_be_read_is_answered_with_the_place():
    error = refusal("select a,\nb from orders wehre x = 1 and")

    assert re.fullmatch(r"The query cannot be read at '\w+' \(line 2, column \d+\)\.", error.message)


def test_parameters_are_named_in_the_order_of_the_text():
    checked = guard.check("from orders where a = $until or b = $since or c = $until", KNOWN)

    assert checked.statement.parameters == ("until", "since")


def test_explain_is_taken_off_the_text_that_runs():
    plain, analyzed = guard.check("explain from orders", KNOWN), guard.check("EXPLAIN ANALYZE from orders", KNOWN)

    assert (plain.statement.explain, plain.statement.sql.strip()) == ("plan", "from orders")
    assert (analyzed.statement.explain, analyzed.statement.sql.strip()) == ("analyze", "from orders")


def test_a_text_past_the_limit_is_refused_by_its_bytes():
    sql = "select '" + "ä" * 45 + "'"
    size = len(sql.encode())

    assert guard.check(sql, KNOWN, text_bytes=size)
    with pytest.raises(LimitExceededError, match=f"{size} bytes long; at most {size - 1}"):
        guard.check(sql, KNOWN, text_bytes=size - 1)


@pytest.mark.parametrize("opening", ["(", "abs(", "[", "{'a': ", "case when ", "from (", "not ", "- ", "a::decimal("])
def test_a_bottomless_query_is_refused_quickly(opening):
    started = time.perf_counter()

    error = refusal("select " + opening * (90_000 // len(opening)))

    assert error.hint
    assert time.perf_counter() - started < 10


def test_a_short_query_cannot_keep_the_parser_busy_for_long():
    started = time.perf_counter()

    # Read naively, every level doubles the work: 30 levels take hours.
    refusal("select a::" + "decimal(" * 30 + "1" + ")" * 30)

    assert time.perf_counter() - started < 2


def test_every_function_of_the_engine_is_allowed_or_refused_on_purpose():
    engine = {
        name.lower()
        for (name,) in duckdb.sql(
            "select function_name from duckdb_functions()"
            " where function_type in ('scalar', 'aggregate', 'macro', 'window') and function_name similar to '\\w+'"
        ).fetchall()
    }
    # A new DuckDB turns this red: look at what it brought, then add it to functions.txt or here.
    internal = r"__\w+|(icu_)?collate_\w+|variant_(bytes_to_variant|comparator|normalize|to_parquet_variant)"
    outside = (
        r"current_(?!date|local|time)\w+|has_\w+_privilege|inet_\w+|pg_(?!typeof|size_pretty)\w+|session_user|user"
    )
    engine_itself = r"json_(de)?serialize_\w+|get_block_size|getvariable|in_search_path|txid_current|(set|curr|next)val"
    waits_or_writes = r"sleep_ms|write_log|parse_duckdb_log_message"
    catalog = r"(col|obj|shobj)_description|format_(pg_)?type|map_to_pg_oid"
    plumbing = (
        r"array_to_string_comma_default|bitstring_byte_comparable|combine(_aggr)?|decimal_average|finalize|icu_sort_key"
        r"|index_key|invoke|json_copy_strftime_if_\w+|stats|timetz_byte_comparable|to_aggregate_state|vector_type"
    )
    refused = re.compile("|".join([internal, outside, engine_itself, waits_or_writes, catalog, plumbing]))

    assert {name for name in engine - grammar.scalar_functions() if not refused.fullmatch(name)} == set()
    assert {name for name in grammar.scalar_functions() if refused.fullmatch(name)} == set()


WORDS = """
    select from where orders customers ( ) , ; * with as recursive x union all join on using group by order having
    limit pivot unpivot values copy to 'a' "b" 1 2.5 $p ? @ : :: { } [ ] -> lambda case when then else end summarize
    describe explain analyze lateral unnest read_csv getenv range in not null is between and or like interval day cast
    try_cast decimal struct int over partition rows filter sample exclude replace columns /* */ -- $$ ' " \\ = < || . ..
"""


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join) | st.text(max_size=80))
def test_whatever_is_typed_the_guard_answers_in_the_kernels_words(sql):
    for text in (sql, f"select {sql}", f"explain from orders {sql}"):
        checked, refused = _checked(text)

        assert checked is None or set(checked.tables) <= set(KNOWN)
        assert refused is None or (refused.message and refused.hint)


def _checked(sql: str) -> tuple[guard.CheckedQuery | None, DataOpsError | None]:
    try:
        return guard.check(sql, KNOWN), None
    except DataOpsError as error:
        return None, error
