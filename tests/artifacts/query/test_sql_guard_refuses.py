"""Everything that reaches outside is refused by the guard, and by the engine's fence when the guard is left out."""

from pathlib import Path

import pytest

from dataops_kernel.artifacts.query import guard
from dataops_kernel.artifacts.query.process import Failed, QueryProcess
from dataops_kernel.errors import QueryError

# One attack a line; {out} is a path that must not come to be, {other} a table file that was not given.
ATTACKS = """
copy orders to '{out}'
copy (select 1) to '{out}' (format csv, use_tmp_file false)
copy orders from '/etc/passwd'
with x as (copy (select 1) to '{out}') select 1
with x as (copy (select 1 as a) to '{out}' (use_tmp_file false)) from x
explain analyze copy (select 1) to '{out}'
explain analyze with x as (copy (select 1) to '{out}') from x
export database '{out}'
import database '{out}'
attach '{out}' as evil
attach ':memory:' as evil
detach memory
create table evil as select 1
create or replace temp table evil as from orders
create view evil as select 1
create macro sum(x) as 0
create secret (type s3, key_id 'a', secret 'b')
create sequence evil
create type evil as enum ('a')
drop view orders
insert into orders values (1)
update orders set region = 'x'
delete from orders
truncate orders
merge into orders using customers on true when matched then delete
with x as (insert into orders values (1) returning *) from x
with x as (delete from orders returning *) from x
alter table orders add column x int
comment on view orders is 'x'
select * into evil from orders
from '/etc/passwd'
from '{other}'
select * from "/etc/passwd"
table '/etc/passwd'
summarize '/etc/passwd'
describe '{other}'
from (summarize '/etc/passwd')
from (describe '/etc/passwd')
pivot '/etc/passwd' on column0
unpivot '/etc/passwd' on column0 into name n value v
from orders, '/etc/passwd'
from orders positional join '/etc/passwd'
from orders semi join '/etc/passwd' using (region)
from orders where exists (from '/etc/passwd')
with x as (table '/etc/passwd') from x
from orders union from '/etc/passwd'
from (values (1)), lateral (from '/etc/passwd')
from x: '/etc/passwd'
from '/etc/passwd' tablesample 10
from '/etc/passwd' as orders
from '/etc/passwd' orders
from 'orders' 'x', '/etc/passwd'
from read_csv('/etc/passwd')
from read_csv_auto('/etc/passwd', header = false)
from read_text('/etc/passwd')
from read_blob('/etc/*')
from read_parquet('{other}')
from read_parquet(['{other}'])
from parquet_scan('{other}')
from parquet_metadata('{other}')
from read_json('/etc/passwd')
from read_json_auto('/etc/passwd')
from read_ndjson_objects('/etc/passwd')
from sniff_csv('/etc/passwd')
from glob('/etc/*')
from 'https://example.com/x.parquet'
from 's3://bucket/x.parquet'
from read_csv('http://127.0.0.1:1/x')
select * from orders, read_text('/etc/passwd')
select * from orders, lateral read_text('/etc/passwd')
select (select content from read_text('/etc/passwd'))
with x as (from read_text('/etc/passwd')) from x
with recursive x as (select content from read_text('/etc/passwd') union all select content from x where false) from x
select * from orders where region in (select content from read_text('/etc/passwd'))
pivot (from read_csv('/etc/passwd')) on column0
pivot read_text('/etc/passwd') on filename
select 1 union all select content from read_text('/etc/passwd')
values ((select content from read_text('/etc/passwd')))
summarize (from read_text('/etc/passwd'))
explain analyze from read_text('/etc/passwd')
from query('from read_text(''/etc/passwd'')')
from query_table('/etc/passwd')
from json_execute_serialized_sql(json_serialize_sql('select 1'))
from which_secret('s3://x', 's3')
from create_external_resource('x', 'y')
call pragma_version()
call duckdb_settings()
pragma database_list
pragma enable_profiling
set enable_external_access = true
set global allowed_paths = ['/etc/passwd']
set variable x = 1
reset memory_limit
use information_schema
install httpfs
load '{out}'
force checkpoint
checkpoint
vacuum
begin transaction
commit
prepare p as select 1
execute p
deallocate p
show all tables
from (show tables)
from duckdb_settings()
from duckdb_secrets()
from duckdb_extensions()
from duckdb_views()
from sqlite_master
from information_schema.tables
from pg_catalog.pg_class
from main.orders
from memory.main.orders
from system.main.duckdb_settings()
select getenv('HOME')
select current_setting('allowed_paths')
select getvariable('x')
select nextval('s')
select write_log('x')
select sleep_ms(100000)
select pg_sleep(100)
select main.current_setting('threads')
select 'threads'.current_setting()
select list_transform(['threads'], x -> current_setting(x))
select "getenv"('HOME')
select /* */ getenv /* */ ('HOME')
select json_serialize_sql('select 1')
select current_user
from histogram_values(orders, region)
select 1; select 2
select 1; copy orders to '{out}'
/* select */ drop view orders
from $table
from orders at (version => 1)
select * from orders for update
connect 'x'
shutdown
""".strip().splitlines()


