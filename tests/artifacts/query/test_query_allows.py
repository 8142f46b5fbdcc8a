"""Everything an analyst writes passes the guard and runs."""

import duckdb
import pytest

from dataops_kernel.artifacts.query import guard

QUERIES = r"""
select count(*) from orders;
select * from orders;
from orders;
from orders select region, amount;
from orders select sum(amount) where region = 'north' group by all;
table orders;
values (1, 'a'), (2, 'b');
select * from (values (1, 'a'), (2, 'b')) v(id, letter);
select region, sum(amount) as total from orders group by region having sum(amount) > 1 order by total desc;
select region, sum(amount) from orders group by all order by all;
select * exclude (note) from orders;
select * exclude note replace (amount * 2 as amount) from orders;
select * rename (amount as value) from orders;
select columns('amo.*') from orders;
select columns(c -> c like 'a%') from orders;
select min(columns(*)) from orders;
select distinct on (region) region, amount from orders order by region, amount desc;
select region, amount from orders qualify row_number() over (partition by region order by amount desc) = 1;
select *, sum(amount) over (partition by region order by ordered_at rows between unbounded preceding and current
    row) as running from orders;
select lag(amount) over w, lead(amount, 2, 0) over w, first_value(amount) over w from orders window w as
    (partition by region order by ordered_at);
select ntile(4) over (order by amount), percent_rank() over (order by amount), cume_dist() over (order by
    amount) from orders;
select sum(amount) filter (where region = 'north') as north, count(*) filter (region <> 'north') from orders;
with big as (select * from orders where amount > 10) select count(*) from big;
with a as (from orders), b as (select * from a where amount > 10) select count(*) from b;
with orders as (select 1 as one) select one from orders;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 10) select sum(i) from n;
with t as materialized (select * from orders) select count(*) from t;
pivot orders on region using sum(amount);
pivot orders on region using sum(amount) as total, count(*) as n group by customer_id;
pivot orders on region in ('north', 'south') using sum(amount) group by customer_id;
select * from (pivot orders on region in ('north') using sum(amount) group by customer_id);
with p as (pivot orders on region using count(*) group by customer_id) select * from p;
select * from orders pivot (sum(amount) for region in ('north', 'south') group by customer_id);
unpivot (select order_id, amount, amount * 2 as twice from orders) on amount, twice into name measure value v;
select * from (select order_id, amount::double as a, 2.0::double as b from orders) unpivot (v for k in (a, b));
select o.order_id, c.name from orders o join customers c on o.customer_id = c.customer_id;
select o.order_id, c.name from orders o left join customers c using (customer_id);
select * from orders natural join customers;
select count(*) from orders cross join customers;
select * from orders o semi join customers c using (customer_id);
select * from orders o anti join customers c using (customer_id);
select count(*) from orders o full outer join customers c on o.customer_id = c.customer_id;
select o.order_id, p.price from orders o asof join prices p on o.sku = p.sku and o.ordered_at >= p.ordered_at;
select o.order_id, p.price from orders o asof left join prices p using (sku, ordered_at);
select * from orders positional join customers;
select o.order_id, l.twice from orders o, lateral (select o.amount * 2 as twice) l;
select o.order_id, l.t from orders o left join lateral (select sum(price) as t from prices p where p.sku =
    o.sku) l on true;
select order_id, unnest(items) as item from orders;
select order_id, unnest(items, recursive := true) from orders;
select order_id, u.item.sku from orders, unnest(items) as u(item);
select o.order_id, i.i from orders o, unnest(range(3)) as i(i);
select * from range(10);
select * from range(10) t(i) where i % 2 = 0;
select d from generate_series(date '2026-01-01', date '2026-01-10', interval 1 day) g(d);
select generate_series(1, 3), range(5);
select list_transform(tags, x -> upper(x)) from orders;
select list_transform(tags, lambda x: upper(x)), list_filter(tags, lambda t, i: i > 1) from orders;
select list_reduce([1, 2, 3], (a, b) -> a + b);
select [x * 2 for x in [1, 2, 3] if x > 1];
select list_sort(tags), list_distinct(tags), len(tags), tags[1], tags[-1], tags[1:2], list_contains(tags, 'a')
    from orders;
select list(amount order by ordered_at desc), string_agg(region, ', ' order by region), array_agg(distinct
    region) from orders;
select list_aggregate([1, 2], 'sum'), array_value(1, 2), [1, 2] || [3];
select {'a': 1, 'b': {'c': 2}}, struct_pack(x := 1, y := 'z'), {'a': {'b': 1}}.a.b;
select address.city, address['city'], struct_extract(address, 'city') from customers;
select map {'a': 1, 'b': 2}['a'], map_keys(map(['k'], [1])), map_from_entries([(1, 'x')]);
select note->'$.kind', note->>'$.kind', note->>'kind', json_extract_string(note, '$.kind'), json_valid(note)
    from orders;
select json_group_array(region), json_object('a', 1), to_json({'a': 1}), '{"a": [1]}'::json->'a'->0 from orders;
select key, value from json_each('{"a": 1}');
select date_trunc('month', ordered_at), date_part('year', ordered_at), extract(day from ordered_at),
    year(ordered_at) from orders;
select date '2026-01-31' + interval '1 month', date_diff('day', date '2026-01-01', date '2026-02-01'),
    datediff('day', since, current_date) from customers;
select strftime(since, '%Y-%m'), strptime('2026-01-02', '%Y-%m-%d'), monthname(since), last_day(since), since +
    3 from customers;
select time_bucket(interval '1 week', ordered_at) as week, count(*) from orders group by 1 order by 1;
select ordered_at at time zone 'Europe/Berlin', now() > ordered_at, age(ordered_at) is not null, make_date(2026,
    1, 2), epoch_ms(ordered_at) from orders;
select amount::double, cast(amount as varchar), try_cast(region as int), amount::decimal(12, 3),
    'x'::varchar(10), '[1]'::int[] from orders;
select case when amount > 10 then 'big' else 'small' end, case region when 'north' then 1 end, if(amount > 1,
    'a', 'b'), coalesce(region, '?'), nullif(region, ''), ifnull(region, 'x') from orders;
select region in ('a', 'b'), amount between 1 and 5, region like 'n%', region ilike 'N%', region not like '%x',
    region similar to 'n.*', region ~ 'n.*', region is not distinct from 'x', region is null from orders;
select regexp_matches(region, 'n'), regexp_replace(region, 'o', '0', 'g'), regexp_extract(region, '(.)', 1),
    string_split(region, 'r'), split_part(region, 'o', 1), region[1:2] from orders;
select upper(region), trim(both 'n' from region), substring(region from 2 for 2), substring(region, 1, 2),
    position('o' in region), left(region, 2), lpad(region, 10, '*'), region || '!', concat(region, 1),
    concat_ws('-', region, 'x'), format('{} is {}', region, amount), printf('%s', region) from orders;
select 'abc'.upper(), region.upper().lower() from orders;
select round(amount, 1), floor(amount), ceil(amount), abs(-1), sqrt(4), 7 // 2, 7 % 2, 2 ** 3, 2 ^ 3, 5 & 3, 5 |
    3, ~1, 1 << 3, xor(1, 2), ln(2), log10(10), greatest(1, 2), least(1, 2), random() < 2, pi(), @ -5 from
    orders;
select median(amount), mode(region), quantile_cont(amount, 0.9), quantile_cont(amount, [0.1, 0.5]),
    approx_count_distinct(region), stddev(amount), var_pop(amount), corr(amount, order_id), arg_max(region,
    amount), max_by(region, amount), max(amount, 2), any_value(region), first(region), count_if(amount > 1),
    bool_and(true), histogram(region), entropy(region), skewness(amount) from orders;
select percentile_cont(0.5) within group (order by amount) from orders;
select region, customer_id, sum(amount), grouping(region) from orders group by rollup (region, customer_id);
select region, customer_id, sum(amount) from orders group by cube (region, customer_id);
select region, customer_id, sum(amount), grouping_id(region, customer_id) from orders group by grouping sets
    ((region), (customer_id), ());
select region from orders union select name from customers;
select region from orders union all by name select name as region from customers;
(select region from orders) intersect (select 'north');
select region from orders except all select 'north';
select * from orders using sample 10;
select * from orders using sample 50 percent (bernoulli);
select * from orders tablesample reservoir(2 rows) repeatable (42);
select * from orders order by amount desc nulls last limit 2 offset 1;
select * from orders limit 50%;
select * from orders where amount > (select avg(amount) from orders);
select * from orders o where exists (select 1 from customers c where c.customer_id = o.customer_id);
select * from orders where customer_id in (select customer_id from customers);
select * from orders where customer_id = any (select customer_id from customers);
select * from orders where (region, customer_id) in (('north', 1));
select (select max(amount) from orders) as top, array(select region from orders);
summarize orders;
summarize select region from orders;
select column_name, max from (summarize orders);
describe orders;
describe select region, amount from orders;
explain select * from orders;
explain analyze select count(*) from orders;
from "orders@2" select count(*);
select "o"."region" from "orders" as "o";
SELECT COUNT(*) FROM ORDERS;
select count(*) from 'orders';
select count(*) from empty;
select region as "Region name", amount as 'total' from orders;
select total: sum(amount), n: count(*) from orders;
select /* a comment */ 1 -- another;
select 1;;
select $$dollar quoted$$, e'tab\t', 'it''s', 1e3, 1_000, 0x1F, null, true, 'infinity'::double;
select #1 from orders;
select orders from orders;
select o.* exclude (note) from orders o;
select * like 'a%' from orders;
select unnest([1, 2, 3]) as n;
select typeof(amount), hash(region), md5(region), uuid() is not null from orders;
select trim(region), ltrim(region), replace(region, 'o', '0'), reverse(region), instr(region, 'r'),
    starts_with(region, 'n'), contains(region, 'o'), levenshtein(region, 'north'),
    jaro_winkler_similarity(region, 'north') from orders;
select sum(amount) over (order by ordered_at range between interval 7 days preceding and current row) from
    orders;
select sum(amount) over (order by ordered_at groups between 1 preceding and 1 following exclude current row)
    from orders;
select last_value(amount ignore nulls) over (order by ordered_at) from orders;
select 1 where 1 = 1 and not false or true;
select amount.round(1) from orders;
select region collate nocase from orders order by region collate nocase;
select count(distinct region), count(distinct (region, customer_id)) from orders;
select try(1 / 0), cast(null as struct(a int, b varchar)), [1]::bigint[1], row(1, 2), (1, 2);
with recursive tree as (select 1 as id, [1] as path union all select id + 1, list_append(path, id + 1) from tree
    where id < 4) select * from tree;
select sum(x) from (select unnest(range(100)) as x);
select approx_quantile(amount, 0.5), reservoir_quantile(amount, 0.5), mad(amount), product(amount::double),
    bit_and(order_id), kurtosis(amount) from orders;
select regr_slope(amount, order_id), covar_pop(amount, order_id) from orders;
select date_trunc('week', ordered_at)::date as week, region, count(*) from orders where ordered_at >= timestamp
    '2026-01-01' group by 1, 2 order by 1, 2;
select current_date, current_timestamp, today(), get_current_timestamp();
select union_value(k := 1), bar(1, 0, 10), chr(65), ascii('A'), to_base64('a'::blob), encode('x'), hex('a'),
    bin(3), factorial(5);
select enum_range(null::enum('a', 'b')), 'a'::enum('a', 'b');
select interval 3 hours, interval '2' day, to_days(3), to_hours(1);
select * from orders where region = $region and amount > $least;
"""
QUERIES = [sql.strip() for sql in QUERIES.split(";\n") if sql.strip()]


@pytest.mark.parametrize("sql", QUERIES)
def test_an_analytic_query_runs(ask, sql):
    outcome = ask(sql, {"region": "north", "least": 2})

    assert outcome.table.num_columns > 0
    assert not outcome.truncated


def test_the_guard_and_the_engine_agree_on_the_tables_that_are_read(shelf):
    engine = duckdb.connect()
    engine.execute("set lambda_syntax = 'ENABLE_SINGLE_ARROW'")
    compared, differences = 0, {}
    for sql in QUERIES:
        checked = guard.check(sql, shelf.tables)
        try:
            read = {name.strip('"').lower() for name in engine.get_table_names(checked.statement.sql)}
        except duckdb.Error:
            continue  # the engine tells it only where it needs no columns to plan
        compared += 1
        if read and read != set(checked.tables):
            differences[sql] = (read, checked.tables)

    assert compared > 100
    assert differences == {}
