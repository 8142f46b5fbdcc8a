"""Words that mean the same when people talk about data and scheduled jobs, whatever the workflows are called.

A line is one meaning. Both the labels' own words and the user's are looked up here, so "give me an overview" reaches
a label whose author wrote "profile". Entries are plain words or pairs; inflections are found by stem.
"""

from functools import lru_cache

from dataops_kernel.llm.rules.words import stem

_MEANINGS = """
sum: sum, total, add up, altogether, overall, amount to
mean: average, mean, avg, median, typical, per head
share: share, percentage, percent, proportion, ratio, percentile
count: count, how many, number of, tally, frequency, occurrences
extreme: top, highest, largest, biggest, most, best, greatest, max, maximum, leading, lowest, smallest, least,
  worst, bottom, min, minimum, fewest, cheapest, rank, ranking, ranked
group: by, per, grouped, group, breakdown, split by, broken down, each, for every, across
compare: compare, versus, vs, difference, differ, against, change
trend: trend, over time, growth, monthly, weekly, daily, yearly, quarterly, evolution, timeline
inspect: profile, profiling, describe, overview, inspect, examine, explore, analyze, analyse, analysis, summary,
  summarize, summarise, understand, look at, tell me about, something about, what's in, what is in, inside
structure: schema, structure, columns, fields, types, layout, datatype, dtype
quality: quality, nulls, null, missing, empty, duplicates, duplicate, outliers, distinct, unique, blank,
  invalid, dirty, anomalies, problems with
table: table, dataset, data set, data, sheet, spreadsheet
file: file, document, extract, export
money: revenue, sell, earn, earnings, sales, amount, price, cost, spend, turnover, income, profit, margin,
  value, discount
filter: where, filter, only, greater than, less than, more than, between, exceeding, except
job: job, task, batch, box, process
start: run, start, execute, launch, kick off, trigger, begin, fire
fail: fail, failure, break, abend, die, crash, stop, down, error, hang, late, delay, delayed
after: after, downstream, depend, dependent, dependency, follow, impact, affect, affected, successor, wait for,
  waiting, consequence
before: before, upstream, predecessor, prerequisite, precede, feeds, required, need to finish, has to finish
cycle: cycle, circular, loop, deadlock, circle
undefined: undefined, unknown, nonexistent, not defined, dangling, unresolved, orphan, missing job
schedule: schedule, scheduler, calendar, autosys, jil, crontab, cron, nightly
parse: parse, read, load, open, import, ingest
draw: chart, plot, graph, draw, visualize, visualise, diagram
predict: forecast, predict, projection, extrapolate, estimate
store: save, export, write to, download
join: join, merge, combine, match up, lookup
clean: clean, dedupe, deduplicate, fix, repair, standardize, normalise, normalize
test: validate, check, verify, test, assert, rule
""".strip()


@lru_cache(maxsize=1)
def meanings() -> dict[str, tuple[str, ...]]:
    """Return the meanings of each stem, and of each pair of stems joined by a space."""
    found: dict[str, list[str]] = {}
    for line in _MEANINGS.replace("\n  ", " ").splitlines():
        meaning, _, words = line.partition(": ")
        for entry in words.split(", "):
            key = " ".join(stem(word) for word in entry.split())
            found.setdefault(key, []).append(meaning)
    return {key: tuple(dict.fromkeys(names)) for key, names in found.items()}


LONGEST = 3
"""Words in the longest entry."""