@pytest.mark.parametrize("sql", ATTACKS)
def test_the_guard_refuses(shelf, tmp_path, sql):
    attack = sql.format(out=tmp_path / "out", other=shelf.folder / "other")

    with pytest.raises(QueryError) as refused:
        guard.check(attack, shelf.tables)

    assert refused.value.hint


def test_a_refused_query_is_never_sent_to_the_process(shelf):
    service = shelf.service()

    with pytest.raises(QueryError, match="COPY is not allowed"):
        service.run("copy orders to '/tmp/x'", shelf.tables)

    assert service.processes() == ()


# What remains when the guard lets everything through: {own} is the file of the one table the process was given.
UNGUARDED = """
copy orders to '{out}'
copy (select 1) to '{out}' (format csv, use_tmp_file false)
copy (select 1) to '{own}' (format csv, use_tmp_file false)
with x as (copy (select 1) to '{out}') select 1
with x as (copy (select 1 as a) to '{own}' (format csv, use_tmp_file false)) from x
with p as (pivot orders on region using count(*)), x as (copy (select 1 as a) to '{out}' (use_tmp_file false)) from x
export database '{out}'
attach '{out}' as evil
attach ':memory:' as evil
create table evil as select 1
create temp table evil as select 1
create macro sum(x) as 0
create or replace temp view orders as select 1
drop view orders
with x as (delete from orders returning *) from x
from '/etc/passwd'
from '{other}'
from read_csv('/etc/passwd')
from read_text('/etc/passwd')
from read_blob('/etc/passwd')
from read_text('/proc/self/environ')
from read_parquet('{other}')
from read_parquet('{own}/../{other_name}')
from read_parquet(['{own}', '{other}'])
from parquet_metadata('{other}')
from glob('/etc/*')
from query('from read_text(''/etc/passwd'')')
from query_table('/etc/passwd')
from sniff_csv('/etc/passwd')
from duckdb_secrets()
from read_csv('http://127.0.0.1:1/x')
from 's3://bucket/x.parquet'
install httpfs
load httpfs
set enable_external_access = true
set allowed_paths = ['/etc/passwd']
set lock_configuration = false
set temp_directory = '{out}'
pragma enable_external_access
call pragma_version()
select 1; select 2
""".strip().splitlines()


@pytest.fixture(scope="module")
def process():
    made = QueryProcess(memory_mb=256)
    yield made
    made.end()


def unguarded(process: QueryProcess, sql: str, own: Path, explain: str = ""):
    """Send text to the process as it is, with one table to read."""
    table = {"name": "orders", "digest": "1", "kind": "parquet", "path": str(own), "size": 0}
    job = {"sql": sql, "explain": explain, "tables": [table], "parameters": 0, "max_rows": 10, "max_bytes": 1 << 20}
    return process.ask({**job, "cpu_seconds": 30}, b"", 10)


@pytest.fixture
def own(shelf) -> Path:
    """The file of the orders, which must never change."""
    path = shelf.open(shelf.tables["orders"])
    before = path.read_bytes()
    yield path
    assert path.read_bytes() == before


@pytest.mark.parametrize("explain", ["", "analyze"])
@pytest.mark.parametrize("sql", UNGUARDED)
def test_the_engine_refuses_what_slips_past_the_guard(shelf, process, own, tmp_path, sql, explain):
    other = shelf.open(shelf.tables["customers"])
    attack = sql.format(out=tmp_path / "out", own=own, other=other, other_name=other.name)

    with pytest.raises(Failed):
        unguarded(process, attack, own, explain)

    assert list(tmp_path.iterdir()) == []


def test_the_kernel_refuses_a_write_that_duckdb_allows(process, own):
    if not process.fences()["read_only"]:
        pytest.skip("this system has no Landlock")
    # A PIVOT cannot be looked into before it runs, and DuckDB overwrites a file it may read.
    copy = f"copy (select 1 as a) to '{own}' (format csv, use_tmp_file false)"

    with pytest.raises(Failed, match="Permission denied"):
        unguarded(process, f"with p as (pivot orders on region using count(*)), x as ({copy}) from p, x", own)


def test_one_query_leaves_nothing_behind_for_the_next(process, own):
    with pytest.raises(Failed):
        unguarded(process, "create or replace temp macro count() as 0", own)

    rows, _ = unguarded(process, "select count() as n from orders", own)

    assert rows.to_pylist() == [{"n": 6}]
